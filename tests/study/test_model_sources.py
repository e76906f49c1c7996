"""From a study, an exam list or a folder to other patients; no exam is processed, all else is real."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.fitted_model import with_file
from tests.model_exams import PAIR, ROWS, TABLE, clinical, exam_list, reading

from kinephen.config.schema import Settings
from kinephen.errors import ConfigError, InputError, UsageError
from kinephen.io.tables import read_clinical
from kinephen.model.source import Source


@pytest.fixture
def run(monkeypatch, tmp_path):
    return reading(monkeypatch, tmp_path)


def test_an_exam_list_with_a_clinical_table(run, tmp_path):
    source = Source(path=exam_list(tmp_path, ROWS), clinical=clinical(tmp_path, TABLE))
    found, jobs, engine, progress = run(source)
    assert (engine, progress) == ("engine of 5", len)
    assert found.ids == {"case-0001": "W0", "case-0002": "W1", "case-0003": "W2", "case-0004": "W3"}
    exams = {(j.case, j.visit): j.exam for j in jobs}
    assert exams == {
        ("case-0004", "T1"): tmp_path / "c/1",
        ("case-0004", "T2"): tmp_path / "broken",
        ("case-0002", "T1"): tmp_path / "a/1",
        ("case-0002", "T2"): tmp_path / "a/2",
        ("case-0003", "T2"): tmp_path / "b/2",
    }
    assert {j.out for j in jobs} == {tmp_path / "out"}
    frame = found.frame
    assert frame.index.name == "case"
    np.testing.assert_array_equal(frame["time"], [1.0, 2.0, 4.0, np.nan])
    np.testing.assert_array_equal(frame["event"], [0.0, 1.0, 0.0, np.nan])
    np.testing.assert_array_equal(frame["age"], [40.0, 41.0, 42.0, np.nan])
    np.testing.assert_allclose(frame["ftv2"], [np.nan, 0.7, 0.8, np.nan])
    first, second = found.visits
    assert list(first.index) == ["case-0002", "case-0004"]
    assert list(second.index) == ["case-0002", "case-0003"]
    assert (first.at["case-0002", "PE_Intensity_Mean"], second.at["case-0003", "PE_Intensity_Mean"]) == (
        12.0,
        14.0,
    )
    assert set(found.lesions) == set(found.notes) == set(exams) - {("case-0004", "T2")}
    assert found.notes["case-0003", "T2"][0].code == "noted.4"
    assert {c: (g.step, g.reason) for c, g in found.gaps.items()} == {
        "case-0001": ("visits", "no exam at T1"),
        "case-0003": ("visits", "no exam at T1"),
        "case-0004": ("exams", "the exam at T2 failed: no phase times"),
    }
    assert found.failed == 1
    assert found.end_point == read_clinical(source.clinical).end_point != ""
    assert (found.time_origin, found.simulated) == ("", False)


def test_settings_of_the_exams_are_those_of_the_model_without_repeats(run, tmp_path):
    settings = Settings.model_validate({"features": {"perturbations": 7}, "delta": {"form": "symmetric"}})
    _, jobs, _, _ = run(Source(path=exam_list(tmp_path, ROWS)), with_file(settings=settings))
    assert list(jobs[0].settings) == ["recommended"]
    assert jobs[0].settings["recommended"].features.perturbations == 0
    lean = settings.features.model_copy(update={"perturbations": 0})
    assert jobs[0].settings["recommended"] == settings.model_copy(update={"features": lean})


def test_without_a_clinical_table_nothing_is_known_of_the_outcome(run, tmp_path):
    found, *_ = run(Source(path=exam_list(tmp_path, ROWS)))
    assert found.ids == {"case-0001": "W1", "case-0002": "W2", "case-0003": "W3"}
    assert found.frame[["time", "event"]].isna().all(axis=None)
    assert (found.end_point, found.issues) == ("", ())


def test_times_in_months_become_years(run, tmp_path):
    rows = {
        "original_study_patient_ID": ["W1", "W0"],
        "RFS_months_or_MIN_months_of_RFS": [18.0, 30.0],
        "RFS": [1, 0],
    }
    pd.DataFrame(rows).to_csv(tmp_path / "c.csv", index=False)
    found, *_ = run(Source(path=exam_list(tmp_path, ROWS), clinical=tmp_path / "c.csv"))
    assert found.frame["time"].tolist()[:2] == [2.5, 1.5]


def test_a_cohort_keeps_the_numbers_of_all(run, tmp_path):
    source = Source(
        path=exam_list(tmp_path, ROWS), clinical=clinical(tmp_path, TABLE), cohort="validation", visits=PAIR
    )
    found, jobs, _, _ = run(source)
    assert found.ids == {"case-0001": "W0", "case-0002": "W1"}
    assert {(j.case, j.visit) for j in jobs} == {("case-0002", "T1"), ("case-0002", "T2")}
    assert list(found.frame.index) == ["case-0001", "case-0002"]


def test_other_visits_are_named_in_order(run, tmp_path):
    _, jobs, _, _ = run(Source(path=exam_list(tmp_path, ROWS), visits={"T9": "", "T1": ""}))
    assert {j.visit for j in jobs} == {"T9", "T1"}
    with pytest.raises(InputError) as caught:
        run(Source(path=exam_list(tmp_path, ROWS), visits={"A": "", "B": ""}))
    assert caught.value.message == "no exam at A or B; the list has T1, T2, T9"
    assert caught.value.code == "predict.exams"
    for wrong in ({"T1": ""}, {"T1": "", "T2": "", "T9": ""}):
        with pytest.raises(UsageError, match=rf"names {len(wrong)} visit\(s\), expected two"):
            run(Source(path=tmp_path / "list.csv", visits=wrong))


def test_given_covariates_are_of_one_patient(run, tmp_path):
    listed = exam_list(tmp_path, ROWS[2:4])
    found, *_ = run(Source(path=listed, given={"age": "55", "hr": "1"}))
    assert found.frame[["age", "hr"]].to_dict("records") == [{"age": 55.0, "hr": 1.0}]
    with pytest.raises(UsageError, match="no covariate 'moon'"):
        run(Source(path=listed, given={"moon": "1"}))
    with pytest.raises(UsageError, match="of one patient, there are 3"):
        run(Source(path=exam_list(tmp_path, ROWS), given={"age": "55"}))


def test_where_no_exam_gives_features_both_tables_are_empty(run, tmp_path):
    found, *_ = run(Source(path=exam_list(tmp_path, [("W1", "T1", "broken"), ("W1", "T2", "broken")])))
    assert [len(v) for v in found.visits] == [0, 0]
    assert (found.notes, found.failed) == ({}, 1)


def folder(tmp_path, *names):
    for name in names:
        (tmp_path / "one" / name).mkdir(parents=True)
    return tmp_path / "one"


def test_the_folder_of_one_patient(run, tmp_path):
    root = folder(tmp_path, "T1", "T2", "late")
    found, jobs, _, _ = run(Source(path=root))
    assert found.ids == {"case-0001": "patient"}
    assert [(j.visit, j.exam) for j in jobs] == [("T1", root / "T1"), ("T2", root / "T2")]
    table = clinical(tmp_path, TABLE[:1])
    found, jobs, _, _ = run(Source(path=root, clinical=table, visits={"before": "T2", "after": "late"}))
    assert found.ids == {"case-0001": "W1"}
    assert [(j.visit, j.exam) for j in jobs] == [("before", root / "T2"), ("after", root / "late")]
    assert found.frame["age"].tolist() == [41.0]


def test_what_one_patient_lacks_is_named(run, tmp_path):
    root = folder(tmp_path, "T2")
    with pytest.raises(InputError, match="no folder of visit T1") as caught:
        run(Source(path=root))
    assert (caught.value.code, caught.value.where) == ("predict.exams", "one")
    (root / "T1").mkdir()
    with pytest.raises(InputError, match="3 rows in the clinical table of one patient") as caught:
        run(Source(path=root, clinical=clinical(tmp_path, TABLE)))
    assert caught.value.code == "predict.clinical"


def test_six_visits_of_a_list_are_shown(run, tmp_path):
    listed = exam_list(tmp_path, [("W1", f"V{i}", "x") for i in range(8)])
    with pytest.raises(InputError, match="the list has V0, V1, V2, V3, V4, V5 "):
        run(Source(path=listed))


def test_two_visits_must_be_told_apart(run, tmp_path):
    with pytest.raises(ConfigError, match="cannot be told apart"):
        run(Source(path=exam_list(tmp_path, ROWS), visits={"T1": "", "t-1": ""}))
