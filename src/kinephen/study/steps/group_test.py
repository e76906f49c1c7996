"""The log-rank test of a run, of a table and of a validation: the same patients and seed, the same p."""

from __future__ import annotations

from numpy.typing import ArrayLike

from kinephen.core.streams import stream
from kinephen.survival.logrank import FEW_EVENTS, LogRankTest, logrank

PERMUTATIONS = 5000


def group_test(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    seed: int,
    rho: float = 0.0,
    strata: ArrayLike | None = None,
) -> LogRankTest:
    """Compare survival between groups, also by permutations where a group has fewer than ten events.

    Parameters
    ----------
    time, event, group, rho, strata
        As for `kinephen.survival.logrank.logrank`.
    seed : int
        The study's. The random stream has no other name: what is tested, and where, changes no p.

    Raises
    ------
    KinephenError
        As `kinephen.survival.logrank.logrank`.
    """
    first = logrank(time, event, group, rho=rho, strata=strata)
    if min(first.group_events) >= FEW_EVENTS:
        return first
    rng = stream(seed, "log-rank")
    return logrank(time, event, group, rho=rho, strata=strata, permutations=PERMUTATIONS, rng=rng)
