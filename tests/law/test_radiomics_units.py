"""Features in the user's own units: every feature follows its law when intensities or lengths are scaled."""

import numpy as np
import pytest

from kinephen.radiomics import MaskContext, extract
from kinephen.radiomics.catalogue import FEATURES
from kinephen.radiomics.complete_responses import by_protocol
from kinephen.radiomics.discretise import fixed_bin_number, fixed_bin_size
from kinephen.radiomics.protocol import (
    FAMILIES,
    Discretisation,
    Features,
    Protocol,
    Resampling,
    Resegmentation,
    Textures,
    VolumeHistogram,
)

SHAPE, SPACING = (7, 8, 9), (2.0, 0.7, 0.9)
INTENSITIES, LENGTHS = (1e-5, 1e6, 1.0 / 3.0), (1e-3, 1e3, 1.0 / 3.0)
FAMILIES_WITHOUT_SPHERE = tuple(f for f in FAMILIES if f != "local_intensity")


def cases():
    """Smooth values, and whole numbers that lie on the edges of their bins."""
    rng = np.random.default_rng(4)
    mask = rng.random(SHAPE) < 0.7
    return {
        "smooth": (rng.gamma(3.0, size=SHAPE) - 2.0, mask),
        "whole": (rng.integers(-16, 49, SHAPE).astype(np.float64), mask),
        "far from zero": (1000.0 + rng.integers(0, 33, SHAPE) * 0.1, mask),
    }


CASES = cases()


def powers(unit, letter):
    """Return the power with which a unit such as ``mm^3`` or ``level^2 voxel^2`` holds a letter."""
    for part in unit.split():
        name, _, power = part.partition("^")
        if name == letter:
            return int(power or 1)
    return 0


def require(found, plain, powers_of, factor):
    for name, value in plain.items():
        wanted = value * factor ** powers_of(name)
        assert found[name] == pytest.approx(wanted, rel=1e-7, abs=1e-12 * abs(wanted), nan_ok=True), name


def the_104(image, mask, spacing, **options):
    return extract(MaskContext(mask, spacing), {"m": image}, **options).features["m"]


UNITS = {f.key: f.unit for f in FEATURES}


@pytest.mark.parametrize("factor", INTENSITIES)
@pytest.mark.parametrize("case", CASES)
def test_the_104_in_another_unit_of_intensity(case, factor):
    image, mask = CASES[case]
    for width in (None, 0.5):
        plain = the_104(image, mask, SPACING, bin_width=width)
        found = the_104(image * factor, mask, SPACING, bin_width=width and width * factor)
        require(found, plain, lambda name: powers(UNITS[name], "map"), factor)


@pytest.mark.parametrize("factor", LENGTHS)
@pytest.mark.parametrize("mesh", ["separated", "lewiner"])
def test_the_104_in_another_unit_of_length(mesh, factor):
    image, mask = CASES["smooth"]
    plain = the_104(image, mask, SPACING, mesh=mesh)
    found = the_104(image, mask, tuple(s * factor for s in SPACING), mesh=mesh)
    require(found, plain, lambda name: powers(UNITS[name], "mm"), factor)


def protocol(intensity=1.0, length=1.0, **sections):
    return Protocol(
        resampling=Resampling(spacing=(1.0 * length, "keep", 0.5 * length), interpolation="cubic"),
        resegmentation=Resegmentation(low=-10.0 * intensity, high=1e4 * intensity, deviations=2.5),
        textures=Textures(directional=("2D_avg", "2.5D_mrg", "3D_avg"), zonal=("2D", "2.5D", "3D")),
        features=Features(families=FAMILIES_WITHOUT_SPHERE, autocorrelation=True),
        **sections,
    )


def of_protocol(image, mask, spacing, how):
    return by_protocol({"m": image}, MaskContext(mask, spacing), how)["m"].features


STATISTICS_OF_A_UNIT = (
    "mean", "median", "minimum", "p10", "p90", "maximum", "interquartile_range", "range",
    "mean_absolute_deviation", "robust_mean_absolute_deviation", "median_absolute_deviation",
    "root_mean_square",
)  # fmt: skip


def power_of_intensity(name):
    squares = {"statistics_variance": 2, "statistics_energy": 2, "morphology_integrated_intensity": 1}
    if name in squares:
        return squares[name]
    if name in ("ivh_i10", "ivh_i90", "ivh_i10_minus_i90"):
        return 1
    return int(name.startswith("statistics_") and name.removeprefix("statistics_") in STATISTICS_OF_A_UNIT)


def power_of_length(name):
    powers_of = {"volume_mesh": 3, "volume_voxels": 3, "surface_area": 2, "surface_to_volume": -1,
                 "centre_of_mass_shift": 1, "maximum_diameter": 1, "major_axis_length": 1,
                 "minor_axis_length": 1, "least_axis_length": 1, "integrated_intensity": 3}  # fmt: skip
    return powers_of.get(name.removeprefix("morphology_"), 0) if name.startswith("morphology_") else 0


@pytest.mark.parametrize("factor", INTENSITIES)
@pytest.mark.parametrize("case", ["smooth", "whole"])
def test_all_of_ibsi_in_another_unit_of_intensity(case, factor):
    image, mask = CASES[case]

    def sections(unit):
        return {
            "discretisation": Discretisation(width=0.5 * unit, lower=-20.0 * unit),
            "ivh": VolumeHistogram(axis="width", width=0.25 * unit),
        }

    plain = of_protocol(image, mask, SPACING, protocol(**sections(1.0)))
    found = of_protocol(image * factor, mask, SPACING, protocol(intensity=factor, **sections(factor)))
    require(found, plain, power_of_intensity, factor)


@pytest.mark.parametrize("factor", LENGTHS)
def test_all_of_ibsi_in_another_unit_of_length(factor):
    image, mask = CASES["smooth"]
    plain = of_protocol(image, mask, SPACING, protocol())
    found = of_protocol(image, mask, tuple(s * factor for s in SPACING), protocol(length=factor))
    require(found, plain, power_of_length, factor)


def test_detail_below_single_precision_is_seen():
    image, mask = CASES["smooth"]
    plain, found = (the_104(values, mask, SPACING) for values in (image, 1000.0 + 1e-8 * image))
    for name in ("GLCM_Entropy", "GLSZM_ZonePercentage", "Intensity_Skewness"):
        assert found[name] == pytest.approx(plain[name], rel=1e-4)
    assert found["Intensity_Variance"] == pytest.approx(1e-16 * plain["Intensity_Variance"], rel=1e-4)


def test_a_value_on_an_edge_belongs_to_the_upper_bin_in_every_unit():
    tenths = np.arange(33) * 0.1
    assert fixed_bin_size(tenths, 0.1).levels.tolist() == list(range(1, 34))
    assert fixed_bin_size(tenths + 1000.0, 0.1, lower=1000.0).levels.tolist() == list(range(1, 34))
    assert fixed_bin_number(tenths, 32).levels.tolist() == [*range(1, 33), 32]
    below = np.nextafter(0.3 - 1e-9, 0)
    assert fixed_bin_size(np.array([0.0, below]), 0.1).levels.tolist() == [1, 3]


def test_whole_numbers_are_taken_as_they_are():
    large = np.array([2**40, 2**40 + 1, 2**40 + 2], dtype=np.int64).reshape(1, 1, 3)
    found = the_104(large, np.ones((1, 1, 3), dtype=bool), SPACING)
    assert found["Intensity_Range"] == 2.0
    assert found["Intensity_Mean"] == 2.0**40 + 1
