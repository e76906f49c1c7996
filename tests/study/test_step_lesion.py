"""The lesion step: each field of its record, reckoned by hand for a small exam with unequal axes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError
from tests import exam_records, exam_small

from kinephen.config.schema import Ftv
from kinephen.core.cohort import Issue
from kinephen.core.dynamic import ExamHeader
from kinephen.core.volume import Mask
from kinephen.io.nifti import write_mask
from kinephen.records.lesion import LARGE_COMPONENTS, LARGEST_COMPONENT, Review
from kinephen.study.exam_checks import check_exam
from kinephen.study.review_gate import MaskChoice
from kinephen.study.steps.lesion import compute_lesion, find_lesion, load_lesion, read_lesion

VOXEL_MM3 = 3.0 * 1.5 * 1.25


def step(exam=None, choice=None, **settings):
    return find_lesion(check_exam(exam or exam_small.exam()), Ftv(**settings), choice or MaskChoice())


def test_volumes_are_those_of_the_voxels_counted_by_hand():
    record, mask = step()
    # 3 x 4 x 5 voxels enhance in company; 3 x 4 x 2 of them wash out.
    assert (record.ftv_pe_voxels, record.ftv_ser_voxels, record.lesion_voxels) == (60, 24, 60)
    assert record.voxel_volume_mm3 == VOXEL_MM3 == 5.625
    assert record.ftv_pe_cc == pytest.approx(0.3375, rel=1e-12)
    assert record.ftv_ser_cc == pytest.approx(0.135, rel=1e-12)
    assert record.lesion_cc == pytest.approx(0.3375, rel=1e-12)
    np.testing.assert_array_equal(mask, exam_small.lesion_mask())
    assert (record.components, record.largest_share) == (1, 1.0)
    assert (record.lesion_source, record.given) == (LARGEST_COMPONENT, False)


def test_each_step_takes_away_what_it_should():
    steps = step()[0].voxels_after_step
    assert steps.box == 5 * 6 * 7
    assert steps.tissue == 210 - 1  # the dark voxel
    assert steps.enhancing == 60 + 2  # with the one that stands alone and the one that falls
    assert steps.positive_ser == 60 + 1
    assert (steps.neighbours, steps.ser) == (60, 24)


def test_thresholds_say_their_value_and_where_they_are_from():
    found = step(ser_min=0.5)[0].thresholds
    assert (found.tissue_threshold, found.background_percent) == (60.0, 60.0)
    assert (found.pe_threshold, found.min_neighbours, found.ser_min) == (75.0, 4, 0.5)
    assert found.sources == {
        "pe_threshold_percent": "private header",
        "background_percent": "default",
        "minimum_neighbours": "default",
    }
    assert step(pe_threshold=90.0)[0].thresholds.sources["pe_threshold_percent"] == "setting"


def test_a_threshold_in_percent_is_one_of_percent():
    # Columns that wash out enhance by 100 %, the others by 80 %.
    assert step(pe_threshold=80.0)[0].ftv_pe_voxels == 60
    assert step(pe_threshold=81.0)[0].ftv_pe_voxels == 24
    assert step(pe_threshold=101.0)[0].ftv_pe_voxels == 0


def test_the_least_ratio_is_one_of_early_over_late():
    # 100 / 50 = 2 where it washes out, 80 / 200 = 0.4 where it rises.
    assert step(ser_min=0.4)[0].ftv_ser_voxels == 60
    assert step(ser_min=2.0)[0].ftv_ser_voxels == 24
    assert step(ser_min=2.1)[0].ftv_ser_voxels == 0


def test_times_shape_and_spacing_keep_their_order():
    record, _ = step()
    assert record.phase_times_s == (-75.0, 120.0, 300.0, 540.0)
    assert (record.early, record.late) == (1, 3)
    assert (record.early_s, record.late_s) == (120.0, 540.0)
    assert record.shape == (7, 8, 9)
    assert record.spacing_mm == (3.0, 1.5, 1.25)
    assert (record.manufacturer, record.scanner_model, record.field_strength_t) == ("GE", "Signa", 1.5)


def test_another_late_phase_gives_another_ratio():
    # At 300 s: 100 / 70 and 80 / 160.
    record, _ = step(exam_small.exam(late=2), ser_min=1.5)
    assert (record.late_s, record.ftv_ser_voxels) == (300.0, 0)


def test_without_a_box_the_whole_image_counts_and_says_so():
    noted = replace(exam_small.exam(header=ExamHeader()), issues=(Issue("dicom.duration", "read so"),))
    record, _ = step(noted, MaskChoice(issues=(Issue("mask.unreviewed", "nobody"),)))
    assert record.region == "whole image"
    # Of the 2 x 3 voxels in the corner all have 4 neighbours, edge voxels being repeated.
    assert record.ftv_pe_voxels == 60 + 6
    assert (record.components, record.lesion_voxels) == (2, 60)
    assert record.largest_share == pytest.approx(60 / 66)
    assert [i.code for i in record.issues] == ["ftv.no_box", "mask.unreviewed"]
    assert ("dicom.duration", "read so") in [(i.code, i.message) for i in record.noticed]


def test_a_given_mask_is_the_lesion_but_not_the_volume(tmp_path):
    drawn = np.zeros(exam_small.SHAPE, dtype=bool)
    drawn[3, 2:4, 2:7] = True
    path = tmp_path / "mask.nii.gz"
    write_mask(path, Mask(drawn, exam_small.geometry()))
    review = Review(state="confirmed", revision=2)
    record, mask = step(choice=MaskChoice(path=path, source="review, revision 2", review=review))
    np.testing.assert_array_equal(mask, drawn)
    assert (record.lesion_voxels, record.ftv_pe_voxels) == (10, 60)
    assert record.lesion_cc == pytest.approx(10 * VOXEL_MM3 / 1000, rel=1e-12)
    assert (record.lesion_source, record.review, record.confirmed) == ("review, revision 2", review, True)


def test_what_is_written_is_what_is_read(tmp_path):
    record, mask = step()
    compute_lesion(tmp_path, check_exam(exam_small.exam()), Ftv(), MaskChoice())
    assert read_lesion(tmp_path) == record
    assert read_lesion(tmp_path).digest() == record.digest()
    np.testing.assert_array_equal(load_lesion(tmp_path), mask)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ftv_pe_cc": 4.0}, "ftv_pe: the volume in cm3"),
        ({"ftv_ser_cc": 0.4}, "ftv_ser: the volume in cm3"),
        ({"lesion_cc": 3.6}, "lesion: the volume in cm3"),
        ({"ftv_pe_voxels": 150, "ftv_pe_cc": 0.3}, "not those of the last steps"),
        ({"early": 2, "late": 1}, "early and late"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(changes, words):
    with pytest.raises(ValidationError, match=words):
        exam_records.lesion(**changes)


def test_the_lesion_may_be_all_pieces_of_a_least_size():
    exam = exam_small.exam()
    largest, one = step(exam)
    pieces, all_of_them = step(exam, lesion="pieces", piece_cc=0.0)
    assert largest.lesion_voxels == pieces.lesion_voxels == 60
    np.testing.assert_array_equal(one, all_of_them)
    assert (pieces.lesion_source, pieces.given) == (LARGE_COMPONENTS, False)
    none, empty = step(exam, lesion="pieces", piece_cc=5.0)
    assert (none.lesion_voxels, empty.any(), none.ftv_pe_voxels) == (0, np.False_, 60)


def test_foci_are_listed_with_their_volumes():
    found = step()[0].foci
    assert [(f.voxels, f.cc) for f in found.foci] == [(60, pytest.approx(0.3375))]
    # Slices 2 to 4 of 3 mm, rows 2 to 5 of 1.5 mm, columns 2 to 6 of 1.25 mm.
    assert found.foci[0].centre_mm == pytest.approx((4 * 1.25, 3.5 * 1.5, 3 * 3.0))
    assert (found.large, found.left_out, found.largest_share, found.spread_mm) == (0, 0, 1.0, 0.0)
