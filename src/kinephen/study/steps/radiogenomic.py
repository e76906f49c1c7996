"""How the components of change go with the scores of the gene signatures, over patients of one cohort."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from kinephen.records.phenotypes import Phenotypes
from kinephen.records.radiogenomic import Correlation
from kinephen.stats.multiplicity import adjust

SCORES = ("gene70_cosine", "ror_s", "p53_score")
FEWEST = 5
"""Patients; with fewer a rank correlation can hardly differ from nothing."""


def radiogenomics(frame: pd.DataFrame, phenotypes: Phenotypes) -> tuple[Correlation, ...]:
    """Return the correlations over the patients of `frame`, who are of the discovery cohort."""
    names, assigned = list(phenotypes.evidence.component_names), phenotypes.rows("discovery")
    cases = [str(c) for c in frame.index]
    rows = [[assigned[c].scores.get(n) if c in assigned else None for n in names] for c in cases]
    return correlate(frame, pd.DataFrame(rows, index=frame.index, columns=names, dtype=float))


def correlate(frame: pd.DataFrame, components: pd.DataFrame) -> tuple[Correlation, ...]:
    """Return Spearman's correlation of each component with each signature score.

    Parameters
    ----------
    frame : DataFrame
        Patients of one cohort, with columns of `SCORES`.
    components : DataFrame
        Component scores, same index.

    Returns
    -------
    tuple of Correlation
        Empty without a signature.
    """
    columns = [c for c in SCORES if c in frame.columns and frame[c].notna().any()]
    rows = [_pair(components[name], frame[column], column) for name in components for column in columns]
    if not rows:
        return ()
    p = np.array([np.nan if r.p is None else r.p for r in rows])
    return tuple(
        Correlation.model_validate({**dict(row), "p_adjusted": value})
        for row, value in zip(rows, adjust(p, "holm"), strict=True)
    )


def _pair(component: pd.Series, values: pd.Series, column: str) -> Correlation:
    known = pd.DataFrame({"a": component, "b": values.astype(float)}).dropna()
    name, n = str(component.name), len(known)
    if n < FEWEST:
        return Correlation(component=name, score=column, n=n, reason=f"fewer than {FEWEST} patients")
    if known["a"].nunique() < 2 or known["b"].nunique() < 2:
        return Correlation(component=name, score=column, n=n, reason="one of the two is constant")
    found = stats.spearmanr(known["a"], known["b"])
    return Correlation(component=name, score=column, n=n, rho=float(found.statistic), p=float(found.pvalue))
