"""dciodvfy finds no error against the standard in what is written: SEG, SR and simulated exams.

dciodvfy is of David Clunie's dicom3tools (Debian: ``apt-get install dicom3tools``; checked with
1.00~20220618093127). Its warnings, for example of our own coding scheme, are no errors.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import numpy as np
import pytest
from tests.cli.test_export_review import CONFIRMER, Review
from tests.export_exams import exam_with_lesion
from tests.unit.test_simulate_read_back import exam_of

from kinephen.report.exports.exam_dicom import Reader
from kinephen.report.exports.exam_forms import Forms, write_forms
from kinephen.report.exports.exam_names import Names
from kinephen.simulate import layout_variants as variants
from kinephen.simulate.exam_files import write_exam
from kinephen.simulate.layouts import one_series_by_content_time
from kinephen.study.exported_mask import mask_to_export
from kinephen.study.one_exam import Request, measure
from kinephen.study.review_gate import MaskChoice

pytestmark = pytest.mark.peers

AS_IN_THE_ARCHIVE = "<TriggerTime>"
"""Philips states the time of a phase here although nothing is gated, and readers have to cope with it."""

EXAMS = {
    "ge": ("ge", None),
    "siemens": ("siemens", None),
    "philips": ("philips", None),
    "ge big endian": ("ge", variants.with_syntax(one_series_by_content_time, variants.BIG_ENDIAN)),
    "ge pre and post": ("ge", variants.pre_and_post_series),
    "ge subtraction": ("ge", variants.with_subtraction(one_series_by_content_time)),
    "siemens renamed posts": ("siemens", variants.posts_under_another_name),
}


@pytest.fixture(scope="module")
def errors():
    """Return a function that lists the errors that dciodvfy finds in a file."""
    tool = shutil.which(os.environ.get("KINEPHEN_DCIODVFY", "dciodvfy"))
    if tool is None:
        pytest.skip("needs dciodvfy of dicom3tools on the path (or KINEPHEN_DCIODVFY)")

    def run(path):
        done = subprocess.run([tool, path], capture_output=True, text=True, errors="replace", check=False)
        lines = (done.stdout + done.stderr).splitlines()
        # It names the object's kind in its first line, which shows that it read the file.
        assert any("IOD" in line or line.strip().isidentifier() for line in lines), lines
        return [line for line in lines if line.startswith("Error")]

    return run


def test_the_validator_sees_a_missing_element(errors, tmp_path):
    import pydicom

    exam_with_lesion(tmp_path)
    path = next(tmp_path.rglob("*.dcm"))
    data = pydicom.dcmread(path)
    del data.Rows
    data.save_as(path)
    assert any("<Rows>" in line for line in errors(path))


@pytest.mark.parametrize("name", EXAMS)
def test_simulated_exams(errors, tmp_path, name):
    vendor, layout = EXAMS[name]
    exam, who = exam_of(vendor)
    write_exam(tmp_path, exam, who, layout=layout)
    firsts = {p.parent: p for p in sorted(tmp_path.rglob("*.dcm"), reverse=True)}
    assert len(firsts) >= 2
    for path in firsts.values():
        assert [e for e in errors(path) if AS_IN_THE_ARCHIVE not in e] == []


def exported(exam, out, chosen=None, reader=None):
    request = Request(exam=exam, mask=chosen.choice if chosen else MaskChoice())
    write_forms(
        measure(request), Names(out, "case"), Forms.chosen(seg=True, sr=True), request, reader or Reader()
    )
    return [out / f"sub-case/dicom/sub-case_{name}.dcm" for name in ("seg", "sr")]


@pytest.mark.parametrize("vendor", ["ge", "siemens", "philips"])
def test_objects_of_simulated_exams(errors, tmp_path, vendor):
    exam, who = exam_of(vendor)
    write_exam(tmp_path / "exam", exam, who)
    for path in exported(tmp_path / "exam", tmp_path / "out"):
        assert errors(path) == []


def test_objects_of_a_public_exam(errors, tmp_path, reference):
    for path in exported(
        reference("data/nact_pilot/UCSF-BR-06"), tmp_path / "out", reader=Reader("Reader^One")
    ):
        assert errors(path) == []


@pytest.mark.parametrize("by_hand", [False, True])
def test_objects_of_a_confirmed_mask(errors, tmp_path, by_hand):
    review = Review(tmp_path)
    if by_hand:
        array = np.zeros_like(review.automatic.array)
        array[5, 6, 1:3] = True
        review.edit(array & ~review.automatic.array)
    review.confirm(CONFIRMER)
    chosen = mask_to_export(
        review.root / "exam", MaskChoice(), review.folder, manifest=None, with_name=by_hand
    )
    for path in exported(review.root / "exam", tmp_path / "out", chosen, Reader(review=chosen.note)):
        assert errors(path) == []
