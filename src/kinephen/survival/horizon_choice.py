"""At which time predicted risks can be judged: events before it, and patients followed beyond it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinephen.core.printable import Printable
from kinephen.survival.outcome import Outcome

MIN_CASES = 5
"""Fewer events by the horizon, and nothing about predicted risk is stated."""
MIN_BEYOND = 5
"""Fewer patients followed beyond it, and nothing is stated either."""
SHARE_BEYOND = 0.1
"""Where the wished horizon is too late, the latest at which this share is still followed is taken."""
STEP = 0.5


@dataclass(frozen=True)
class HorizonChoice(Printable):
    """A horizon, or why there is none.

    Parameters
    ----------
    value : float, optional
        None where no horizon can be used.
    wanted : float
    cases, beyond, unknown : int
        At `value` (at `wanted` where that is None): patients with the event by then, followed beyond it, and
        censored before it.
    reason : str
        Why `value` is not what was wanted; empty if it is.
    """

    value: float | None
    wanted: float
    cases: int
    beyond: int
    unknown: int
    reason: str


def choose_horizon(outcome: Outcome, wanted: float) -> HorizonChoice:
    """Return the wished horizon if it has data, otherwise the latest earlier one that has, or none.

    The wished horizon needs 5 events by it and 5 patients followed beyond it. If too few are followed so far,
    the latest multiple of 0.5 is taken beyond which a tenth of the patients, and at least 5, are followed.

    Parameters
    ----------
    outcome : Outcome
        Times in years.
    wanted : float
    """
    counts = _counts(outcome, wanted)
    if counts[1] >= MIN_BEYOND:
        return _checked(wanted, wanted, counts, "")
    needed = max(MIN_BEYOND, int(np.ceil(SHARE_BEYOND * outcome.n)))
    earlier = np.arange(STEP, wanted, STEP)[::-1]
    found = next((float(t) for t in earlier if _counts(outcome, float(t))[1] >= needed), None)
    short = f"{counts[1]} patients are followed beyond {wanted:g}"
    if found is None:
        return HorizonChoice(None, wanted, *counts, f"{short}, and too few beyond any earlier time")
    return _checked(found, wanted, _counts(outcome, found), f"{short}: {found:g} is taken instead")


def _checked(value: float, wanted: float, counts: tuple[int, int, int], reason: str) -> HorizonChoice:
    if counts[0] < MIN_CASES:
        few = f"{counts[0]} events by {value:g}; at least {MIN_CASES} are needed to judge predicted risks"
        return HorizonChoice(None, wanted, *counts, few)
    return HorizonChoice(value, wanted, *counts, reason)


def _counts(outcome: Outcome, horizon: float) -> tuple[int, int, int]:
    cases = int((outcome.event & (outcome.time <= horizon)).sum())
    beyond = int((outcome.time > horizon).sum())
    return cases, beyond, outcome.n - cases - beyond
