"""Bias field correction: what is done, what is refused, and what is said."""

from __future__ import annotations

import builtins
import sys

import numpy as np
import pytest
from scipy import ndimage

from kinephen.errors import ConfigError, InputError
from kinephen.imaging.bias import correct_bias_field
from kinephen.imaging.field import estimate_field
from kinephen.imaging.n3 import N3Settings, expected_values, variation
from kinephen.imaging.n4 import N4Settings
from kinephen.imaging.otsu import otsu_threshold
from kinephen.imaging.spline_field import SampledGrid, SplineSmoother

SHAPE = (12, 40, 48)
SPACING = (4.0, 3.0, 3.5)


def exam(amplitude=0.2, seed=0):
    """Three frames under one planted field; returns frames, field and the body's mask."""
    rng = np.random.default_rng(seed)
    tissue = ndimage.gaussian_filter(rng.normal(size=SHAPE), 2.5)
    levels = np.where(tissue > np.quantile(tissue, 0.6), 320.0, 180.0)
    body = np.zeros(SHAPE, dtype=bool)
    body[1:-1, 4:-4, 4:-4] = True
    z, y, x = np.meshgrid(*(np.linspace(-0.5, 0.5, n) for n in SHAPE), indexing="ij")
    field = np.exp(amplitude * (1.6 * x + 2.0 * y**2 - 0.6 * z))
    frames = np.stack([np.where(body, levels * field * gain, 0.0) for gain in (1.0, 1.4, 1.5)])
    return np.maximum(frames + rng.normal(0, 3, frames.shape), 0).astype(np.float32), field, body


def test_none_returns_the_frames_as_they_are():
    frames, _, _ = exam()
    result = correct_bias_field(frames, SPACING)
    assert result.frames is frames
    assert (result.fields, result.records, result.corrected) == ((), (), False)


def test_shared_field_comes_from_the_first_frame_and_divides_all():
    frames, field, body = exam()
    result = correct_bias_field(frames, SPACING, method="n3", mask=body)
    (record,) = result.records
    assert result.corrected
    assert (record.frame, record.status, record.mask_source) == (0, "corrected", "given")
    np.testing.assert_allclose(result.frames, frames / result.fields[0], rtol=1e-6)
    assert variation((result.fields[0] / field)[body]) < 0.02
    inside = body & (frames[0] > 0)
    assert np.log(result.fields[0][inside]).mean() == pytest.approx(0.0, abs=1e-5)
    assert record.field_min == pytest.approx(result.fields[0][inside].min())
    assert record.rerun < 0.008


def test_each_frame_can_have_its_own_field():
    frames, _, body = exam()
    result = correct_bias_field(frames, SPACING, method="n3", scope="per_frame", mask=body)
    assert [r.frame for r in result.records] == [0, 1, 2]
    for before, after, field in zip(frames, result.frames, result.fields, strict=True):
        np.testing.assert_allclose(after, before / field, rtol=1e-6)


def test_all_checks_are_reported_on_request():
    frames, _, body = exam()
    quick = correct_bias_field(frames, SPACING, method="n3", mask=body).records[0]
    assert np.isnan([quick.masks, quick.ramps, quick.knots]).all()
    assert correct_bias_field(frames, SPACING, method="n3").records[0].masks >= 0.0
    full = correct_bias_field(frames, SPACING, method="n3", mask=body, checks=("rerun", "ramps", "knots"))
    assert np.isfinite([full.records[0].ramps, full.records[0].knots]).all()
    assert full.records[0].to_dict()["status"] == "corrected"


def test_no_image_is_changed_when_n3_did_not_settle():
    frames, _, body = exam()
    settings = N3Settings(max_iterations=2)
    result = correct_bias_field(frames, SPACING, method="n3", mask=body, settings=settings)
    assert not result.corrected
    assert result.frames is frames
    assert result.records[0].status == "not_converged"
    assert "use N4 or none" in result.records[0].reason
    assert "after 4 iterations" in result.issues[0].message
    assert result.issues[0].code == "bias.not_converged"


def test_failure_of_one_frame_leaves_all_frames_alone():
    frames, _, _ = exam()
    frames[2] = 77.0
    result = correct_bias_field(frames, SPACING, method="n3", scope="per_frame")
    assert [r.status for r in result.records] == ["corrected", "corrected", "unchanged"]
    assert not result.corrected
    assert result.frames is frames
    assert (result.issues[0].code, result.issues[0].where) == ("bias.unchanged", "frame 2")


def test_constant_image_has_the_field_one_and_a_reason():
    frames = np.full((3, *SHAPE), 100.0, dtype=np.float32)
    result = correct_bias_field(frames, SPACING, method="n3")
    np.testing.assert_array_equal(result.fields[0], np.ones(SHAPE))
    assert result.records[0].reason == "the image is constant"


@pytest.mark.parametrize("method", ["n3", "n4"])
def test_empty_mask_has_the_field_one_and_a_reason(method):
    frames, _, body = exam()
    result = correct_bias_field(frames, SPACING, method=method, mask=np.zeros_like(body))
    np.testing.assert_array_equal(result.fields[0], np.ones(SHAPE))
    assert result.records[0].reason == "the mask holds no voxel with a signal above 0"


def test_mask_that_misses_the_sampled_grid():
    frames, _, body = exam()
    mask = np.zeros_like(body)
    mask[5, 11, 12] = True
    result = correct_bias_field(frames, SPACING, method="n3", mask=mask)
    assert "none of the 1 voxel(s) of the mask lies on the subsampled grid" in result.records[0].reason


def test_constant_inside_the_mask_gives_a_flat_field():
    frames, _, body = exam()
    flat = np.where(body, 50.0, frames[0]).astype(np.float32)
    found = estimate_field(flat, SPACING, frame=0, settings=N3Settings(), mask=body)
    assert found.record.status == "corrected"
    np.testing.assert_allclose(found.field, 1.0, atol=2e-3)


def test_n4_recovers_a_field():
    pytest.importorskip("SimpleITK")
    frames, field, body = exam()
    settings = N4Settings(shrink=(2, 2, 2), iterations=(20, 20))
    result = correct_bias_field(frames, SPACING, method="n4", mask=body, settings=settings)
    assert result.corrected
    assert result.records[0].method == "n4"
    assert variation((result.fields[0] / field)[body]) < 0.6 * variation(field[body])


def test_missing_simpleitk_names_the_extra(monkeypatch):
    frames, _, body = exam()
    plain = builtins.__import__

    def without(name, *rest, **named):
        if name == "SimpleITK":
            raise ImportError(name)
        return plain(name, *rest, **named)

    monkeypatch.delitem(sys.modules, "SimpleITK", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr("importlib.import_module", without)
    with pytest.raises(ConfigError) as caught:
        correct_bias_field(frames, SPACING, method="n4", mask=body)
    assert caught.value.code == "imaging.itk_missing"
    assert "kinephen[itk]" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"method": "n5"}, "expected method none, n3 or n4, found 'n5'"),
        ({"scope": "both"}, "expected scope shared or per_frame, found 'both'"),
        ({"method": "n3", "settings": N4Settings()}, "method n3 takes N3Settings, found N4Settings"),
    ],
)
def test_bad_choices_are_named(change, text):
    frames, _, _ = exam()
    with pytest.raises(ConfigError, match=text):
        correct_bias_field(frames, SPACING, **change)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"mask": np.ones((2, 3, 4), dtype=bool)}, "boolean mask of shape (12, 40, 48), found (2, 3, 4)"),
        ({"mask": np.ones(SHAPE, dtype=np.uint8)}, "uint8"),
        ({"spacing": (1.0, 0.0, 1.0)}, "three spacings above 0 mm"),
        ({"frames": np.ones(SHAPE, dtype=np.float32)}, "frames of four axes, found shape (12, 40, 48)"),
        ({"value": np.nan}, "the frames hold 1 voxel(s) that are not finite"),
        ({"value": np.inf}, "the frames hold 1 voxel(s) that are not finite"),
    ],
)
def test_bad_arrays_are_named(change, text):
    frames, _, body = exam()
    if "value" in change:
        frames[1, 2, 3, 4] = change["value"]
    with pytest.raises(InputError) as caught:
        correct_bias_field(
            change.get("frames", frames),
            change.get("spacing", SPACING),
            method="n3",
            mask=change.get("mask", body),
        )
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"bins": 1}, "bins 2 or more, found 1"),
        ({"fwhm": 0.0}, "fwhm above 0, found 0.0"),
        ({"step": 0}, "step 1 or more"),
        ({"tolerance": float("nan")}, "tolerance above 0, found nan"),
    ],
)
def test_bad_settings_are_named(settings, text):
    with pytest.raises(ConfigError, match=text):
        N3Settings(**settings)


def test_otsu_ignores_empty_ends_and_odd_values():
    assert otsu_threshold(np.array([0.0, 0.0, 10.0])) < 10.0
    assert otsu_threshold(np.full(5, 3.0)) == 3.0
    assert np.isnan(otsu_threshold(np.array([np.nan, np.inf])))
    image = np.array([1.0, 2.0, 90.0, 91.0, np.nan, np.inf])
    assert 1.0 < otsu_threshold(image) < 90.0


def test_expected_values_pull_towards_the_peaks_of_the_histogram():
    rng = np.random.default_rng(3)
    values = np.concatenate([rng.normal(4.0, 0.06, 4000), rng.normal(5.0, 0.06, 4000)])
    expected = expected_values(values, N3Settings())
    assert expected[:4000].std() < 0.7 * values[:4000].std()
    assert expected[:4000].mean() == pytest.approx(4.0, abs=0.02)
    np.testing.assert_array_equal(expected_values(np.full(5, 2.0), N3Settings()), np.full(5, 2.0))


def test_smoother_equals_the_dense_normal_equations():
    rng = np.random.default_rng(5)
    grid = SampledGrid.every((9, 20, 22), 2)
    mask = rng.random(grid.counts()) < 0.6
    spline = SplineSmoother(grid, mask, (90.0, 400.0, 250.0), 200.0, 0.001)
    assert spline.spans == (1, 2, 2)
    values = rng.normal(size=int(mask.sum()))
    z, y, x = spline.bases
    dense = np.einsum("ka,jb,ic->kjiabc", z, y, x)[mask].reshape(values.size, -1)
    size = dense.shape[1]
    second = [np.diff(np.eye(b.shape[1]), n=2, axis=0) for b in spline.bases]
    eye = [np.eye(b.shape[1]) for b in spline.bases]
    rough = sum(
        np.kron(
            np.kron(*(second[i].T @ second[i] if i == a else eye[i] for i in (0, 1))),
            second[2].T @ second[2] if a == 2 else eye[2],
        )
        for a in range(3)
    )
    normal = dense.T @ dense + values.size / size * (0.001 * rough + 1e-9 * np.eye(size))
    expected = np.linalg.solve(normal, dense.T @ values)
    found = spline.fit(values)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(spline.at_samples(found), dense @ expected, rtol=1e-6, atol=1e-9)
    full = spline.at_voxels(found)
    assert full.shape == (9, 20, 22)
    np.testing.assert_allclose(grid.take(full)[mask], dense @ expected, rtol=1e-4, atol=1e-5)
