"""How the components of change go with the scores of the gene signatures, over patients of one cohort."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from kinephen.stats.multiplicity import adjust

SCORES = {
    "gene70_cosine": "70-gene correlation",
    "ror_s": "ROR-S",
    "p53_score": "p53 score",
}
FEWEST = 5
"""Patients; with fewer a rank correlation can hardly differ from nothing."""


def correlate(frame: pd.DataFrame, components: pd.DataFrame) -> list[dict[str, Any]]:
    """Return Spearman's correlation of each component with each signature score.

    Parameters
    ----------
    frame : DataFrame
        Patients of one cohort, with columns of `SCORES`.
    components : DataFrame
        Component scores, same index.

    Returns
    -------
    list of dict
        ``component``, ``score``, ``n``, ``rho``, ``p`` (two-sided, t approximation), ``p_adjusted`` (Holm
        over all pairs), ``reason`` where undefined. Empty without a signature.
    """
    columns = [c for c in SCORES if c in frame.columns and frame[c].notna().any()]
    rows = [_pair(components[name], frame[column], column) for name in components for column in columns]
    p = np.array([np.nan if r["p"] is None else r["p"] for r in rows])
    for row, value in zip(rows, adjust(p, "holm") if rows else (), strict=True):
        row["p_adjusted"] = None if np.isnan(value) else float(value)
    return rows


def _pair(component: pd.Series, values: pd.Series, column: str) -> dict[str, Any]:
    known = pd.DataFrame({"a": component, "b": values.astype(float)}).dropna()
    row = {
        "component": component.name,
        "score": column,
        "n": len(known),
        "rho": None,
        "p": None,
        "reason": "",
    }
    if len(known) < FEWEST:
        return {**row, "reason": f"fewer than {FEWEST} patients"}
    if known["a"].nunique() < 2 or known["b"].nunique() < 2:
        return {**row, "reason": "one of the two is constant"}
    found = stats.spearmanr(known["a"], known["b"])
    return {**row, "rho": float(found.statistic), "p": float(found.pvalue)}
