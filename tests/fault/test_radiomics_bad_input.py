"""Bad input gives a clear message, or NaN with a reason; never a crash and never a sentinel."""

import numpy as np
import pytest

from kinephen.errors import ConfigError, InputError, UsageError
from kinephen.radiomics import MaskContext, extract
from kinephen.radiomics.captk.parameters import parse_parameters
from kinephen.radiomics.catalogue import MASK_ONLY, NAMES
from kinephen.radiomics.complete import ibsi_features
from kinephen.radiomics.discretise import fixed_bin_number, fixed_bin_size
from kinephen.radiomics.prepare import prepare
from kinephen.radiomics.protocol import FAMILIES, Features, Protocol, Textures
from kinephen.radiomics.undefined import Undefined

SHAPE = (7, 8, 9)
SPACING = (2.0, 0.7, 0.9)


def image(seed=0, shape=SHAPE):
    return np.random.default_rng(seed).normal(size=shape) + 3.0


def block(*voxels):
    mask = np.zeros(SHAPE, dtype=bool)
    for voxel in voxels:
        mask[voxel] = True
    return mask


def reasons(mask, values, **options):
    found = extract(MaskContext(mask, SPACING), {"m": values}, **options)
    return found, {name: text for (_, name), text in found.reasons.items()}


def test_mask_with_four_axes():
    with pytest.raises(InputError, match="three axes .* is needed, found 4") as caught:
        MaskContext(np.zeros((2, *SHAPE), dtype=bool), SPACING)
    assert caught.value.code == "radiomics.dimensions"
    assert "one frame" in caught.value.hint


def test_map_with_four_axes():
    with pytest.raises(InputError, match="one 3-D map") as caught:
        extract(MaskContext(block((3, 3, 3)), SPACING), {"m": np.zeros((*SHAPE, 2))})
    assert caught.value.code == "radiomics.dimensions"


def test_map_of_another_shape_names_both():
    with pytest.raises(InputError, match=r"\(7, 9, 8\), the mask \(7, 8, 9\)") as caught:
        extract(MaskContext(block((3, 3, 3)), SPACING), {"m": np.zeros((7, 9, 8))})
    assert caught.value.code == "geometry.mismatch"


def test_mask_with_several_labels():
    with pytest.raises(InputError, match="0 and 1 only, found 3 different values up to 7") as caught:
        MaskContext(np.array([[[0, 1, 7]]]), SPACING)
    assert "from_labels" in caught.value.hint


def test_mask_of_zeros_and_ones_is_taken():
    assert MaskContext(block((1, 2, 3)).astype(np.int16), SPACING).voxels == 1


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (1.0, 0.0, 1.0), (1.0, -2.0, 1.0), (np.nan, 1.0, 1.0)])
def test_spacing_that_is_none(spacing):
    with pytest.raises(InputError, match="three positive distances") as caught:
        MaskContext(block((3, 3, 3)), spacing)
    assert caught.value.code == "radiomics.spacing"


@pytest.mark.parametrize("mode", ["ibsi", "captk"])
def test_empty_mask(mode):
    found, why = reasons(block(), image(), mode=mode)
    assert np.isnan(list(found.features["m"].values())).all()
    assert why["Morphologic_Perimeter"] == "the mask is empty"
    assert why["GLCM_Entropy"] == "the mask holds no voxel with a finite value"


@pytest.mark.parametrize("mode", ["ibsi", "captk"])
def test_one_voxel(mode):
    found, why = reasons(block((3, 4, 5)), image(), mode=mode)
    assert found.features["m"]["Volumetric_Pixels"] == 1
    assert why["GLCM_Contrast"] == "no two neighbouring voxels lie inside the mask"
    if mode == "ibsi":
        assert why["Intensity_Skewness"] == "all voxels are equal"
        assert why["Morphologic_EllipseDiameter_Axis-2"] == "the mask is a single voxel, which has no axes"
        assert why["NGTDM_Contrast"] == "no two neighbouring voxels lie inside the mask"
    else:
        assert why["Intensity_Variance"] == "one voxel has no variance with the denominator N - 1"
        assert why["Morphologic_Eccentricity"].startswith("all ellipse diameters are 0")


FEW = [[(3, 4, 5), (3, 4, 6)], [(0, 0, 0), (6, 7, 8)], [(1, 1, 1), (1, 1, 2), (1, 2, 2)]]


@pytest.mark.parametrize("voxels", FEW)
@pytest.mark.parametrize("mode", ["ibsi", "captk"])
def test_two_and_three_voxels(voxels, mode):
    found, why = reasons(block(*voxels), image(), mode=mode)
    assert found.features["m"]["Volumetric_Pixels"] == len(voxels)
    assert set(why) == {n for n in NAMES if np.isnan(found.features["m"][n])}


def test_voxels_in_a_line_have_no_second_axis():
    _, why = reasons(block((3, 4, 4), (3, 4, 5), (3, 4, 6)), image())
    assert why["Morphologic_Elongation"] == "the voxel centres lie on one line"


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_lesion_one_slice_thick(axis):
    mask = np.zeros(SHAPE, dtype=bool)
    index = [slice(1, 6)] * 3
    index[axis] = 3
    mask[tuple(index)] = True
    found, why = reasons(mask, image())
    values = found.features["m"]
    assert values["Morphologic_EllipseDiameter_Axis-0"] == 0.0
    assert values["Morphologic_Perimeter"] > 0
    assert why["Morphologic_Flatness"].startswith("the lesion is flat")
    assert set(why) == {"Morphologic_Flatness", "LBP_LBP"}


@pytest.mark.parametrize("mode", ["ibsi", "captk"])
def test_all_voxels_equal(mode):
    mask = np.ones(SHAPE, dtype=bool)
    found, why = reasons(mask, np.full(SHAPE, 2.5), mode=mode)
    values = found.features["m"]
    assert values["Intensity_Variance"] == 0.0
    assert why["Intensity_Skewness"] == "all voxels are equal"
    assert values["GLCM_Energy"] == 1.0
    assert values["GLCM_Entropy"] == 0.0
    assert values["GLSZM_ZonePercentage"] == pytest.approx(1 / mask.size)
    if mode == "ibsi":
        assert why["NGTDM_Coarsness"] == "every voxel equals the mean of its neighbours"
        assert why["NGTDM_Contrast"] == "all voxels have one grey level"
        assert why["NGTDM_Busyness"] == "all voxels have one grey level"
    else:
        assert values["NGTDM_Coarsness"] == 1e6
        assert (values["NGTDM_Contrast"], values["NGTDM_Busyness"]) == (0.0, 0.0)
        assert why["GLRLM_LowGreyLevelRunEmphasis"] == "all voxels are equal"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("mode", ["ibsi", "captk"])
def test_voxels_without_a_value_are_left_out_and_counted(bad, mode):
    mask = np.ones(SHAPE, dtype=bool)
    values = image()
    values[2, 3, 4] = bad
    found, _ = reasons(mask, values, mode=mode)
    assert np.isfinite(found.features["m"]["Intensity_Sum"])
    assert found.features["m"]["Volumetric_Pixels"] == mask.size
    assert found.diagnostics["m"]["voxels"] == mask.size - 1
    (issue,) = found.issues
    assert issue.message == f"1 of {mask.size} voxels have no finite value and are left out of this map"
    assert (issue.where, issue.count) == ("m", 1)


def test_map_without_any_value():
    found, why = reasons(np.ones(SHAPE, dtype=bool), np.full(SHAPE, np.nan))
    assert found.features["m"]["Volumetric_Pixels"] == 504
    assert set(why) == set(NAMES) - set(MASK_ONLY)


@pytest.mark.parametrize(("bins", "words"), [(4, "hide texture"), (300, "leave most pairs of levels unseen")])
def test_unusual_number_of_levels(bins, words):
    found, _ = reasons(np.ones(SHAPE, dtype=bool), image(), bins=bins)
    (issue,) = found.issues
    assert issue.code == "radiomics.bins"
    assert issue.message.startswith(f"{bins} grey level(s) {words}; 8 to 256 are usual")


@pytest.mark.parametrize("bins", [0, -3, 5000])
def test_impossible_number_of_levels(bins):
    with pytest.raises(InputError, match="expected 1 to 4096 bins, found"):
        fixed_bin_number(np.array([1.0, 2.0]), bins)


@pytest.mark.parametrize("width", [0.0, -1.0, np.nan, np.inf])
def test_impossible_width(width):
    with pytest.raises(InputError, match="the bin width must be positive"):
        extract(MaskContext(block((1, 1, 1)), SPACING), {"m": image()}, bin_width=width)


def test_width_far_too_small_leaves_textures_undefined_and_goes_on():
    found, why = reasons(np.ones(SHAPE, dtype=bool), image() * 1e6, bin_width=0.1)
    assert np.isfinite(found.features["m"]["Intensity_Mean"])
    assert "at most 4096 are possible" in why["GLCM_Entropy"]
    assert "Histogram_Entropy" in why


def test_value_below_the_lower_edge():
    with pytest.raises(InputError, match="smallest value -2 lies below the lower bound -1"):
        fixed_bin_size(np.array([-2.0, 0.0]), 1.0, lower=-1.0)


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e160, 1e300])
def test_extreme_units(scale):
    mask = np.ones(SHAPE, dtype=bool)
    found, why = reasons(mask, image() * scale)
    plain, _ = reasons(mask, image())
    for name in ("Intensity_Skewness", "GLCM_Entropy", "GLSZM_ZonePercentage"):
        assert found.features["m"][name] == pytest.approx(plain.features["m"][name], rel=1e-6)
    overflow = {n for n, text in why.items() if text == "the result exceeds the range of numbers"}
    assert ("Intensity_Energy" in overflow) == (scale >= 1e160)


def test_unknown_mode():
    with pytest.raises(UsageError, match="unknown mode 'pyradiomics'"):
        extract(MaskContext(block((1, 1, 1)), SPACING), {"m": image()}, mode="pyradiomics")


def test_complete_set_of_a_single_voxel():
    protocol = Protocol(
        textures=Textures(directional=("2D_avg", "2.5D_mrg", "3D_avg"), zonal=("2D", "2.5D", "3D")),
        features=Features(families=FAMILIES, autocorrelation=True),
    )
    found = ibsi_features(prepare(image(), MaskContext(block((3, 4, 5)), SPACING), protocol), protocol)
    assert isinstance(found["glcm", "contrast", "2D_avg"], Undefined)
    assert isinstance(found["morphology", "moran_i", ""], Undefined)
    assert found["morphology", "volume_voxels", ""] == pytest.approx(2.0 * 0.7 * 0.9)


def test_complete_set_of_an_empty_mask():
    protocol = Protocol(features=Features(families=FAMILIES))
    found = ibsi_features(prepare(image(), MaskContext(block(), SPACING), protocol), protocol)
    assert all(isinstance(value, Undefined) and value.reason for value in found.values())


def test_parameter_file_without_its_columns():
    with pytest.raises(ConfigError, match="missing: Default"):
        parse_parameters("FeatureName,ParamName,Value\nGLCM,Bins,10\n")


@pytest.mark.parametrize("value", ["ten", "", "-4", "1.5", "0", "1000000", "²"])
def test_parameter_file_with_a_bad_number(value):
    with pytest.raises(ConfigError, match="expected a whole number from 1 to 1024, found") as caught:
        parse_parameters(f"FeatureName,ParamName,Type,Range,Default,Comments\nGLCM,Bins,Int,,{value},\n")
    assert caught.value.where == "GLCM, Bins"
