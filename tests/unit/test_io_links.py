"""Links and pointers in an exam's folder: followed where that is safe, else named."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from tests.io_exams import ge_exam, sagittal, values

from kinephen.core.volume import Volume
from kinephen.errors import InputError
from kinephen.io.annexed import absent_content
from kinephen.io.array_volume import read_array_volume
from kinephen.io.exam import read_exam
from kinephen.io.files import walk_files
from kinephen.io.nifti import write_volume

ANNEX = b"/annex/objects/MD5E-s11--e10adc3949ba59abbe56e057f20f883e.nii.gz\n"
ANNEX_AS_TEXT = b"../.git/annex/objects/x/y/MD5E-s11--e10adc39.nii.gz/MD5E-s11--e10adc39.nii.gz"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"


def phases(folder, ending=".nii.gz"):
    frames = values()
    for i, frame in enumerate(frames):
        write_volume(folder / f"x_acq{i}{ending}", Volume(frame.astype(np.float32), sagittal()))
        (folder / f"x_acq{i}.json").unlink()
    return frames


def annexed(root):
    """Move every file below `root` into an object store of git-annex beside it."""
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        key = f"MD5E-s{path.stat().st_size}--{path.name}"
        store = root.parent / ".git" / "annex" / "objects" / "Xx" / "Yy" / key
        store.mkdir(parents=True)
        shutil.move(path, store / key)
        path.symlink_to(store / key)


@pytest.mark.parametrize("content", [ANNEX, ANNEX_AS_TEXT, LFS])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_pointers_whose_content_was_not_fetched_are_named(tmp_path, content, number):
    phases(tmp_path)
    (tmp_path / f"x_acq{number}.nii.gz").write_bytes(content)
    with pytest.raises(
        InputError, match=r"pointer of (git-annex|Git LFS): the content was not fetched"
    ) as caught:
        read_exam(tmp_path)
    assert caught.value.code == "path.not_fetched"
    assert "git lfs pull" in caught.value.hint or "git annex get" in caught.value.hint
    with pytest.raises(InputError, match="not fetched"):
        read_array_volume(tmp_path / f"x_acq{number}.nii.gz")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_phase_whose_link_leads_nowhere_is_named(tmp_path, number):
    phases(tmp_path)
    path = tmp_path / f"x_acq{number}.nii.gz"
    path.unlink()
    path.symlink_to(tmp_path / "gone.nii.gz")
    with pytest.raises(InputError, match="link that leads nowhere") as caught:
        read_exam(tmp_path)
    assert caught.value.code == "path.broken_link"
    path.unlink()
    path.symlink_to("../.git/annex/objects/X/Y/KEY/KEY")
    assert absent_content(path) == "git-annex"
    with pytest.raises(InputError, match="not fetched"):
        read_exam(tmp_path)


def test_a_phase_of_a_bids_exam_that_was_not_fetched_is_named(tmp_path):
    for i in range(3):
        image = tmp_path / "sub-01" / "anat" / f"sub-01_run-{i}_T1w.nii.gz"
        write_volume(image, Volume(values()[i].astype(np.float32), sagittal()))
    image.unlink()
    image.symlink_to("../../.git/annex/objects/X/Y/KEY/KEY")
    with pytest.raises(InputError, match="not fetched"):
        read_exam(tmp_path)


def test_exams_in_the_store_of_git_annex_are_read(tmp_path):
    _, frames, _ = ge_exam(tmp_path / "repository" / "dicom")
    nifti = phases(tmp_path / "repository" / "nifti")
    for name in ("dicom", "nifti"):
        annexed(tmp_path / "repository" / name)
    assert np.array_equal(read_exam(tmp_path / "repository" / "dicom").series.frames, frames)
    assert np.array_equal(read_exam(tmp_path / "repository" / "nifti").series.frames, nifti)


def test_a_data_set_of_git_annex_keeps_the_names_of_its_files(tmp_path):
    for i in range(3):
        image = tmp_path / "set" / "sub-01" / "anat" / f"sub-01_run-{i}_T1w.nii.gz"
        write_volume(image, Volume(values()[i].astype(np.float32), sagittal()))
    annexed(tmp_path / "set" / "sub-01")
    for path in (tmp_path / "set", tmp_path / "set" / "sub-01"):
        assert np.array_equal(read_exam(path).series.frames, values())


def test_a_folder_of_links_only_is_followed_and_said(tmp_path):
    _, frames, _ = ge_exam(tmp_path / "archive")
    (tmp_path / "exam").mkdir()
    for number, path in enumerate(sorted((tmp_path / "archive").rglob("*.dcm"))):
        (tmp_path / "exam" / f"{number}.dcm").symlink_to(path)
    exam = read_exam(tmp_path / "exam")
    assert np.array_equal(exam.series.frames, frames)
    assert next(i for i in exam.issues if i.code == "path.link").level == "warning"


def test_a_folder_of_linked_folders_is_followed(tmp_path):
    _, frames, _ = ge_exam(tmp_path / "archive")
    (tmp_path / "exam").mkdir()
    for path in sorted(p for p in (tmp_path / "archive").iterdir() if p.is_dir()):
        (tmp_path / "exam" / path.name).symlink_to(path)
    assert np.array_equal(read_exam(tmp_path / "exam").series.frames, frames)


def test_circles_of_links_end(tmp_path):
    root = tmp_path / "exam"
    root.mkdir()
    (root / "itself").symlink_to(root)
    (root / "above").symlink_to(tmp_path)
    (root / "circle").symlink_to(root / "circle")
    walk = walk_files(root)
    assert walk.files == ()
    assert [p.name for p in walk.absent] == ["circle"]
    assert {i.code for i in walk.issues} == {"path.link", "path.broken_link"}


def test_images_of_a_series_that_are_absent_stop_and_other_files_do_not(tmp_path):
    ge_exam(tmp_path)
    (tmp_path / "notes.txt").symlink_to(tmp_path / "gone.txt")
    found = [i for i in read_exam(tmp_path).issues if i.code == "path.broken_link"]
    assert [i.level for i in found] == ["warning"]
    (tmp_path / "more.dcm").symlink_to(tmp_path / "gone.dcm")
    (tmp_path / "pointer.dcm").write_bytes(LFS)
    found = {i.code: i.level for i in read_exam(tmp_path).issues if i.level == "stop"}
    assert found == {"path.broken_link": "stop", "path.not_fetched": "stop"}
