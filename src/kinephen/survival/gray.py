"""Gray's test that the cumulative incidence of a cause is the same in all groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from kinephen.errors import CohortError
from kinephen.survival.competing import CauseCounts, cause_counts, clean_causes
from kinephen.survival.outcome import group_codes
from kinephen.survival.results import ChiSquareTest, chi_square_p
from kinephen.types import FloatArray


def gray_test(
    time: ArrayLike,
    status: ArrayLike,
    group: ArrayLike,
    *,
    cause: int = 1,
    rho: float = 0.0,
    strata: ArrayLike | None = None,
) -> ChiSquareTest:
    """Compare the cumulative incidence of one cause between groups.

    Parameters
    ----------
    time, status : array_like, shape (n,)
        As for `cumulative_incidence`.
    group : array_like, shape (n,)
        Labels.
    cause : int
    rho : float
        Weight (1 - pooled incidence)^rho; above 0 early differences count more.
    strata : array_like, shape (n,), optional
        Differences and covariances are taken within each stratum and summed.

    Raises
    ------
    CohortError
        ``survival.no_events``, ``survival.one_group``.
    InputError
        Those of `cumulative_incidence` and ``survival.empty_group``.

    References
    ----------
    Gray 1988 (doi 10.1214/aos/1176350951).
    """
    outcome, codes = clean_causes(time, status, cause)
    member, labels = group_codes(group, outcome.n)
    if len(labels) < 2:
        raise CohortError(f"only one group ({labels[0]})", code="survival.one_group", where="group")
    layer = np.zeros(outcome.n, dtype=int) if strata is None else group_codes(strata, outcome.n)[0]
    difference, variance = np.zeros(len(labels)), np.zeros((len(labels),) * 2)
    for number in np.unique(layer):
        inside = layer == number
        if not (codes[inside] == cause).any():
            continue
        times = np.unique(outcome.time[outcome.event & inside])
        own = [inside & (member == k) for k in range(len(labels))]
        groups = [cause_counts(outcome, codes, cause, times, rows) for rows in own]
        pooled = _Pooled.of(groups, rho)
        difference += pooled.difference(groups)
        variance += sum(pooled.variance_from(r, groups) for r in range(len(groups)))
    reduced = np.linalg.pinv(variance[:-1, :-1], hermitian=True)
    statistic = float(difference[:-1] @ reduced @ difference[:-1])
    df = len(labels) - 1
    events = int((codes == cause).sum())
    return ChiSquareTest(
        f"Gray, cause {cause}", statistic, df, chi_square_p(statistic, df), outcome.n, events
    )


def _scaled_at_risk(counts: CauseCounts) -> FloatArray:
    # Number at risk per probability of being event-free: estimates n x P(uncensored).
    return np.divide(
        counts.at_risk, counts.survival_before, out=np.zeros(counts.time.size), where=counts.at_risk > 0
    )


@dataclass(frozen=True)
class _Pooled:
    """Common estimates under the hypothesis."""

    scaled: FloatArray  # (K, m) scaled at-risk numbers of the groups
    events: FloatArray  # (m,)
    incidence: FloatArray  # (m,) pooled cumulative incidence
    before: FloatArray  # (m,) the same just before
    hazard: FloatArray  # (m,) pooled subdistribution hazard
    weight: FloatArray  # (m,)

    @classmethod
    def of(cls, groups: list[CauseCounts], rho: float) -> _Pooled:
        scaled = np.array([_scaled_at_risk(g) for g in groups])
        events = np.sum([g.cause for g in groups], axis=0)
        jump = events / scaled.sum(axis=0)
        incidence = np.cumsum(jump)
        before = np.concatenate([[0.0], incidence])[:-1]
        return cls(scaled, events, incidence, before, jump / (1.0 - before), (1.0 - before) ** rho)

    def difference(self, groups: list[CauseCounts]) -> FloatArray:
        own = np.array([np.concatenate([[0.0], g.incidence])[:-1] for g in groups])
        risk = self.scaled * (1.0 - own)
        cause = np.array([g.cause for g in groups])
        return np.asarray((cause - risk * (self.events / risk.sum(axis=0))) @ self.weight)

    def variance_from(self, r: int, groups: list[CauseCounts]) -> FloatArray:
        """Return what the patients of group `r` contribute to the covariance, shape (K, K)."""
        own, k = groups[r], len(groups)
        risk = self.scaled * (1.0 - self.before)
        direct = risk[r] * (np.eye(k)[r][:, None] - risk / risk.sum(axis=0)) / (1.0 - self.before)
        direct *= self.weight
        total = np.cumsum(direct * self.hazard, axis=1)
        later = total[:, -1:] - total
        ratio = np.divide(
            1.0 - self.incidence, own.survival, out=np.zeros(own.time.size), where=own.survival > 0
        )
        of_cause, of_other = direct + (1.0 - ratio) * later, -ratio * later
        inverse = np.divide(1.0, self.scaled[r], out=np.zeros(own.time.size), where=self.scaled[r] > 0)
        size = own.survival_before * self.scaled.sum(axis=0)
        step = np.diff(np.concatenate([[0.0], self.incidence]))
        first = _tied(self.events, size) * inverse * step
        second = _tied(own.other, own.at_risk) * inverse**2 * own.other
        return np.asarray((of_cause * first) @ of_cause.T + (of_other * second) @ of_other.T)


def _tied(events: FloatArray, at_risk: FloatArray) -> FloatArray:
    tied = events > 1
    factor = np.ones(events.size)
    factor[tied] = 1.0 - (events[tied] - 1.0) / np.maximum(at_risk[tied] - 1.0, 1.0)
    return factor
