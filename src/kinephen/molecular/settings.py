"""Settings of a scoring run that are seldom changed."""

from __future__ import annotations

from dataclasses import dataclass

from kinephen.molecular.collapse import CollapseRule
from kinephen.molecular.matching import ORDER


@dataclass(frozen=True)
class ScoreSettings:
    """How genes are found and what is refused.

    Parameters
    ----------
    collapse : {"mean", "iqr", "variance", "genefu"}
        From probes to genes; ``"mean"`` suits long oligonucleotides, ``"iqr"`` Affymetrix probe sets.
    order : tuple of str
        Matching order, out of `kinephen.molecular.matching.ORDER`.
    min_coverage : float or None
        Share of genes, 0 to 1, in place of each signature's own.
    refuse : bool
        Stop below the coverage; else leave the signature empty on that platform, with an issue.
    gene70_cut : float
        Low risk above it: 0.4, or the stricter 0.55.
    er_share : float
        Share of receptor-positive tumours that balanced centring stands for.
    check_values : bool
        Refuse values on a linear scale and transposed matrices.
    """

    collapse: CollapseRule = "mean"
    order: tuple[str, ...] = ORDER
    min_coverage: float | None = None
    refuse: bool = True
    gene70_cut: float = 0.4
    er_share: float = 0.5
    check_values: bool = True
