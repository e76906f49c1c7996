"""Body and breast: found on exams of several kinds, and told plainly where there is none."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import ndimage
from tests.breast_exams import simulated

from kinephen.core.volume import Geometry
from kinephen.imaging.body import body_issues, body_mask
from kinephen.imaging.breast import breast_issues, breast_mask
from kinephen.imaging.ftv import functional_tumour_volume
from kinephen.io.exam import read_exam

SPACING = (2.0, 1.0, 1.0)
RNG = np.random.default_rng(3)


def egg(shape=(14, 60, 72), centre=(7, 30, 44), radii=(9, 24, 26)):
    """Return the inside of an ellipsoid, cut by the last slices."""
    at = np.indices(shape)
    square = sum(((a - c) / r) ** 2 for a, c, r in zip(at, centre, radii, strict=True))
    return square <= 1.0


def noisy(mask, *, tissue=14.0, air=5.0):
    """Return suppressed fat at 2.8 times the level of noisy air, smoothed as a scanner's filter does."""
    rng = np.random.default_rng(3)
    signal = np.where(mask, tissue, 0.0)
    return np.hypot(signal + air * rng.standard_normal(mask.shape), air * rng.standard_normal(mask.shape))


def dice(a, b):
    return 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))


@pytest.mark.parametrize("number", range(6))
def test_body_and_breast_of_simulated_exams(number):
    frames, exam = simulated(number)
    body = body_mask(frames.mean(axis=0), exam.geometry.spacing)
    breast = breast_mask(body, exam.geometry)
    assert body.found
    assert breast.found
    assert body_issues(body) == ()
    assert breast_issues(breast) == ()
    assert 0.4 < body.share < 0.65
    assert (breast.mask & ~body.mask).sum() == 0
    assert exam.lesion[breast.mask].sum() >= 0.99 * exam.lesion.sum()
    assert breast.plane.scatter_mm < 4.0
    assert 60.0 < breast.prominence_mm < 130.0
    assert breast.to_dict()["reason"] == body.to_dict()["reason"] == ""


def test_suppressed_fat_close_to_air_is_body():
    mask = egg()
    body = body_mask(noisy(mask), SPACING)
    assert dice(body.mask, mask) > 0.92
    assert 6.0 < body.threshold < 14.0


@pytest.mark.parametrize("rim", [1, 2, 5])
def test_a_rim_of_zeros_is_not_air(rim):
    mask = egg()
    image = noisy(mask)
    field = np.zeros(mask.shape, dtype=bool)
    field[:, rim:-rim, rim:] = True
    body = body_mask(np.where(field, image, 0.0), SPACING)
    assert dice(body.mask, mask & field) > 0.91
    assert not (body.mask & ~field).any()
    assert body.rim_share == pytest.approx(np.mean(~field), abs=0.02)
    assert body.share == pytest.approx(np.mean((mask & field)[field]), abs=0.09)


def test_a_round_field_of_view_is_a_rim_too():
    mask = egg()
    rows, columns = np.indices(mask.shape[1:])
    field = np.broadcast_to(((rows - 29.5) / 30) ** 2 + ((columns - 35.5) / 36) ** 2 <= 1, mask.shape)
    body = body_mask(np.where(field, noisy(mask), 0.0), SPACING)
    assert dice(body.mask, mask & field) > 0.9
    assert body.rim_share > 0.15


def test_zeros_set_by_the_scanner_are_air():
    mask = egg()
    body = body_mask(np.where(mask, noisy(mask, tissue=40.0), 0.0), SPACING)
    assert dice(body.mask, mask) > 0.95
    assert body.rim_share == 0.0


@pytest.mark.parametrize("sigma", [0.2, 0.4, 0.8, 1.5])
def test_air_that_is_rounded_to_zero_here_and_there(sigma):
    mask = egg()
    body = body_mask(np.rint(noisy(mask, tissue=30.0, air=sigma)), SPACING)
    assert dice(body.mask, mask) > 0.9


def test_a_box_of_tissue_in_zeros_is_a_body():
    image = np.zeros((9, 40, 44))
    image[:, 8:34, 12:40] = 30.0
    image[2:6, 14:22, 20:30] = 100.0
    body = body_mask(image, SPACING)
    assert dice(body.mask, image > 0) > 0.9


@pytest.mark.parametrize("change", [lambda m: m - 800.0, lambda m: (m - m.mean()) / m.std()])
def test_negative_values_are_read_from_the_lowest(change):
    frames, exam = simulated(1)
    image = frames.mean(axis=0).astype(np.float64)
    spacing = exam.geometry.spacing
    moved = body_mask(change(image), spacing)
    assert dice(moved.mask, body_mask(image, spacing).mask) > 0.97
    assert moved.threshold == pytest.approx(change(image)[image > 0].min(), abs=0.15 * np.ptp(change(image)))


def test_values_that_are_not_finite_do_not_spread():
    frames, exam = simulated(1)
    image = frames.mean(axis=0).astype(np.float64)
    sound = body_mask(image, exam.geometry.spacing)
    broken = image.copy()
    broken[3, 4:9, 5:8] = np.nan
    broken[8, 30, 30] = np.inf
    assert dice(body_mask(broken, exam.geometry.spacing).mask, sound.mask) > 0.99


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((3, 8, 9)), "one value"),
        (np.full((3, 8, 9), np.nan), "one value"),
        (np.full((3, 8, 9), 7.0), "stands out|fills"),
        (100.0 + RNG.standard_normal((3, 28, 29)), "stands out|fills"),
    ],
)
def test_without_air_the_whole_image_stands_in(image, reason):
    body = body_mask(image, SPACING)
    assert body.mask.shape == image.shape
    assert re.search(reason, body.reason)
    assert body.mask.all()
    assert body.share == 1.0
    (issue,) = body_issues(body)
    assert (issue.code, issue.level) == ("body.not_found", "warning")
    breast = breast_mask(body, Geometry(image.shape, np.eye(4)))
    assert breast.mask.all()
    assert not breast.found
    assert [i.code for i in breast_issues(breast)] == ["breast.not_found"]


@pytest.mark.parametrize("slices", [1, 2])
def test_few_slices_give_a_body_and_no_breast(slices):
    frames, exam = simulated(2)
    image = frames.mean(axis=0)[8 : 8 + slices]
    geometry = exam.geometry.crop((8, 0, 0), (8 + slices, 64, 64))
    body = body_mask(image, geometry.spacing)
    breast = breast_mask(body, geometry)
    assert body.found
    assert not breast.found
    assert (breast.mask == body.mask).all()
    assert breast.depth_mm[body.mask].min() > 0.0


def test_a_share_out_of_the_usual_is_a_warning():
    mask = egg(radii=(5, 12, 12))
    body = body_mask(noisy(mask, tissue=60.0), SPACING)
    (issue,) = body_issues(body)
    assert (issue.code, issue.level) == ("body.share", "warning")
    assert f"{100 * body.share:.0f} %" in issue.message


def test_two_breasts_in_an_axial_exam():
    frames, exam = simulated(0)
    one = frames.mean(axis=0)
    both = np.concatenate([one, one[::-1]]).transpose(1, 2, 0)
    # slices to the feet, rows to the back, columns to the right
    nz, ny, nx = both.shape
    slices, rows, columns = exam.geometry.spacing[1], exam.geometry.spacing[2], exam.geometry.spacing[0]
    affine = np.array([[0, 0, -columns, 90], [0, rows, 0, -80], [-slices, 0, 0, 70], [0, 0, 0, 1.0]])
    geometry = Geometry((nz, ny, nx), affine)
    body = body_mask(both, geometry.spacing)
    breast = breast_mask(body, geometry)
    half = breast_mask(body_mask(one, exam.geometry.spacing), exam.geometry).mask
    expected = np.concatenate([half, half[::-1]]).transpose(1, 2, 0)
    assert breast.found
    assert dice(breast.mask, expected) > 0.96


def test_an_arm_does_not_tilt_the_plane():
    frames, exam = simulated(4)
    mask = body_mask(frames.mean(axis=0), exam.geometry.spacing)
    plain = breast_mask(mask, exam.geometry)
    with_arm = mask.mask.copy()
    with_arm[-3:, :10, 5:] = True
    armed = breast_mask(type(mask)(with_arm, mask.threshold, mask.share), exam.geometry)
    assert dice(plain.mask, armed.mask[: with_arm.shape[0]] & mask.mask) > 0.97


def test_depth_is_the_distance_to_the_air_in_front():
    mask = np.zeros((6, 24, 30), dtype=bool)
    mask[:, :, 12:] = True
    # columns to the back, 1.5 mm
    affine = np.array([[-3.0, 0, 0, 0], [0, 0, 1.5, 0], [0, -2.0, 0, 0], [0, 0, 0, 1]])
    image = np.where(mask, 100.0, 2.0) + RNG.random(mask.shape)
    geometry = Geometry(mask.shape, affine)
    body = body_mask(image, geometry.spacing)
    depth = breast_mask(body, geometry).depth_mm
    first = int(np.argmax(body.mask[3, 12]))
    np.testing.assert_allclose(depth[3, 12, first:], 1.5 * np.arange(1, 31 - first))
    assert (depth[~body.mask] == 0.0).all()


PHANTOM = "cases/imaging/halfpixel"


def test_the_small_phantom_is_a_body_without_a_breast(reference):
    series = read_exam(reference(PHANTOM)).series
    body = body_mask(series.frames.mean(axis=0), series.geometry.spacing)
    breast = breast_mask(body, series.geometry)
    assert body.found
    assert not breast.found
    assert dice(body.mask, ndimage.binary_fill_holes(series.frames[0] > 60)) > 0.91


def test_the_breast_as_region_on_a_real_exam(reference):
    series = read_exam(reference("data/nact_pilot/UCSF-BR-06")).series
    body = body_mask(series.frames.mean(axis=0), series.geometry.spacing)
    breast = breast_mask(body, series.geometry, behind_plane_mm=15.0)
    assert body.found
    assert breast.found
    assert breast_issues(breast) == ()
    assert body_issues(body) == ()
    ftv = functional_tumour_volume(
        *series.frames, voxel_volume_mm3=series.geometry.voxel_volume_mm3, voi=breast.mask
    )
    assert ftv.pe_cc == pytest.approx(43.80, abs=0.2)
    box = series.header.boxes[0].mask(series.geometry)
    assert np.mean(breast.mask[box]) > 0.75
