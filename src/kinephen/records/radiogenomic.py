"""How components of change go with the scores of gene signatures."""

from __future__ import annotations

from kinephen.records.base import Number, Record


class Correlation(Record):
    """Spearman's correlation of one component with one score over the discovery cohort."""

    component: str
    score: str
    """Column of the signature score."""
    n: int
    rho: Number = None
    p: Number = None
    """Two-sided, t approximation."""
    p_adjusted: Number = None
    """Holm over all pairs."""
    reason: str = ""
    """Why it is undefined."""
