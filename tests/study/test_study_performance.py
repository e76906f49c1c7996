"""What the run adds to the article's analysis: the report's numbers are those of the pure functions."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.config.presets import preset_settings
from kinephen.config.schema import Harmonise, Landmark, Settings
from kinephen.config.survival import SurvivalSettings
from kinephen.core.streams import stream
from kinephen.errors import CohortError, InputError
from kinephen.model.build import build_model
from kinephen.phenotype.harmonise import fit_combat
from kinephen.records.performance import SampleSizeRecord, ScoresRecord
from kinephen.records.statistics import IntervalRecord
from kinephen.study.excluded import compare_left_out
from kinephen.study.frame import cohort_rows
from kinephen.study.recorded import recorded
from kinephen.study.steps.additions import additions_record
from kinephen.study.steps.at_horizon import competing_record, marker_accuracy, restricted_means
from kinephen.study.steps.ladder import run_ladder
from kinephen.study.steps.landmark import apply_landmark
from kinephen.study.steps.performance import performance_record
from kinephen.study.steps.sites import fit_sites
from kinephen.survival.calibration import calibration_groups, smooth_calibration
from kinephen.survival.competing import cumulative_incidence
from kinephen.survival.design import design_matrix
from kinephen.survival.fine_gray import fine_gray
from kinephen.survival.gray import gray_test
from kinephen.survival.horizon import horizon_accuracy
from kinephen.survival.kaplan_meier import kaplan_meier
from kinephen.survival.out_of_fold import out_of_fold_risk
from kinephen.survival.outcome import clean_outcome
from kinephen.survival.prediction import auc_gain, score_predictions
from kinephen.survival.restricted_mean import restricted_mean_difference
from kinephen.survival.sample_size import sample_size

QUICK = preset_settings("quick")
LABELS = {"1": "1 decreasing", "2": "2 increasing"}


@pytest.fixture(scope="module")
def patients():
    """Return 90 patients with everything that the ladder asks for; the phenotype matters."""
    rng = np.random.default_rng(11)
    n = 90
    frame = pd.DataFrame(
        {
            "age": rng.normal(48, 9, n),
            "hr": rng.integers(0, 2, n).astype(float),
            "her2": rng.integers(0, 2, n).astype(float),
            "ftv2": rng.lognormal(1.5, 0.6, n),
            "gene70_cosine": rng.normal(size=n),
            "ror_s": rng.normal(40, 20, n),
            "p53_score": rng.normal(size=n),
            "gene70_class": rng.choice(["low", "high"], n),
            "phenotype": rng.choice(["1", "2"], n),
        },
        index=[f"case-{i:04d}" for i in range(n)],
    )
    recurrence = rng.exponential(9.0 * np.exp(-1.2 * (frame["phenotype"] == "2")))
    death, censoring = rng.exponential(25.0, n), rng.uniform(3.0, 7.0, n)
    time = np.minimum(np.minimum(recurrence, death), censoring)
    kind = np.where(time == recurrence, 1.0, np.where(time == death, 2.0, 0.0))
    later = np.minimum(recurrence + rng.exponential(2.0, n), np.minimum(death, 8.0))
    return frame.assign(
        time=time,
        event=(kind == 1).astype(float),
        event_type=kind,
        os_time=np.maximum(later, time),
        os_event=(later < 8.0).astype(float),
        pcr=(rng.random(n) < np.where(frame["phenotype"] == "2", 0.2, 0.5)).astype(float),
    )


@pytest.fixture(scope="module")
def ladder(patients):
    settings = _fewer(QUICK)
    return run_ladder(patients, settings.ladder, learn=None, rng=stream(1, "test"))


@pytest.fixture(scope="module")
def additions(patients, ladder):
    return additions_record(
        patients, ladder, _fewer(QUICK), panel=None, labels=LABELS, end_point="rfs", seed=1, name="quick"
    )


def _fewer(settings: Settings) -> SurvivalSettings:
    return SurvivalSettings.of(
        settings.model_copy(
            update={
                "cross_validation": settings.cross_validation.model_copy(update={"replicates": 4}),
                "performance": settings.performance.model_copy(update={"replicates": 3, "bootstraps": 20}),
            }
        )
    )


def test_performance_is_that_of_the_pure_functions_on_the_ladders_folds(patients, ladder, additions):
    record = additions.performance
    outcome = clean_outcome(patients["time"], patients["event"])
    assert record.horizon.value == 3.0
    assert record.horizon.cases == int((outcome.event & (outcome.time <= 3.0)).sum())
    for name in ("m1", "m4", "m5"):
        x = design_matrix(patients, ladder.columns[name]).x
        predicted = out_of_fold_risk(x, outcome, ladder.result.folds[:3], 3.0)
        assert record.models[name].scores == recorded(ScoresRecord, score_predictions(predicted, outcome))
        fit = ladder.result.model(name).fit
        size = sample_size(fit.lrt.statistic, round(fit.df), fit.n, fit.events)
        assert record.models[name].size == recorded(SampleSizeRecord, size)
        groups = record.models[name].calibration.groups
        assert sum(g.n for g in groups) == len(patients)
    optimism = record.models["m5"].optimism
    assert optimism.corrected_c < optimism.apparent_c
    assert optimism.apparent_c == pytest.approx(ladder.result.model("m5").apparent.c)


def test_decision_curves_have_both_defaults_and_treat_none_is_zero(additions):
    curves = {c.model: c for c in additions.performance.decision}
    assert {"treat all", "treat none", "m4"} <= set(curves)
    assert set(curves["treat none"].benefit) == {0.0}
    time = [c.time for c in additions.performance.auc_over_time]
    assert all(t == time[0] for t in time)
    assert len(time[0]) > 3


def benefit(time, event, treated, horizon, threshold):
    """Net benefit by hand: true positives less weighted false ones, per patient (Vickers et al. 2008)."""
    if not treated.any():
        return 0.0
    risk = 1.0
    for t in np.unique(time[treated & event & (time <= horizon)]):
        at_risk = (treated & (time >= t)).sum()
        risk *= 1.0 - (treated & event & (time == t)).sum() / at_risk
    risk, share = 1.0 - risk, treated.mean()
    return share * risk - share * (1.0 - risk) * threshold / (1.0 - threshold)


def predicted(patients, ladder, name):
    outcome = clean_outcome(patients["time"], patients["event"])
    x = design_matrix(patients, ladder.columns[name]).x
    return out_of_fold_risk(x, outcome, ladder.result.folds[:3], 3.0)


def test_decision_curves_are_those_of_the_hand(patients, ladder, additions):
    time, event = patients["time"].to_numpy(), patients["event"].to_numpy() == 1
    for curve in additions.performance.decision:
        if curve.model == "treat none":
            continue
        risk = np.ones(90) if curve.model == "treat all" else predicted(patients, ladder, curve.model).mean
        wanted = [benefit(time, event, risk >= t, 3.0, t) for t in curve.threshold]
        known = np.array([b is not None for b in curve.benefit])
        got = np.array([np.nan if b is None else b for b in curve.benefit])
        assert known.sum() > 5
        np.testing.assert_allclose(got[known], np.array(wanted)[known], rtol=1e-9, atol=1e-12)


def test_gains_calibration_and_curves_of_auc_are_of_their_own_models(patients, ladder, additions):
    outcome = clean_outcome(patients["time"], patients["event"])
    record = additions.performance
    risks = {n: predicted(patients, ladder, n) for n in ladder.columns}
    for entry in record.gains:
        gain, reason = auc_gain(risks[entry.smaller], risks[entry.larger], outcome)
        assert (entry.gain.value, entry.reason) == (gain.estimate, reason)
        assert entry.gain.value == pytest.approx(
            record.models[entry.larger].scores.auc.value - record.models[entry.smaller].scores.auc.value,
            abs=0.02,
        )
    assert len({(e.smaller, e.larger) for e in record.gains}) == len(record.gains) > 1
    for name, model in record.models.items():
        found = model.calibration
        table = calibration_groups(risks[name].mean, outcome.time, outcome.event, 3.0)
        assert [g.n for g in found.groups] == table["n"].tolist()
        smooth = smooth_calibration(risks[name].mean, outcome.time, outcome.event, 3.0)
        assert found.smooth.ici == smooth.ici
    curves = {c.model: c for c in record.auc_over_time}
    at_horizon = curves["m4"].time.index(3.0)
    for name, curve in curves.items():
        assert curve.auc[at_horizon] == pytest.approx(record.models[name].scores.auc.value), name
    stronger, weaker = (np.nanmean(np.array(curves[n].auc, dtype=float)) for n in ("m4", "m1"))
    assert stronger > weaker  # the phenotype was planted, age was not


def test_too_few_events_leave_sizes_and_a_reason(patients, ladder):
    late = patients.assign(time=patients["time"] + 3.5)
    again = run_ladder(late, _fewer(QUICK).ladder, learn=None, rng=stream(1, "test"))
    record = performance_record(late, again, _fewer(QUICK), seed=1, name="quick")
    assert record.horizon.value is None
    assert "events by 3" in record.horizon.reason
    assert record.models["m4"].scores is None
    assert record.models["m4"].optimism.replicates > 0


def test_the_response_ladder_has_the_same_models_on_complete_patients(patients, additions):
    record = additions.response.ladder
    assert (record.n, record.events) == (90, int(patients["pcr"].sum()))
    assert list(record.models) == ["gene70", "ror_s", "p53", "m1", "m2", "m3", "m4", "m5"]
    names = record.models["m4"].fit.names
    assert names == ("intercept", "age", "hr", "her2", "ftv2", "phenotype=2")
    assert "pCR" in additions.response.end_point


def test_overall_survival_runs_the_same_ladder_on_deaths(patients, additions):
    record = additions.death.ladder
    assert record.events == int(patients["os_event"].sum())
    assert set(record.models) == set(additions.response.ladder.models)
    assert "death" in additions.death.end_point


def test_end_points_that_are_absent_or_off_say_why(patients, ladder):
    bare = patients.drop(columns=["pcr", "os_time", "event_type"])
    record = additions_record(
        bare, ladder, _fewer(QUICK), panel=None, labels=LABELS, end_point="rfs", seed=1, name="quick"
    )
    assert "does not tell pCR" in record.response.reason
    assert "no time to death" in record.death.reason
    assert "recurrence from death" in record.competing.reason
    off = preset_settings("chitalia2023").end_points
    assert off.competing == "off"
    none = patients.assign(event_type=patients["event"])
    assert "no death without recurrence" in competing_record(none, LABELS, 3.0).reason


def test_competing_risks_are_those_of_the_pure_functions(patients, additions):
    record = additions.competing
    assert record.deaths == int((patients["event_type"] == 2).sum()) > 0
    for label, group in zip(("1", "2"), record.groups, strict=True):
        rows = patients[patients["phenotype"] == label]
        at = cumulative_incidence(rows["time"], rows["event_type"]).at(3.0)
        assert group.recurrence.at.estimate == float(at["estimate"][0])
        # Censoring deaths overstates the risk of recurrence.
        assert group.kaplan_meier >= group.recurrence.at.estimate
    assert record.gray.p == gray_test(patients["time"], patients["event_type"], patients["phenotype"]).p
    fit = fine_gray(
        (patients["phenotype"] == "2").to_numpy(float)[:, None], patients["time"], patients["event_type"]
    )
    assert record.models[1].hr == float(fit.hr[0])


def test_restricted_means_and_markers_at_the_horizon(patients):
    first, second = restricted_means(patients, LABELS, 3.0)
    curves = [kaplan_meier(rows["time"], rows["event"], label=g) for g, rows in patients.groupby("phenotype")]
    assert first.difference is None
    assert second.difference == recorded(IntervalRecord, restricted_mean_difference(*curves, 3.0))
    found = {r.marker: r for r in marker_accuracy(patients, "2", 3.0)}
    own = horizon_accuracy(patients["phenotype"] == "2", patients["time"], patients["event"], 3.0)
    assert found["phenotype, increasing"].ppv == recorded(IntervalRecord, own.ppv)
    assert found["phenotype, increasing"].unknown == own.unknown


def followed(patients):
    return patients.assign(complete=True, t2_days=np.where(np.arange(len(patients)) % 2, 30.0, 400.0))


def test_landmark_counts_time_from_each_patients_second_visit(patients):
    frame = followed(patients)
    same, told = apply_landmark(frame, Landmark())
    pd.testing.assert_series_equal(same["time"], frame["time"])
    early = frame["time"] <= frame["t2_days"] / 365.25
    assert (told.events, told.left) == (
        int((early & (frame["event"] == 1)).sum()),
        int((early & (frame["event"] == 0)).sum()),
    )
    assert told.events > 0
    moved, done = apply_landmark(frame, Landmark(use=True))
    assert done == told.model_copy(update={"use": True})
    kept = moved[moved["time"].notna()]
    assert len(kept) == len(frame) - int(early.sum())
    np.testing.assert_allclose(kept["time"], (frame["time"] - frame["t2_days"] / 365.25)[kept.index])
    assert moved.loc[early, "event"].isna().all()
    assert moved["before_landmark"].tolist() == early.tolist()


def test_landmark_without_days_needs_a_setting(patients):
    frame = followed(patients).drop(columns="t2_days")
    with pytest.raises(CohortError, match="not known for 90 of 90 patients"):
        apply_landmark(frame, Landmark(use=True))
    moved, _ = apply_landmark(frame, Landmark(use=True, days=30.0))
    assert moved["time"].max() == pytest.approx(frame["time"].max() - 30.0 / 365.25)
    with pytest.raises(InputError, match="expected days >= 0"):
        apply_landmark(frame.assign(t2_days=-1.0), Landmark())


def sites_of(frame):
    return {c: "AB"[i % 2] for i, c in enumerate(frame.index)}


def test_combat_is_fitted_on_discovery_and_applied_to_others():
    rng = np.random.default_rng(2)
    cases = [f"case-{i}" for i in range(40)]
    delta = pd.DataFrame(rng.normal(size=(40, 6)), index=cases, columns=list("abcdef"))
    batch = sites_of(delta)
    shift = pd.Series(batch).eq("B").to_numpy()[:, None] * 3.0
    delta = delta + shift
    delta["gap"], delta["flat"] = np.where(np.arange(40) == 3, np.nan, 1.0), 2.0
    train, other = delta.iloc[:30], delta.iloc[30:]
    sites = fit_sites(train, batch, Harmonise(method="combat"))
    clean = sites.apply(train, batch)
    expected = fit_combat(train[list("abcdef")], pd.Series(batch)[train.index])
    pd.testing.assert_frame_equal(
        sites.apply(other, batch)[list("abcdef")], expected.transform(other[list("abcdef")], pd.Series(batch))
    )
    pd.testing.assert_frame_equal(clean[["gap", "flat"]], train[["gap", "flat"]])
    record = sites.record(train, clean, batch)
    assert record.before[0].by_batch > 0.6
    assert record.after[0].by_batch < 0.2
    assert fit_sites(train, batch, Harmonise()).apply(train, batch) is train
    with pytest.raises(InputError, match="3 of 30 patients have no site"):
        fit_sites(
            train, {c: b for c, b in batch.items() if c not in train.index[:3]}, Harmonise(method="combat")
        )


def test_patients_left_out_stand_beside_with_a_test(patients):
    old = patients.head(20).assign(age=lambda f: f["age"] + 30)
    record = compare_left_out(patients.iloc[20:], old, {"no images": 20})
    assert record.n == 20
    assert record.age.test.p < 0.001
    her2 = record.binary["HER2 positive"]
    assert (her2.n, her2.of) == (int(old["her2"].sum()), 20)
    nobody = compare_left_out(patients, patients.head(0), {})
    assert nobody.n == 0
    assert nobody.age.mean is None


def test_the_report_shows_what_the_run_recorded(finished):
    results, _, out = finished
    report = json.loads((out / "report.json").read_text())
    additions = results.cohort.main.survival.additions
    tables = report["tables"]
    for name in ("performance", "optimism", "end_points", "phenotype_tests", "evidence"):
        assert tables[name]["rows"], name
    size = additions.performance.models["m1"].size
    row = next(r for r in tables["optimism"]["rows"] if r["model"].startswith("Model 1"))
    assert row["epv"] == size.events_per_coefficient
    assert tables["end_points"]["rows"][0]["events"] == results.cohort.main.survival.ladder.events
    assert "counts from the first visit" in tables["end_points"]["notes"][0]
    assert tables["table1"]["notes"] == ["No patient of the discovery cohort's clinical table is left out."]


def test_the_first_page_sets_article_honest_and_truth_side_by_side(finished):
    results, _, out = finished
    table = json.loads((out / "report.json").read_text())["tables"]["evidence"]
    assert [c["key"] for c in table["columns"]] == ["question", "article", "honest", "truth", "reading"]
    rows = {r["question"][:12]: r for r in table["rows"]}
    assert rows["How much mor"]["truth"] == pytest.approx(4.0)
    cv = results.cohort.main.survival.ladder.models["m4"]
    again = rows["The same: ph"]
    assert again["article"]["value"] == cv.cross_validated.interval.value
    assert again["honest"]["value"] == cv.refitted.interval.value
    ranking = rows["How well doe"]
    width = {k: ranking[k]["high"] - ranking[k]["low"] for k in ("article", "honest")}
    assert width["honest"] > width["article"]
    assert all(r["reading"] for r in table["rows"])
    page = (out / "report.html").read_text()
    assert page.index('id="table-evidence"') < page.index('id="flow"')


def test_a_landmark_changes_the_outcome_and_no_exam(finished, study_folder, load, run, tmp_path):
    import shutil

    results, _, first = finished
    out = shutil.copytree(first, tmp_path / "landmark")
    before = {p.parent.name for p in (out / "store" / "lesion").rglob("step.json")}
    again, _ = run(study_folder, out, "landmark.use=true")
    assert {p.parent.name for p in (out / "store" / "lesion").rglob("step.json")} == before
    main, other = results.cohort.main, again.cohort.main
    shift = (
        cohort_rows(main.frame, "discovery")["time"] - cohort_rows(other.frame, "discovery")["time"]
    ).dropna()
    np.testing.assert_allclose(shift, main.frame.loc[shift.index, "t2_days"] / 365.25)
    report = json.loads((out / "report.json").read_text())
    assert "second visit" not in report["study"]["end_point"]
    assert report["study"]["time_origin"] == "the second visit"
    for name, figure in report["figures"].items():
        if (figure.get("data") or {}).get("kind") == "km":
            assert figure["data"]["time_label"] == "Time since the second visit", name
            assert figure["caption"].count("counted from the second visit") == 1
    methods = (out / "methods.md").read_text()
    assert methods.count("counted from the second visit") == 1
    assert "begins to count is not stated" not in methods
    about = build_model(again)["study"]
    assert about["time_origin"] == "the second visit"
