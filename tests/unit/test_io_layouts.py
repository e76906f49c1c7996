"""The layouts of the public collections, as the Imaging Data Commons index shows them: one truth each.

Every pattern stands for exams of the index (number of exams in brackets): phases in one series or several,
under one name or many, beside decoys. All read to the frames that were written.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence as Items
from tests.io_exams import SHAPE, STARTS, TIMES, ExamMaker, private_header, sagittal, values, voxel_box

from kinephen.errors import InputError
from kinephen.io.exam import read_exam

GE, SIEMENS, PHILIPS = "GE MEDICAL SYSTEMS", "SIEMENS", "Philips Medical Systems"
Pattern = Callable[[Path], np.ndarray]


def one_each(maker, names, frames, *, first=4, starts=STARTS, key="AcquisitionTime", **changes):
    """One series a phase."""
    return [
        maker.series(frames[i : i + 1], first + i, name, starts=starts[i : i + 1], key=key, **changes)[0]
        for i, name in enumerate(names)
    ]


def named_map(maker, description, sref, **private):
    maker.ser_map(None, sref * 10000 + 1000, description, private=private_header(times=None, **private))


def ge_one_series(root):
    maker, frames = ExamMaker(root, maker=GE), values()
    maker.series(frames, 4, "Dynamic-3dfgre")
    named_map(maker, "Dynamic-3dfgre", 4)
    return frames


def ge_wrong_pre_beside_three_phases(root):
    """An aborted or wrong series of the same name comes first; Sref names the right one (26)."""
    maker, frames = ExamMaker(root, maker=GE), values()
    maker.series(values(1, seed=9), 3, "Dynamic-3dfgre", starts=(-900,))
    maker.series(frames, 4, "Dynamic-3dfgre")
    named_map(maker, "Dynamic-3dfgre", 4)
    return frames


def ge_aborted_series(root):
    """180 + 17 instances (4)."""
    maker, frames = ExamMaker(root, maker=GE), values()
    aborted = values(1, seed=9)
    maker.series(aborted, 3, "RT IR-SPGR SAG", starts=(-900,), keep=lambda p, k: k < 3)
    maker.series(frames, 4, "RT IR-SPGR SAG")
    named_map(maker, "RT IR-SPGR SAG", 4)
    return frames


def ge_pre_and_two_posts_in_one(root):
    """`RT IR-SPGR SAG` 58 + `RT IR-SPGR SAG +C` 116, and a stack in another orientation (4)."""
    maker, frames = ExamMaker(root, maker=GE), values()
    maker.series(frames[:1], 5, "RT IR-SPGR SAG", starts=STARTS[:1])
    maker.series(frames[1:], 6, "RT IR-SPGR SAG +C", starts=STARTS[1:])
    other = ExamMaker(root, axial(), maker=GE)
    other.series(values(1, seed=5), 7, "RT IR-SPGR TRA +C", starts=(700,))
    named_map(maker, "RT IR-SPGR SAG", 5)
    return frames


def ge_pre_and_three_posts_in_one(root):
    maker, frames = ExamMaker(root, maker=GE), values(4)
    starts = (*STARTS, 708.0)
    maker.series(frames[:1], 5, "RT IR-SPGR SAG PRE", starts=starts[:1])
    maker.series(frames[1:], 6, "RT IR-SPGR SAG POST", starts=starts[1:])
    named_map(maker, "RT IR-SPGR SAG PRE", 5)
    return frames


def ge_posts_of_other_names(root):
    """`T1 right breast` + `... post` + `... post delay` (28), with the T1 without fat suppression."""
    maker, frames = ExamMaker(root, maker=GE), values()
    names = ("T1 right breast", "T1 right breast post", "T1 right breast post delay")
    one_each(maker, names, frames, key="ContentTime")
    plain = {"ScanOptions": ["NPW"]}
    maker.series(
        values(1, seed=7),
        9,
        "T1 right breast non fat sat",
        starts=(-700,),
        key="ContentTime",
        overrides=plain,
    )
    named_map(maker, "T1 right breast", 4)
    return frames


def ge_bilateral_stack(root):
    """`BILAT T1 SPGR PRE` + 5 x `BILAT T1 SPGR POST` (15)."""
    maker, frames = ExamMaker(root, maker=GE), values(6)
    starts = (-100.0, 0.0, 90.0, 180.0, 270.0, 360.0)
    one_each(maker, ["BILAT T1 SPGR PRE"] + ["BILAT T1 SPGR POST"] * 5, frames, starts=starts)
    named_map(maker, "BILAT T1 SPGR PRE", 4)
    return frames


def ge_immediate_and_delayed(root):
    maker, frames = ExamMaker(root, maker=GE), values()
    stem = "Dynamic-Unilateral 3dfgre"
    one_each(maker, (stem, stem + "/immp", stem + "/dela"), frames, key="ContentTime")
    named_map(maker, stem, 4)
    return frames


def ge_four_phases_by_instance_number(root):
    """No time tells the phases apart, and instances run slice by slice."""
    maker, frames = ExamMaker(root, maker=GE), values()
    maker.series(frames, 4, key="", attributes=lambda p, k: {"InstanceNumber": 1 + 3 * k + p})
    named_map(maker, "Dynamic-3dfgre", 4)
    return frames


def siemens_one_name(root):
    """Three series of one name (101)."""
    maker, frames = ExamMaker(root, maker=SIEMENS), values()
    one_each(maker, ["fl3d_sag_uni_R"] * 3, frames)
    named_map(maker, "fl3d_sag_uni_R", 4)
    return frames


def siemens_one_series_numbered_backwards(root):
    maker, frames = ExamMaker(root, maker=SIEMENS), values()
    for p in range(3):
        other_end = (0,) if p == 1 else ()
        maker.series(
            frames[p : p + 1],
            4 + p,
            "fl3d_sag_uni_R",
            starts=STARTS[p : p + 1],
            key="AcquisitionTime",
            reverse=other_end,
        )
    named_map(maker, "fl3d_sag_uni_R", 4)
    return frames


def siemens_over_midnight(root):
    """One date for all, while the clock went over midnight."""
    maker, frames = ExamMaker(root, maker=SIEMENS), values()
    times = ("235400", "235900", "000500")
    for p in range(3):
        own = {"AcquisitionTime": times[p], "AcquisitionDate": "20010203"}
        maker.series(frames[p : p + 1], 6 - p, "fl3d_sag_uni_R", key="", attributes=lambda _, k, own=own: own)
    named_map(maker, "fl3d_sag_uni_R", 4)
    return frames


def siemens_numbers_against_time(root):
    """Series numbers do not follow time; acquisition times do."""
    maker, frames = ExamMaker(root, maker=SIEMENS), values()
    for number, p in ((4, 0), (5, 2), (6, 1)):
        maker.series(
            frames[p : p + 1], number, "fl3d_sag_uni_R", starts=STARTS[p : p + 1], key="AcquisitionTime"
        )
    named_map(maker, "fl3d_sag_uni_R", 4)
    return frames


def siemens_truncated_names(root, decoys=()):
    """Descriptions cut at 26 characters: posts differ by an underscore (56)."""
    maker, frames = ExamMaker(root, maker=SIEMENS), values()
    pre = "ACRIN_6657/FL3D_T1_SAG_CA"
    one_each(maker, (pre, pre + "_", pre + "_"), frames)
    for i, name in enumerate(decoys):
        maker.series(values(1, seed=20 + i), 20 + i, name, starts=(STARTS[1 + i % 2],), key="AcquisitionTime")
    named_map(maker, pre, 4)
    return frames


def siemens_subtractions(root):
    return siemens_truncated_names(root, ("LSGT1CE1SU1", "LSGT1CE2SU2"))


def siemens_subtractions_free_names(root):
    return siemens_truncated_names(root, ("Subtract_S6_S5_210105", "Subtract_S7_S5_210105"))


def siemens_passes(root):
    return siemens_truncated_names(root, ("RIGHT - 1ST PASS", "RIGHT - 2ND PASS"))


def siemens_unmarked_subtractions(root):
    return siemens_truncated_names(root, ("RSGT1CE1", "RSGT1CE2"))


def siemens_pos(root):
    """`..._SAG_CA` and two `..._SAG_POS` (6)."""
    maker, frames = ExamMaker(root, maker=SIEMENS), values()
    one_each(maker, ["ACRIN_6657/FL3D_T1_SAG_CA"] + ["ACRIN_6657/FL3D_T1_SAG_POS"] * 2, frames)
    named_map(maker, "ACRIN_6657/FL3D_T1_SAG_CA", 4)
    return frames


def siemens_free_names(root):
    maker, frames = ExamMaker(root, maker=SIEMENS), values()
    names = ("Pre Contrast LEFT BREAST", "Post Contrast#1 LEFTbreast", "Post Contrast#2 LEFTbreast")
    one_each(maker, names, frames)
    named_map(maker, names[0], 4)
    return frames


def siemens_numbered_names(root):
    maker, frames = ExamMaker(root, maker=SIEMENS), values()
    one_each(maker, ("NCI/HIGH_RES_SAG", "NCI/HIGH_RES_SAG  1", "NCI/HIGH_RES_SAG  2"), frames)
    named_map(maker, "NCI/HIGH_RES_SAG", 4)
    return frames


def siemens_both_breasts(root):
    """Left and right alternate; only positions tell the side (4)."""
    left, frames = ExamMaker(root, maker=SIEMENS), values()
    right = ExamMaker(root, sagittal(x0=-40.0), maker=SIEMENS)
    for p in range(3):
        name = "DCE PRE" if p == 0 else "DCE POST"
        left.series(
            frames[p : p + 1], 10 + 2 * p, name + " Left", starts=STARTS[p : p + 1], key="AcquisitionTime"
        )
        other = values(1, seed=30 + p)
        right.series(other, 11 + 2 * p, name + " Right", starts=(STARTS[p] + 60,), key="AcquisitionTime")
    named_map(left, "DCE PRE Left", 10)
    return frames


def siemens_both_breasts_one_name(root):
    left, frames = ExamMaker(root, maker=SIEMENS), values()
    right = ExamMaker(root, sagittal(x0=-40.0), maker=SIEMENS)
    for p in range(3):
        name = f"ACRIN_6657/FL3D_{p}"[:15]
        left.series(frames[p : p + 1], 10 + 2 * p, name, starts=STARTS[p : p + 1], key="AcquisitionTime")
        right.series(
            values(1, seed=30 + p), 11 + 2 * p, name, starts=(STARTS[p] + 60,), key="AcquisitionTime"
        )
    named_map(left, "ACRIN_6657/FL3D", 10)
    return frames


def philips_six_phases(root):
    maker, frames = ExamMaker(root, maker=PHILIPS), values(6)
    starts = (0.0, 140.0, 230.0, 320.0, 410.0, 500.0)
    maker.series(frames, 201, "#6657 BreasFS3DSAG 6DYN", key="TriggerTime", starts=starts)
    maker.ser_map(None, 21000, "#6657 BreasFS3DSAG 6DYN")
    maker.ser_map(None, 21002, "#6657 BreasFS3DSAG 6DYN", kind="PE2")
    return frames


def ge_mixed_syntaxes(root):
    maker, frames = ExamMaker(root, maker=GE), values()
    maker.series(frames[:2], 4, syntax="1.2.840.10008.1.2.2", starts=STARTS[:2])
    maker.series(frames[2:], 4, syntax="1.2.840.10008.1.2", starts=STARTS[2:], first=2)
    named_map(maker, "Dynamic-3dfgre", 4)
    return frames


def workstation_output_beside(root):
    maker, frames = ExamMaker(root, maker=GE), values()
    maker.series(frames, 4)
    confirma = ExamMaker(root, maker="Confirma Inc.")
    confirma.series(values(seed=8), 500, "Dynamic-3dfgre")
    named_map(maker, "Dynamic-3dfgre", 4)
    return frames


def trailing_mark(root):
    maker, frames = ExamMaker(root, maker=PHILIPS), values()
    maker.series(frames, 201, "BREAST 3DSAG$", key="TriggerTime", starts=(0, 140, 400))
    named_map(maker, "BREAST 3DSAG$", 2)
    return frames


def axial():
    from kinephen.core.volume import Geometry

    affine = np.eye(4)
    affine[:3, :3] = [[0, 0, 0.7], [0, 0.7, 0], [3.0, 0, 0]]
    return Geometry(SHAPE, affine)


PATTERNS = [
    ge_one_series,
    ge_wrong_pre_beside_three_phases,
    ge_aborted_series,
    ge_pre_and_two_posts_in_one,
    ge_pre_and_three_posts_in_one,
    ge_posts_of_other_names,
    ge_bilateral_stack,
    ge_immediate_and_delayed,
    ge_four_phases_by_instance_number,
    siemens_one_name,
    siemens_numbers_against_time,
    siemens_one_series_numbered_backwards,
    siemens_over_midnight,
    siemens_truncated_names,
    siemens_subtractions,
    siemens_subtractions_free_names,
    siemens_passes,
    siemens_unmarked_subtractions,
    siemens_pos,
    siemens_free_names,
    siemens_numbered_names,
    siemens_both_breasts,
    siemens_both_breasts_one_name,
    philips_six_phases,
    ge_mixed_syntaxes,
    workstation_output_beside,
    trailing_mark,
]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda p: p.__name__)
def test_pattern_reads_to_its_truth(tmp_path, pattern: Pattern):
    frames = pattern(tmp_path)
    series = read_exam(tmp_path, nominal_times_s=TIMES if len(frames) == 3 else None).series
    assert series.frames.shape == frames.shape
    assert np.array_equal(series.frames, frames)


def test_source_images_overrule_names(tmp_path):
    """The map's own list of images is followed even where names would lead elsewhere."""
    maker, frames = ExamMaker(tmp_path, maker=SIEMENS), values()
    names = ("Bind(2251/6/41..80)", "Bind(2251/7/1..40)", "Bind(2251/7/41..80)")
    uids = one_each(maker, names, frames)
    one_each(maker, ("Bind(2251/7/81..120)",) * 3, values(seed=5), first=40, starts=(500, 600, 700))
    maker.ser_map(uids, 1_011_000, "")
    series = read_exam(tmp_path).series
    assert np.array_equal(series.frames, frames)
    assert series.phase_rule.startswith("source images of the derived maps")


def test_fourth_phase_of_a_named_series_is_kept(tmp_path):
    maker, frames = ExamMaker(tmp_path, maker=GE), values(5)
    starts = (-800.0, *STARTS, 708.0)
    uids = maker.series(frames, 4, starts=starts)
    maker.ser_map(uids[1:4], 41000, "Dynamic-3dfgre")
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames[1:])
    assert (exam.series.early, exam.series.late) == (1, 2)
    assert "dicom.early_phases" in {i.code for i in exam.issues}


def test_maps_whose_sources_are_absent_fall_back_to_names(tmp_path):
    maker, frames = ExamMaker(tmp_path, maker=GE), values()
    maker.series(frames, 4)
    maker.ser_map([["1.2.3"] * 7] * 3, 41000, "Dynamic-3dfgre")
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert "dicom.sources_missing" in {i.code for i in exam.issues}


def test_both_breasts_without_maps_are_not_guessed(tmp_path):
    for x0, first in ((57.8, 10), (-40.0, 20)):
        maker = ExamMaker(tmp_path, sagittal(x0=x0), maker=SIEMENS)
        one_each(maker, ["DCE"] * 3, values(seed=first), first=first)
    with pytest.raises(InputError, match="2 sets of series could be the dynamic one") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.ambiguous"
    assert "series 10 (1), series 11 (1), series 12 (1); series 20 (1)" in str(error.value)
    assert "manifest" in error.value.hint


def test_two_sets_of_posts_are_not_guessed(tmp_path):
    maker = ExamMaker(tmp_path, maker=SIEMENS)
    one_each(
        maker, ("alpha", "quux one", "quux two", "zzzz", "zzzz"), values(5), starts=(-400, 0, 100, 200, 300)
    )
    named_map(maker, "alpha", 4)
    with pytest.raises(InputError, match="several series could be meant") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.ambiguous"


def test_other_contrasts_are_no_dynamic_set(tmp_path):
    maker = ExamMaker(tmp_path, maker=GE)
    frames = values()
    maker.series(frames, 4)
    maker.series(values(seed=4), 5, "DWSSFSE Diffusion")
    maker.series(values(1, seed=5), 6, "T2-FSE-Sagittal")
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


MANIFESTS = {
    "numbers.toml": "[[phase]]\nseries = 20\n[[phase]]\nseries = 21\n[[phase]]\nseries = 22\n",
    "files.toml": "".join(f'[[phase]]\nfiles = "s{n}-*/*.dcm"\n' for n in (20, 21, 22)),
    "all.json": '{"phase": [{"series": 20}, {"series": 21}, {"series": "22"}], "times_s": [-60, 60, 300], '
    '"early": 1, "late": 2, "pe_threshold_percent": 85, "box": [{"centre_mm": [51.8, -104, 75], '
    '"half_vectors_mm": [[0, 3, 0], [0, 0, 3], [4, 0, 0]]}]}',
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifest_overrules_everything(tmp_path, name):
    exam = tmp_path / "exam"
    maker = ExamMaker(exam, maker=SIEMENS)
    uids = one_each(maker, ["fl3d"] * 3, values(seed=2), first=10)
    wanted = values(seed=3)
    one_each(maker, ["odd one", "odd two", "odd three"], wanted, first=20, starts=(0, 100, 200))
    maker.ser_map(uids, 101000, "fl3d", private=private_header())
    (tmp_path / name).write_text(MANIFESTS[name])
    series = read_exam(exam, manifest=tmp_path / name).series
    assert np.array_equal(series.frames, wanted)
    assert series.phase_rule == "manifest"
    if name == "all.json":
        assert series.times_s == (-60, 60, 300)
        assert series.header.pe_threshold_percent == 85
        assert series.header.sources["boxes"] == "manifest"


def test_manifest_part_of_a_series(tmp_path):
    exam = tmp_path / "exam"
    frames = values(4)
    ExamMaker(exam).series(frames, 4, starts=(-800, -407, 0, 354))
    entries = "".join(f"[[phase]]\nseries = 4\npart = {n}\n" for n in (2, 3, 4))
    (tmp_path / "m.toml").write_text(entries)
    assert np.array_equal(read_exam(exam, manifest=tmp_path / "m.toml").series.frames, frames[1:])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[phase]]\nserie = 4\n", "did you mean 'series'"),
        ("phases = 3\n", "did you mean 'phase'"),
        ("[[phase]]\nseries = 99\n", "series numbers here: 4"),
        ("[[phase]]\nseries = 4\npart = 9\n", "part 9 is asked for, the series holds 3"),
        ('[[phase]]\nfiles = "nothing/*"\n', r"0 image\(s\) fit"),
        ("[[phase]]\nseries = 4\nfiles = 'a'\n", "either series or files"),
        ("times_s = [1, 'a']\n", "list of finite numbers"),
        ("early = 0\n", "from 1"),
        ("[[box]]\ncentre_mm = [1, 2]\n", "list of 3 numbers"),
        (
            "[[box]]\ncentre_mm = [1, 2, 3]\nhalf_vectors_mm = [[1,0,0],[2,0,0],[0,0,1]]\n",
            "not lie in one plane",
        ),
        ("{{", "not valid TOML"),
    ],
)
def test_bad_manifests_say_what_is_wrong(tmp_path, text, message):
    exam = tmp_path / "exam"
    ExamMaker(exam).series(values(), 4)
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_exam(exam, manifest=tmp_path / "m.toml")


def test_map_with_an_edited_name_is_known_by_its_image_type(tmp_path):
    maker, frames = ExamMaker(tmp_path, maker=GE), values()
    uids = maker.series(frames, 4, "Dynamic-3dfgre")
    maker.ser_map(uids, 41000, "renamed", private=private_header(threshold=90))
    for path in tmp_path.glob("map*/*.dcm"):
        data = dcmread(path)
        data.SeriesDescription = "ratio"
        data.save_as(path)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert [m.kind for m in exam.reference_maps] == ["SER"]
    assert exam.series.header.pe_threshold_percent == 90


def test_two_analyses_are_not_guessed(tmp_path):
    for x0, number in ((57.8, 10), (-40.0, 20)):
        maker = ExamMaker(tmp_path, sagittal(x0=x0), maker=GE)
        maker.series(values(seed=number), number, "Dynamic")
        maker.ser_map(None, number * 10000 + 1000, "Dynamic")
    with pytest.raises(InputError, match="SER maps of different source series"):
        read_exam(tmp_path)


def test_different_boxes_are_noted(tmp_path):
    maker = ExamMaker(tmp_path, maker=GE)
    uids = maker.series(values(), 4)
    first, second = (voxel_box(maker.geometry, (1, 1, 1), (5, 5, n)) for n in (5, 6))
    maker.ser_map(uids, 41000, "Dynamic-3dfgre", private=private_header(boxes=[("VOI", *first)]))
    record = private_header(boxes=[("VOI", *second)])
    maker.ser_map(uids[:2], 41001, "Dynamic-3dfgre", private=record, kind="PE1")
    exam = read_exam(tmp_path)
    assert exam.series.header.boxes[0].mask(maker.geometry).sum() == 5 * 5 * 5
    assert any("different boxes; those of private header (SER) count" in i.message for i in exam.issues)


def test_named_images_serve_where_their_series_is_not_whole(tmp_path):
    """180 + 28 instances in one series: the map names three whole phases."""
    maker, frames = ExamMaker(tmp_path, maker=GE), values(4)
    uids = maker.series(frames, 4, starts=(-800.0, *STARTS), keep=lambda p, k: p > 0 or k < 2, reverse=(2,))
    maker.ser_map(uids[1:], 41000, "Dynamic-3dfgre", private=private_header())
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames[1:])
    assert exam.series.times_s == TIMES
    assert exam.series.phase_rule == "source images of the derived maps alone"
    assert "unequal numbers of images" in next(
        i.message for i in exam.issues if i.code == "dicom.named_images"
    )


def test_named_images_serve_where_no_key_tells_phases_apart(tmp_path):
    maker, frames = ExamMaker(tmp_path, maker=GE), values()
    uids = maker.series(frames, 4, key="", attributes=lambda p, k: {"InstanceNumber": k + 1})
    maker.ser_map(uids, 41000, "Dynamic-3dfgre", private=private_header())
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


def test_header_times_that_count_a_phase_left_out(tmp_path):
    maker, frames = ExamMaker(tmp_path, maker=GE), values(4)
    uids = maker.series(frames, 4, starts=(-800.0, *STARTS))
    maker.ser_map(uids[1:], 41000, "Dynamic-3dfgre", private=private_header(times=(-623, *TIMES)))
    series = read_exam(tmp_path).series
    assert series.times_s == TIMES
    assert series.timing_rule == "private header"


def test_threshold_from_the_label_of_a_volume(tmp_path):
    maker = ExamMaker(tmp_path, maker=GE)
    uids = maker.series(values(), 4)
    record = private_header(threshold=None)
    item = Dataset()
    item.add_new(0x01170010, "LO", record[0x01170010].value)
    item.add_new(0x011710B3, "IS", 41)
    item.add_new(0x011710B4, "DS", "0.0405")
    item.add_new(0x011710B5, "LO", "FTVpe(PEearly>90%)")
    record.add_new(0x011710B0, "SQ", Items([item]))
    maker.ser_map(uids, 41000, "Dynamic-3dfgre", private=record)
    header = read_exam(tmp_path).series.header
    assert header.pe_threshold_percent == 90
    assert header.sources["pe_threshold_percent"] == "private header, label of a volume"
    assert header.stated_volumes[0].voxels == 41


def test_series_numbers_order_phases_without_times(tmp_path):
    maker, frames = ExamMaker(tmp_path, maker=SIEMENS), values()
    one_each(maker, ["fl3d"] * 3, frames, key="")
    series = read_exam(tmp_path).series
    assert np.array_equal(series.frames, frames)
    assert series.phase_rule.endswith("phases told apart by SeriesNumber")
    assert (series.times_s, series.timing_rule) == (None, "order only")
    assert (series.early, series.late) == (1, 2)


def test_series_without_times_or_numbers_are_not_ordered(tmp_path):
    maker, frames = ExamMaker(tmp_path, maker=SIEMENS), values()
    for p in range(3):
        own = {"SeriesNumber": None, "SeriesInstanceUID": f"1.2.{p}"}
        maker.series(frames[p : p + 1], 4 + p, "fl3d", key="", overrides=own)
    with pytest.raises(InputError, match="neither times nor series numbers order them") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.phase_order"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("phase = 3\n", r"written \[\[phase\]\]"),
        ("[[phase]]\nseries = 4\npart = 0\n", "part counts from 1"),
        ("[[box]]\ncentre_mm = [1, 2, 3]\nhalf_vectors_mm = 1\n", "three vectors"),
        ("pe_threshold_percent = -1\n", "positive number"),
        ("aegis = 3\n", "aegis names a file"),
        ("aegis = 'absent.xml'\n", "Aegis XML: no such file"),
    ],
)
def test_more_bad_manifests(tmp_path, text, message):
    exam = tmp_path / "exam"
    ExamMaker(exam).series(values(), 4)
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_exam(exam, manifest=tmp_path / "m.toml")
    with pytest.raises(InputError, match="manifest: no such file"):
        read_exam(exam, manifest=tmp_path / "other.toml")
