"""Restricted means, markers and competing death at the horizon, worked out again with plain code."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from tests.patients_sample import LABELS, patients_frame, survival_by_hand
from tests.survival_sample import survival

from kinephen.study.steps.at_horizon import further_tests

HORIZON = 3.0
FRAME = patients_frame()
TIME, EVENT, KIND = (FRAME[c].to_numpy() for c in ("time", "event", "event_type"))
SECOND = (FRAME["phenotype"] == "2").to_numpy()
SIDES = {"1": ~SECOND, "2": SECOND}


@pytest.fixture(scope="module")
def additions():
    return survival().additions


def mean_by_hand(member):
    """Return the area under the Kaplan-Meier curve up to the horizon."""
    time, event = TIME[member], EVENT[member]
    steps = [0.0, *sorted(t for t in time[event == 1] if t < HORIZON), HORIZON]
    return sum((b - a) * survival_by_hand(time, event, a) for a, b in pairwise(steps))


def incidence_by_hand(member, cause):
    """Return the Aalen-Johansen estimate of one cause at the horizon."""
    time, kind, total, alive = TIME[member], KIND[member], 0.0, 1.0
    for t in sorted(set(time[(kind > 0) & (time <= HORIZON)])):
        at_risk = (time >= t).sum()
        total += alive * ((time == t) & (kind == cause)).sum() / at_risk
        alive *= 1 - ((time == t) & (kind > 0)).sum() / at_risk
    return total


def test_restricted_means_are_years_and_the_second_phenotype_loses_some(additions):
    assert additions.performance.horizon.years == HORIZON
    first, second = additions.restricted_means
    for row, (key, member) in zip((first, second), SIDES.items(), strict=True):
        assert row.label == LABELS[key]
        assert (row.n, row.events) == (member.sum(), EVENT[member].sum())
        assert row.mean.value == pytest.approx(mean_by_hand(member))
        assert 0 < row.mean.low < row.mean.value < row.mean.high
    assert first.difference is None
    assert second.difference.value == pytest.approx(second.mean.value - first.mean.value)
    assert second.difference.value < 0


def test_further_tests_are_of_the_patients_that_they_name(additions):
    plain, early, stratified = additions.tests
    shown = survival().panels["phenotype"]
    for name in ("name", "statistic", "df", "p", "reason"):
        assert getattr(plain, name) == getattr(shown.test, name)
    for test in (plain, early, stratified):
        assert (test.n, test.events) == (90, EVENT.sum())
        assert test.p == pytest.approx(stats.chi2.sf(test.statistic, test.df))
    assert len({plain.statistic, early.statistic, stratified.statistic}) == 3


def test_the_plain_test_is_that_of_the_panel_and_not_another_one():
    shown = survival().panels["phenotype"]
    test = shown.test.model_copy(update={"statistic": 1.25, "df": 1, "p": 0.26})
    plain, early, _ = further_tests(FRAME, shown.model_copy(update={"test": test}))
    assert (plain.statistic, plain.p) == (1.25, 0.26) != (early.statistic, early.p)
    absent = further_tests(FRAME, None)[0]
    assert (absent.n, absent.p, absent.reason) == (0, None, "nobody has a phenotype")


def test_markers_have_cases_weighted_by_the_chance_to_be_followed(additions):
    cases, controls = (TIME <= HORIZON) & (EVENT == 1), TIME > HORIZON
    sides = {
        "70-gene signature, high risk": FRAME["gene70_class"] == "high",
        "ROR-S, high risk": FRAME["ror_s_group"] == "high",
        "p53 signature, mutant": FRAME["p53_class"] == "mutant",
        "phenotype, increasing": FRAME["phenotype"] == "2",
    }
    assert [m.marker for m in additions.markers] == list(sides)
    # 1 / chance to be followed: until just before the event, or to the horizon.
    weight = np.array(
        [
            1 / survival_by_hand(TIME, 1 - EVENT, np.nextafter(t, 0)) if case else 0.0
            for t, case in zip(TIME, cases, strict=True)
        ]
    )
    weight[controls] = 1 / survival_by_hand(TIME, 1 - EVENT, HORIZON)
    for marker in additions.markers:
        positive = sides[marker.marker].to_numpy()
        counts = (cases.sum(), controls.sum(), (~cases & ~controls).sum())
        assert (marker.cases, marker.controls, marker.unknown) == counts
        true, false = weight[positive & cases].sum(), weight[positive & controls].sum()
        missed, right = weight[~positive & cases].sum(), weight[~positive & controls].sum()
        shares = (
            (marker.sensitivity, true / (true + missed)),
            (marker.specificity, right / (right + false)),
            (marker.ppv, true / (true + false)),
            (marker.npv, right / (right + missed)),
        )
        for found, expected in shares:
            assert found.value == pytest.approx(expected)
            assert found.low < found.value < found.high


def test_incidences_are_aalen_johansen_of_each_cause(additions):
    record = additions.competing
    assert record.reason == ""
    assert (record.n, record.recurrences, record.deaths) == (90, (KIND == 1).sum(), (KIND == 2).sum())
    assert record.recurrences != record.deaths > 0
    for group, (key, member) in zip(record.groups, SIDES.items(), strict=True):
        assert group.label == LABELS[key]
        assert (group.n, group.recurrences, group.deaths) == (
            member.sum(),
            (KIND[member] == 1).sum(),
            (KIND[member] == 2).sum(),
        )
        assert group.kaplan_meier == pytest.approx(
            1 - survival_by_hand(TIME[member], KIND[member] == 1, HORIZON)
        )
        for found, cause in ((group.recurrence, 1), (group.death, 2)):
            if found.at is not None:
                assert found.at.time == HORIZON
                assert found.at.estimate == pytest.approx(incidence_by_hand(member, cause))
            else:
                assert found.reason
        assert group.recurrence.incidence == tuple(sorted(group.recurrence.incidence))
    assert record.groups[1].recurrence.at.estimate > record.groups[0].recurrence.at.estimate


def test_ratios_where_death_competes_are_of_the_second_phenotype(additions):
    cause, incidence = additions.competing.models
    ratio = survival().panels["phenotype"].test.hazard_ratio
    assert (cause.hr, cause.low, cause.high) == pytest.approx((ratio.value, ratio.low, ratio.high))
    for model in (cause, incidence):
        assert 1 < model.low < model.hr < model.high
        assert model.p < 0.05
    assert additions.competing.gray.p == pytest.approx(stats.chi2.sf(additions.competing.gray.statistic, 1))
