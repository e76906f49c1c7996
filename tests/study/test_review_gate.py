"""Feature extraction honours the readers' decisions, and says so in its output."""

from __future__ import annotations

import shutil

import numpy as np
import pydicom
import pytest
from tests.review_exam import SETTINGS, ReviewedExam

from kinephen.config.presets import preset_settings
from kinephen.io.review_log import LOG
from kinephen.io.review_masks import read_revision, revision_path
from kinephen.records.lesion import Review
from kinephen.review.decide import Signature, confirm, import_mask, reject
from kinephen.study.case import CaseJob, run_case
from kinephen.study.cases import status_rows
from kinephen.study.plan import ExamRow, Plan
from kinephen.study.steps.features import read_features
from kinephen.study.steps.lesion import load_lesion, read_lesion

EDITOR, CONFIRMER = Signature("E. Editor"), Signature("C. Confirmer", reason="a vessel")
# The exam is noise: no contrast arrives, and its frames are not alike.
ACCEPTED = {"accept": ("roles.no_arrival", "likeness.other_contrast", "likeness.not_phase")}
OTHERS = {"exam": ACCEPTED, "bias": {"method": "none"}, "resample": {"matrix": 0}}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the root of an exam that was exported; read only."""
    root = tmp_path_factory.mktemp("made")
    ReviewedExam(root).export()
    return root


@pytest.fixture
def exam(made, tmp_path):
    """Return a copy of the exam that a test may decide on."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    exam = ReviewedExam.__new__(ReviewedExam)
    exam.root, exam.review = tmp_path, tmp_path / "review"
    exam.row = ExamRow(case="case-0001", visit="T1", path=tmp_path / "exam")
    return exam


def job(exam, *, allow: bool) -> CaseJob:
    base = preset_settings("quick")
    settings = base.model_copy(
        update={
            "ftv": SETTINGS,
            "features": base.features.model_copy(update={"allow_unreviewed": allow}),
            **{name: getattr(base, name).model_copy(update=value) for name, value in OTHERS.items()},
        }
    )
    row = exam.row
    return CaseJob(
        case=row.case,
        visit=row.visit,
        exam=row.path,
        mask=row.mask,
        manifest=row.manifest,
        out=exam.root / "out",
        settings={"quick": settings},
        review=exam.review,
    )


def lesion(exam, *, allow: bool):
    outcome = run_case(job(exam, allow=allow))
    assert outcome.failure is None, outcome.failure
    return load_lesion(outcome.lesion), read_lesion(outcome.lesion)


def failure(exam, *, allow: bool):
    outcome = run_case(job(exam, allow=allow))
    assert outcome.failure is not None
    assert outcome.features == {}
    return outcome.failure


def codes(record):
    return {i.code for i in record.issues if i.code.startswith("mask.")}


def edit(exam):
    wanted = exam.edited()
    import_mask(exam.place, exam.write(wanted), EDITOR, settings=SETTINGS)
    return wanted


def test_an_unreviewed_mask_is_used_with_a_note_or_refused(exam):
    mask, record = lesion(exam, allow=True)
    np.testing.assert_array_equal(mask, read_revision(exam.place.masks, 0).array)
    assert record.review == Review()
    assert codes(record) == {"mask.unreviewed"}
    found = failure(exam, allow=False)
    assert found.code == "review.unreviewed"
    assert "features.allow_unreviewed is false" in found.message
    assert "kinephen review export" in found.hint


def test_no_review_folder_means_unreviewed(exam):
    shutil.rmtree(exam.review)
    assert failure(exam, allow=False).code == "review.unreviewed"


def test_an_edited_mask_is_used_but_is_not_reviewed_until_confirmed(exam):
    wanted = edit(exam)
    mask, record = lesion(exam, allow=True)
    np.testing.assert_array_equal(mask, wanted)
    assert record.review.state == "edited"
    assert codes(record) == {"mask.unreviewed"}
    assert failure(exam, allow=False).code == "review.unreviewed"


def test_a_confirmed_mask_gives_features_and_names_who_confirmed_it(exam):
    wanted = edit(exam)
    decision = confirm(exam.place, CONFIRMER, settings=SETTINGS)
    mask, record = lesion(exam, allow=False)
    np.testing.assert_array_equal(mask, wanted)
    assert record.lesion_source == "review, revision 1"
    assert record.lesion_voxels == int(wanted.sum())
    review = record.review
    assert (review.state, review.revision, review.name) == ("confirmed", 1, "C. Confirmer")
    assert review.edited_by == "E. Editor"
    assert review.time == decision.time
    assert review.mask_sha256 == decision.mask_after
    # One operating-system user made both, and the output says so.
    assert codes(record) == {"mask.same_person"}
    features = read_features(run_case(job(exam, allow=False)).features["quick"])
    assert features.voxels == int(wanted.sum())


def test_a_mask_changed_after_confirmation_is_refused_or_noted(exam):
    edit(exam)
    confirm(exam.place, CONFIRMER, settings=SETTINGS)
    path = revision_path(exam.place.masks, 1)
    path.chmod(0o644)
    changed = exam.edited(add=4)
    shutil.copy(exam.write(changed), path)
    found = failure(exam, allow=False)
    assert found.code == "review.changed"
    assert "revision 1 was changed after the decision" in found.message
    mask, record = lesion(exam, allow=True)
    np.testing.assert_array_equal(mask, changed)
    assert record.review.state == "changed"
    assert "mask.changed" in codes(record)


def test_a_missing_mask_is_refused_whatever_is_allowed(exam):
    edit(exam)
    revision_path(exam.place.masks, 1).unlink()
    assert failure(exam, allow=True).code == "review.missing"


def test_a_rejected_mask_is_refused_whatever_is_allowed(exam):
    reject(exam.place, CONFIRMER, settings=SETTINGS)
    for allow in (True, False):
        found = failure(exam, allow=allow)
        assert found.code == "review.rejected"
        assert found.message == "a reader rejected the mask"
        assert "review log" in found.hint
    # What a reader wrote may name a patient: it stands in the log alone.
    assert b"a vessel" in (exam.review / LOG).read_bytes()
    for path in (exam.root / "out").rglob("*"):
        assert path.is_dir() or b"a vessel" not in path.read_bytes(), path.name


def test_a_log_that_was_tampered_with_stops_every_exam(exam):
    edit(exam)
    confirm(exam.place, CONFIRMER, settings=SETTINGS)
    path = exam.review / LOG
    path.write_text(path.read_text().replace("E. Editor", "C. Confirmer"))
    for allow in (True, False):
        found = failure(exam, allow=allow)
        assert found.code == "review.log"
        assert "line 1: its content" in found.message


def change_one_pixel(folder):
    path = min(folder.glob("s2-*/*.dcm"))
    image = pydicom.dcmread(path)
    pixels = image.pixel_array.copy()
    pixels.flat[0] += 1
    image.PixelData = pixels.tobytes()
    image.save_as(path)


def test_a_decision_on_other_images_does_not_count(exam):
    confirm(exam.place, CONFIRMER, settings=SETTINGS)
    assert lesion(exam, allow=False)[1].review.state == "confirmed"
    (exam.row.path / "notes.txt").write_text("beside the images, and none of them")
    assert lesion(exam, allow=False)[1].review.state == "confirmed"
    change_one_pixel(exam.row.path)
    assert failure(exam, allow=False).code == "review.unreviewed"


def test_a_new_decision_makes_the_results_anew_and_an_old_one_finds_them_again(exam):
    first = run_case(job(exam, allow=True))
    assert run_case(job(exam, allow=True)).lesion == first.lesion
    edit(exam)
    second = run_case(job(exam, allow=True))
    assert second.lesion != first.lesion
    assert second.features != first.features


def test_status_shows_what_the_review_forbids(exam):
    assert status_rows([job(exam, allow=False)]) == [
        {
            "case": "case-0001",
            "visit": "T1",
            "lesion": "review.unreviewed",
            "features quick": "review.unreviewed",
        }
    ]


def test_a_plan_knows_the_review_folder_beside_the_study_file(exam):
    plan = Plan(
        study=None, root=exam.root, exams=(), clinical=None, patient_ids={}, end_point="", time_unit="days"
    )
    assert plan.review == exam.review
    shutil.rmtree(exam.review)
    assert plan.review is None


def test_records_hold_no_path_of_the_review(exam):
    edit(exam)
    confirm(exam.place, CONFIRMER, settings=SETTINGS)
    _, record = lesion(exam, allow=False)
    assert str(exam.root) not in record.model_dump_json()
