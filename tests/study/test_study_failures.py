"""A note of a failed exam stands for that exam alone, and visits may have any name that tells them apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.tiny_exam import job_of, write_phases

from kinephen.errors import CohortError, ConfigError
from kinephen.study.case import run_case
from kinephen.study.cases import run_cases, status_rows
from kinephen.study.engine import SerialEngine
from kinephen.study.failures import failure_code, telling_of_failures
from kinephen.study.plan import require_two_visits


@pytest.mark.parametrize("visit", ["T1", "../../T1", "before/after", "visit\n1", "-rf", "v" * 200])
def test_a_failure_is_noted_below_the_run_whatever_the_visit_is_called(tmp_path, visit):
    (tmp_path / "exam").mkdir()
    job = job_of(tmp_path / "exam", tmp_path / "runs" / "out", visit=visit)
    outcome = run_case(job)
    assert outcome.failure.code == failure_code(job) == "dicom.none"
    assert {p.name for p in tmp_path.iterdir()} == {"exam", "runs"}
    assert {p.name for p in (tmp_path / "runs").iterdir()} == {"out"}
    assert status_rows([job])[0]["lesion"] == "failed: dicom.none"


def test_a_failure_of_another_patient_is_not_shown_and_goes(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    first = job_of(tmp_path / "one", tmp_path / "out")
    run_case(first)
    renumbered = replace(first, exam=tmp_path / "other")
    assert failure_code(first) == "dicom.none"
    assert failure_code(renumbered) == ""
    run_cases([replace(first, case="case-0002")], SerialEngine(), lambda *_: None)
    assert failure_code(first) == ""
    assert [p.parent.parent.name for p in (tmp_path / "out" / "cases").rglob("failure.json")] == ["case-0002"]


def test_a_mask_that_is_not_there_fails_its_exam_with_the_remedy(tmp_path):
    job = job_of(write_phases(tmp_path / "exam"), tmp_path / "out", mask=tmp_path / "absent.nii")
    failure = run_case(job).failure
    assert (failure.code, failure.where) == ("path.missing", "mask file")
    assert "exam list" in failure.hint
    assert status_rows([job])[0]["lesion"] == "failed: path.missing"


@pytest.mark.parametrize("visits", [("T1", "t-1"), ("T1", "T1"), ("ä", "ö"), ("T1", "")])
def test_visits_that_files_could_not_tell_apart_are_refused(visits):
    with pytest.raises(ConfigError) as caught:
        require_two_visits(visits)
    assert caught.value.code == "study.visits"


def test_visits_with_letters_or_digits_of_their_own_are_taken():
    require_two_visits(("early treatment", "before treatment"))


@pytest.mark.parametrize(("count", "says"), [(0, ""), (1, "1 exam had failed"), (7, "7 exams had failed")])
def test_an_impossible_step_over_patients_counts_the_exams_that_failed_before(tmp_path, count, says):
    with pytest.raises(CohortError) as caught, telling_of_failures(count, tmp_path):
        raise CohortError("too few", code="a.b", where="here", hint="take more")
    assert caught.value.to_dict() | {"hint": ""} == {
        "code": "a.b",
        "message": "too few",
        "where": "here",
        "hint": "",
    }
    assert caught.value.hint.startswith("take more")
    assert says in caught.value.hint
    assert (str(tmp_path / "cases") in caught.value.hint) == (count > 0)


@pytest.mark.parametrize("absent", [False, True])
def test_a_failed_exam_is_named_and_says_what_to_mend(tmp_path, absent):
    folder = tmp_path / "exam"
    if not absent:
        folder.mkdir()
    failure = run_case(job_of(folder, tmp_path / "out")).failure
    job = job_of(folder, tmp_path / "out")
    assert failure.code == ("path.missing" if absent else "dicom.none")
    assert failure.where == f"exam {job.case}/{job.visit}"
    assert ("exam list" if absent else "DICOM files") in failure.hint
