"""What a result says, before any word is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TEST_LEVEL = 0.05
"""Level of tests; the intervals are those of 95 %."""
FEW_EVENTS = 10
"""With fewer events in all, a comparison of survival decides nothing, whatever its p value."""


class Outcome(StrEnum):
    """What a result says of a difference, an effect or a gain."""

    CLEAR = "clear"
    """There is one."""
    UNCLEAR = "unclear"
    """None is shown, and none that matters is excluded."""
    ABSENT = "absent"
    """One that matters is excluded."""
    UNDECIDABLE = "not decidable"
    """The data are too few to tell, whatever the numbers."""
    UNDEFINED = "undefined"
    """There is no number."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """An estimate with its limits, and the values between which it does not matter.

    Parameters
    ----------
    value, low, high : float, optional
        None where undefined or without bound.
    null : float
        The value of no effect.
    margin : tuple of float
        Values around `null` that do not matter in practice.
    """

    value: float | None
    low: float | None
    high: float | None
    null: float
    margin: tuple[float, float]

    @property
    def above(self) -> bool:
        """Whether the limits lie above the value of no effect."""
        return self.low is not None and self.low > self.null

    @property
    def below(self) -> bool:
        """Whether the limits lie below the value of no effect."""
        return self.high is not None and self.high < self.null

    @property
    def slight(self) -> bool:
        """Whether all values within the limits are such that do not matter."""
        if self.low is None or self.high is None:
            return False
        return self.margin[0] <= self.low and self.high <= self.margin[1]

    @property
    def outcome(self) -> Outcome:
        """What the limits say; limits that coincide are none."""
        if self.value is None or (self.low is not None and self.low == self.high):
            return Outcome.UNDEFINED
        if self.above or self.below:
            return Outcome.CLEAR
        if self.low is None or self.high is None:
            return Outcome.UNDECIDABLE
        if self.slight:
            return Outcome.ABSENT
        return Outcome.UNCLEAR


def ratio(value: float | None, low: float | None, high: float | None) -> Range:
    """Return a hazard ratio as a range; between 0.8 and 1.25 it does not matter."""
    return Range(value=value, low=low, high=high, null=1.0, margin=(0.8, 1.25))


def gain(value: float | None, low: float | None, high: float | None) -> Range:
    """Return a gain in concordance or AUC as a range; within 0.02 it does not matter."""
    return Range(value=value, low=low, high=high, null=0.0, margin=(-0.02, 0.02))


def outcome_of_test(p: float | None, events: int | None, effect: Range | None) -> Outcome:
    """Return what a test says, with the effect that stands beside it.

    Parameters
    ----------
    p : float, optional
    events : int, optional
        In all groups together; None where the test is not of survival.
    effect : Range, optional
        With the p value: a p below the level beside limits that include no effect is unclear.
    """
    if p is None:
        return Outcome.UNDEFINED
    if events is not None and events < FEW_EVENTS:
        return Outcome.UNDECIDABLE
    if p < TEST_LEVEL:
        agrees = effect is None or effect.outcome in (Outcome.CLEAR, Outcome.UNDEFINED, Outcome.UNDECIDABLE)
        return Outcome.CLEAR if agrees else Outcome.UNCLEAR
    return Outcome.ABSENT if effect is not None and effect.outcome is Outcome.ABSENT else Outcome.UNCLEAR
