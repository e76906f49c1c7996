"""The variants of the R package genefu: another way to the same three scores, to compare with published work.

Nothing is centred. Per gene the values are taken as they are, standardised, or stretched to their 2.5 and
97.5 % quantiles; the 70-gene score is minus a Spearman correlation; ROR-S is scaled by cohort quantiles.
Of equally near centroids the first is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from kinephen.core.cohort import ExpressionTable
from kinephen.errors import CohortError, UsageError
from kinephen.molecular.correlation import similarity
from kinephen.molecular.prepare import Prepared, prepare
from kinephen.molecular.scoring import nearest
from kinephen.molecular.settings import ScoreSettings
from kinephen.molecular.signature import Signature

Std: TypeAlias = Literal["none", "scale", "robust"]
STDS: tuple[Std, ...] = ("none", "scale", "robust")
GOOD_RHO = 0.3
"""70-gene: good prognosis above this correlation."""
ROR_CUTS = (29.0, 53.0)
"""Cut-points of genefu on its quantile-scaled ROR-S; 29 matches no publication."""
MIN_SAMPLES = 5


def score_genefu(
    expression: ExpressionTable,
    signatures: Mapping[str, Signature],
    *,
    std: Std = "none",
    settings: ScoreSettings | None = None,
) -> pd.DataFrame:
    """Score a cohort as genefu does.

    Parameters
    ----------
    expression : ExpressionTable
        One platform.
    signatures : mapping of str to Signature
        ``"gene70"`` and ``"pam50"``, or one of them.
    std : {"none", "scale", "robust"}
        Standardisation of each gene over the cohort, for the 70-gene score and the subtypes.
    settings : ScoreSettings, optional
        By default probes are chosen as in genefu (largest adjusted spread).

    Returns
    -------
    DataFrame
        Index ``sample_id``. ``genefu_gene70_score`` (-1 to 1), ``genefu_gene70_class`` (low, high);
        ``genefu_pam50_call``, ``genefu_pam50_cor_<subtype>``, ``genefu_pam50_probability_<subtype>``;
        ``genefu_ror_s`` (0 to 100), ``genefu_ror_s_group`` (Low, Intermediate, High).

    Raises
    ------
    UsageError
        ``molecular.std``.
    CohortError
        ``molecular.too_few`` below 5 samples: every step is over the cohort.

    References
    ----------
    Gendoo et al. 2016, Bioinformatics 32:1097-1099.
    """
    if std not in STDS:
        raise UsageError(f"unknown std {std!r}", code="molecular.std", hint=f"use {', '.join(STDS)}")
    if len(expression.values) < MIN_SAMPLES:
        raise CohortError(
            f"{len(expression.values)} sample(s): genefu scales over a cohort of at least {MIN_SAMPLES}",
            code="molecular.too_few",
            hint="score single samples with a learned centring instead",
        )
    options = settings or ScoreSettings(collapse="genefu")
    chosen = [_original(signatures[name]) for name in ("gene70", "pam50") if name in signatures]
    ready = prepare([expression], chosen, rule=options.collapse, order=options.order, refuse=options.refuse)
    blocks = []
    for signature in chosen:
        genes, profiles = _first_of_each(ready, signature, expression.platform)
        score = _pam50 if signature.ror else _gene70
        blocks.append(score(genes, profiles, signature, std))
    return pd.concat(blocks, axis=1).rename_axis("sample_id").add_prefix("genefu_")


def standardise(genes: pd.DataFrame, std: Std) -> pd.DataFrame:
    """Standardise each gene over the cohort.

    Parameters
    ----------
    genes : DataFrame
        Samples in rows; NaN where missing.
    std : {"none", "scale", "robust"}
        As they are; mean 0 and sd 1 (ddof 1); 2.5 and 97.5 % quantiles (type 7) to -1 and 1.
    """
    if std == "none":
        return genes
    if std == "scale":
        return (genes - genes.mean()) / genes.std(ddof=1)
    low, high = genes.quantile(0.025), genes.quantile(0.975)
    return ((genes - low) / (high - low) - 0.5) * 2.0


def _original(signature: Signature) -> Signature:
    # genefu knows only the ids of the original annotation, not those that were found later.
    later = signature.genes["rescued"] != ""
    return replace(signature, genes=signature.genes.assign(entrez=signature.genes["entrez"].mask(later, "")))


def _first_of_each(ready: Prepared, signature: Signature, platform: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    # Of several signature entries with one id, genefu keeps the first and its template value.
    first: Sequence[str] = [group[0] for group in ready.shared[signature.name][platform]]
    return ready.genes[signature.name][list(first)], signature.profiles.loc[list(first)]


def _gene70(genes: pd.DataFrame, profiles: pd.DataFrame, signature: Signature, std: Std) -> pd.DataFrame:
    values = standardise(genes, std).to_numpy(float)
    rho = similarity(values, profiles.to_numpy(float), kind="spearman")[:, 0]
    label = pd.Series(np.where(rho > GOOD_RHO, "low", "high"), index=genes.index, dtype=object)
    return pd.DataFrame({"gene70_score": -rho, "gene70_class": label.where(np.isfinite(rho), None)})


def _pam50(genes: pd.DataFrame, profiles: pd.DataFrame, signature: Signature, std: Std) -> pd.DataFrame:
    names = [f"cor_{p}" for p in profiles.columns]
    rho = _correlations(standardise(genes, std), profiles, names)
    positive = rho.clip(lower=0.0)
    share = positive.div(positive.sum(axis=1).where(lambda total: total > 0), axis=0)
    table = rho.add_prefix("pam50_").assign(pam50_call=nearest(rho, first_of_ties=True))
    table = table.join(share.rename(columns=lambda c: c.replace("cor_", "pam50_probability_")))
    return table.join(_ror(_correlations(genes, profiles, names), signature))


def _correlations(genes: pd.DataFrame, profiles: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    rho = similarity(genes.to_numpy(float), profiles.to_numpy(float), kind="spearman")
    return pd.DataFrame(rho, index=genes.index, columns=list(names))


def _ror(rho: pd.DataFrame, signature: Signature) -> pd.DataFrame:
    weights = signature.ror["ror_s"]["published"].weights
    raw = sum(
        (rho[f"cor_{name}"] * weight for name, weight in weights.items()), pd.Series(0.0, index=rho.index)
    )
    low, high = raw.quantile(0.025), raw.quantile(0.975)
    scaled = ((raw - low) / (high - low)).clip(0.0, 1.0) * 100.0
    label = np.where(scaled < ROR_CUTS[0], "Low", np.where(scaled < ROR_CUTS[1], "Intermediate", "High"))
    group = pd.Series(label, index=rho.index, dtype=object).where(scaled.notna(), None)
    return pd.DataFrame({"ror_s": scaled, "ror_s_group": group})
