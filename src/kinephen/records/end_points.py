"""The ladder for end points beside the study's own: response (pCR) and overall survival."""

from __future__ import annotations

from kinephen.records.base import IssueRecord, Number, Numbers, Record
from kinephen.records.ladder import LadderRecord
from kinephen.records.names import NESTED
from kinephen.records.statistics import ChiSquareRecord, IntervalRecord


class RocRecord(Record):
    """Area under the ROC curve of responders against others."""

    auc: Number
    se: Number
    positives: int
    negatives: int
    interval: IntervalRecord


class LogisticRecord(Record):
    """Logistic model, its coefficients by position; see `kinephen.survival.logistic.LogisticResult`."""

    names: tuple[str, ...]
    coef: Numbers
    se: Numbers
    p: Numbers
    odds_ratio: Numbers
    lower: Numbers
    upper: Numbers
    interval: str
    method: str
    loglik: Number
    loglik_null: Number
    lrt: ChiSquareRecord
    n: int
    responders: int
    issues: tuple[IssueRecord, ...]


class LogisticModelRecord(Record):
    """One model of the response: fit, AUC in the same patients and cross-validated."""

    title: str
    name: str
    columns: tuple[str, ...]
    fit: LogisticRecord
    apparent: RocRecord
    cross_validated: IntervalRecord
    responders_per_coefficient: Number


class LogisticComparisonRecord(Record):
    """A larger model of the response against a smaller one."""

    smaller: str
    larger: str
    test: ChiSquareRecord
    gain: IntervalRecord


class LogisticLadderRecord(Record):
    """All models of the response, fitted to the same patients; ``events`` are responders."""

    n: int
    events: int
    left_out: int
    replicates: int
    folds: int
    models: dict[str, LogisticModelRecord]
    comparisons: tuple[LogisticComparisonRecord, ...]
    absent: dict[str, str]

    def against_nested(self, larger: str) -> LogisticComparisonRecord | None:
        """Return the comparison of a model with the one that Table 4 names beside it."""
        pair = (NESTED.get(larger), larger)
        return next((c for c in self.comparisons if (c.smaller, c.larger) == pair), None)


class ResponseRecord(Record):
    """Models of pCR, or the ``reason`` why there are none."""

    end_point: str
    reason: str = ""
    ladder: LogisticLadderRecord | None = None


class DeathRecord(Record):
    """Models of overall survival, or the ``reason`` why there are none; ``unknown`` patients lack it."""

    end_point: str
    reason: str = ""
    ladder: LadderRecord | None = None
    unknown: int = 0
