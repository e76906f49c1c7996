"""Export to a reader, import of an edited mask, confirmation and rejection."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from tests.review_exam import SETTINGS, ReviewedExam

from kinephen import __version__
from kinephen.core.plain import hash_file, hash_json
from kinephen.core.volume import Geometry, Mask
from kinephen.errors import InputError, UsageError
from kinephen.io.exam import read_exam
from kinephen.io.nifti import read_volume, write_mask
from kinephen.io.review_log import read_log
from kinephen.io.review_masks import check_masks, read_revision, revision_path, revisions, write_revision
from kinephen.review import decide as review_decide
from kinephen.review.decide import Signature, confirm, import_mask, reject
from kinephen.study.one_exam import Request, exam_settings, measure

EDITOR, CONFIRMER = Signature("E. Editor"), Signature("C. Confirmer")


@pytest.fixture
def exam(tmp_path):
    """Return an exam that was exported."""
    made = ReviewedExam(tmp_path)
    made.export()
    return made


@pytest.fixture
def as_user(monkeypatch):
    """Return a function that changes the operating-system user."""

    def change(name):
        monkeypatch.setattr(review_decide.getpass, "getuser", lambda: name)

    change("user1")
    return change


def take(exam, array, signature=EDITOR, **more):
    return import_mask(exam.place, exam.write(array), signature, settings=SETTINGS, **more)


def test_a_reader_gets_frames_subtraction_maps_and_the_automatic_mask(exam):
    folder = exam.place.exam
    names = {p.name for p in folder.glob("*.nii.gz")}
    phases = {f"phase-{n}.nii.gz" for n in range(3)}
    assert names == {*phases, "subtraction.nii.gz", "pe.nii.gz", "ser.nii.gz", "mask.nii.gz"}
    pre, early, difference, pe = (
        read_volume(folder / f"{n}.nii.gz").array for n in ("phase-0", "phase-1", "subtraction", "pe")
    )
    np.testing.assert_array_equal(difference, early - pre)
    later = read_volume(folder / "phase-2.nii.gz").array
    tissue = pe != 0
    assert tissue.any()
    # Tissue of the exam's box, and the lesion: as the maps of one exam by itself.
    noise = ("roles.no_arrival", "likeness.other_contrast", "likeness.not_phase")
    settings = exam_settings(ftv=SETTINGS.model_dump(), accept=noise)
    measured = measure(Request(exam=exam.row.path, settings=settings))
    inside = measured.voi & (pre >= measured.ftv.tissue_threshold) | measured.lesion
    assert not measured.voi.all()
    assert (pre[~measured.voi] >= measured.ftv.tissue_threshold).any()
    assert not tissue[~inside].any()
    np.testing.assert_allclose(
        pe[inside], np.nan_to_num(100.0 * measured.maps.arrays["PE"][inside]), rtol=1e-4, atol=1e-4
    )
    peak = np.maximum(early, later)[tissue]
    np.testing.assert_allclose(pe[tissue], 100.0 * (peak - pre[tissue]) / pre[tissue], rtol=1e-5)
    for name in names:
        image = nibabel.load(folder / name)
        assert np.isfinite(image.get_fdata()).all(), name
        np.testing.assert_array_equal(image.get_qform(), image.get_sform())
    assert nibabel.load(folder / "mask.nii.gz").get_data_dtype() == np.uint8
    automatic = read_revision(exam.place.masks, 0)
    assert 0 < automatic.voxels < automatic.array.size
    np.testing.assert_array_equal(read_volume(folder / "mask.nii.gz").array > 0, automatic.array)
    facts = json.loads((folder / "exam.json").read_text())
    assert facts["phase_times_s"]
    assert facts["thresholds"]["pe_threshold"] == 1.0
    assert facts["source_sha256"] == read_exam(exam.row.path).series.source_hash


def test_viewers_see_images_and_mask_on_one_grid_at_the_exam_s_place(exam):
    # 3D Slicer and ITK-SNAP read NIfTI through ITK.
    itk = pytest.importorskip("SimpleITK", reason="needs the extra itk")
    images = {p.name: itk.ReadImage(str(p)) for p in exam.place.exam.glob("*.nii.gz")}
    mask = images["mask.nii.gz"]
    grid = read_revision(exam.place.masks, 0).geometry
    for name, image in images.items():
        assert image.GetSize() == mask.GetSize() == (9, 8, 7), name
        for index in ((0, 0, 0), (8, 0, 6), (3, 7, 2)):
            wanted = (grid.affine @ [*index[::-1], 1.0])[:3]
            np.testing.assert_allclose(image.TransformIndexToPhysicalPoint(index), wanted, atol=1e-3)
    np.testing.assert_array_equal(itk.GetArrayFromImage(mask) > 0, read_revision(exam.place.masks, 0).array)


def said(exported):
    """Return codes of the export itself; its images of noise hold no contrast, which is said too."""
    return [i.code for i in exported.issues if i.level != "stop"]


def test_a_given_mask_is_revision_0(tmp_path):
    first = ReviewedExam(tmp_path / "a")
    first.export()
    given = first.write(first.edited(), "given.nii.gz")
    exam = ReviewedExam(tmp_path / "b", mask=given)
    exam.export()
    np.testing.assert_array_equal(read_revision(exam.place.masks, 0).array, first.edited())


def test_export_again_keeps_revision_0_and_notes_other_settings(exam, monkeypatch):
    before = hash_file(revision_path(exam.place.masks, 0))
    monkeypatch.setattr("tests.review_exam.SETTINGS", SETTINGS.model_copy(update={"pe_threshold": 30.0}))
    assert said(exam.export()) == ["review.automatic_changed"]
    assert hash_file(revision_path(exam.place.masks, 0)) == before


def test_export_again_never_writes_over_edits_that_were_not_imported(exam):
    edited = exam.edited()
    target = exam.place.exam / "mask.nii.gz"
    shutil.copy(exam.write(edited), target)
    assert said(exam.export()) == ["review.edits_kept"]
    np.testing.assert_array_equal(read_volume(target).array > 0, edited)
    import_mask(exam.place, target, EDITOR, settings=SETTINGS)
    done = exam.export()
    assert said(done) == []
    assert done.revision == 1
    np.testing.assert_array_equal(read_volume(target).array > 0, edited)


def test_an_edit_becomes_revision_1_with_every_measure(exam, as_user):
    before = datetime.now(UTC)
    decision = take(exam, exam.edited(add=2, remove=1))
    automatic, edited = (read_revision(exam.place.masks, n) for n in (0, 1))
    np.testing.assert_array_equal(edited.array, exam.edited(add=2, remove=1))
    assert (decision.action, decision.role, decision.revision) == ("edit", "editor", 1)
    assert (decision.user, decision.name) == ("user1", "E. Editor")
    assert decision.meaning == review_decide.AUTHORSHIP
    assert (decision.voxels_added, decision.voxels_removed) == (2, 1)
    assert decision.cc_before == pytest.approx(automatic.volume_cc)
    assert decision.cc_after == pytest.approx(automatic.volume_cc + edited.geometry.voxel_volume_mm3 / 1000)
    n = automatic.voxels
    assert decision.dice_to_automatic == pytest.approx(2 * (n - 1) / (n + n + 1))
    assert decision.mask_before == hash_file(revision_path(exam.place.masks, 0))
    assert decision.mask_after == hash_file(revision_path(exam.place.masks, 1))
    assert decision.source == read_exam(exam.row.path).series.source_hash
    assert decision.parameters == hash_json(SETTINGS.model_dump(mode="json"))
    assert decision.software == __version__
    assert (
        before
        <= datetime.fromisoformat(decision.time).replace(microsecond=999999)
        <= datetime.now(UTC).replace(microsecond=999999)
    )
    assert datetime.fromisoformat(decision.time).utcoffset().total_seconds() == 0
    assert exam.place.state.state == "edited"
    assert read_log(exam.review) == (decision,)


def test_the_next_edit_is_measured_against_the_last_and_keeps_both(exam):
    take(exam, exam.edited(add=2, remove=0))
    second = take(exam, exam.edited(add=5, remove=0))
    assert (second.revision, second.voxels_added, second.voxels_removed) == (2, 3, 0)
    n = read_revision(exam.place.masks, 0).voxels
    assert second.dice_to_automatic == pytest.approx(2 * n / (2 * n + 5))
    assert read_revision(exam.place.masks, 1).voxels == n + 2


def test_confirmation_by_another_person(exam, as_user):
    take(exam, exam.edited())
    as_user("user2")
    decision = confirm(exam.place, CONFIRMER, settings=SETTINGS)
    assert (decision.action, decision.role, decision.revision) == ("accept", "confirmer", 1)
    assert decision.mask_before == decision.mask_after == hash_file(revision_path(exam.place.masks, 1))
    assert (decision.voxels_added, decision.voxels_removed) == (0, 0)
    assert not decision.same_person
    assert exam.place.state.state == "confirmed"
    assert exam.place.state.editor.name == "E. Editor"


@pytest.mark.parametrize(("user", "name"), [("user1", "C. Confirmer"), ("user2", "e.  EDITOR")])
def test_confirmation_by_the_editor_is_allowed_and_noted(exam, as_user, user, name):
    take(exam, exam.edited())
    as_user(user)
    decision = confirm(exam.place, Signature(name), settings=SETTINGS)
    assert decision.same_person
    assert exam.place.state.state == "confirmed"


def test_the_automatic_mask_may_be_confirmed_as_it_is(exam):
    decision = confirm(exam.place, CONFIRMER, settings=SETTINGS)
    assert (decision.revision, decision.dice_to_automatic, decision.same_person) == (0, 1.0, False)


@pytest.mark.parametrize("sign", [confirm, reject])
def test_a_revision_that_came_in_the_meantime_is_not_signed_unseen(exam, sign):
    reader = Signature("C. Confirmer", reason="x")
    seen = exam.place
    take(exam, exam.edited())
    with pytest.raises(InputError, match="revision 1 stands now, not revision 0") as caught:
        sign(seen, reader, settings=SETTINGS)
    assert caught.value.code == "review.moved"
    with pytest.raises(InputError, match="revision 1 stands now, not revision 0"):
        sign(exam.place, reader, settings=SETTINGS, revision=0)
    assert sign(exam.place, reader, settings=SETTINGS, revision=1).revision == 1


def test_a_rejection_needs_a_reason_and_a_later_confirmation_too(exam):
    with pytest.raises(UsageError, match="a rejection needs a reason"):
        reject(exam.place, CONFIRMER, settings=SETTINGS)
    decision = reject(exam.place, Signature("C. Confirmer", reason="a vessel"), settings=SETTINGS)
    assert (decision.action, decision.reason) == ("reject", "a vessel")
    assert exam.place.state.state == "rejected"
    with pytest.raises(UsageError, match="was rejected before"):
        confirm(exam.place, CONFIRMER, settings=SETTINGS)
    confirm(exam.place, Signature("C. Confirmer", reason="mistaken"), settings=SETTINGS)
    assert exam.place.state.state == "confirmed"


def test_an_edit_after_a_rejection_waits_for_confirmation(exam):
    reject(exam.place, Signature("C. Confirmer", reason="a vessel"), settings=SETTINGS)
    assert take(exam, exam.edited()).revision == 1
    assert exam.place.state.state == "edited"


def test_a_mask_in_another_order_of_axes_is_put_in_place(exam):
    wanted = exam.edited()
    image = nibabel.load(exam.write(wanted))
    turned = image.as_reoriented([[2, -1], [0, 1], [1, -1]])
    path = exam.root / "turned.nii.gz"
    nibabel.save(turned, path)
    import_mask(exam.place, path, EDITOR, settings=SETTINGS)
    np.testing.assert_array_equal(read_revision(exam.place.masks, 1).array, wanted)


def _other(geometry, what):
    affine = np.array(geometry.affine)
    shape = list(geometry.shape)
    if what == "origin":
        affine[0, 3] += 0.5
    elif what == "spacing":
        affine[:3, 1] *= 1.05
    elif what == "direction":
        turn = np.deg2rad(3.0)
        affine[:3, :3] = [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]] @ (
            affine[:3, :3]
        )
    else:
        shape[0] -= 1
    return Geometry(tuple(shape), affine)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("origin", r"origin, by \(-0.25, 0.00, 0.00\) voxels, \(-0.500, 0.000, 0.000\) mm"),
        ("spacing", "spacing"),
        ("direction", "direction"),
        ("shape", "shape"),
    ],
)
def test_a_mask_on_another_grid_is_refused_naming_the_difference(exam, what, text):
    grid = _other(read_revision(exam.place.masks, 0).geometry, what)
    path = exam.root / "other.nii.gz"
    write_mask(path, Mask(np.ones(grid.shape, dtype=bool), grid))
    with pytest.raises(InputError, match=f"different grids: {text}") as caught:
        import_mask(exam.place, path, EDITOR, settings=SETTINGS)
    assert caught.value.code == "geometry.mismatch"
    assert read_log(exam.review) == ()
    assert not revision_path(exam.place.masks, 1).exists()


def test_an_empty_mask_must_be_meant(exam):
    empty = np.zeros_like(exam.edited())
    with pytest.raises(InputError, match="the mask is empty") as caught:
        take(exam, empty)
    assert "--allow-empty" in caught.value.hint
    decision = take(exam, empty, allow_empty=True)
    assert (decision.cc_after, decision.dice_to_automatic) == (0.0, 0.0)
    confirm(exam.place, CONFIRMER, settings=SETTINGS)


def test_several_labels_and_an_unchanged_mask_are_refused(exam):
    with pytest.raises(InputError, match="the same as revision 0"):
        take(exam, exam.edited(add=0, remove=0))
    path = exam.write(exam.edited())
    image = nibabel.load(path)
    data = np.asarray(image.dataobj).copy()
    data[0, 0, 0] = 2
    nibabel.save(nibabel.Nifti1Image(data, image.affine, image.header), path)
    with pytest.raises(InputError, match=r"several labels \(1, 2\)"):
        import_mask(exam.place, path, EDITOR, settings=SETTINGS)
    import_mask(exam.place, path, EDITOR, settings=SETTINGS, segment=1)
    assert exam.place.state.revision == 1


def test_a_mask_changed_after_its_import_cannot_be_signed(exam):
    take(exam, exam.edited())
    path = revision_path(exam.place.masks, 1)
    path.chmod(0o644)
    shutil.copy(exam.write(exam.edited(add=3)), path)
    for sign in (confirm, reject):
        with pytest.raises(InputError, match="revision 1 was changed") as caught:
            sign(exam.place, Signature("C. Confirmer", reason="x"), settings=SETTINGS)
        assert caught.value.code == "review.changed"
    name = exam.place.name
    found = check_masks(exam.review / "masks", read_log(exam.review))
    assert found == [f"{name}: mask file of revision 1 was changed"]
    path.unlink()
    found = check_masks(exam.review / "masks", read_log(exam.review))
    assert found == [f"{name}: mask file of revision 1 is missing"]


@pytest.mark.parametrize("links", [True, False])
def test_revisions_are_never_overwritten(exam, monkeypatch, links):
    if not links:

        def refuse(*_):
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr("os.link", refuse)
        take(exam, exam.edited())
        np.testing.assert_array_equal(read_revision(exam.place.masks, 1).array, exam.edited())
        revision_path(exam.place.masks, 1).unlink()
    mask = read_revision(exam.place.masks, 0)
    before = hash_file(revision_path(exam.place.masks, 0))
    with pytest.raises(InputError, match="revision 0 exists already"):
        write_revision(exam.place.masks, 0, Mask(~mask.array, mask.geometry))
    assert hash_file(revision_path(exam.place.masks, 0)) == before
    assert [p.name for p in exam.place.masks.glob("[!.]*")] == ["rev-000.nii.gz"]


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_kill_before_a_revision_has_its_name_leaves_none(exam, monkeypatch):
    """Without hard links too: a half mask never bears the name of a revision, and the next has its number."""

    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    def killed(self, target):
        if target.name.startswith("rev-"):
            raise Killed
        return replaced(self, target)

    replaced = Path.replace
    mask = read_revision(exam.place.masks, 0)
    with monkeypatch.context() as patch:
        patch.setattr("os.link", refuse)
        patch.setattr(Path, "replace", killed)
        with pytest.raises(Killed):
            write_revision(exam.place.masks, 1, mask)
    assert revisions(exam.place.masks) == [0]
    monkeypatch.setattr("os.link", refuse)
    write_revision(exam.place.masks, 1, mask)
    np.testing.assert_array_equal(read_revision(exam.place.masks, 1).array, mask.array)


def test_nothing_is_signed_without_a_name_or_before_the_export(tmp_path):
    with pytest.raises(UsageError, match="name is empty"):
        Signature("  ")
    with pytest.raises(UsageError, match="must be Unicode text"):
        Signature("C. Confirmer", reason="\udcff")
    exam = ReviewedExam(tmp_path)
    with pytest.raises(InputError, match="revision 0 is missing") as caught:
        confirm(exam.place, CONFIRMER, settings=SETTINGS)
    assert "review export" in caught.value.hint


def test_decisions_stay_with_their_images_when_cases_are_numbered_anew(exam):
    take(exam, exam.edited())
    exam.row = type(exam.row)(case="case-0007", visit="T1", path=exam.row.path)
    assert exam.place.name.startswith("case-0001-T1-")
    assert exam.place.state.state == "edited"
    (exam.row.path / "more.dcm").write_bytes(b"another file")
    assert exam.place.state.state == "edited"
    image = read_exam(exam.row.path).sources.of("phase 0")[0]
    data = pydicom.dcmread(image)
    data.PixelData = bytes(reversed(data.PixelData))
    data.save_as(image)
    assert exam.place.state.state == "open"
