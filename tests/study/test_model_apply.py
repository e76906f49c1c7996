"""What a model says of each patient, by plain code from its numbers, and where it can say nothing."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pandas as pd
import pytest
from tests import exam_records
from tests.fitted_model import model, with_training

from kinephen.errors import InputError, UsageError
from kinephen.model.apply import Predictions, apply_model
from kinephen.model.patients import NewPatients
from kinephen.model.training import seen_exams
from kinephen.records.flag import Flag
from kinephen.records.flow import LeftOut
from kinephen.records.plausibility import Finding
from kinephen.records.prediction import Prediction

CASES = [f"case-{i:04d}" for i in range(1, 8)]
FIVE = CASES[:5]


def names():
    return list(model().phenotypes.features)


@cache
def visits():
    """Of seven patients: the sixth has one visit only, the seventh a feature that is undefined at T2."""
    rng = np.random.default_rng(8)
    first, second = (pd.DataFrame(rng.uniform(1, 2, (7, 8)), CASES, names()) for _ in "ab")
    second.iloc[6, 0] = np.nan
    return first[names()[::-1]].assign(extra=1.0), second.drop(index=CASES[5])


def patients(**changes):
    frame = pd.DataFrame(
        {
            "age": [40.0, 50.0, 60.0, 95.0, 45.0, 55.0, 65.0],
            "hr": [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0],
            "her2": [0.0, 1.0, 0.0, 0.0, np.nan, 1.0, 0.0],
        },
        index=CASES,
    )
    gaps = {CASES[5]: LeftOut(case=CASES[5], step="visits", reason="no exam at T2")}
    values = {"ids": dict.fromkeys(CASES, "W"), "frame": frame, "visits": visits(), "gaps": gaps}
    return NewPatients(**(values | changes))


def change_by_hand(form, case, name):
    first, second = visits()
    a, b, rules = first.at[case, name], second.at[case, name], model(form).file.features
    change = 2 * (b - a) / (abs(a) + abs(b)) if form == "symmetric" else (b - a) / rules.scale[name]
    return (rules.signs[name] or 1) * change


@pytest.mark.parametrize("form", ["symmetric", "difference"])
def test_change_phenotype_distances_and_margin_by_plain_code(form):
    fitted = model(form)
    found = apply_model(fitted, patients(gaps={}))
    assert list(found.delta.columns) == list(fitted.phenotypes.features)
    assert list(found.delta.index) == [c for c in CASES if c != CASES[5]]
    for patient in found.patients[:5]:
        row = {n: change_by_hand(form, patient.case, n) for n in fitted.phenotypes.features}
        np.testing.assert_allclose(found.delta.loc[patient.case], list(row.values()), rtol=1e-12)
        z = {f.name: (row[f.name] - f.mean) / f.sd for f in fitted.file.phenotypes.features}
        scores = [
            sum((z[f] - c) * own[j] for f, c, own in zip(g.features, g.centre, g.loadings, strict=True))
            for g in fitted.file.phenotypes.components
            for j in range(len(g.names))
        ]
        solution = fitted.file.phenotypes.solutions["2"]
        distances = [math.dist(scores, c) for c in solution.centroids]
        assert patient.distances == pytest.approx(distances)
        assert patient.margin == pytest.approx(abs(distances[0] - distances[1]))
        assert patient.phenotype == 1 + int(distances[1] < distances[0])
        assert patient.phenotype_name == ("decreasing", "increasing")[patient.phenotype - 1]
        assert patient.features_outside == sum(
            not f.low <= z[f.name] <= f.high for f in fitted.file.phenotypes.features
        )
        assert patient.out_of_range == (min(distances) > solution.radius[patient.phenotype - 1])
        assert patient.note == ""
    assert {p.phenotype for p in found.patients[:5]} == ({1, 2} if form == "symmetric" else {2})


def test_one_visit_and_a_gap_leave_no_phenotype_and_say_why():
    found = {p.case: p for p in apply_model(model(), patients()).patients}
    gap, undefined = found[CASES[5]], found[CASES[6]]
    assert (gap.note, undefined.note) == ("no exam at T2", "1 of the model's features undefined")
    assert (gap.features_outside, undefined.features_outside is None) == (None, False)
    for patient in (gap, undefined):
        assert (patient.phenotype, patient.phenotype_name, patient.distances) == (None, "", ())
        assert (patient.margin, patient.out_of_range, patient.model) == (None, None, "m1")
    alone = apply_model(model(), patients(gaps={})).patients[5]
    assert alone.note == "no features of both visits"


def test_who_has_a_gap_is_not_assigned_though_both_visits_are_there():
    gaps = {CASES[1]: LeftOut(case=CASES[1], step="exams", reason="the exam at T1 failed: x")}
    found = apply_model(model(), patients(gaps=gaps))
    assert CASES[1] not in found.delta.index
    assert found.patients[1].note == "the exam at T1 failed: x"


def test_given_changes_are_used_as_they_are():
    expected = apply_model(model(), patients())
    given = expected.delta.assign(other=5.0)
    found = apply_model(model(), patients(visits=None, delta=given))
    assert [p.distances for p in found.patients] == [p.distances for p in expected.patients]
    assert list(found.delta.columns) == names()
    with pytest.raises(InputError, match="1 feature.* missing") as caught:
        apply_model(model(), patients(visits=None, delta=given.drop(columns=names()[0])))
    assert "delta features" in str(caught.value)


@pytest.mark.parametrize("visit", [0, 1])
def test_a_feature_that_a_visit_lacks_is_named_with_the_visit(visit):
    pair = list(visits())
    pair[visit] = pair[visit].drop(columns=names()[2])
    with pytest.raises(InputError, match=names()[2]) as caught:
        apply_model(model(), patients(visits=tuple(pair)))
    assert f"features of T{visit + 1}" in str(caught.value)


def test_without_a_pair_of_visits_there_is_no_change():
    first, second = visits()
    for pair in (None, (first.iloc[:0], second), (first, second.iloc[:0]), (first.iloc[:2], second.iloc[2:])):
        found = apply_model(model(), patients(visits=pair))
        assert found.delta.empty
        assert list(found.delta.columns) == names()
        assert found.by_phenotype == {"none": 7}
        assert {p.model for p in found.patients} == {"m1", ""}


def test_risks_are_those_of_the_richest_model_that_each_patient_has_covariates_for():
    found = apply_model(model(), patients())
    assert found.horizons == (1.0, 3.0, 5.0)
    assert [p.model for p in found.patients] == ["m4"] * 4 + ["", "m1", "m1"]
    assert [list(p.others) for p in found.patients] == [["m1"]] * 4 + [[]] * 3
    flags = [[f.text for f in p.flags if f.code == "covariate.missing"] for p in found.patients]
    assert flags[:4] == [[]] * 4
    assert flags[4:] == [
        ["m4 needs her2; no risk is given"],
        ["m4 needs phenotype; m1 was used"],
        ["m4 needs phenotype; m1 was used"],
    ]
    assert [p.flags[-1].code for p in found.patients[4:]] == ["covariate.missing"] * 3
    assert "covariate.range" in {f.code for f in found.patients[3].flags}
    one = found.patients[0]
    file = model().file.cox[1]
    x = [40.0, 1.0, 0.0, float(one.phenotype == 2)]
    score = sum(b * (v - m) for b, v, m in zip(file.coef, x, file.means, strict=True))
    assert one.linear_predictor == pytest.approx(score)
    for risk in one.risk:
        hazard = max(
            (h for t, h in zip(file.time, file.cumulative, strict=True) if t <= risk.horizon), default=0
        )
        assert risk.value == pytest.approx(1 - math.exp(-hazard * math.exp(score)))
    assert found.covariates["phenotype"].tolist()[:2] == [str(p.phenotype) for p in found.patients[:2]]


def test_a_model_and_horizons_may_be_asked_for():
    found = apply_model(model(), patients(), horizons=(2.0,), model="m1")
    assert found.horizons == (2.0,)
    assert {p.model for p in found.patients} == {"m1", ""}
    assert not any(p.others for p in found.patients)
    with pytest.raises(UsageError, match="no Cox model 'm9'") as caught:
        apply_model(model(), patients(), model="m9")
    assert (caught.value.code, caught.value.hint) == ("predict.model", "one of m1, m4")


@pytest.mark.parametrize("horizon", [0.0, -1.0, math.inf, math.nan])
def test_a_horizon_is_above_0(horizon):
    with pytest.raises(UsageError, match="must be above 0 years") as caught:
        apply_model(model(), patients(), horizons=(1.0, horizon))
    assert (caught.value.code, caught.value.where) == ("predict.horizon", "--horizon")
    assert caught.value.hint == "give years; without it 1, 3, 5 of the model"


def test_exams_are_compared_flagged_and_their_notes_kept():
    seen = seen_exams([exam_records.lesion(manufacturer="GE")])
    noted = (
        Finding(code="mask.unreviewed", message="x"),
        Finding(code="phases.few", message="three"),
    )
    lesions = {
        (CASES[1], "T2"): exam_records.lesion(manufacturer="SIEMENS", issues=noted),
        (CASES[1], "T1"): exam_records.lesion(manufacturer="GE"),
        (CASES[2], "T1"): exam_records.lesion(manufacturer="GE"),
    }
    told = (Finding(code="bias.none", message="not corrected"),)
    notes = {(CASES[1], "T1"): told, (CASES[1], "T2"): told}
    found = apply_model(with_training(exams=seen), patients(lesions=lesions, notes=notes)).patients
    assert [p.exams_compared for p in found] == [0, 2, 1, 0, 0, 0, 0]
    exam = [f.text.partition(" (")[0] for f in found[1].flags if f.code.startswith(("protocol", "mask"))]
    reviewed = "no reader has confirmed the lesion"
    assert exam == [f"T1: {reviewed}", "T2: the manufacturer", f"T2: {reviewed}"]
    assert [(n.code, n.text) for n in found[1].notes] == [
        ("exam.bias.none", "T1: not corrected"),
        ("exam.phases.few", "T2: three"),
        ("exam.bias.none", "T2: not corrected"),
    ]
    assert found[2].notes == found[0].notes == ()
    assert [p.exams_compared for p in apply_model(model(), patients(lesions=lesions)).patients] == [0] * 7


def test_phenotypes_and_flags_are_counted_by_patient():
    rows = [
        Prediction(case="a", phenotype=2, flags=(Flag(code="x", text="1"), Flag(code="x", text="2"))),
        Prediction(case="b", phenotype=2, flags=(Flag(code="z", text="1"), Flag(code="y", text="2"))),
        Prediction(case="c", phenotype=1, flags=(Flag(code="y", text="1"),)),
        Prediction(case="d"),
    ]
    found = Predictions(patients=tuple(rows), horizons=())
    assert list(found.by_phenotype.items()) == [("1", 1), ("2", 2), ("none", 1)]
    assert list(found.by_flag.items()) == [("y", 2), ("x", 1), ("z", 1)]
