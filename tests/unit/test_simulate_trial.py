"""The patients of a trial: rates, phenotypes, outcome, censoring, tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kinephen.core.streams import stream
from kinephen.errors import ConfigError
from kinephen.simulate.molecular import PGR_GIVEN_ER, SUBTYPES
from kinephen.simulate.outcome import draw_outcome, hazard_terms, linear_predictor
from kinephen.simulate.patient import PCR_MODEL
from kinephen.simulate.settings import OutcomeSettings, TrialSettings, make_settings
from kinephen.simulate.tables import dictionary_table
from kinephen.simulate.trial import simulate_trial
from kinephen.survival.cox import cox_fit


@pytest.fixture(scope="module")
def large():
    return simulate_trial(TrialSettings(patients=2500, validation=0), seed=7)


def test_columns_and_rows_of_the_tables():
    trial = simulate_trial(TrialSettings(patients=5, validation=3), seed=1)
    clinical, exams = trial.clinical, trial.exams
    assert list(clinical.columns) == list(dictionary_table()["column"])
    assert clinical["cohort"].tolist() == ["discovery"] * 5 + ["validation"] * 3
    assert clinical["patient_id"].is_unique
    assert len(exams) == 16
    assert exams["path"].tolist()[:2] == ["exams/SIM-D0001/T1", "exams/SIM-D0001/T2"]
    assert set(exams["visit"]) == {"T1", "T2"}


def test_the_first_patients_stay_when_the_cohort_grows():
    small = simulate_trial(TrialSettings(patients=4, validation=2), seed=3)
    big = simulate_trial(TrialSettings(patients=9, validation=5), seed=3)
    assert small.patients[:4] == big.patients[:4]
    assert small.patients[4:] == big.patients[9:11]


def test_another_seed_gives_other_patients():
    a, b = (simulate_trial(TrialSettings(patients=4, validation=0), seed=s) for s in (1, 2))
    assert a.patients != b.patients


def test_subtypes_and_receptors_occur_at_the_stated_rates(large):
    own = pd.DataFrame([vars(w.molecular) for w in large.patients])
    for name, rates in SUBTYPES.items():
        group = own[own["subtype"] == name]
        assert len(group) / len(own) == pytest.approx(rates.share, abs=0.03)
        for column, rate in (("er", rates.er), ("her2", rates.her2)):
            assert group[column].mean() == pytest.approx(rate, abs=4 * np.sqrt(0.25 / len(group)))
        assert (group["p53"] == "mutant").mean() == pytest.approx(
            rates.p53_mutant, abs=4 * np.sqrt(0.25 / len(group))
        )
    assert own[own["er"]]["pgr"].mean() == pytest.approx(PGR_GIVEN_ER[1], abs=0.05)
    assert own[~own["er"]]["pgr"].mean() == pytest.approx(PGR_GIVEN_ER[0], abs=0.03)


def test_planted_ror_orders_the_subtypes(large):
    own = pd.DataFrame([vars(w.molecular) for w in large.patients])
    means = own.groupby("subtype")["ror_s"].mean()
    assert means["LumA"] < 10 < 50 < means["LumB"]
    assert means["Basal"] > 50
    assert means["Her2"] > 50


def test_phenotypes_occur_at_the_stated_share_and_change_about_their_means(large):
    increasing = np.array([w.phenotype == "increasing" for w in large.patients])
    change = np.array([w.change for w in large.patients])
    assert increasing.mean() == pytest.approx(0.45, abs=0.04)
    assert change[increasing].mean() == pytest.approx(1.0, abs=0.05)
    assert change[~increasing].mean() == pytest.approx(-1.0, abs=0.05)
    assert change[increasing].std() == pytest.approx(0.4, abs=0.03)


def test_baseline_tells_nothing_of_the_phenotype(large):
    increasing = np.array([w.phenotype == "increasing" for w in large.patients])
    for trait in ("volume_cc", "contrast", "texture_mm", "irregularity", "ktrans"):
        values = np.array([getattr(w.first, trait) for w in large.patients])
        difference = values[increasing].mean() - values[~increasing].mean()
        assert abs(difference) < 4 * values.std() * np.sqrt(1 / increasing.sum() + 1 / (~increasing).sum())


def test_no_separation_is_one_group():
    settings = make_settings({"patients": 800, "validation": 0, "phenotype": {"separation": 0.0}})
    patients = simulate_trial(settings, seed=2).patients
    change = np.array([w.change for w in patients])
    assert abs(change.mean()) < 0.06
    assert change.std() == pytest.approx(0.4, abs=0.04)


def test_pcr_follows_the_stated_logistic_model(large):
    p = np.array([w.pcr_probability for w in large.patients])
    pcr = np.array([w.pcr for w in large.patients])
    for low, high in ((0.0, 0.15), (0.15, 0.35), (0.35, 1.0)):
        part = (p >= low) & (p < high)
        assert pcr[part].mean() == pytest.approx(p[part].mean(), abs=4 * np.sqrt(0.25 / part.sum()))
    patient = large.patients[0]
    logit = (
        PCR_MODEL["intercept"]
        + PCR_MODEL["increasing"] * (patient.phenotype == "increasing")
        + PCR_MODEL["her2"] * patient.molecular.her2
        + PCR_MODEL["er"] * patient.molecular.er
        + PCR_MODEL["log_volume_change"] * np.log(patient.second.viable_cc / patient.first.viable_cc)
    )
    assert patient.pcr_probability == pytest.approx(1 / (1 + np.exp(-logit)))


def test_trastuzumab_only_with_her2(large):
    given = [w for w in large.patients if w.trastuzumab]
    assert given
    assert all(w.molecular.her2 for w in given)


def test_unknown_receptors_are_missing_and_rare(large):
    missing = large.clinical[["er", "pgr", "her2"]].isna()
    assert 0.01 < missing.any(axis=1).mean() < 0.06
    assert missing.sum(axis=1).max() == 1


def test_hazard_ratios_are_recovered_by_cox_at_large_n(large):
    settings = large.settings.outcome
    terms = pd.DataFrame([w.hazard_terms for w in large.patients])
    outcome = pd.DataFrame([vars(w.outcome) for w in large.patients])
    fit = cox_fit(terms, outcome["rfs_days"], outcome["rfs_event"])
    for name, estimate, error in zip(terms.columns, fit.coef, fit.se, strict=True):
        assert estimate == pytest.approx(getattr(settings, name), abs=4 * error), name


def test_times_follow_the_weibull_distribution_and_censoring_is_independent():
    settings = OutcomeSettings()
    outcomes = [draw_outcome(stream(1, "o", n), 0.7, settings, other=stream(1, "d", n)) for n in range(4000)]
    times = np.array([o.recurrence_days for o in outcomes])
    # Median of a Weibull with proportional hazards: s (ln 2 / exp(lp)) ^ (1 / k)
    k, s = settings.weibull_shape, settings.weibull_scale_days
    assert np.median(times) == pytest.approx(s * (np.log(2) / np.exp(0.7)) ** (1 / k), rel=0.06)
    censoring = np.array([o.censoring_days for o in outcomes])
    assert abs(np.corrcoef(np.argsort(np.argsort(times)), np.argsort(np.argsort(censoring)))[0, 1]) < 0.06
    assert censoring.max() <= settings.follow_up_days[1]


def test_what_is_seen_is_the_earlier_time(large):
    for w in large.patients[:500]:
        o = w.outcome
        assert o.rfs_event == (o.recurrence_days <= o.censoring_days)
        assert o.rfs_days == int(np.ceil(min(o.recurrence_days, o.censoring_days)))
        assert o.os_days >= o.rfs_days
        assert o.os_event <= max(o.rfs_event, o.other_death)
        assert o.event_type == (1 if o.rfs_event else 2 if o.other_death else 0)


def test_deaths_of_other_causes_come_at_the_planted_rate(large):
    settings = large.settings.outcome
    outcomes = [w.outcome for w in large.patients]
    # One event in each person-time: the maximum-likelihood rate of a constant cause-specific hazard.
    count = sum(o.event_type == 2 for o in outcomes)
    rate = count / sum(o.rfs_days for o in outcomes)
    planted = settings.death_share_of_drop_out * settings.drop_out_per_day
    assert rate == pytest.approx(planted, abs=4 * planted / np.sqrt(count))
    assert not any(w.outcome.other_death for w in simulate_trial(_no_other_deaths(), seed=1).patients)


def _no_other_deaths():
    return TrialSettings(outcome=OutcomeSettings(death_share_of_drop_out=0.0))


def test_share_of_events_at_the_default_size_is_realistic():
    shares = [
        simulate_trial(TrialSettings(validation=0), seed=seed).clinical["rfs_event"].mean()
        for seed in range(12)
    ]
    assert 0.28 < np.mean(shares) < 0.46


def test_linear_predictor_by_hand():
    terms = hazard_terms(
        increasing=True, ftv2_cc=float(np.exp(2.2)), ror_s=80.0, p53_mutant=True, age_years=58.0, pcr=False
    )
    assert terms == pytest.approx(
        {
            "log_hr_increasing": 1.0,
            "log_hr_ftv2": 1.0,
            "log_hr_ror": 1.0,
            "log_hr_p53_mutant": 1.0,
            "log_hr_age": 1.0,
            "log_hr_pcr": 0.0,
        }
    )
    s = OutcomeSettings()
    total = s.log_hr_increasing + s.log_hr_ftv2 + s.log_hr_ror + s.log_hr_p53_mutant + s.log_hr_age
    assert linear_predictor(terms, s) == pytest.approx(total)


def test_vendor_shares_are_followed():
    settings = make_settings(
        {"patients": 300, "validation": 0, "vendors": {"ge": 0, "siemens": 1, "philips": 0}}
    )
    assert {w.vendor for w in simulate_trial(settings, seed=1).patients} == {"siemens"}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"patients": 1}, "patients: Input should be greater than or equal to 2"),
        ({"image": {"matrix": 8}}, "image.matrix: Input should be greater than or equal to 24"),
        ({"image": {"matrices": 8}}, "image.matrices: Extra inputs are not permitted"),
        ({"phenotype": {"separation": "wide"}}, "phenotype.separation: Input should be a valid number"),
        ({"vendors": {"ge": 0, "siemens": 0, "philips": 0}}, "at least one share must be above 0"),
        ({"outcome": {"follow_up_days": [900, 300]}}, "two increasing positive numbers"),
    ],
)
def test_wrong_settings_are_named(values, text):
    with pytest.raises(ConfigError, match="found") as caught:
        make_settings(values)
    assert text in str(caught.value)
    assert caught.value.code == "simulate.settings"
