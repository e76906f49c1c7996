"""One row a patient, and the document of each: every cell again from the frame and the records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests import exam_records
from tests.light_results import (
    CASES,
    COMPONENTS,
    DISCOVERY,
    FEATURES,
    LABELS,
    PHENOTYPE,
    STRAY,
    assigned,
    delta,
    evidence,
    frame,
    phenotypes,
    preset,
    results,
    rows,
    survival,
)

from kinephen.records.failure import Failure
from kinephen.records.names import FARTHER
from kinephen.records.plausibility import Finding
from kinephen.records.risk import PatientRisk, Risk, Risks
from kinephen.report.assets import read_detail
from kinephen.report.numbers.patients import EXTRA, patients_rows
from kinephen.report.schema import Estimate, Missing

FRAME = frame()


def issue(message):
    return Finding(code="exam.note", message=message)


def exams():
    """Return exams of four patients: three of the first visit, two of the second, and one that failed."""
    first = exam_records.features(shift=1.0, issues=(issue("both"), issue("of the maps")))
    lesions = {
        ("case-01", "T1"): exam_records.lesion(issues=(issue("of the lesion"), issue("both"))),
        ("case-01", "T3"): exam_records.lesion(),
        ("case-02", "T1"): exam_records.lesion(),
        ("case-08", "T3"): exam_records.lesion(issues=(issue("small"),)),
    }
    features = {
        ("case-01", "T1"): first,
        ("case-01", "T3"): exam_records.features(shift=100.0),
        ("case-02", "T1"): exam_records.features(shift=3.0),
    }
    failures = {
        ("case-02", "T3"): Failure(code="exam.bad", message="no late phase", hint="look", where="here")
    }
    return exam_records.cases(lesions=lesions, features=features, failures=failures)


RISKS = Risks(
    horizons=(3.0, 5.0),
    titles={"m4": "Model 4", "m2": "Model 2", "m1": "Model 1"},
    patients={
        "case-01": PatientRisk(
            model="m4",
            risks=(
                Risk(model="m4", horizon=3.0, value=0.25, low=0.125, high=0.5),
                Risk(model="m4", horizon=5.0, value=None, low=None, high=None, reason="nobody followed"),
            ),
        ),
        "case-02": PatientRisk(
            model="m1",
            lacking=("ftv2", "hr"),
            risks=(Risk(model="m1", horizon=3.0, value=0.5, low=0.4, high=0.7),),
        ),
        "case-03": PatientRisk(lacking=("age", "her2")),
    },
)


@pytest.fixture(scope="module")
def run():
    return results(preset(risks=RISKS), cases=exams())


@pytest.fixture(scope="module")
def found(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    patients, columns = patients_rows(run, out)
    return {p.page: p for p in patients}, columns, {p.page: read_detail(out, p.detail) for p in patients}


def test_every_patient_of_a_cohort_has_a_row_with_their_own_numbers(found):
    patients, columns, _ = found
    assert list(patients) == [c for c in CASES if c != STRAY]
    assert [c.key for c in columns] == ["age", "hr", "her2", "gene70_class", "ror_s"]
    for case, p in patients.items():
        row, place = FRAME.loc[case], CASES.index(case)
        assert p.id == f"P{case[-2:]}"
        assert p.cohort == row["cohort"]
        assert (p.ftv1, p.ftv2) == (10.0 + place, 3.0 + 0.5 * place)
        assert p.time == (None if case == "case-10" else 0.5 * place + 1.0)
        for key in ("event", "pcr"):
            assert getattr(p, key) == (None if pd.isna(row[key]) else row[key] == 1)
        number = PHENOTYPE[case]
        assert p.phenotype == (None if number is None else LABELS[str(number)])
        distances = (1.25 + place, 2.5 + 2 * place)
        assert p.distance == (None if number is None else distances[number - 1])
        assert p.margin == 0.125 + place
        assert p.risk == (0.25 * place if case in DISCOVERY[:5] else None)


def test_further_cells_are_of_their_columns_kind(found):
    patients, _, _ = found
    unknown = Missing(missing="unknown")
    assert patients["case-01"].extra == {
        "age": 41.25,
        "hr": True,
        "her2": False,
        "gene70_class": "low",
        "ror_s": 31.5,
    }
    assert patients["case-03"].extra == {
        "age": unknown,
        "hr": True,
        "her2": unknown,
        "gene70_class": unknown,
        "ror_s": 53.5,
    }
    assert (patients["case-04"].extra["hr"], patients["case-04"].extra["ror_s"]) == (unknown, unknown)
    assert type(patients["case-02"].extra["hr"]) is bool


def test_what_a_patient_lacks_has_its_reason(found):
    patients, _, _ = found
    reasons = {c: p.reasons for c, p in patients.items() if p.reasons}
    assert reasons == {
        "case-06": {"risk": "no age"},
        "case-07": {"phenotype": "delta features undefined", "risk": "no phenotype"},
        "case-08": {"risk": "scored on discovery only"},
        "case-09": {"risk": "scored on discovery only"},
        "case-10": {"phenotype": "a feature of the model is undefined", "risk": "scored on discovery only"},
    }


def test_without_a_risk_model_that_is_the_reason(run, tmp_path):
    none = survival().risk.model_copy(update={"model": None, "scores": {}})
    own = replace(run.cohort.main, survival=survival(risk=none))
    patients, _ = patients_rows(results(own), tmp_path)
    why = {p.page: p.reasons["risk"] for p in patients}
    assert why["case-01"] == "neither model 1 nor model 2 was fitted"
    assert why["case-08"] == "scored on discovery only"


def test_a_score_of_nought_is_a_score(found):
    assert found[0]["case-01"].risk == 0.0


def test_a_patient_without_a_row_of_the_phenotypes_has_no_distance(run, tmp_path):
    record = phenotypes(assignment={"discovery": rows(DISCOVERY)})
    patients, _ = patients_rows(results(preset(phenotypes=record)), tmp_path)
    other = next(p for p in patients if p.page == "case-08")
    assert (other.distance, other.margin) == (None, None)
    assert FARTHER not in next(p for p in patients if p.page == "case-09").warnings


def test_columns_are_those_that_the_frame_has(tmp_path):
    bare = frame().drop(columns=["age", "her2", "pcr"]).assign(p53_class="mutant")
    patients, columns = patients_rows(results(preset(frame=bare)), tmp_path)
    assert [c.key for c in columns] == ["hr", "gene70_class", "ror_s", "p53_class"]
    assert {c.key: c.format for c in EXTRA} == {
        "age": "f1",
        "hr": "bool",
        "her2": "bool",
        "gene70_class": "text",
        "ror_s": "f1",
        "p53_class": "text",
    }
    assert patients[0].pcr is None
    assert patients[0].extra["p53_class"] == "mutant"


def test_warnings_name_their_visit_and_stand_once(found):
    patients, _, _ = found
    assert patients["case-01"].warnings == ("T1: of the lesion", "T1: both", "T1: of the maps")
    assert patients["case-02"].warnings == ("T3: the exam failed: no late phase", FARTHER)
    assert patients["case-08"].warnings == ("T1: no exam", "T3: small")
    assert patients["case-09"].warnings == ("T1: no exam", "T3: no exam", FARTHER)


def test_the_document_has_features_of_both_visits_and_their_change(found, run):
    _, _, details = found
    names = [f"{m}_{n}" for m in exam_records.MAPS for n in ("Intensity_Mean", "GLCM_Contrast")]
    change = delta().frame()
    own = details["case-01"].features
    assert list(own.names) == names
    assert own.first == tuple(10.0 * (1 + i // 2) + 5.0 * (i % 2) + 1.0 for i in range(8))
    assert own.second == tuple(v + 99.0 for v in own.first)
    both = {n: change.at["case-01", n] for n in FEATURES if n in names}
    assert own.change == tuple(both.get(n) for n in names)
    assert len(both) == 3
    half = details["case-02"].features
    assert (half.first[0], half.second[0]) == (13.0, None)
    nobody = details["case-10"].features
    assert set(nobody.first) == set(nobody.second) == set(nobody.change) == {None}


def test_the_document_has_scores_beside_the_means_of_each_phenotype(found):
    detail = found[2]["case-03"]
    means = evidence().phenotypes["2"].centroids
    assert [(c.name, c.score, c.means) for c in detail.components] == [
        (name, 3 * 1.5 + j, (means[0][name], 7.5)) for j, name in enumerate(COMPONENTS)
    ]
    assert detail.phenotypes == ("1 decreasing", "2 increasing")
    assert (detail.nearest, detail.distances, detail.margin) == ("1 decreasing", (3.25, 6.5), 2.125)
    assert found[2]["case-02"].nearest == "2 increasing"
    without = found[2]["case-07"]
    assert (without.nearest, without.margin) == ("", 6.125)


def test_a_score_that_is_undefined_and_a_patient_without_a_row_have_no_components(tmp_path):
    row = assigned(0, 1)
    scores = {**row.scores, "C1PC2": None}
    record = phenotypes(assignment={"discovery": {"case-01": row.model_copy(update={"scores": scores})}})
    patients, _ = patients_rows(results(preset(phenotypes=record)), tmp_path)
    first, second = (read_detail(tmp_path, p.detail) for p in patients[:2])
    assert [c.name for c in first.components] == ["C1PC1", "C2PC1"]
    assert (second.components, second.nearest, second.distances, second.margin) == ((), "", (), None)


def test_the_document_has_risks_or_why_there_are_none(found, tmp_path):
    _, _, details = found
    one, two, three = (details[f"case-0{i}"] for i in range(1, 4))
    assert (one.risk_model, one.risk_limits, one.risk_reason) == ("Model 4", "log(-log)", "")
    assert [(r.horizon, r.risk) for r in one.risks] == [
        (3.0, Estimate(value=0.25, low=0.125, high=0.5)),
        (5.0, Estimate(value=None, reason="nobody followed")),
    ]
    assert (two.risk_model, two.risk_reason) == ("Model 1", "missing for a larger model: ftv2, hr")
    assert len(two.risks) == 1
    assert (three.risks, three.risk_reason) == ((), "missing for the largest model: age, her2")
    assert (three.risk_model, three.risk_limits) == ("", "")
    patients, _ = patients_rows(results(), tmp_path)
    assert read_detail(tmp_path, patients[0].detail).risk_reason == "not asked for"


def test_the_document_tells_whether_the_models_were_fitted_to_the_patient(found, tmp_path):
    _, _, details = found
    assert [c for c, d in details.items() if d.fitted] == list(DISCOVERY[:5])
    own = preset()
    patients, _ = patients_rows(results(replace(own, ladder=replace(own.ladder, models={}))), tmp_path)
    assert not any(read_detail(tmp_path, p.detail).fitted for p in patients)


def test_an_event_is_known_without_its_time_and_the_other_way_round(tmp_path):
    own = frame()
    own.loc["case-01", "time"] = own.loc["case-02", "event"] = np.nan
    first, second, *_ = patients_rows(results(preset(frame=own)), tmp_path)[0]
    assert (first.time, first.event, second.time, second.event) == (None, True, 1.5, None)


def test_a_value_that_is_not_a_number_is_none(tmp_path):
    patients, _ = patients_rows(results(preset(frame=frame().assign(ftv1=np.nan))), tmp_path)
    assert {p.ftv1 for p in patients} == {None}
    assert patients[1].ftv2 == 3.5
