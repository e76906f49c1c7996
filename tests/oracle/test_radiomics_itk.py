"""Shape of the captk mode against ITK's own label shape statistics, on masks of many forms."""

import numpy as np
import pytest

from kinephen.radiomics import MaskContext, extract
from kinephen.radiomics.shape.axes import oriented_box, principal_axes
from kinephen.radiomics.shape.components import largest_component

sitk = pytest.importorskip("SimpleITK")

SPACINGS = {"cubic": (1.0, 1.0, 1.0), "breast": (2.0, 0.7, 0.7), "unequal": (3.1, 0.9, 1.3)}


def ellipsoid(shape, radii, spacing, angle=0.4):
    axes = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    turned = (z * np.cos(angle) - x * np.sin(angle), y, z * np.sin(angle) + x * np.cos(angle))
    return sum((t / r) ** 2 for t, r in zip(turned, radii, strict=True)) <= 1


def blobs(shape, spacing):
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(7).normal(size=shape)
    return gaussian_filter(noise, [2 / s for s in spacing]) > 0.01


def at_the_border(shape, spacing):
    mask = np.zeros(shape, dtype=bool)
    mask[:4, 5:14, 3:] = True
    mask[3:8, 8:, 2:6] = True
    return mask


MASKS = {
    "ellipsoid": lambda shape, spacing: ellipsoid(shape, (9.0, 6.0, 4.0), spacing),
    "blobs": blobs,
    "border": at_the_border,
}


def itk_statistics(mask, spacing, *, box=False):
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(tuple(float(s) for s in spacing[::-1]))
    components = sitk.ConnectedComponent(image, False)
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.ComputePerimeterOn()
    if box:
        statistics.ComputeOrientedBoundingBoxOn()
    statistics.Execute(components)
    label = max(statistics.GetLabels(), key=statistics.GetNumberOfPixels)
    return statistics, label


@pytest.mark.parametrize("spacing", SPACINGS.values(), ids=SPACINGS)
@pytest.mark.parametrize("form", MASKS)
def test_shape_equals_itk(form, spacing):
    mask = MASKS[form]((17, 24, 21), spacing)
    found = extract(MaskContext(mask, spacing), {"m": np.ones(mask.shape)}, mode="captk").features["m"]
    itk, label = itk_statistics(mask, spacing)
    exact = {
        "LargestComponentSize": itk.GetNumberOfPixels(label),
        "NumberOfPixels": itk.GetNumberOfPixels(label),
        "PhysicalSize": itk.GetPhysicalSize(label),
        "EquivalentSphericalRadius": itk.GetEquivalentSphericalRadius(label),
        "EquivalentSphericalPerimeter": itk.GetEquivalentSphericalPerimeter(label),
        "Flatness": itk.GetFlatness(label),
        "Elongation": itk.GetElongation(label),
        "PixelsOnBorder": itk.GetNumberOfPixelsOnBorder(label),
        "PerimeterOnBorder": itk.GetPerimeterOnBorder(label),
        **{f"EllipseDiameter_Axis-{i}": d for i, d in enumerate(itk.GetEquivalentEllipsoidDiameter(label))},
    }
    for name, value in exact.items():
        assert found[f"Morphologic_{name}"] == pytest.approx(value, rel=1e-9, abs=1e-9), name
    # ITK computes its weights, the documented ones are rounded to six digits.
    for name, value in (
        ("Perimeter", itk.GetPerimeter(label)),
        ("Roundness", itk.GetRoundness(label)),
        ("PerimeterOnBorderRatio", itk.GetPerimeterOnBorderRatio(label)),
    ):
        assert found[f"Morphologic_{name}"] == pytest.approx(value, rel=2e-6), name


@pytest.mark.parametrize("spacing", SPACINGS.values(), ids=SPACINGS)
def test_relations_of_the_ellipsoid(spacing):
    mask = ellipsoid((17, 24, 21), (9.0, 6.0, 4.0), spacing)
    found = extract(MaskContext(mask, spacing), {"m": np.ones(mask.shape)}, mode="captk").features["m"]
    d0, d1, d2 = (found[f"Morphologic_EllipseDiameter_Axis-{i}"] for i in range(3))
    assert np.pi / 6 * d0 * d1 * d2 == pytest.approx(found["Morphologic_PhysicalSize"])
    assert d1 / d0 == pytest.approx(found["Morphologic_Flatness"])
    assert d2 / d1 == pytest.approx(found["Morphologic_Elongation"])
    assert found["Morphologic_Eccentricity"] == pytest.approx((1 - d0 * d1 / d2**2) ** 0.5)
    assert found["Morphologic_Roundness"] < 1.05


def test_flat_lesion_has_zero_diameters_as_in_itk():
    mask = np.zeros((5, 9, 9), dtype=bool)
    mask[2, 1:7, 2:6] = True
    found = extract(MaskContext(mask, (2.0, 1.0, 1.0)), {"m": np.ones(mask.shape)}, mode="captk")
    itk, label = itk_statistics(mask, (2.0, 1.0, 1.0))
    values = found.features["m"]
    assert itk.GetFlatness(label) == values["Morphologic_Flatness"] == 0.0
    assert values["Morphologic_Elongation"] == pytest.approx(itk.GetElongation(label))
    for i, diameter in enumerate(itk.GetEquivalentEllipsoidDiameter(label)):
        assert diameter == values[f"Morphologic_EllipseDiameter_Axis-{i}"] == 0.0
    assert np.isnan(values["Morphologic_Eccentricity"])
    assert "one voxel thick" in found.reasons["m", "Morphologic_Eccentricity"]


def test_components_join_by_faces_only():
    mask = np.zeros((3, 6, 6), dtype=bool)
    mask[1, 0:2, 0:2] = True
    mask[1, 2:5, 2:5] = True  # touches the first block at a corner only
    context = MaskContext(mask, (1.0, 1.0, 1.0))
    captk = extract(context, {"m": np.ones(mask.shape)}, mode="captk").features["m"]
    clean = extract(context, {"m": np.ones(mask.shape)}).features["m"]
    assert captk["Morphologic_LargestComponentSize"] == clean["Morphologic_LargestComponentSize"] == 9
    assert captk["Morphologic_NumberOfPixels"] == 9  # the component; the clean value is the whole mask
    assert clean["Morphologic_NumberOfPixels"] == captk["Volumetric_Pixels"] == 13


@pytest.mark.parametrize("spacing", SPACINGS.values(), ids=SPACINGS)
def test_oriented_box_equals_itk(spacing):
    mask = ellipsoid((17, 24, 21), (9.0, 6.0, 4.0), spacing)
    context = MaskContext(mask, spacing)
    itk, label = itk_statistics(mask, spacing, box=True)
    found = oriented_box(context.region, spacing, principal_axes(context.region, spacing))
    assert sorted(found) == pytest.approx(sorted(itk.GetOrientedBoundingBoxSize(label)), rel=1e-6)
    clean = extract(context, {"m": np.ones(mask.shape)}).features["m"]
    captk = extract(context, {"m": np.ones(mask.shape)}, mode="captk").features["m"]
    for i in range(3):
        assert clean[f"Morphologic_OrientedBoundingBoxSize_Axis-{i}"] == pytest.approx(found[i])
        assert captk[f"Morphologic_OrientedBoundingBoxSize_Axis-{i}"] == 0.0


def test_real_breast_mask(reference):
    image = sitk.ReadImage(str(reference("data/mri/breast1_label.nrrd")))
    mask = sitk.GetArrayFromImage(image) == 1
    spacing = image.GetSpacing()[::-1]
    found = extract(MaskContext(mask, spacing), {"m": np.ones(mask.shape)}, mode="captk").features["m"]
    itk, label = itk_statistics(mask, spacing)
    for i, diameter in enumerate(itk.GetEquivalentEllipsoidDiameter(label)):
        assert found[f"Morphologic_EllipseDiameter_Axis-{i}"] == pytest.approx(diameter, rel=1e-9)
    assert found["Morphologic_Perimeter"] == pytest.approx(itk.GetPerimeter(label), rel=2e-6)
    assert largest_component(MaskContext(mask, spacing).region).size == itk.GetNumberOfPixels(label)
