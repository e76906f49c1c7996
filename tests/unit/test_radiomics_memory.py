"""What is allocated follows from the image and the lesion, not from a number that somebody wrote."""

import tracemalloc

import nibabel
import numpy as np
import pytest

from kinephen.errors import InputError
from kinephen.radiomics import MaskContext, aggregate, extract
from kinephen.radiomics.complete_responses import by_protocol
from kinephen.radiomics.ivh import IntensityAxis, ivh_features
from kinephen.radiomics.protocol import FAMILIES, Features, Protocol, Textures, VolumeHistogram
from kinephen.radiomics.undefined import Undefined
from kinephen.study.tables.features import Case, Settings, compute_case

SHAPE, SPACING = (7, 8, 9), (2.0, 0.7, 0.9)
RNG = np.random.default_rng(2)
IMAGE, MASK = RNG.gamma(3.0, size=SHAPE), RNG.random(SHAPE) < 0.7
LIMIT = 2**28


def peak(function, *arguments, **options):
    tracemalloc.start()
    try:
        result = function(*arguments, **options)
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


ALL = Textures(
    directional=("2D_avg", "2D_smrg", "2.5D_dmrg", "2.5D_mrg", "3D_avg", "3D_mrg"), zonal=("2D", "2.5D", "3D")
)


def test_matrices_one_by_one_give_the_same(monkeypatch):
    context, protocol = MaskContext(MASK, SPACING), Protocol(textures=ALL)
    plain = by_protocol({"m": IMAGE}, context, protocol)["m"].features
    monkeypatch.setattr(aggregate, "MOST_BYTES", 30_000)
    found = by_protocol({"m": IMAGE}, context, protocol)["m"].features
    for name, value in plain.items():
        assert found[name] == pytest.approx(value, rel=1e-12, nan_ok=True), name


def test_many_levels_take_no_more_than_one_matrix_after_the_other():
    extract(MaskContext(MASK, SPACING), {"m": IMAGE})  # kernels are compiled
    _, used = peak(extract, MaskContext(MASK, SPACING), {"m": IMAGE}, bins=2048)
    assert used < 2 * LIMIT


def test_run_lengths_of_too_many_levels_are_refused(monkeypatch):
    monkeypatch.setattr(aggregate, "RUN_BYTES", 100_000)
    with pytest.raises(InputError, match="1,000 grey levels in 7 slices need"):
        by_protocol(
            {"m": IMAGE},
            MaskContext(MASK, SPACING),
            Protocol(textures=ALL, discretisation=type(Protocol().discretisation)(bins=1000)),
        )


def test_an_axis_of_too_many_intensities_is_not_made():
    values = np.array([0.0, 1e12])
    found, used = peak(lambda: ivh_features(IntensityAxis.of_width(values, 1.0)))
    assert used < 2**20
    assert all(isinstance(v, Undefined) and "over a million steps" in v.reason for v in found.values())
    protocol = Protocol(ivh=VolumeHistogram(axis="values"), features=Features(families=("ivh", "statistics")))
    row = by_protocol({"m": IMAGE * 1e9}, MaskContext(MASK, SPACING), protocol)["m"]
    assert "over a million steps" in row.reasons["ivh_v10"]
    assert np.isfinite(row.features["statistics_mean"])


def test_a_sphere_of_very_small_voxels_is_no_larger_than_the_image():
    protocol = Protocol(features=Features(families=FAMILIES))
    context = MaskContext(MASK, (5e-4, 5e-4, 5e-4))
    found, used = peak(by_protocol, {"m": IMAGE}, context, protocol)
    assert used < LIMIT
    assert found["m"].features["local_intensity_global_peak"] == pytest.approx(IMAGE.mean())


def write(path, array, kind):
    image = nibabel.Nifti1Image(array.astype(kind).transpose(2, 1, 0), np.diag([0.9, 0.7, 2.0, 1.0]))
    image.header.set_xyzt_units("mm")
    nibabel.save(image, path)
    return path


def test_a_label_of_a_thousand_million_takes_no_memory(tmp_path):
    image = write(tmp_path / "i.nii.gz", IMAGE, np.float64)
    mask = write(tmp_path / "m.nii.gz", MASK * 1_000_000_000, np.int32)
    result, used = peak(compute_case, Case({"m": image}, mask, "", {}), Settings())
    assert result.error is None
    assert result.rows[0].columns["label"] == 1_000_000_000
    assert used < LIMIT


def test_an_image_in_place_of_a_mask_is_named(tmp_path):
    image = write(tmp_path / "i.nii.gz", np.arange(22 * 23 * 24).reshape(22, 23, 24), np.int32)
    result = compute_case(Case({"m": image}, image, "all", {}), Settings())
    assert result.error is not None
    assert "12,143 labels" in result.error.message
    assert "an image and no mask" in result.error.hint
