"""A run on a warm store gives what a run on an empty one gives, and computes only what reads the change."""

from __future__ import annotations

import gzip
import json
import os
import shutil

import numpy as np
import pydicom
import pytest
from tests.settings_leaves import LEAVES, changed
from tests.tiny_exam import (
    contents,
    entries,
    fast_settings,
    job_of,
    ran,
    simulated,
    write_dicom,
    write_phases,
    write_times,
)

from kinephen.core.volume import Mask
from kinephen.io import sources
from kinephen.io.nifti import write_mask
from kinephen.study.case import run_case
from kinephen.study.steps.lesion import load_lesion

NOTHING: set[str] = set()
LESION = {"lesion"}
BOTH = {"lesion", "features"}


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """Return a folder with the exam in both layouts and a store that knows it; read only."""
    root = tmp_path_factory.mktemp("warm")
    write_phases(root / "phases")
    write_dicom(root / "dicom")
    for name in ("phases", "dicom"):
        assert contents(run_case(job_of(root / name, root / "out")))
    return root


@pytest.fixture
def place(warm, tmp_path, monkeypatch):
    """Return a copy that a test may change; its store has notes of how its files stand."""
    monkeypatch.setattr(sources, "TICK_NS", 0)
    root = shutil.copytree(warm, tmp_path / "place")
    for name in ("phases", "dicom"):
        assert ran(job_of(root / name, root / "out"))[1] == NOTHING
    assert len(list((root / "out" / "store" / "fingerprints").iterdir())) >= 2
    return root


def check(job, expected, *, fresh_out):
    """The warm store gives what an empty one gives; `expected` are the steps that were computed."""
    found, computed = ran(job)
    fresh, every = ran(type(job)(**{**vars(job), "out": fresh_out}))
    assert every == BOTH
    assert found == fresh
    assert computed == expected


def links(root):
    away = root.parent / "away"
    away.mkdir()
    for file in list(root.glob("*.nii")):
        shutil.move(file, away / f"of {file.name}")
        file.symlink_to(away / f"of {file.name}")
    return root


def other_stem(root):
    for file in list(root.glob("case_*")):
        file.rename(root / file.name.replace("case", "patient"))
    return root


def swapped(root):
    one, two, third = (root / f"case_000{i}.nii" for i in (1, 2, 9))
    one.rename(third), two.rename(one), third.rename(two)
    return root


def touched(root):
    for file in root.iterdir():
        os.utime(file, ns=(1, 1))
    return root


def edited(root):
    path = root / "case_0001.nii"
    stat, data = path.stat(), bytearray(path.read_bytes())
    values = np.frombuffer(data, dtype="<f4", offset=352).copy()
    values[values > values.mean()] *= 1.05
    path.write_bytes(bytes(data[:352]) + values.tobytes())
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    return root


def packed(root):
    for file in list(root.glob("*.nii")):
        (root / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    return root


def moved(name):
    def move(root):
        target = root.parent / name / "exam"
        target.parent.mkdir()
        shutil.move(root, target)
        return target

    return move


def stray(root):
    (root / "notes.txt").write_text("seen by nobody")
    return root


def same_threshold(root):
    write_times(root, pe_threshold_percent=70)
    return root


def other_threshold(root):
    write_times(root, pe_threshold_percent=150)
    return root


def other_times(root):
    times = json.loads((root / "times.json").read_text())["times_s"]
    write_times(root, times_s=[times[0], times[1] + 10, times[2] + 10])
    return root


def one_named(root):
    return root / "case_0002.nii"


def sibling_of_named(root):
    return one_named(edited(root))


NIFTI = {
    "phase files become links": (links, NOTHING),
    "files renamed": (other_stem, NOTHING),
    "two phases swapped": (swapped, BOTH),
    "files touched": (touched, NOTHING),
    "content edited, size and time kept": (edited, BOTH),
    "files compressed": (packed, NOTHING),
    "exam moved": (moved("elsewhere"), NOTHING),
    "a blank in the path": (moved("a blank"), NOTHING),
    "an umlaut in the path": (moved("Müller"), NOTHING),
    "quotes in the path": (moved('it\'s "so"'), NOTHING),
    "a line end in the path": (moved("two\nlines"), NOTHING),
    "a leading dash": (moved("-rf"), NOTHING),
    "a name of 200 characters": (moved("x" * 200), NOTHING),
    "a file beside that nobody reads": (stray, NOTHING),
    "a threshold stated that is the default": (same_threshold, LESION),
    "another threshold stated": (other_threshold, BOTH),
    "other times stated": (other_times, BOTH),
    "one phase named for all": (one_named, NOTHING),
    "the sibling of a named file edited": (sibling_of_named, BOTH),
}


@pytest.mark.parametrize("name", NIFTI)
def test_nifti_changed(place, tmp_path, name):
    change, expected = NIFTI[name]
    path = change(place / "phases")
    check(job_of(path, place / "out"), expected, fresh_out=tmp_path / "fresh")


def rewritten(edit):
    def change(root):
        for file in root.rglob("*.dcm"):
            data = pydicom.dcmread(file)
            edit(data)
            data.save_as(file)
        return root

    return change


def file_meta(data):
    data.file_meta.ImplementationVersionName = "ANOTHER"
    data.preamble = b"II*\0" + b"\0" * 124


def who(data):
    data.PatientName, data.PatientID = "Nobody", "X"


def maker(data):
    data.Manufacturer = "SIEMENS"


def brighter(data):
    if data.Modality == "MR" and "ORIGINAL" in data.ImageType:
        values = data.pixel_array.copy()
        values[values > values.mean()] += 3
        data.PixelData = values.tobytes()


def shuffled(root):
    for number, file in enumerate(sorted(root.rglob("*.dcm"))):
        file.rename(root / f"{9000 - number}.dcm")
    return root


DICOM = {
    "fetched with another file meta group": (rewritten(file_meta), NOTHING),
    "files renamed and in one folder": (shuffled, NOTHING),
    "another name and id of the patient": (rewritten(who), NOTHING),
    "another manufacturer": (rewritten(maker), LESION),
    "a file that is not DICOM": (stray, LESION),
    "pixels edited": (rewritten(brighter), BOTH),
}


@pytest.mark.parametrize("name", DICOM)
def test_dicom_changed(place, tmp_path, name):
    change, expected = DICOM[name]
    path = change(place / "dicom")
    check(job_of(path, place / "out"), expected, fresh_out=tmp_path / "fresh")


def test_a_patient_who_gets_another_number_and_a_visit_another_name(place, tmp_path):
    job = job_of(place / "phases", place / "out", case="case-0007", visit="baseline")
    check(job, NOTHING, fresh_out=tmp_path / "fresh")


def test_a_mask_given(place, tmp_path):
    geometry = simulated()[0].geometry
    own = load_lesion(run_case(job_of(place / "phases", place / "out")).lesion)
    write_mask(tmp_path / "same.nii", Mask(own, geometry))
    check(
        job_of(place / "phases", place / "out", mask=tmp_path / "same.nii"),
        LESION,
        fresh_out=tmp_path / "fresh",
    )
    smaller = own.copy()
    smaller[int(own.any(axis=(1, 2)).argmax())] = False
    write_mask(tmp_path / "same.nii", Mask(smaller, geometry))
    check(
        job_of(place / "phases", place / "out", mask=tmp_path / "same.nii"),
        BOTH,
        fresh_out=tmp_path / "fresh again",
    )


@pytest.mark.parametrize("name", ["same.img", "same.dcm"])
def test_a_mask_whose_name_has_it_read_otherwise(place, tmp_path, name):
    own = load_lesion(run_case(job_of(place / "phases", place / "out")).lesion)
    write_mask(tmp_path / "same.nii", Mask(own, simulated()[0].geometry))
    assert state(job_of(place / "phases", place / "out", mask=tmp_path / "same.nii"))[1] == LESION
    (tmp_path / "same.nii").rename(tmp_path / name)
    found = state(job_of(place / "phases", place / "out", mask=tmp_path / name))
    assert found == state(job_of(place / "phases", tmp_path / "fresh", mask=tmp_path / name))
    assert found in (("mask.format", NOTHING), ("nifti.unreadable", NOTHING))


@pytest.mark.parametrize("name", ["another.NII", "same.nii.gz"])
def test_a_mask_whose_name_has_it_read_alike(place, tmp_path, name):
    own = load_lesion(run_case(job_of(place / "phases", place / "out")).lesion)
    write_mask(tmp_path / "same.nii", Mask(own, simulated()[0].geometry))
    assert state(job_of(place / "phases", place / "out", mask=tmp_path / "same.nii"))[1] == LESION
    (tmp_path / "same.nii").rename(tmp_path / name)
    job = job_of(place / "phases", place / "out", mask=tmp_path / name)
    # By another ending the key is another, whatever is read.
    check(job, NOTHING if name == "another.NII" else LESION, fresh_out=tmp_path / "fresh")


def test_links_of_two_names_to_one_file(place, tmp_path):
    """An exam or a manifest is read by the name that was given, not by that of the file behind it."""
    manifest = tmp_path / "content"
    manifest.write_text("early = 1\nlate = 2\n")
    for name in ("m.toml", "m.json"):
        (tmp_path / name).symlink_to(manifest)
    out = place / "out"
    found = [state(job_of(place / "phases", out, manifest=tmp_path / n)) for n in ("m.toml", "m.json")]
    fresh = state(job_of(place / "phases", tmp_path / "fresh", manifest=tmp_path / "m.json"))
    assert found[1] == fresh
    assert fresh[0] == "manifest.unreadable"


def test_a_manifest_edited(place, tmp_path):
    manifest, out = tmp_path / "m.toml", place / "out"
    times = json.loads((place / "phases" / "times.json").read_text())["times_s"]
    manifest.write_text(f"times_s = {times}\n")
    job = job_of(place / "phases", out, manifest=manifest)
    check(job, LESION, fresh_out=tmp_path / "1")
    manifest.write_text(f"# as the protocol says\ntimes_s = {times}\n")
    check(job, NOTHING, fresh_out=tmp_path / "2")
    manifest.write_text("early = 1\nlate = 2\npe_threshold_percent = 150\n")
    check(job, BOTH, fresh_out=tmp_path / "3")


def test_two_exams_never_stand_for_each_other(tmp_path):
    # Phase files that are links once made every exam of a study the first one.
    for name, order in (("T1", (0, 1, 2)), ("T2", (0, 2, 1))):
        links(write_phases(tmp_path / name / "exam", order=order))
    out = tmp_path / "out"
    first, second = (ran(job_of(tmp_path / n / "exam", out)) for n in ("T1", "T2"))
    assert first[1] == second[1] == BOTH
    assert first[0]["lesion"] != second[0]["lesion"]
    assert len(entries(out)) == 4


def state(job):
    """Return what a job gave, or the code of its failure, and the steps that were computed."""
    before = entries(job.out)
    outcome = run_case(job)
    found = outcome.failure.code if outcome.failure else contents(outcome)
    return found, {step for step, _ in entries(job.out) - before}


def reads(section, key, *, mask_changed):
    """Return the steps of an exam that a leaf of the settings concerns."""
    own = key not in ("two_d_reading", "allow_unreviewed")  # of the phenotypes, and of the gate before a mask
    features = section in ("motion", "bias", "maps", "resample") or (section == "features" and own)
    return {
        *(LESION if section in ("ftv", "motion") else ()),
        *({"features"} if features or mask_changed else ()),
    }


@pytest.mark.parametrize("section", dict(LEAVES))
def test_each_leaf_of_the_settings_concerns_the_steps_that_read_it(place, tmp_path, section):
    base = fast_settings()
    before = contents(run_case(job_of(place / "phases", place / "out")))
    for leaf in (leaf for leaf in LEAVES if leaf[0] == section):
        settings = changed(base, *leaf)
        out = tmp_path / ".".join(leaf)
        shutil.copytree(place / "out", out)
        found, computed = state(job_of(place / "phases", out, settings))
        fresh, _ = state(job_of(place / "phases", tmp_path / "fresh" / ".".join(leaf), settings))
        assert found == fresh, leaf
        if leaf == ("features", "allow_unreviewed"):
            assert (found, computed) == ("review.unreviewed", NOTHING)
            continue
        other_mask = found["lesion"]["lesion.npz"] != before["lesion"]["lesion.npz"]
        repeats = leaf == ("filters", "icc_limit")  # it needs features.perturbations
        expected = {"features"} if repeats else reads(*leaf, mask_changed=other_mask)
        assert computed == expected, leaf


def test_ser_min_changes_numbers_and_no_mask(place):
    found, computed = state(
        job_of(place / "phases", place / "out", changed(fast_settings(), "ftv", "ser_min"))
    )
    assert computed == LESION
    assert found["lesion"]["lesion.json"]
