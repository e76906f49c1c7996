"""SEG and SR of a mask under review: the state of the decision, its hashes, and no name unless asked for."""

from __future__ import annotations

import hashlib
import json

import highdicom as hd
import numpy as np
import pydicom
import pytest
from tests.export_exams import exam_with_lesion

from kinephen.cli.app import main
from kinephen.config.schema import Ftv
from kinephen.core.volume import Mask
from kinephen.io.nifti import write_mask
from kinephen.io.review_log import LOG
from kinephen.io.review_masks import read_revision, revision_path
from kinephen.io.segmentation import read_mask
from kinephen.review.decide import Signature, confirm, import_mask, reject
from kinephen.review.export import export_exam
from kinephen.study.plan import ExamRow
from kinephen.study.review_place import place_of

EDITOR, CONFIRMER = Signature("Edda Itor"), Signature("Conny Firm\\er=", reason="looked at all slices")
SETTINGS = Ftv()


class Review:
    """An exam under review."""

    def __init__(self, root):
        self.root, self.folder = root, root / "review"
        exam_with_lesion(root / "exam")
        self.row = ExamRow(case="case-0001", visit="T1", path=root / "exam")
        export_exam(self.row, self.place, SETTINGS)

    @property
    def place(self):
        return place_of(self.row, self.folder)

    def edit(self, array):
        path = self.root / "edited.nii.gz"
        write_mask(path, Mask(array, self.automatic.geometry))
        return import_mask(self.place, path, EDITOR, settings=SETTINGS)

    def confirm(self, who=CONFIRMER):
        return confirm(self.place, who, settings=SETTINGS)

    @property
    def automatic(self):
        return read_revision(self.place.masks, 0)

    def last_hash(self):
        return json.loads((self.folder / LOG).read_text().splitlines()[-1])["hash"]


@pytest.fixture
def review(tmp_path):
    return Review(tmp_path)


@pytest.fixture
def export(review, monkeypatch, capsys):
    """Return a function that exports the exam and returns SEG, SR and what was printed."""

    def run(*options, expect=0):
        out = review.root / "out"
        arguments = ["kinephen", "export", str(review.root / "exam"), "--out", str(out), *map(str, options)]
        monkeypatch.setattr("sys.argv", [*arguments, "--json"])
        with pytest.raises(SystemExit) as caught:
            main()
        assert caught.value.code == expect
        text = capsys.readouterr()
        if expect:
            return text.err
        return *(pydicom.dcmread(out / f"sub-case/dicom/sub-case_{n}.dcm") for n in ("seg", "sr")), text.out

    return run


def comments(report):
    """Return the comment of each measurement group by the label of its region."""
    content = hd.sr.Comprehensive3DSR.from_dataset(report).content
    groups = (*content.get_volumetric_roi_measurement_groups(), *content.get_image_measurement_groups())
    return {
        g.tracking_identifier: next(
            i.TextValue for i in g[0].ContentSequence if i.name.value == "121106" and i.ValueType == "TEXT"
        )
        for g in groups
    }


def observers(report):
    return [str(i.PersonName) for i in report.ContentSequence if i.ValueType == "PNAME"]


def test_a_mask_that_nobody_decided_on_says_so(review, export):
    for options in ((), ("--review", review.folder)):
        seg, sr, _ = export(*options)
        assert "not reviewed" in seg.SegmentSequence[1].SegmentDescription
        assert comments(sr)["primary lesion"] == seg.SegmentSequence[1].SegmentDescription
        assert (sr.VerificationFlag, sr.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")
        assert seg.ContentCreatorName == ""
        assert observers(sr) == []
        assert "VerifyingObserverSequence" not in sr


def test_an_edited_mask_is_exported_but_not_verified(review, export):
    array = review.automatic.array.copy()
    array[2, 3, 3] = False
    decision = review.edit(array)
    seg, sr, _ = export("--review", review.folder)
    path = review.root / "out/sub-case/dicom/sub-case_seg.dcm"
    assert np.array_equal(read_mask(path, review.automatic.geometry, segment=2).array, array)
    assert seg.SegmentSequence[1].SegmentDescription.startswith(
        "edited by a reader, not confirmed; revision 1"
    )
    assert decision.mask_after in seg.SegmentSequence[1].SegmentDescription
    assert (seg.ContentCreatorName, observers(sr)) == ("Reader^Editor", ["Reader^Editor"])
    assert sr.VerificationFlag == "UNVERIFIED"


def test_a_confirmed_mask_is_verified_by_role_with_its_hashes(review, export, monkeypatch):
    array = review.automatic.array.copy()
    array[2, 3, 3] = False
    review.edit(array)
    monkeypatch.setenv("LOGNAME", "another")
    decision = review.confirm()
    seg, sr, text = export("--review", review.folder)
    lesion, ftv = seg.SegmentSequence[1], seg.SegmentSequence[0]
    mask = revision_path(review.place.masks, 1).read_bytes()
    said = lesion.SegmentDescription
    assert said.startswith("confirmed by a reader; revision 1, confirmer, ")
    assert f"mask SHA-256 {hashlib.sha256(mask).hexdigest()}" in said
    assert f"decision SHA-256 {review.last_hash()}" in said
    assert len(said) < 1024
    assert comments(sr) == {"primary lesion": said, "FTV": ftv.SegmentDescription}
    assert "thresholds" in ftv.SegmentDescription
    assert (sr.VerificationFlag, sr.PreliminaryFlag) == ("VERIFIED", "FINAL")
    (observer,) = sr.VerifyingObserverSequence
    assert observer.VerifyingObserverName == "Reader^Confirmer"
    when = "".join(c for c in decision.time[:19] if c.isdigit())
    assert str(observer.VerificationDateTime) == f"{when}+0000"
    assert (seg.ContentCreatorName, observers(sr)) == ("Reader^Confirmer", ["Reader^Confirmer"])
    assert [s.SegmentAlgorithmType for s in seg.SegmentSequence] == ["SEMIAUTOMATIC", "SEMIAUTOMATIC"]
    everything = text + "".join(
        p.read_bytes().decode("latin-1") for p in (review.root / "out").rglob("*") if p.is_file()
    )
    for name in ("Conny", "Edda", "looked at all slices"):
        assert name not in everything


def test_the_typed_name_stands_only_where_it_is_asked_for(review, export):
    review.confirm()
    seg, sr, _ = export("--review", review.folder, "--reader-name")
    assert str(seg.ContentCreatorName) == "Conny Firm er^"
    assert observers(sr) == ["Conny Firm er^"]
    assert str(sr.VerifyingObserverSequence[0].VerifyingObserverName) == "Conny Firm er^"
    assert "Conny" not in seg.SegmentSequence[1].SegmentDescription


def test_a_mask_without_any_voxel_of_the_automatic_one_is_manual(review, export):
    array = np.zeros_like(review.automatic.array)
    array[3, 5, 5] = not review.automatic.array[3, 5, 5]
    array[5, 6, 1:3] = True
    array &= ~review.automatic.array
    review.edit(array)
    review.confirm()
    seg, _, _ = export("--review", review.folder)
    ftv, lesion = seg.SegmentSequence
    assert (ftv.SegmentAlgorithmType, lesion.SegmentAlgorithmType) == ("SEMIAUTOMATIC", "MANUAL")
    assert "SegmentationAlgorithmIdentificationSequence" not in lesion


def test_one_person_in_both_roles_is_noted(review, export):
    array = review.automatic.array.copy()
    array[2, 3, 3] = False
    review.edit(array)
    review.confirm(EDITOR)
    seg, _, text = export("--review", review.folder)
    assert ", who also edited it;" in seg.SegmentSequence[1].SegmentDescription
    assert "mask.same_person" in [i["code"] for i in json.loads(text)["issues"]]


def test_a_mask_changed_after_the_decision_is_not_verified(review, export):
    review.confirm()
    path = revision_path(review.place.masks, 0)
    path.chmod(0o644)
    write_mask(path, Mask(~review.automatic.array, review.automatic.geometry))
    seg, sr, text = export("--review", review.folder)
    assert (
        "not reviewed: the file was changed after the decision" in seg.SegmentSequence[1].SegmentDescription
    )
    assert (sr.VerificationFlag, seg.ContentCreatorName, observers(sr)) == ("UNVERIFIED", "", [])
    assert "mask.changed" in [i["code"] for i in json.loads(text)["issues"]]


def test_the_nifti_mask_tells_its_review_too(review, export):
    for wanted in ("unreviewed", "confirmed"):
        export("--review", review.folder)
        sidecar = review.root / "out/sub-case/dce/sub-case_label-lesion_mask.json"
        found = json.loads(sidecar.read_text())["review"]
        assert found["state"] == wanted
        review.confirm()
    assert found["decision_sha256"] != review.last_hash()


def test_what_cannot_be_exported_is_refused(review, export):
    assert "both --mask and --review" in export(
        "--review", review.folder, "--mask", revision_path(review.place.masks, 0), expect=2
    )
    assert "--reader-name needs --review" in export("--reader-name", expect=2)
    assert "review folder: no such folder" in export("--review", review.root / "none", expect=4)
    reject(review.place, CONFIRMER, settings=SETTINGS)
    assert "a reader rejected the mask" in export("--review", review.folder, expect=4)
