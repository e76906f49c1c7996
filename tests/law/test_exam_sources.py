"""An exam reader states all that it opened and listed; an exam is known by what was read, and no longer."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import replace

import nibabel
import numpy as np
import pandas as pd
import pydicom
import pytest
from tests import exam_small
from tests.io_exams import ge_exam, values

from kinephen.errors import InputError
from kinephen.io import sources
from kinephen.io.exam import read_exam
from kinephen.io.exam_identity import exam_identity
from kinephen.study.fingerprint import Fingerprints

TIMES = {"times_s": [-230, 177, 531]}
WATCHED: list[set[str]] = []


def watch(event, arguments):
    if (
        WATCHED
        and event in ("open", "os.listdir", "os.scandir")
        and isinstance(arguments[0], (str, os.PathLike))
    ):
        WATCHED[-1].add(os.path.realpath(arguments[0]))


sys.addaudithook(watch)


def nifti(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(
        nibabel.Nifti1Image(np.asarray(array, dtype=np.float32), np.diag([0.7, 0.7, 2.0, 1.0])), path
    )


def frames():
    return values().astype(np.float32).transpose(0, 3, 2, 1)


def phases(root):
    """Files ``*_0000`` to ``*_0002`` and their times."""
    for number, frame in enumerate(frames()):
        nifti(root / f"case_{number:04d}.nii.gz", frame)
    (root / "times.json").write_text(json.dumps(TIMES))
    return root, None


def one_phase_named(root):
    """The same, of which one file is named."""
    return phases(root)[0] / "case_0001.nii.gz", None


def whole(root):
    """One 4-D file among others, named."""
    nifti(root / "dce.nii", np.moveaxis(frames(), 0, 3))
    nifti(root / "other.nii", frames()[0])
    (root / "dce.json").write_text(json.dumps(TIMES))
    return root / "dce.nii", None


def bids(root):
    """One 4-D file of a session, its sidecar at the top of the data set."""
    nifti(root / "sub-01" / "ses-1" / "dce" / "sub-01_ses-1_dce.nii.gz", np.moveaxis(frames(), 0, 3))
    (root / "dce.json").write_text(json.dumps({"FrameTimesStart": [0, 407, 761], "FrameDuration": [354] * 3}))
    return root / "sub-01" / "ses-1", None


def named(root):
    """Files that a manifest names."""
    for number, frame in enumerate(frames()):
        nifti(root / "exam" / f"{'bca'[number]}.nii.gz", frame)
    manifest = root / "m.toml"
    entries = "".join(f'[[phase]]\nfiles = "{letter}.nii.gz"\n' for letter in "bca")
    manifest.write_text(f"times_s = {TIMES['times_s']}\n{entries}")
    return root / "exam", manifest


def mama_mia(root):
    """A layout with a mask and a table of times in folders beside the exam's."""
    folder = root / "images" / "P1"
    for number, frame in enumerate(frames()):
        nifti(folder / f"p1_{number:04d}.nii.gz", frame)
    nifti(root / "segmentations" / "expert" / "P1.nii.gz", frames()[0] > 0)
    table = pd.DataFrame({"patient_id": ["P1"], "acquisition_times": ["[0, 407, 761]"]})
    table.to_excel(root / "clinical_and_imaging_info.xlsx", index=False)
    return folder, None


def dcm2niix(root):
    """Series of any names, whose sidecars tell the clock."""
    for number, frame in enumerate(frames()):
        nifti(root / f"s{number}.nii.gz", frame)
        (root / f"s{number}.json").write_text(json.dumps({"AcquisitionTime": f"10:0{2 * number}:00"}))
    return root, None


def dicom(root):
    """DICOM of one vendor."""
    ge_exam(root)
    return root, None


LAYOUTS = {f.__name__: f for f in (phases, one_phase_named, whole, bids, named, mama_mia, dcm2niix, dicom)}


def known(place):
    path, manifest = place
    return exam_identity(read_exam(path, manifest=manifest))


@pytest.mark.parametrize("name", LAYOUTS)
def test_all_that_a_reader_opens_or_lists_is_stated(tmp_path, name):
    path, manifest = LAYOUTS[name](tmp_path / "data")
    WATCHED.append(set())
    try:
        exam = read_exam(path, manifest=manifest)
    finally:
        seen = {p for p in WATCHED.pop() if p.startswith(os.path.realpath(tmp_path / "data"))}
    stated = {os.path.realpath(p) for p in exam.sources.states}
    assert seen
    assert seen <= stated
    assert exam.sources.of("phase 0") or exam.sources.of("phases")
    assert bool(exam.sources.of("manifest")) == (manifest is not None)


def linked(path, away):
    for file in sorted(p for p in path.rglob("*.nii*") if p.is_file()):
        away.mkdir(exist_ok=True)
        shutil.move(file, away / file.name)
        file.symlink_to(away / file.name)


ODD = ("a blank", 'it\'s "quoted"', "Müller-Lüdenscheidt", "two\nlines", "-rf", "x" * 200)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("layout", ["phases", "dicom", "bids"])
def test_an_exam_is_the_same_wherever_it_lies(tmp_path, layout, name):
    first = LAYOUTS[layout](tmp_path / "plain")
    second = LAYOUTS[layout](tmp_path / name / "of it")
    assert known(first) == known(second)


def test_links_lead_to_their_content(tmp_path):
    found = []
    for number in range(2):
        root = tmp_path / f"visit {number}"
        phases(root)
        if number:
            nifti(root / "case_0001.nii.gz", frames()[1] * 2)
        before = known((root, None))
        linked(root, tmp_path / f"away {number}")
        assert known((root, None)) == before
        found.append(before)
    assert found[0].images != found[1].images


def renamed(root):
    for number, file in enumerate(sorted(root.rglob("*.dcm"))):
        file.rename(root / f"{1000 - number}.dcm")


def other_file_meta(root):
    for file in root.rglob("*.dcm"):
        data = pydicom.dcmread(file)
        data.file_meta.ImplementationVersionName = "ANOTHER"
        data.preamble = b"II*\0" + b"\0" * 124
        data.save_as(file)


@pytest.mark.parametrize("change", [renamed, other_file_meta])
def test_dicom_fetched_in_another_way_is_the_same_exam(tmp_path, change):
    root, _ = dicom(tmp_path / "exam")
    before = known((root, None))
    assert list(root.rglob("*.dcm"))
    change(root)
    assert known((root, None)) == before


def swapped(root):
    a, b, c = (root / f"case_000{i}.nii.gz" for i in (1, 2, 3))
    a.rename(c), b.rename(a), c.rename(b)


def content_with_size_and_time_kept(root):
    path = root / "case_0001.nii"
    stat = path.stat()
    data = bytearray(path.read_bytes())
    data[-4:] = np.float32(7).tobytes()
    path.write_bytes(bytes(data))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size


def test_two_phases_swapped_are_another_exam(tmp_path):
    place = phases(tmp_path / "exam")
    before = known(place)
    swapped(tmp_path / "exam")
    assert known(place).images != before.images


def test_what_only_the_header_tells_leaves_images_and_series(tmp_path):
    place = phases(tmp_path / "exam")
    before = known(place)
    (tmp_path / "exam" / "times.json").write_text(json.dumps({**TIMES, "pe_threshold_percent": 90}))
    after = known(place)
    assert (after.images, after.series) == (before.images, before.series)
    assert after.exam != before.exam
    (tmp_path / "exam" / "times.json").write_text(json.dumps({"times_s": [-230, 178, 531]}))
    later = known(place)
    assert later.images == before.images
    assert later.series != before.series


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """Return fingerprints that trust a clock of any resolution."""
    monkeypatch.setattr(sources, "TICK_NS", 0)
    return Fingerprints(tmp_path / "notes")


def unread():
    raise AssertionError("the exam was read again")


CHANGES = {
    "a file touched": lambda root: os.utime(root / "case_0001.nii", ns=(1, 1)),
    "a file edited": content_with_size_and_time_kept,
    "a file added": lambda root: nifti(root / "case_0003.nii", frames()[0] + 1),
    "a file renamed": lambda root: (root / "case_0002.nii").rename(root / "case_0003.nii"),
    "times edited": lambda root: (root / "times.json").write_text(json.dumps({"times_s": [-1, 2, 3]})),
    "times lost": lambda root: (root / "times.json").unlink(),
    "a nearer sidecar": lambda root: (root / "case.json").write_text(json.dumps({"times_s": [-2, 1, 9]})),
    "the folder linked elsewhere": lambda root: (
        phases(root.parent / "other"),
        root.unlink() if root.is_symlink() else root.rename(root.parent / "was"),
        root.symlink_to(root.parent / "other"),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_identity_is_kept_until_something_that_was_looked_at_changes(tmp_path, notes, name):
    root = tmp_path / "exam"
    for number, frame in enumerate(frames()):
        nifti(root / f"case_{number:04d}.nii", frame)
    (root / "times.json").write_text(json.dumps(TIMES))
    first = notes.of(root)
    assert notes.of(root, read=unread) == first
    CHANGES[name](root)
    with pytest.raises(AssertionError, match="read again"):
        notes.of(root, read=unread)
    try:
        fresh = exam_identity(read_exam(root))
    except InputError as error:
        with pytest.raises(InputError, match=error.message[:20]):
            notes.of(root)
    else:
        assert notes.of(root) == fresh


def test_a_link_that_leads_elsewhere_is_noticed(tmp_path, notes):
    root, away = tmp_path / "exam", tmp_path / "away"
    phases(root)
    linked(root, away)
    first = notes.of(root)
    assert notes.of(root, read=unread) == first
    nifti(tmp_path / "new.nii.gz", frames()[1] + 5)
    (root / "case_0001.nii.gz").unlink()
    (root / "case_0001.nii.gz").symlink_to(tmp_path / "new.nii.gz")
    assert notes.of(root) != first


def test_what_was_changed_as_it_was_read_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "TICK_NS", 10**12)
    notes = Fingerprints(tmp_path / "notes")
    place, _ = phases(tmp_path / "exam")
    notes.of(place)
    with pytest.raises(AssertionError, match="read again"):
        notes.of(place, read=unread)


def test_a_note_tells_nothing_and_a_damaged_one_is_forgotten(tmp_path, notes):
    place, _ = phases(tmp_path / "Erika Mustermann")
    first = notes.of(place)
    (note,) = (tmp_path / "notes").iterdir()
    assert b"Mustermann" not in note.read_bytes()
    assert "Mustermann" not in note.name
    for data in (b"", note.read_bytes()[:-3], b"x" * 50):
        note.write_bytes(data)
        assert notes.of(place) == first


def test_what_was_told_of_phases_and_injection_is_part_of_the_exam():
    exam = exam_small.exam()
    found = {
        exam_identity(replace(exam, series=replace(exam.series, **told))).series
        for told in ({}, {"phases_named": True}, {"injection_assumed": True})
    }
    assert len(found) == 3
