"""Expression tables for tests: from plain frames, from the reference data, and planted ones."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from kinephen.core.cohort import ExpressionTable
from kinephen.io.signatures import load_signature

SUBTYPES = ("Basal", "Her2", "LumA", "LumB", "Normal")
NAMES = ("gene70", "pam50", "p53")


@cache
def signature(name):
    return load_signature(name)


def signatures(*names):
    return [signature(n) for n in names or NAMES]


def expression(values, *, platform="ARRAY", symbol=None, entrez="", probe_name="", samples=None):
    """Wrap samples x probes; by default the column names are the symbols."""
    probes = pd.DataFrame(
        {"symbol": values.columns if symbol is None else symbol, "entrez": entrez, "probe_name": probe_name},
        index=values.columns,
    )
    known = pd.DataFrame(index=values.index) if samples is None else samples
    return ExpressionTable(values, probes, known, platform)


def planted(n=30, *, seed=5, noise=0.6, platform="ARRAY", offset=1.0, prefix="S", missing=0.0):
    """Tumours of all five subtypes with every gene of the three signatures, each gene with its own offset."""
    rng = np.random.default_rng(seed)
    pam50, p53, gene70 = signature("pam50"), signature("p53"), signature("gene70")
    subtype = [SUBTYPES[i % 5] for i in range(n)]
    mutant = np.array([s in ("Basal", "Her2") for s in subtype])
    blocks = {}
    for i, gene in enumerate(p53.genes.index):
        symbol = p53.genes.loc[gene, "symbols"][0]
        means = np.where(mutant, p53.profiles.loc[gene, "mutant"], p53.profiles.loc[gene, "wild-type"])
        blocks[symbol] = means + 0.001 * i
    for gene in gene70.genes.index:
        symbol = (*gene70.genes.loc[gene, "symbols"], gene)[0]
        blocks.setdefault(symbol, np.where(mutant, -1, 1) * gene70.profiles.loc[gene, "good"] * 3)
    for gene in pam50.genes.index:
        blocks[gene] = pam50.profiles.loc[gene, subtype].to_numpy()
    names = list(blocks)
    clean = np.column_stack([blocks[k] for k in names])
    values = clean + noise * rng.normal(size=clean.shape) + offset * rng.normal(size=len(names))
    values[rng.random(values.shape) < missing] = np.nan
    index = pd.Index([f"{prefix}{i:03d}" for i in range(n)], name="sample_id")
    samples = pd.DataFrame({"er": np.where(mutant, "0", "1")}, index=index)
    return expression(pd.DataFrame(values, index=index, columns=names), platform=platform, samples=samples)


def nkis(reference):
    """The 150 tumours of genefu's nkis set with their annotation."""
    values = pd.read_csv(reference("data/genes/data_genefu_nkis_expr.csv"), index_col="sample_id")
    annotation = pd.read_csv(reference("data/genes/data_genefu_nkis_annot.csv"), index_col="probe_id")
    annotation = annotation.loc[values.columns]
    entrez = annotation["EntrezGene.ID"].astype("Int64").astype(str).replace("<NA>", "")
    return expression(
        values,
        platform="NKI",
        symbol=annotation["HUGO.gene.symbol"].fillna(""),
        entrez=entrez,
        probe_name=annotation.index,
    )
