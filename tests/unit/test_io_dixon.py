"""Parts of a Dixon sequence: water for the whole exam, in-phase without water, and never a mixture."""

from __future__ import annotations

import numpy as np
import pytest
from tests.io_exams import SHAPE, STARTS, ExamMaker, values

from kinephen.errors import InputError
from kinephen.io.exam import read_exam

SIEMENS = {"water": "W", "fat": "F", "in": "IP", "opposed": "OP"}
GE = {"water": "WATER", "fat": "FAT", "in": "IN_PHASE", "opposed": "OUT_PHASE"}
NAMES = {
    "GE": {"water": "WATER: Ax VIBRANT", "fat": "FAT: Ax VIBRANT", "in": "InPhase: Ax VIBRANT"},
    "Siemens": {"water": "t1_vibe_dixon_W", "fat": "t1_vibe_dixon_F", "opposed": "t1_vibe_dixon_opp"},
    "Philips": {"water": "dyn mDIXON W", "fat": "dyn mDIXON F", "in": "dyn mDIXON IP"},
}


def write(maker, part, frames, *, number=2, description="dyn", starts=STARTS, first=0, image_type=()):
    own = {"ImageType": list(image_type) or ["DERIVED", "PRIMARY", "DIXON", part]}
    maker.series(
        frames, number, description, starts=starts, key="AcquisitionTime", overrides=own, first=first
    )


def parts(root, names, *, seeds=(1, 2, 3, 4), counts=(3, 3, 3, 3), one_series=True):
    """Write parts of a Dixon sequence; return their frames by name."""
    maker = ExamMaker(root)
    written = {}
    for i, name in enumerate(names):
        written[name] = values(counts[i], seed=seeds[i])
        number = 2 if one_series else 2 + i
        write(maker, name, written[name], number=number, starts=STARTS[: counts[i]], first=10 * i)
    return written


def left_out(exam):
    return sum(i.count for i in exam.issues if i.code == "dicom.dixon_part")


@pytest.mark.parametrize("words", [SIEMENS, GE], ids=["Siemens", "GE"])
@pytest.mark.parametrize("one_series", [True, False])
@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        (("fat", "water", "opposed", "in"), "water"),
        (("water", "fat"), "water"),
        (("opposed", "in"), "in"),
        (("fat", "in", "opposed"), "in"),
    ],
)
def test_one_part_is_chosen(tmp_path, words, one_series, there, wanted):
    written = parts(tmp_path, [words[p] for p in there], one_series=one_series)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, written[words[wanted]])
    assert left_out(exam) == 3 * SHAPE[0] * (len(there) - 1)


@pytest.mark.parametrize(
    ("there", "counts", "said"),
    [
        (("W", "IP"), (2, 3), "water 14, in-phase 21"),
        (("F", "OP"), (3, 3), "opposed-phase 21, fat 21"),
        (("IP", "OP"), (2, 3), "in-phase 14, opposed-phase 21"),
    ],
)
def test_parts_that_are_not_whole_are_named(tmp_path, there, counts, said):
    parts(tmp_path, there, counts=counts)
    with pytest.raises(InputError, match=said) as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.dixon"
    assert "manifest" in error.value.hint


def test_a_manifest_picks_a_part(tmp_path):
    written = parts(tmp_path / "exam", ("W", "IP"), counts=(2, 3))
    entries = [f'[[phase]]\nseries = 2\nimage_type = "IP"\npart = {n}\n' for n in (1, 2, 3)]
    (tmp_path / "m.toml").write_text("".join(entries))
    exam = read_exam(tmp_path / "exam", manifest=tmp_path / "m.toml")
    assert np.array_equal(exam.series.frames, written["IP"])


@pytest.mark.parametrize("maker", NAMES)
def test_parts_that_only_descriptions_name(tmp_path, maker):
    exam_maker = ExamMaker(tmp_path)
    written = {}
    for i, (part, name) in enumerate(NAMES[maker].items()):
        written[part] = values(seed=i)
        acquired = ["ORIGINAL", "PRIMARY", "M"]
        write(exam_maker, part, written[part], number=5 + i, description=name, image_type=acquired)
    assert np.array_equal(read_exam(tmp_path).series.frames, written["water"])


@pytest.mark.parametrize("name", ["Sag T1 FAT SAT", "T1 fl3d F", "dyn out", "Ax VIBRANT fat"])
def test_a_name_without_another_part_beside_it_is_no_part(tmp_path, name):
    frames = values()
    ExamMaker(tmp_path).series(frames, 2, name)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert left_out(exam) == 0


def test_plain_phases_are_not_joined_with_water(tmp_path):
    maker = ExamMaker(tmp_path)
    plain = ["ORIGINAL", "PRIMARY", "M"]
    write(maker, "", values(2), image_type=plain, starts=STARTS[:2])
    write(maker, "W", values(1, seed=3), starts=STARTS[2:], first=10)
    with pytest.raises(InputError, match="7 images of one Dixon part among 14") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.dixon"


def test_echoes_beside_the_parts_are_left_out(tmp_path):
    written = parts(tmp_path, ["W", "F"])
    write(ExamMaker(tmp_path), "", values(seed=9), image_type=["ORIGINAL", "PRIMARY", "M"], first=50)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, written["W"])
    assert left_out(exam) == 6 * SHAPE[0]


def test_water_of_another_sequence_does_not_stand_in_the_way(tmp_path):
    """A Dixon sequence before contrast, on its own, beside a dynamic series without Dixon."""
    maker, frames = ExamMaker(tmp_path), values()
    write(maker, "", frames, image_type=["ORIGINAL", "PRIMARY", "M"])
    for i, part in enumerate(("W", "F")):
        write(maker, part, values(1, seed=20 + i), number=7 + i, description="t1 dixon", starts=(-900.0,))
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


def test_the_part_that_a_map_was_made_from_counts(tmp_path):
    maker = ExamMaker(tmp_path)
    frames = {part: values(seed=i) for i, part in enumerate(("W", "IP"))}
    uids = {}
    for i, (part, own) in enumerate(frames.items()):
        uids[part] = maker.series(
            own,
            2,
            starts=STARTS,
            key="AcquisitionTime",
            overrides={"ImageType": ["ORIGINAL", "PRIMARY", "M", part]},
            first=10 * i,
        )
    maker.ser_map(uids["IP"], 21000, "Dynamic-3dfgre")
    assert np.array_equal(read_exam(tmp_path).series.frames, frames["IP"])
