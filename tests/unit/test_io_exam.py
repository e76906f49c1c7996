"""Reading exams: each layout gives the frames, grid, times and choices that were written."""

from __future__ import annotations

import numpy as np
import pytest
from tests.io_exams import (
    INJECTION,
    STARTS,
    TIMES,
    ExamMaker,
    ge_exam,
    private_header,
    sagittal,
    values,
    voxel_box,
)

from kinephen.io.dicom_writer import clock
from kinephen.io.exam import read_exam


def test_one_ge_series_reads_as_written(tmp_path):
    maker, frames, _ = ge_exam(tmp_path)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert exam.series.geometry.difference(maker.geometry) == ""
    assert exam.series.times_s == TIMES
    assert exam.series.timing_rule == "private header"
    assert (exam.series.early, exam.series.late) == (1, 2)
    assert exam.series.header.pe_threshold_percent == 70
    assert exam.series.header.minimum_neighbours == 4
    assert exam.manufacturer == "GE MEDICAL SYSTEMS"
    assert exam.issues == ()


def test_voi_covers_the_voxels_that_were_drawn(tmp_path):
    maker, *_ = ge_exam(tmp_path)
    inside = read_exam(tmp_path).series.header.boxes[0].mask(maker.geometry)
    expected = np.zeros_like(inside)
    expected[1:6, 2:7, 3:8] = True
    assert np.array_equal(inside, expected)


def test_slice_order_is_the_scanners_when_x_rises(tmp_path):
    maker = ExamMaker(tmp_path, sagittal(step=2.0))
    frames = values()
    maker.series(frames, 2)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert exam.series.geometry.difference(maker.geometry) == ""


@pytest.mark.parametrize("reverse", [(1,), (2,), (1, 2)])
def test_phases_numbered_from_the_other_end_keep_their_place(tmp_path, reverse):
    _, frames, _ = ge_exam(tmp_path, reverse=reverse)
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


def test_a_phase_with_two_content_times(tmp_path):
    def one_second_later(p, k):
        return {"ContentTime": clock(INJECTION + STARTS[p] + (1 if k > 3 else 0))}

    _, frames, _ = ge_exam(tmp_path, attributes=one_second_later)
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


def test_slices_with_growing_content_times(tmp_path):
    _, frames, _ = ge_exam(
        tmp_path, attributes=lambda p, k: {"ContentTime": clock(INJECTION + STARTS[p] + 5.0 * k)}
    )
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


def test_without_maps_times_come_from_the_images(tmp_path):
    maker = ExamMaker(tmp_path)
    frames = values()
    maker.series(frames, 2)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert exam.series.times_s == TIMES
    assert exam.series.timing_rule.startswith("ContentTime")
    assert exam.series.header.sources["pe_threshold_percent"] == "default"
    assert "dicom.duration" in {i.code for i in exam.issues}


def test_midnight_between_phases(tmp_path):
    maker = ExamMaker(tmp_path)
    frames = values()
    starts = (85_900.0, 86_300.0, 254.0)
    maker.series(frames, 2, attributes=lambda p, k: {"ContentTime": clock(starts[p])})
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert exam.series.times_s == (-400 + 177, 177, 354 + 177)


def test_philips_phases_by_temporal_position(tmp_path):
    maker = ExamMaker(tmp_path, maker="Philips Medical Systems")
    frames = values(6)
    starts = (0.0, 120.0, 212.0, 304.0, 396.0, 488.0)
    maker.series(frames, 201, "#6657 Breas3DSAG6D 1.37", key="TriggerTime", starts=starts)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert exam.series.times_s == (-74.0, 46.0, 138.0, 230.0, 322.0, 414.0)
    assert (exam.series.early, exam.series.late) == (2, 5)


def test_pe2_map_makes_the_second_post_the_early_phase(tmp_path):
    maker = ExamMaker(tmp_path, maker="Philips Medical Systems")
    frames = values(6)
    starts = (0.0, 140.0, 230.0, 320.0, 410.0, 500.0)
    uids = maker.series(frames, 201, "3DSAG6D", key="TriggerTime", starts=starts)
    maker.ser_map((uids[0], uids[2]), 21002, "3DSAG6D", kind="PE2")
    maker.ser_map((uids[0], uids[2], uids[4]), 21000, "3DSAG6D")
    series = read_exam(tmp_path).series
    assert (series.early, series.late) == (2, 4)
    assert series.header.sources["early_late"] == "source images of the derived maps"


def test_pe2_by_name_alone(tmp_path):
    maker = ExamMaker(tmp_path, maker="Philips Medical Systems")
    frames = values(6)
    maker.series(frames, 201, "3DSAG6D", key="TriggerTime", starts=tuple(150.0 * i for i in range(6)))
    maker.ser_map(None, 21000, "3DSAG6D")
    maker.ser_map(None, 21002, "3DSAG6D", kind="PE2")
    series = read_exam(tmp_path).series
    assert series.early == 2
    assert series.header.sources["early_late"] == "PE2 map"


def test_rescale_is_applied_slice_by_slice(tmp_path):
    maker = ExamMaker(tmp_path)
    stored = values()
    slopes = {p: 0.5 + p for p in range(3)}
    maker.series(
        stored,
        2,
        attributes=lambda p, k: {"RescaleSlope": str(slopes[p]), "RescaleIntercept": str(k - 3)},
    )
    frames = read_exam(tmp_path).series.frames
    for p in range(3):
        for k in range(stored.shape[1]):
            assert np.array_equal(frames[p, k], (stored[p, k] * slopes[p] + k - 3).astype(np.float32))


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"])
@pytest.mark.parametrize("signed", [False, True])
def test_all_uncompressed_encodings(tmp_path, syntax, signed):
    maker = ExamMaker(tmp_path)
    stored = values() - (1000 if signed else 0)
    uids = maker.series(stored, 2, syntax=syntax, signed=signed)
    maker.ser_map(uids, 21000, "Dynamic-3dfgre", private=private_header(threshold=140))
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, stored)
    assert exam.series.header.pe_threshold_percent == 140


def test_private_block_is_found_through_its_creator(tmp_path):
    maker = ExamMaker(tmp_path)
    uids = maker.series(values(), 2)
    maker.ser_map(uids, 21000, "Dynamic-3dfgre", private=private_header(threshold=90, block=0x2A))
    header = read_exam(tmp_path).series.header
    assert header.pe_threshold_percent == 90
    assert header.sources["pe_threshold_percent"] == "private header (SER)"


def test_omit_boxes_are_kept_apart(tmp_path):
    maker = ExamMaker(tmp_path)
    uids = maker.series(values(), 2)
    voi, omit = (voxel_box(maker.geometry, a, b) for a, b in (((0, 1, 1), (5, 6, 7)), ((2, 2, 2), (3, 3, 3))))
    maker.ser_map(
        uids, 21000, "Dynamic-3dfgre", private=private_header(boxes=[("VOI", *voi), ("OMIT", *omit)])
    )
    boxes = read_exam(tmp_path).series.header.boxes
    assert [b.omit for b in boxes] == [False, True]
    assert boxes[1].mask(maker.geometry).sum() == 8


def test_box_in_voxels_counts_slices_as_acquired(tmp_path):
    maker = ExamMaker(tmp_path)
    uids = maker.series(values(), 2)
    record = private_header(voxel_box=((1, 2, 0), (3, 4, 1)))
    maker.ser_map(uids, 21000, "Dynamic-3dfgre", private=record)
    inside = read_exam(tmp_path).series.header.boxes[0].mask(maker.geometry)
    expected = np.zeros_like(inside)
    expected[0:2, 2:5, 1:4] = True
    assert np.array_equal(inside, expected)


def test_injection_and_duration_of_the_header_with_image_times(tmp_path):
    maker = ExamMaker(tmp_path)
    uids = maker.series(values(), 2)
    record = private_header(times=None, injection="103230", duration=300)
    maker.ser_map(uids, 21000, "Dynamic-3dfgre", private=record)
    series = read_exam(tmp_path).series
    assert series.times_s == (-407 + 8 + 150, 8 + 150, 354 + 8 + 150)
    assert series.timing_rule.startswith("private header: injection")


def test_header_times_that_contradict_the_images_are_noted(tmp_path):
    maker = ExamMaker(tmp_path)
    uids = maker.series(values(), 2)
    maker.ser_map(uids, 21000, "Dynamic-3dfgre", private=private_header(times=(-100, 100, 200)))
    exam = read_exam(tmp_path)
    assert exam.series.times_s == (-100, 100, 200)
    assert "dicom.times_differ" in {i.code for i in exam.issues}


def test_nominal_times_are_flagged(tmp_path):
    maker = ExamMaker(tmp_path)
    frames = values()
    maker.series(frames, 2, key="")
    exam = read_exam(tmp_path, nominal_times_s=(-100.0, 120.0, 420.0))
    assert np.array_equal(exam.series.frames, frames)
    assert exam.series.times_s == (-100, 120, 420)
    assert exam.series.timing_rule == "nominal"
    assert "dicom.nominal_times" in {i.code for i in exam.issues}


def test_box_from_the_tissue_segmentation(tmp_path):
    maker = ExamMaker(tmp_path)
    uids = maker.series(values(), 2)
    mask = np.zeros(maker.geometry.shape, dtype=bool)
    mask[2:5, 3:6, 1:8] = True
    maker.segmentation(mask, 22101, sources=uids[0])
    maker.segmentation(np.zeros_like(mask), 22100, "VOI PE Segmentation thresh=140", sources=uids[0])
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.header.boxes[0].mask(maker.geometry), mask)
    assert exam.series.header.sources["boxes"] == "VOI Breast Tissue Segmentation"
    assert exam.series.header.pe_threshold_percent == 140
    assert exam.series.header.sources["pe_threshold_percent"] == "segmentation description"
    assert {s.kind for s in exam.segmentations} == {"voi_tissue", "voi_pe"}


@pytest.mark.parametrize(
    ("protocol", "maker", "description", "percent"),
    [
        ("ACRIN 6657", "GE MEDICAL SYSTEMS", "LT IR-SPGR SAG", 140),
        ("UCSF_PILOT", "GE MEDICAL SYSTEMS", "Sagittal-IR_3DFGRE", 70),
        ("ACRIN 6657", "GE MEDICAL SYSTEMS", "T1 right breast", 100),
        ("ACRIN 6657", "SIEMENS", "fl3d_sag_uni_R", 90),
        ("ACRIN 6657", "Philips Medical Systems", "3DSAG6D 1.3", 100),
        ("", "GE MEDICAL SYSTEMS", "LT IR-SPGR SAG", 70),
    ],
)
def test_site_table_serves_only_its_collections(tmp_path, protocol, maker, description, percent):
    exam_maker = ExamMaker(tmp_path, maker=maker)
    exam_maker.common = {"ClinicalTrialProtocolID": protocol}
    exam_maker.series(values(), 2, description)
    header = read_exam(tmp_path).series.header
    assert header.pe_threshold_percent == percent
    assert ("site table" in header.sources["pe_threshold_percent"]) == bool(protocol)


def test_visit_label_prefers_the_description(tmp_path):
    maker = ExamMaker(tmp_path)
    maker.common = {"ClinicalTrialTimePointID": "T1", "ClinicalTrialTimePointDescription": "early-treatment"}
    maker.series(values(), 2)
    assert read_exam(tmp_path).visit_label == "early-treatment"


def test_reference_maps_are_rescaled_and_placed(tmp_path):
    maker, *_ = ge_exam(tmp_path)
    exam = read_exam(tmp_path)
    volume = exam.reference_maps[0].read(maker.geometry)
    assert np.allclose(volume.array[:, 0, 0], 0.9 + 0.001 * np.arange(7))


def test_source_hash_follows_the_pixels(tmp_path):
    hashes = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        maker = ExamMaker(tmp_path / name)
        maker.series(values(seed=seed), 2)
        hashes.append(read_exam(tmp_path / name).series.source_hash)
    assert hashes[0] == hashes[1] != hashes[2]
