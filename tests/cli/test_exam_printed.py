"""What ``kinephen ftv`` prints and writes of an exam, reckoned again from its voxels by plain code."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pytest
from tests.printed import printed_tables

SHAPE, SCALE = (7, 9, 11), (0.8, 1.25, 3.0)
"""Slices, rows, columns; mm along columns, rows, slices."""
LESION = (slice(2, 5), slice(2, 6), slice(3, 8))
SECOND = (slice(2, 4), slice(7, 9), slice(0, 2))
TIMES = [-30.0, 140.0, 420.0, 700.0]
EARLY, LATE = 1, 3


def save(path, array):
    image = nibabel.Nifti1Image(array.T, np.diag([*SCALE, 1.0]))
    image.set_sform(image.affine, code=1)
    nibabel.save(image, path)


@pytest.fixture(scope="module")
def frames():
    """Tissue that hardly enhances; a lesion that washes out and a smaller one that goes on rising."""
    rng = np.random.default_rng(3)
    pre = (100 + rng.integers(0, 20, SHAPE)).astype(np.float32)
    frames = np.stack([pre, pre * 1.04, pre * 1.06, pre * 1.08])
    frames[1][LESION], frames[2][LESION], frames[3][LESION] = (pre[LESION] * r for r in (2.6, 2.3, 2.1))
    frames[1][SECOND], frames[2][SECOND], frames[3][SECOND] = (pre[SECOND] * r for r in (1.9, 2.4, 3.2))
    return frames.astype(np.float32)


@pytest.fixture
def exam(frames, tmp_path):
    (tmp_path / "exam").mkdir()
    save(tmp_path / "exam" / "dce.nii.gz", frames)
    (tmp_path / "exam" / "dce.json").write_text(
        json.dumps({"times_s": TIMES, "early": EARLY, "late": LATE, "pe_threshold_percent": 80})
    )
    return tmp_path / "exam" / "dce.nii.gz"


@pytest.fixture
def measured(call, exam, tmp_path):
    code, out, err = call("ftv", exam, "--out", tmp_path / "out", "--neighbours", 3, "--json")
    assert code == 0, err
    return json.loads(out)


def volume_of(frames, ser_min=0.9):
    """Voxels that enhance early by 80 %, by enhancement and by the ratio (each has 3 such neighbours)."""
    pre, early, late = (frames[n].astype(float) for n in (0, EARLY, LATE))
    enhancing = 100 * (early - pre) / pre >= 80
    with np.errstate(divide="ignore", invalid="ignore"):
        ser = (early - pre) / (late - pre)
    return enhancing, enhancing & (ser >= ser_min), ser


def test_volumes_are_voxels_times_their_size(measured, frames):
    by_pe, by_ser, _ = volume_of(frames)
    cc = 0.8 * 1.25 * 3.0 / 1000
    assert (measured["ftv_pe_voxels"], measured["ftv_ser_voxels"]) == (by_pe.sum(), by_ser.sum())
    assert by_ser.sum() < by_pe.sum()
    assert measured["ftv_pe_cc"] == pytest.approx(by_pe.sum() * cc)
    assert measured["ftv_ser_cc"] == pytest.approx(by_ser.sum() * cc)
    assert measured["lesion_voxels"] == 3 * 4 * 5
    assert measured["lesion_cc"] == pytest.approx(60 * cc)
    assert measured["shape"] == list(SHAPE)
    assert measured["spacing_mm"] == pytest.approx([3.0, 1.25, 0.8])
    assert (measured["early"], measured["late"], measured["phase_times_s"]) == (EARLY, LATE, TIMES)
    assert (measured["components"], measured["largest_share"]) == (2, pytest.approx(60 / by_pe.sum()))


def test_classes_and_maps_are_of_early_and_late(measured, frames):
    by_pe, _, ser = volume_of(frames)
    for part in measured["ser_classes"]:
        inside = by_pe & (ser > part["lower"]) & (ser <= part["upper"])
        assert part["voxels"] == inside.sum()
        curves = 100 * (frames[:, inside] - frames[0, inside]) / frames[0, inside]
        assert len(part["enhancement"]) == (len(TIMES) if part["voxels"] else 0)
        for own, found in zip(curves, part["enhancement"], strict=False):
            expected = dict(zip(("low", "middle", "high"), np.percentile(own, [25, 50, 75]), strict=True))
            assert found == pytest.approx(expected)
    lesion = measured["maps"]["lesion"]
    peak = (frames[1:].max(axis=0) - frames[0]) / frames[0]
    assert lesion["PE"]["mean"] == pytest.approx(float(peak[LESION].mean()), rel=1e-5)
    assert lesion["SER"]["mean"] == pytest.approx(1.6 / 1.1, rel=1e-4)
    assert lesion["SER"]["mean"] == pytest.approx(float(ser[LESION].mean()), rel=1e-4)
    # Peak over its time after injection; fall from the peak to the end over the time between.
    assert lesion["WIS"]["mean"] == pytest.approx(1.6 / (140 / 60), rel=1e-4)
    assert lesion["WOS"]["mean"] == pytest.approx((2.1 - 2.6) / ((700 - 140) / 60), rel=1e-3)


def test_people_read_the_same_numbers(call, exam, tmp_path, measured):
    code, out, err = call("ftv", exam, "--out", tmp_path / "again", "--neighbours", 3)
    assert code == 0, err
    rows = {r[0]: r[1:] for r in printed_tables(out)[""]}
    assert rows["FTV by enhancement"] == [
        f"{measured['ftv_pe_cc']:.3f} cm3",
        f"{measured['ftv_pe_voxels']} voxels",
    ]
    assert rows["FTV by SER"] == [f"{measured['ftv_ser_cc']:.3f} cm3", f"{measured['ftv_ser_voxels']} voxels"]
    assert rows["lesion"] == [f"{measured['lesion_cc']:.3f} cm3", measured["lesion_source"]]
    assert rows["PE threshold"][0] == "80 %"
    assert rows["phase times"][0] == "-30, 140, 420, 700 s"
    assert f"{len(measured['files'])} files" in err


def test_a_run_of_a_study_finds_the_same_in_this_exam(exam, measured):
    """The command and the steps of a run are one engine: each shared field is equal."""
    from kinephen.config.schema import Ftv
    from kinephen.io.exam import read_exam
    from kinephen.records.lesion import Lesion
    from kinephen.study.exam_checks import check_exam
    from kinephen.study.review_gate import MaskChoice
    from kinephen.study.steps.lesion import find_lesion

    record, _ = find_lesion(check_exam(read_exam(exam)), Ftv(min_neighbours=3), MaskChoice())
    shared = record.model_dump(mode="json")
    assert {name: measured[name] for name in Lesion.model_fields if name != "issues"} == {
        name: value for name, value in shared.items() if name != "issues"
    }
    assert [i for i in measured["issues"] if i in shared["issues"]] == shared["issues"]
