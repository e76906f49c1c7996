"""Cut-outs of an exam and the scales on which they are shown."""

from __future__ import annotations

import numpy as np
import pytest
from tests import exam_small

from kinephen.core.dynamic import DynamicSeries
from kinephen.core.volume import Geometry
from kinephen.study.steps.tiles import Tiles, cut_tiles, figure_range, shown_ranges


def tiles(early, maps=None, mask=None):
    early = np.asarray(early, dtype=np.float32)
    return Tiles(
        frames={"pre": early * 0, "early": early, "late": early * 3},
        maps={n: np.asarray(v, dtype=np.float32) for n, v in (maps or {}).items()},
        mask=np.ones(early.shape, dtype=bool) if mask is None else np.asarray(mask),
        slice=0,
        pixel_mm=(1.5, 1.25),
        times_s=(-60.0, 120.0, 300.0),
        curve=np.zeros((3, 3)),
    )


def wide(lesion):
    """Return the tiles of an exam of 3 x 60 x 80 voxels whose value is 1000 slice + 100 row / 10 + column."""
    k, j, i = np.indices((3, 60, 80)).astype(np.float32)
    frame = 1.0 + 10000 * k + 100 * j + i
    affine = np.diag([3.0, 1.5, 1.25, 1.0])
    series = DynamicSeries(
        np.stack([frame, 2 * frame, 3 * frame]), Geometry((3, 60, 80), affine), (-60.0, 120.0, 300.0),
        "stated", "one series a phase", 1, 2,
    )  # fmt: skip
    mask = np.zeros((3, 60, 80), dtype=bool)
    mask[lesion] = True
    return cut_tiles(series.frames, series, mask, {}), series.frames


def test_the_window_leaves_a_margin_and_has_a_least_size():
    found, frames = wide((2, slice(30, 34), slice(40, 60)))
    # Rows 22 to 42 would be 20, so two more on each side; columns 32 to 67 are enough.
    assert found.slice == 2
    np.testing.assert_array_equal(found.frames["early"], frames[1, 2, 20:44, 32:68])


def test_the_window_ends_at_the_border_of_the_image():
    found, frames = wide((1, slice(55, 58), slice(2, 6)))
    np.testing.assert_array_equal(found.frames["late"], frames[2, 1, 45:60, 0:16])
    assert found.mask[10, 2]
    assert found.mask.sum() == 3 * 4


def test_an_empty_lesion_shows_the_whole_middle_slice():
    found, frames = wide((slice(0, 0), 0, 0))
    np.testing.assert_array_equal(found.frames["pre"], frames[0, 1])


def test_the_slice_is_the_one_of_the_largest_area():
    mask = exam_small.lesion_mask()
    mask[5, 1:7, 1:8] = True
    exam = exam_small.exam()
    assert cut_tiles(exam.series.frames, exam.series, mask, {}).slice == 5


def test_voxels_without_signal_before_contrast_are_not_in_the_curve():
    frames = exam_small.frames()
    frames[0][exam_small.FALLING_COLUMNS] = 0.0
    series = exam_small.exam(frames=frames).series
    found = cut_tiles(frames, series, exam_small.lesion_mask(), {})
    np.testing.assert_allclose(found.curve, [[0.0, 80.0, 160.0, 200.0]] * 3, rtol=1e-6)


def test_a_range_of_a_patient_is_of_the_lesion_at_all_visits():
    first = tiles([[0.0, 900.0]], {"PE": [[1.0, 50.0]]}, [[True, False]])
    second = tiles([[100.0, 200.0]], {"PE": [[3.0, np.nan]]}, [[True, True]])
    found = shown_ranges([first, second], "early")
    assert found["PE"] == pytest.approx(tuple(np.percentile([1.0, 3.0], [2, 99])))
    assert found["early"] == pytest.approx(tuple(np.percentile([0.0, 900.0, 100.0, 200.0], [2, 99])))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [([-4.0, -4.0], (-4.0, 4.0)), ([-1.0, 3.0], (-2.96, 2.96)), ([0.0, 0.0], (0.0, 1.0))],
)
def test_washout_is_shown_about_zero(values, wanted):
    found = shown_ranges([tiles([[1.0, 2.0]], {"WOS": [values]})], "early")
    assert found["WOS"] == pytest.approx(wanted)


def test_a_range_is_never_empty():
    found = shown_ranges([tiles([[7.0, 7.0]], {"PE": [[np.nan, np.nan]], "SER": [[5.0, 5.0]]})], "early")
    assert found == {"early": (7.0, 8.0), "PE": (0.0, 1.0), "SER": (5.0, 6.0)}
    assert shown_ranges([], "early") == {}
    assert figure_range([tiles([[7.0, 7.0]])], "early") == (7.0, 8.0)


def test_a_figure_takes_all_that_is_finite_of_all_exams():
    exams = [
        tiles([[0.0, np.nan, 10.0]], {"SER": [[2.0, np.nan, 4.0]]}, [[True, True, False]]),
        tiles([[20.0, 30.0, 40.0]], {"SER": [[-3.0, np.nan, np.nan]]}),
    ]
    frame = tuple(np.percentile([0.0, 10.0, 20.0, 30.0, 40.0], [2, 98]))
    assert figure_range(exams, "early") == pytest.approx(frame)
    assert figure_range(exams, "SER") == pytest.approx(tuple(np.percentile([2.0, 4.0, -3.0], [2, 98])))


def test_images_are_called_by_name():
    found = tiles([[1.0]], {"SER": [[2.0]]})
    assert [float(found.image(n)[0, 0]) for n in ("pre", "early", "late", "SER")] == [0.0, 1.0, 3.0, 2.0]
    with pytest.raises(KeyError):
        found.image("PE")
