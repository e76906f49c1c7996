"""Honesty of the interval for the cross-validated C: how often it holds what it promises to hold."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.core.streams import stream
from kinephen.survival.concordance import concordance
from kinephen.survival.cox import cox_fit
from kinephen.survival.cross_validation import cross_validate
from kinephen.survival.folds import make_folds
from kinephen.survival.outcome import Outcome

COHORTS = 1000
JUDGED = 60  # cohorts whose rule is judged on new women; their mean is the truth
WOMEN = 100
TEST_WOMEN = 2500
REPLICATES = 20


def draw(rng, n, effect):
    """Five covariates, the first with the log hazard ratio `effect`; about 33 to 40 events in 100 women."""
    x = rng.normal(size=(n, 5))
    time = rng.weibull(1.3, n) * 9.0 * np.exp(-effect * x[:, 0] / 1.3)
    censor = rng.uniform(2, 7, n)
    return x, Outcome(np.minimum(time, censor), time <= censor)


def study(effect):
    """Return intervals (cohorts, 2), split-noise intervals and the true C of rules of this size."""
    honest, noise, truth, events = [], [], [], []
    for k in range(COHORTS):
        rng = stream(77, "coverage", k, int(10 * effect))
        x, outcome = draw(rng, WOMEN, effect)
        folds = make_folds(outcome.event, 5, REPLICATES, stratified=True, rng=rng)
        got = cross_validate(x, outcome, folds)
        honest.append((got.interval.lower, got.interval.upper))
        half = (got.fold_mean.t_upper - got.fold_mean.mean) * np.sqrt(REPLICATES / 100)
        noise.append((got.fold_mean.mean - half, got.fold_mean.mean + half))
        events.append(outcome.events)
        if k < JUDGED:
            train = folds[0] != 0
            rule = cox_fit(x[train], outcome.time[train], outcome.event[train]).usable_coef
            new, later = draw(rng, TEST_WOMEN, effect)
            truth.append(concordance(new @ rule, later.time, later.event).c)
    return np.array(honest), np.array(noise), float(np.mean(truth)), float(np.mean(events))


def share_inside(intervals, value):
    return float(((intervals[:, 0] <= value) & (value <= intervals[:, 1])).mean())


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.0, 1.1])
def test_the_jackknife_interval_covers_and_the_split_noise_does_not(effect):
    honest, noise, truth, events = study(effect)
    covered, naive = share_inside(honest, truth), share_inside(noise, truth)
    print(
        f"effect {effect}: C {truth:.3f}, {events:.0f} events, covered {covered:.3f}, split noise {naive:.3f}"
    )
    assert covered >= 0.88
    assert naive <= 0.25
    assert 25 <= events <= 45
