"""The ladder of Cox models: coefficients, tests, concordance in the same and in unseen patients."""

from __future__ import annotations

from kinephen.records.base import IssueRecord, Number, Record
from kinephen.records.names import NESTED, TITLES
from kinephen.records.statistics import ChiSquareRecord, IntervalRecord, NoisyMean

ENOUGH_PER_COEFFICIENT = 10.0
"""Events for each coefficient of a Cox model; with fewer, coefficients and risks are unstable."""


class CoefficientRecord(Record):
    """One coefficient of a Cox model; ``hr`` is its exponential, ``low`` and ``high`` are its 95 % limits."""

    name: str
    coef: Number
    se: Number
    hr: Number
    low: Number
    high: Number
    p: Number


class ConcordanceRecord(Record):
    """Concordance of a score with survival, and the pairs behind it."""

    name: str
    c: Number
    se: Number
    concordant: float
    discordant: float
    tied_score: float
    tied_time: int
    tied_both: int
    n: int
    events: int
    interval: IntervalRecord


class CrossValidatedRecord(Record):
    """Cross-validated concordance by every estimator and interval; which is shown is chosen when it is read.

    See `kinephen.survival.cross_validation.CrossValidatedC`, and `kinephen.study.choices` for the choice.
    """

    c: Number
    pooled_pairs: NoisyMean
    fold_mean: NoisyMean
    pooled_lp: NoisyMean
    interval: IntervalRecord
    jackknife: IntervalRecord
    nadeau_bengio: IntervalRecord
    undefined_folds: int
    separated_fits: int
    failed_fits: int
    fits: int
    n: int
    events: int


class LadderModelRecord(Record):
    """One model.

    Parameters
    ----------
    title : str
    columns : tuple of str
        Of the table of patients.
    coefficients : tuple of CoefficientRecord
    method : str
        Partial likelihood, or Firth's.
    lrt : ChiSquareRecord
        Against no covariates.
    apparent : ConcordanceRecord
        In the patients that it was fitted to.
    cross_validated : CrossValidatedRecord
    refitted : CrossValidatedRecord, optional
        With the phenotype learned again in each fold.
    events_per_coefficient, shrinkage : float
    issues : tuple of IssueRecord
    """

    title: str
    columns: tuple[str, ...]
    coefficients: tuple[CoefficientRecord, ...]
    method: str
    lrt: ChiSquareRecord
    apparent: ConcordanceRecord
    cross_validated: CrossValidatedRecord
    refitted: CrossValidatedRecord | None
    events_per_coefficient: Number
    shrinkage: Number
    issues: tuple[IssueRecord, ...]

    @property
    def phenotype(self) -> CoefficientRecord | None:
        """The phenotype's coefficient; None where there is none, or more than one."""
        found = [c for c in self.coefficients if c.name.startswith("phenotype")]
        return found[0] if len(found) == 1 else None

    @property
    def refitted_gap(self) -> float | None:
        """C with the phenotype learned again in each fold, less C with that of the whole cohort."""
        once = self.cross_validated.interval.value
        again = None if self.refitted is None else self.refitted.interval.value
        return None if once is None or again is None else again - once


class ComparisonRecord(Record):
    """A larger model against a smaller one: likelihood ratio, and gain in cross-validated concordance."""

    smaller: str
    larger: str
    test: ChiSquareRecord
    gain: IntervalRecord
    refitted_gain: IntervalRecord | None


class LadderPlan(Record):
    """How the folds were dealt."""

    folds: int
    replicates: int
    dealt: str
    refit_replicates: int


class LadderRecord(Record):
    """All models, fitted to the same patients.

    Parameters
    ----------
    n, events, left_out : int
        Patients that are complete for every model, their events, and those who are not.
    plan : LadderPlan
    models : dict of str to LadderModelRecord
        By name, in the order of `kinephen.records.names.TITLES`.
    comparisons : tuple of ComparisonRecord
    absent : dict of str to str
        Models that were not fitted, and why.
    """

    n: int
    events: int
    left_out: int
    plan: LadderPlan
    models: dict[str, LadderModelRecord]
    comparisons: tuple[ComparisonRecord, ...]
    absent: dict[str, str]

    @property
    def covariates(self) -> tuple[str, ...]:
        """Every column that a model uses; the patients of the ladder are complete for all of them."""
        return tuple(dict.fromkeys(c for m in self.models.values() for c in m.columns))

    def title(self, name: str) -> str:
        """Return a model's title, with the covariates that it has, or the general one if it is absent."""
        return self.models[name].title if name in self.models else TITLES[name]

    @property
    def fewest_per_coefficient(self) -> float | None:
        """Events per coefficient of the model that has the fewest; None where no model says."""
        known = (m.events_per_coefficient for m in self.models.values())
        return min((v for v in known if v is not None), default=None)

    def comparison(self, smaller: str, larger: str) -> ComparisonRecord | None:
        """Return the comparison of two models, or None where it was not made."""
        pair = (smaller, larger)
        return next((c for c in self.comparisons if (c.smaller, c.larger) == pair), None)

    def against_nested(self, larger: str) -> ComparisonRecord | None:
        """Return the comparison of a model with the one that Table 4 names beside it."""
        pair = (NESTED.get(larger), larger)
        return next((c for c in self.comparisons if (c.smaller, c.larger) == pair), None)
