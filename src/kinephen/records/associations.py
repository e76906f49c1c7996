"""How phenotypes go with covariates and events."""

from __future__ import annotations

from kinephen.records.base import Number, Record


class AssociationRecord(Record):
    """One covariate (or the event) by phenotype.

    Parameters
    ----------
    column, label : str
    n : int
        Patients with a phenotype in whom it is known; for the event those whose outcome is known.
    groups : tuple of str
        Phenotypes.
    categories : tuple of str
        Of a categorical one; boxes of a continuous one stand in `kinephen.records.by_phenotype.ByPhenotype`.
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
