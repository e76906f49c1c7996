"""What a simulated trial planted, beside what the analysis found."""

from __future__ import annotations

from kinephen.records.base import Number, Numbers, Record


class PhenotypeTruth(Record):
    """Planted phenotypes (rows) against those found (columns) in one cohort; ``ari`` is Rand's, adjusted."""

    truth: tuple[str, ...]
    found: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    ari: Number
    n: int


class ClassTruth(Record):
    """Planted classes (rows) against those found (columns), and the share of patients that agree."""

    title: str
    truth: tuple[str, ...]
    found: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    agreement: Number


class VolumeTruth(Record):
    """Planted and found volumes (cm3) of every exam, their correlation and median ratio."""

    truth: Numbers
    found: Numbers
    correlation: Number
    median_ratio: Number


class RatioTruth(Record):
    """Planted hazard ratio of the phenotype, and that of the smallest model with it.

    Parameters
    ----------
    model : str, optional
        None where no model with the phenotype was fitted, or where not two phenotypes have one ratio.
    planted : float
    inside : bool, optional
        The interval contains it; a limit that is not finite bounds nothing.
    hr, low, high : float, optional
    """

    model: str | None
    planted: float
    inside: bool | None
    hr: Number = None
    low: Number = None
    high: Number = None


class TruthRecord(Record):
    """All of it; ``ceiling`` is how well the planted risk itself ranks discovery (its concordance)."""

    phenotypes: dict[str, PhenotypeTruth]
    classes: tuple[ClassTruth, ...]
    volumes: VolumeTruth
    hazard_ratio: RatioTruth
    ceiling: Number
