"""How phenotypes go with covariates and events."""

from __future__ import annotations

from kinephen.records.base import Number, Record


class BoxRecord(Record):
    """Range, quartiles and median of a covariate in one phenotype."""

    low: Number
    q1: Number
    median: Number
    q3: Number
    high: Number


class AssociationRecord(Record):
    """One covariate (or the event) by phenotype.

    Parameters
    ----------
    column, label : str
    n : int
        Patients in whom it is known.
    groups : tuple of str
        Phenotypes.
    boxes : tuple of BoxRecord
        Of a continuous covariate, by group.
    categories : tuple of str
    counts : tuple of tuple of int
        Of a categorical one: a row a group, a column a category.
    test, p, reason
        As `kinephen.records.cohort.CovariateTest`.
    p_bonferroni, p_holm : float, optional
        Corrected over all tests of the table.
    """

    column: str
    label: str
    n: int
    groups: tuple[str, ...]
    boxes: tuple[BoxRecord, ...] = ()
    categories: tuple[str, ...] = ()
    counts: tuple[tuple[int, ...], ...] = ()
    test: str = ""
    p: Number = None
    reason: str = ""
    p_bonferroni: Number = None
    p_holm: Number = None


class AssociationsRecord(Record):
    """All covariates, and the event last; ``comparisons`` tests have a p."""

    tests: tuple[AssociationRecord, ...]
    comparisons: int

    @property
    def event(self) -> AssociationRecord:
        """The event by phenotype."""
        return next(t for t in self.tests if t.column == "event")


class ProportionRecord(Record):
    """x of n, with Wilson's and Clopper and Pearson's 95 % limits; None of nobody."""

    x: int
    n: int
    estimate: Number
    wilson_lower: Number
    wilson_upper: Number
    exact_lower: Number
    exact_upper: Number


class ConfusionRecord(Record):
    """A marker (positive: high risk) against the event; patients without the marker are left out."""

    marker: str
    n: int
    left_out: int
    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int
    sensitivity: ProportionRecord
    specificity: ProportionRecord
    ppv: ProportionRecord
    npv: ProportionRecord
    accuracy: ProportionRecord
