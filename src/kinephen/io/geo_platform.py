"""Platform tables: which gene each row of an expression matrix measures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from kinephen.core.cohort import ExpressionTable, Issue
from kinephen.errors import InputError
from kinephen.io.bounded_text import read_bounded
from kinephen.io.expression_body import read_annotation

SYMBOL = (
    "gene_symbol",
    "gene symbol",
    "genesymbol",
    "symbol",
    "hgnc_symbol",
    "hugo.gene.symbol",
    "ilmn_gene",
    "gene",
)
ENTREZ = (
    "entrez_gene_id",
    "entrezgene.id",
    "entrez gene",
    "entrez_id",
    "entrezgene",
    "entrez",
    "gene id",
    "gene_id",
)
ENTREZ_OR_SYMBOL = ("gene", "locuslink_id")
PROBE = ("probe_name", "probename", "spot_id", "name", "probe", "probe id", "agilentid")
NAMES = ("symbol", "entrez", "probe_name")
_SEVERAL = re.compile(r"\s*(?:///|\|)\s*")
_PROBE_NAME = re.compile(r"^(A_\d\d_P|AGI_|ILMN_)\w+$")


def read_platform(path: Path) -> pd.DataFrame:
    """Read a platform's annotation.

    Parameters
    ----------
    path : Path
        Tab-separated text, plain or gzip, with a head of lines that start with ``#``, ``^`` or ``!``: a GEO
        platform table (``GPL1708-*.txt``), a GEO annotation (``GPL1708.annot.gz``) or an old annotation file.

    Returns
    -------
    DataFrame
        Index: the platform's row ids (text). Text columns ``symbol``, ``entrez``, ``probe_name``, empty where
        unknown; of several genes on one row the first.

    Raises
    ------
    InputError
        ``platform.no_genes`` without a column of symbols, Entrez ids or probe names;
        ``platform.duplicate_ids``.
    """
    lines = read_bounded(path).split("\n")
    table = read_annotation([line for line in lines if line and line[0] not in "#^!"], where=path.name)
    ids = table.iloc[:, 0].str.strip()
    repeated = int(ids.duplicated().sum())
    if repeated:
        raise InputError(
            f"{repeated} row id(s) stand twice",
            code="platform.duplicate_ids",
            hint="give the platform's own table, one row an id",
            where=path.name,
        )
    found = pd.DataFrame(gene_columns(table), index=pd.Index(ids, name="ID"))
    if not (found != "").to_numpy().any():
        raise InputError(
            f"no column of genes among {', '.join(map(str, table.columns))[:200]}",
            code="platform.no_genes",
            hint=f"name the columns {', '.join(NAMES)}",
            where=path.name,
        )
    return found


def attach_platform(table: ExpressionTable, platform: pd.DataFrame, *, where: str = "") -> ExpressionTable:
    """Give an expression table the genes of its rows.

    Parameters
    ----------
    table : ExpressionTable
    platform : DataFrame
        As `read_platform` returns it.
    where : str

    Raises
    ------
    InputError
        ``platform.mismatch`` when no row id is known to the platform table.
    """
    known = table.values.columns.isin(platform.index)
    if not known.any():
        raise InputError(
            f"none of {len(known)} row ids of the matrix stands in the platform table (ids like "
            f"{str(platform.index[0])[:30]!r} there, {str(table.values.columns[0])[:30]!r} here)",
            code="platform.mismatch",
            hint=f"give the annotation of {table.platform or 'the matrix’s own platform'}",
            where=where,
        )
    probes = platform.reindex(table.values.columns).fillna("").astype(str)
    probes.index = table.values.columns
    missing = int((~known).sum())
    text = f"{missing} of {len(known)} row ids do not stand in the platform table"
    issues = (Issue("platform.unknown_ids", text, where=where, count=missing),) if missing else ()
    kept = tuple(i for i in table.issues if i.code != "geo.no_platform")
    return replace(table, probes=probes, issues=kept + issues)


def gene_columns(table: pd.DataFrame) -> dict[str, list[str]]:
    """Pick the columns of symbols, Entrez ids and probe names out of an annotation table of text."""
    by_name = {str(c).strip().lower(): table[c].fillna("").astype(str).str.strip() for c in table.columns}
    doubtful = {n: _all_numbers(by_name[n]) for n in ENTREZ_OR_SYMBOL if n in by_name}
    symbol = _first(by_name, [n for n in SYMBOL if not doubtful.get(n, False)])
    entrez = _first(by_name, [*ENTREZ, *(n for n, numbers in doubtful.items() if numbers)])
    probe = _probe_names(by_name)
    blank = pd.Series("", index=table.index)
    return {
        "symbol": _one(blank if symbol is None else symbol).tolist(),
        "entrez": whole(_one(blank if entrez is None else entrez)).tolist(),
        "probe_name": (blank if probe is None else probe).tolist(),
    }


def whole(ids: pd.Series) -> pd.Series:
    """Return ids as text without a decimal part (``8659.0`` as ``8659``), or empty."""
    text = ids.astype(str).str.strip().str.replace(r"\.0+$", "", regex=True)
    return text.where(text.str.fullmatch(r"\d+"), "")


def looks_like_probe(name: str) -> bool:
    """Tell whether a row name is a probe name of Agilent or Illumina."""
    return bool(_PROBE_NAME.match(name))


def _all_numbers(column: pd.Series) -> bool:
    filled = column[column != ""]
    return bool(len(filled)) and bool((whole(filled) != "").mean() > 0.9)


def _first(by_name: dict[str, pd.Series], names: Sequence[str]) -> pd.Series | None:
    return next((by_name[n] for n in names if n in by_name and (by_name[n] != "").any()), None)


def _probe_names(by_name: dict[str, pd.Series]) -> pd.Series | None:
    candidates = [by_name[n] for n in PROBE if n in by_name]
    telling = [c for c in candidates if c.map(looks_like_probe).any()]
    return next(iter(telling or candidates), None)


def _one(column: pd.Series) -> pd.Series:
    return column.map(lambda cell: _SEVERAL.split(cell)[0].strip())
