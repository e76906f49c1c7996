"""One account of who is validated: each number of patients and events is of the rows that were used."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from tests.fitted_model import sample_model

from kinephen.errors import CohortError
from kinephen.model.apply import apply_model
from kinephen.model.external import validate_model
from kinephen.model.load import parse_fitted
from kinephen.model.patients import NewPatients
from kinephen.records.flow import LeftOut
from kinephen.report.numbers.external import external_report
from kinephen.study.flow import flow_of, person

WHOLE = sample_model()


@pytest.fixture(scope="module")
def fitted():
    return parse_fitted(WHOLE, json.dumps(WHOLE))


def left(case, step, reason):
    return LeftOut(case=case, step=step, reason=reason)


@pytest.fixture(scope="module")
def patients(fitted):
    """36 patients: 2 lack a visit, 1 exam failed, 1 feature is undefined, 2 lack the outcome, 3 lack HER2."""
    rng, names = np.random.default_rng(11), list(fitted.phenotypes.features)
    cases = [f"case-{i:04d}" for i in range(1, 37)]
    first, second = (
        pd.DataFrame(rng.uniform(1, 2, (36, len(names))), index=cases, columns=names) for _ in "ab"
    )
    second.loc["case-0004", names[0]] = np.nan
    frame = pd.DataFrame(
        {
            "age": rng.uniform(30, 70, 36).round(1),
            "hr": (np.arange(36) % 2).astype(float),
            "her2": (np.arange(36) % 3 == 0).astype(float),
            "time": rng.uniform(0.5, 7.5, 36).round(2),
            "event": (rng.uniform(size=36) < 0.6).astype(float),
        },
        index=cases,
    )
    frame.loc[["case-0005", "case-0006"], "event"] = np.nan
    frame.loc[["case-0007", "case-0008", "case-0009"], "her2"] = np.nan
    gone = ["case-0001", "case-0002", "case-0003"]
    gaps = {
        "case-0001": left("case-0001", "visits", "no exam at T2"),
        "case-0002": left("case-0002", "visits", "no exam at T2"),
        "case-0003": left("case-0003", "exams", "the exam at T1 failed: no phase times"),
    }
    return NewPatients(
        ids=dict(zip(cases, cases, strict=True)),
        frame=frame,
        visits=(first.drop(gone), second.drop(gone)),
        gaps=gaps,
    )


@pytest.fixture(scope="module")
def predictions(fitted, patients):
    return apply_model(fitted, patients)


@pytest.fixture(scope="module")
def record(fitted, patients, predictions):
    return validate_model(fitted, patients, predictions, horizon=3.0)


@pytest.fixture(scope="module")
def report(fitted, patients, record):
    return external_report(fitted, patients, record, name="Elsewhere")


@pytest.fixture(scope="module")
def rows(patients, predictions):
    """Return who is analysed, by plain code: a phenotype, a time and an event."""
    label = {p.case: p.phenotype for p in predictions.patients}
    kept = [c for c, r in patients.frame.iterrows() if label[c] and r["event"] == r["event"]]
    return patients.frame.loc[kept].assign(phenotype=[str(label[c]) for c in kept])


def test_everybody_who_is_left_out_has_a_step_and_a_reason(record):
    flow = record.flow
    assert {e.case: (e.step, e.kind) for e in flow.left_out("features")} == {
        "case-0001": ("visits", "no exam at T2"),
        "case-0002": ("visits", "no exam at T2"),
        "case-0003": ("exams", "the exam at T1 failed"),
        "case-0004": ("features", "a feature of the model is undefined"),
        "case-0005": ("outcome", "outcome unknown"),
        "case-0006": ("outcome", "outcome unknown"),
    }
    assert (len(flow.patients), flow.n("features")) == (36, 30)
    assert [flow.n(s) for s in ("visits", "exams", "outcome", "features")] == [34, 33, 31, 30]
    assert flow.reasons("visits") == {"no exam at T2": 2}


def test_every_number_of_patients_and_events_is_of_the_same_rows(record, rows, report):
    events = int((rows["event"] == 1).sum())
    assert (record.flow.n("features"), record.flow.events("features")) == (len(rows), events)
    cohort = report.study.cohorts[1]
    assert (cohort.n, cohort.events) == (len(rows), events)
    assert sum(p.n for p in record.phenotypes) == len(rows)
    assert sum(p.events for p in record.phenotypes) == events
    for number, cells in enumerate(report.tables["phenotype_counts"].rows, start=1):
        own = rows[rows["phenotype"] == str(number)]
        assert (cells["n"], cells["events"]) == (len(own), int(own["event"].sum()))
    known = rows.dropna(subset=["her2"])
    for cells, model in zip(report.tables["validation_models"].rows, record.models, strict=True):
        assert (cells["n"], cells["events"]) == (len(known), int(known["event"].sum()))
        assert {e.case for e in model.left_out} == {"case-0007", "case-0008", "case-0009"}
        assert {(e.step, e.reason) for e in model.left_out} == {("covariates", "no her2")}
    curves = report.figures["km_external"].data.panels[0].curves
    assert sum(c.n for c in curves) == len(rows)
    assert (record.decision.n, record.decision.events) == (len(known), int(known["event"].sum()))
    mix = {line.label: line for line in record.case_mix}
    assert mix["age, years"].of == len(rows)
    assert mix["HER2 positive, 1 or 0"].of == len(known)


def test_the_flow_of_the_page_is_the_record(report):
    steps = {s.key: s for s in report.flow}
    assert [s.n for s in report.flow] == [36, 34, 33, 31, 30]
    assert {r["left_out"] for r in report.tables["validation_models"].rows} == {"3 (no her2)"}
    for step in report.flow[1:]:
        assert steps[step.parent].n - step.n == sum(e.n for e in step.excluded)


def score_of(model, row):
    """Return the linear predictor at covariates of 0, from the file's numbers."""
    total = 0.0
    for term, weight in zip(model["terms"], model["coef"], strict=True):
        value = row[term["column"]]
        total += weight * (float(value) if term["level"] is None else float(value == term["level"]))
    return total


def hazard_of(model, row, time):
    """Return the cumulative hazard from the file's steps, which stand at the means."""
    relative = score_of(model, row) - sum(w * m for w, m in zip(model["coef"], model["means"], strict=True))
    steps = [h for t, h in zip(model["time"], model["cumulative"], strict=True) if t <= time]
    return (steps[-1] if steps else 0.0) * math.exp(relative)


def concordance_by_pairs(score, time, event):
    right = pairs = 0.0
    for i in range(len(time)):
        for j in range(len(time)):
            if event[i] and (time[i] < time[j] or (time[i] == time[j] and not event[j])):
                pairs += 1
                right += 1.0 if score[i] > score[j] else 0.5 if score[i] == score[j] else 0.0
    return right / pairs


def test_c_slope_and_observed_over_expected_by_plain_code(record, rows):
    known = rows.dropna(subset=["her2"])
    time, event = known["time"].tolist(), (known["event"] == 1).tolist()
    for found, model in zip(record.models, WHOLE["cox"], strict=True):
        score = [score_of(model, row) for _, row in known.iterrows()]
        assert found.c.value == pytest.approx(concordance_by_pairs(score, time, event), abs=1e-12)
        expected = sum(hazard_of(model, row, t) for (_, row), t in zip(known.iterrows(), time, strict=True))
        assert found.in_the_large.value == pytest.approx(sum(event) / expected, rel=1e-9)
        # The slope is where the score of the partial likelihood is 0 (no two events at one time here).
        assert len({t for t, e in zip(time, event, strict=True) if e}) == sum(event)
        slope, gradient = found.slope.value, 0.0
        for i in range(len(time)):
            if event[i]:
                at_risk = [j for j in range(len(time)) if time[j] >= time[i]]
                weight = [math.exp(slope * (score[j] - score[i])) for j in at_risk]
                mean = sum(w * score[j] for w, j in zip(weight, at_risk, strict=True)) / sum(weight)
                gradient += score[i] - mean
        assert gradient == pytest.approx(0.0, abs=1e-6)


def test_cells_of_the_table_are_those_of_the_record(report, record):
    for cells, model in zip(report.tables["validation_models"].rows, record.models, strict=True):
        for key in ("c", "slope", "in_the_large", "at_horizon"):
            own = getattr(model, key)
            shown = (cells[key].value, cells[key].low, cells[key].high)
            assert shown == (own.value, own.low, own.high)
        assert (cells["brier"], cells["ipa"]) == (model.brier.brier, model.brier.ipa)


def test_predicted_risks_by_plain_code_in_years(patients, predictions):
    """1 - exp(-H(t) exp(b'x)) from the file's numbers; a swap of sign, unit or reference would be seen."""
    checked = 0
    for patient in predictions.patients:
        row = patients.frame.loc[patient.case].to_dict() | {"phenotype": str(patient.phenotype)}
        for risk in patient.risk:
            model = next(m for m in WHOLE["cox"] if m["name"] == risk.model)
            if risk.value is not None:
                by_hand = 1.0 - math.exp(-hazard_of(model, row, risk.horizon))
                assert risk.value == pytest.approx(by_hand, rel=1e-9, abs=1e-12)
                checked += 1
    assert checked >= 60


def test_delta_features_by_plain_code_from_the_first_to_the_second_visit(fitted, patients, predictions):
    first, second = patients.visits
    for name in fitted.phenotypes.features:
        sign = fitted.file.features.signs[name] or 1
        for case in predictions.delta.index:
            a, b = first.loc[case, name], second.loc[case, name]
            by_hand = 2.0 * (b - a) / (abs(a) + abs(b)) * sign
            np.testing.assert_allclose(predictions.delta.loc[case, name], by_hand, rtol=1e-12)


def test_the_first_step_that_a_patient_fails_counts():
    rows = pd.DataFrame(
        {"phenotype": [None, None, "1", "1", "2", None], "time": [np.nan, 1.0, np.nan, 2.0, 3.0, np.nan]},
        index=list("abcdef"),
    ).assign(before_landmark=[False, False, False, True, False, False], event=1.0)
    people = [person(c, "", e) for c, e in rows["event"].items()]
    flow = flow_of(people, rows, {"a": left("a", "exams", "the exam at T1 failed: x")})
    assert [p.case for p in flow.after("features")] == ["e"]
    assert [(x.case, x.step) for x in flow.left_out("features")] == [
        ("a", "exams"),
        ("b", "features"),
        ("c", "outcome"),
        ("d", "landmark"),
        ("f", "outcome"),
    ]
    assert flow.why("a", "exams") == "the exam at T1 failed"
    assert flow.why("d", "landmark") == "event or end of follow-up by the second visit"
    assert flow.why("f", "features") == "a feature of the model is undefined"
    assert (flow.n("features"), flow.events("features")) == (1, 1)


def test_without_any_features_there_is_no_validation(fitted, patients):
    blank = NewPatients(
        ids=patients.ids,
        frame=patients.frame,
        gaps={c: left(c, "visits", "no exam at T2") for c in patients.ids},
    )
    with pytest.raises(CohortError, match="features of both visits and a known outcome"):
        validate_model(fitted, blank, apply_model(fitted, blank))
