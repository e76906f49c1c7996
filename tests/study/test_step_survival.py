"""The survival step's record, worked out again from the table of patients with plain code."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.patients_sample import LABELS, expected_events, patients_frame, survival_by_hand
from tests.survival_sample import few, survival

from kinephen.records.survival import SurvivalRecord
from kinephen.study.choices import headline_c, split_noise

FRAME = patients_frame()
TIME, EVENT = FRAME["time"].to_numpy(), FRAME["event"].to_numpy()
SECOND = (FRAME["phenotype"] == "2").to_numpy()


@pytest.fixture(scope="module")
def record():
    return survival()


def score_and_information(x, beta):
    """Return score and information of Cox's partial likelihood without ties."""
    score, information = np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1]))
    risk = np.exp(x @ beta)
    for i in np.flatnonzero(EVENT == 1):
        later = TIME[i] <= TIME
        weight = risk[later] / risk[later].sum()
        mean = weight @ x[later]
        score += x[i] - mean
        information += (x[later] * weight[:, None]).T @ x[later] - np.outer(mean, mean)
    return score, information


def loglik(x, beta):
    lp = x @ beta
    return sum(lp[i] - np.log(np.exp(lp[TIME[i] <= TIME]).sum()) for i in np.flatnonzero(EVENT == 1))


def covariates(columns):
    values = {**{c: FRAME[c].to_numpy() for c in columns if c != "phenotype"}, "phenotype": SECOND * 1.0}
    return np.column_stack([values[c] for c in columns])


def c_by_hand(score):
    """Return Harrell's C: the share of pairs of known order in which the earlier has the higher score."""
    good = total = 0.0
    for i in np.flatnonzero(EVENT == 1):
        later = TIME[i] < TIME
        total += later.sum()
        good += (score[i] > score[later]).sum() + 0.5 * (score[i] == score[later]).sum()
    return good / total


def test_the_sample_has_no_two_sides_alike():
    sizes = [SECOND.sum(), (~SECOND).sum(), EVENT.sum(), (1 - EVENT).sum(), (SECOND & (EVENT == 1)).sum()]
    assert len(set(sizes)) == len(sizes)
    assert len(set(TIME)) == len(TIME)


def test_curves_are_kaplan_meier_of_each_phenotype_in_years(record):
    panel = record.panels["phenotype"]
    assert (panel.n, panel.left_out) == (90, 0)
    assert [c.label for c in panel.curves] == [LABELS["1"], LABELS["2"]]
    for curve, member in zip(panel.curves, (~SECOND, SECOND), strict=True):
        time, event = TIME[member], EVENT[member]
        assert (curve.n, curve.events) == (member.sum(), event.sum())
        np.testing.assert_array_equal(curve.time, np.sort(time))
        np.testing.assert_allclose(curve.survival, [survival_by_hand(time, event, t) for t in curve.time])
        assert curve.at_risk == tuple((time >= t).sum() for t in panel.risk_times)
        np.testing.assert_array_equal(curve.censor_time, np.sort(time[event == 0]))
        for low, s, high in zip(curve.low, curve.survival, curve.high, strict=True):
            assert (low is None and s == 0) or low <= s <= high
        below = [t for t, s in zip(curve.time, curve.survival, strict=True) if s <= 0.5]
        assert curve.median.value == (pytest.approx(below[0]) if below else None)


def test_the_test_and_ratio_are_of_the_second_phenotype_against_the_first(record):
    test = record.panels["phenotype"].test
    expected = expected_events(TIME, EVENT, SECOND)
    observed = (SECOND & (EVENT == 1)).sum()
    variance = 0.0
    for t in TIME[EVENT == 1]:
        later = t <= TIME
        share = (later & SECOND).sum() / later.sum()
        variance += share * (1 - share)
    assert test.statistic == pytest.approx((observed - expected) ** 2 / variance)
    assert test.p == pytest.approx(stats.chi2.sf(test.statistic, 1))
    assert observed > expected
    ratio = test.hazard_ratio
    assert ratio.value > 1
    score, information = score_and_information(SECOND[:, None] * 1.0, np.log([ratio.value]))
    assert score[0] == pytest.approx(0, abs=1e-6)
    half = 1.959964 / np.sqrt(information[0, 0])
    assert (ratio.low, ratio.high) == pytest.approx(
        (ratio.value * np.exp(-half), ratio.value * np.exp(half)), rel=1e-5
    )


def test_halves_and_subtypes_hold_the_patients_that_their_names_say(record):
    low = FRAME["ftv2"] <= FRAME["ftv2"].median()
    sizes = {
        "phenotype_hr_positive_her2_negative": ((FRAME["hr"] == 1) & (FRAME["her2"] == 0)).sum(),
        "phenotype_her2_positive": (FRAME["her2"] == 1).sum(),
        "phenotype_triple_negative": ((FRAME["hr"] == 0) & (FRAME["her2"] == 0)).sum(),
        "phenotype_ftv2_low": low.sum(),
        "phenotype_ftv2_high": (~low).sum(),
    }
    assert {k: record.panels[k].n for k in sizes} == sizes
    assert [c.events for c in record.panels["ftv2"].curves] == [EVENT[low].sum(), EVENT[~low].sum()]
    assert [c.label for c in record.panels["ror_s_group"].curves] == ["low", "med", "high"]
    assert [c.n for c in record.panels["gene70_class"].curves] == [
        (FRAME["gene70_class"] == g).sum() for g in ("low", "high")
    ]


def test_every_model_is_at_the_maximum_of_its_likelihood(record):
    assert (record.ladder.n, record.ladder.events, record.ladder.left_out) == (90, EVENT.sum(), 0)
    for name, model in record.ladder.models.items():
        x = covariates(model.columns)
        beta = np.array([c.coef for c in model.coefficients])
        score, information = score_and_information(x, beta)
        spread = np.sqrt(np.diag(np.linalg.inv(information)))
        np.testing.assert_allclose(score * spread, 0, atol=1e-4, err_msg=name)
        np.testing.assert_allclose([c.se for c in model.coefficients], spread, rtol=1e-4)
        for c in model.coefficients:
            assert c.hr == pytest.approx(np.exp(c.coef))
            assert (c.low, c.high) == pytest.approx(
                (np.exp(c.coef - 1.959964 * c.se), np.exp(c.coef + 1.959964 * c.se)), rel=1e-5
            )
            assert c.p == pytest.approx(2 * stats.norm.sf(abs(c.coef / c.se)))
        ratio = 2 * (loglik(x, beta) - loglik(x, 0 * beta))
        assert model.lrt.statistic == pytest.approx(ratio)
        assert model.lrt.p == pytest.approx(stats.chi2.sf(ratio, len(beta)))
        assert model.events_per_coefficient == pytest.approx(EVENT.sum() / len(beta))
        assert model.apparent.c == pytest.approx(c_by_hand(x @ beta))
    assert record.ladder.models["m4"].phenotype.name == "phenotype=2"
    assert record.ladder.models["m4"].phenotype.hr > 1


def test_comparisons_take_the_smaller_from_the_larger(record):
    models = record.ladder.models
    pairs = [(c.smaller, c.larger) for c in record.ladder.comparisons]
    assert pairs == [("m1", "m2"), ("m2", "m3"), ("m2", "m4"), ("m3", "m5"), ("m4", "m5")]
    for c in record.ladder.comparisons:
        small, large = models[c.smaller], models[c.larger]
        assert set(small.columns) < set(large.columns)
        assert c.test.df == len(large.columns) - len(small.columns)
        assert c.test.statistic == pytest.approx(large.lrt.statistic - small.lrt.statistic)
        assert c.test.p == pytest.approx(stats.chi2.sf(c.test.statistic, c.test.df))
        assert c.gain.value == pytest.approx(
            large.cross_validated.interval.value - small.cross_validated.interval.value
        )
        assert c.gain.low < c.gain.value < c.gain.high
    assert record.ladder.against_nested("m5").smaller == "m3"
    assert record.ladder.against_nested("m1") is None
    assert record.ladder.comparison("m4", "m2") is None


def test_the_risk_score_is_that_of_model_two_and_high_means_more_risk(record):
    model = record.ladder.models["m2"]
    lp = covariates(model.columns) @ np.array([c.coef for c in model.coefficients])
    scores = np.array([record.risk.scores[c] for c in FRAME.index])
    np.testing.assert_allclose(scores - scores.mean(), lp - lp.mean(), atol=1e-10)
    assert record.risk.model == "m2"
    assert record.risk.median == pytest.approx(np.median(scores))
    expected = {c: "high" if s > record.risk.median else "low" for c, s in record.risk.scores.items()}
    assert record.risk.groups == expected
    high = np.array([record.risk.groups[c] == "high" for c in FRAME.index])
    assert [c.events for c in record.panels["risk"].curves] == [EVENT[~high].sum(), EVENT[high].sum()]


def test_follow_up_is_the_median_time_to_censoring(record):
    below = [t for t in np.sort(TIME) if survival_by_hand(TIME, 1 - EVENT, t) <= 0.5]
    assert record.follow_up.value == pytest.approx(below[0])


def test_proportional_hazards_are_tested_in_the_largest_model(record):
    checks = record.proportional_hazards
    assert checks.model == "m5"
    assert list(checks.tests) == [c.name for c in record.ladder.models["m5"].coefficients]
    for test in (*checks.tests.values(), checks.overall):
        assert test.p == pytest.approx(stats.chi2.sf(test.statistic, test.df))
    assert checks.overall.df == len(checks.tests)


def test_the_record_comes_back_from_json_with_the_same_digest(record):
    again = SurvivalRecord.model_validate_json(record.model_dump_json())
    assert again == record
    assert again.digest() == record.digest()


@pytest.mark.parametrize("interval", ["split_noise", "split_jackknife", "jackknife", "nadeau_bengio"])
@pytest.mark.parametrize("estimator", ["fold_mean", "pooled_pairs"])
def test_estimator_and_interval_are_chosen_from_one_record(record, interval, estimator):
    found = record.ladder.models["m4"].cross_validated
    chosen = few().cross_validation.model_copy(update={"interval": interval, "estimator": estimator})
    noise = getattr(found, estimator)
    kept = {
        "split_jackknife": found.interval,
        "jackknife": found.jackknife,
        "nadeau_bengio": found.nadeau_bengio,
    }
    shown = headline_c(found, chosen)
    if interval == "split_noise":
        expected = (noise.mean, noise.t_lower, noise.t_upper)
    else:
        expected = (kept[interval].value, kept[interval].low, kept[interval].high)
    assert (shown.value, shown.low, shown.high) == expected
    spread = split_noise(found, chosen)
    assert (spread.value, spread.low, spread.high) == (noise.mean, noise.t_lower, noise.t_upper)
