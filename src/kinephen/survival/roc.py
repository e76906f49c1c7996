"""Area under the ROC curve of a binary response, with DeLong's variance."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.plain import field_values
from kinephen.core.printable import Printable
from kinephen.errors import CohortError, InputError
from kinephen.survival.outcome import as_floats
from kinephen.survival.results import Interval, normal_p, wald_interval
from kinephen.types import FloatArray


@dataclass(frozen=True)
class RocArea(Printable):
    """Area under the ROC curve.

    Parameters
    ----------
    auc, se : float
    positives, negatives : int
    positive_part, negative_part : ndarray
        DeLong's structural components.
    """

    auc: float
    se: float
    positives: int
    negatives: int
    positive_part: FloatArray = field(repr=False)
    negative_part: FloatArray = field(repr=False)

    @property
    def interval(self) -> Interval:
        """Normal 95 % interval."""
        return wald_interval(self.auc, self.se, "DeLong")

    def to_dict(self) -> dict[str, object]:
        """Return plain fields (without the components)."""
        fields = {k: field_values(v) for k, v in self.__dict__.items() if not k.endswith("_part")}
        return {**fields, "interval": self.interval.to_dict()}

    def __str__(self) -> str:
        return f"AUC {self.interval} ({self.positives} responders, {self.negatives} others)"


@dataclass(frozen=True)
class RocDifference(Printable):
    """Second minus first AUC of the same patients."""

    interval: Interval
    z: float
    p: float

    def __str__(self) -> str:
        return f"difference of AUC {self.interval}"


def roc_area(score: ArrayLike, response: ArrayLike) -> RocArea:
    """Return the probability that a responder has the higher score (ties one half).

    Parameters
    ----------
    score, response : array_like, shape (n,)
        `response` 1 or 0.

    Raises
    ------
    InputError
        ``survival.binary``, ``survival.length``, ``survival.missing``.
    CohortError
        ``survival.one_response``.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988.
    """
    values, y = as_floats(score, "score"), as_floats(response, "response")
    if values.size != y.size:
        raise InputError(
            f"{values.size} scores and {y.size} responses", code="survival.length", where="score"
        )
    if not np.isin(y, (0.0, 1.0)).all() or not np.isfinite(values).all():
        raise InputError(
            "expected finite scores and responses 1 or 0", code="survival.binary", where="response"
        )
    yes, no = values[y == 1], values[y == 0]
    if min(yes.size, no.size) == 0:
        raise CohortError("all or none respond", code="survival.one_response", where="response")
    wins = 0.5 * (np.sign(yes[:, None] - no[None, :]) + 1.0)
    positive, negative = wins.mean(axis=1), wins.mean(axis=0)
    return RocArea(float(wins.mean()), _se(positive, negative), yes.size, no.size, positive, negative)


def roc_difference(first: RocArea, second: RocArea) -> RocDifference:
    """Compare two scores on the same patients in the same order.

    Raises
    ------
    InputError
        ``survival.length``.
    """
    if (first.positives, first.negatives) != (second.positives, second.negatives):
        raise InputError("AUCs of other patients cannot be paired", code="survival.length")
    se = _se(second.positive_part - first.positive_part, second.negative_part - first.negative_part)
    gap = second.auc - first.auc
    z = gap / se if se > 0 else float("nan")
    return RocDifference(wald_interval(gap, se, "paired DeLong"), z, float(normal_p(z)))


def _se(positive: FloatArray, negative: FloatArray) -> float:
    if min(positive.size, negative.size) < 2:
        return float("nan")
    return float(np.sqrt(positive.var(ddof=1) / positive.size + negative.var(ddof=1) / negative.size))
