"""Filters beside their definitions: dense kernels, closed forms; how they are written; what is refused."""

from dataclasses import fields
from itertools import product

import numpy as np
import pytest
from scipy.signal import convolve

from kinephen.errors import ConfigError, InputError
from kinephen.radiomics.filters import (
    BY_KIND,
    KINDS,
    Gabor,
    LaplacianOfGaussian,
    Laws,
    Mean,
    RieszLaplacian,
    RieszSimoncelli,
    Simoncelli,
    Wavelet,
    filter_records,
    filtered,
    parse_filter,
    parse_filters,
)
from kinephen.radiomics.filters.base import BOUNDARIES, MOST_REACH
from kinephen.radiomics.filters.catalogue import written
from kinephen.radiomics.filters.laws import KERNELS
from kinephen.radiomics.filters.riesz import riesz_transform
from kinephen.radiomics.filters.separable import rotations
from kinephen.radiomics.filters.wavelet_families import FAMILIES, scaling_filter

SPACING = (3.0, 1.25, 0.8)
IMAGE = np.random.default_rng(11).normal(100.0, 30.0, (7, 8, 9))
PAD = {"zero": "constant", "nearest": "edge", "periodic": "wrap", "mirror": "symmetric"}


def dense(image, kernel, boundary):
    """Return the convolution by its definition, on an image that is continued beyond its borders."""
    reach = [(n // 2, n // 2) for n in kernel.shape]
    return convolve(np.pad(image, reach, mode=PAD[boundary]), kernel, mode="valid", method="direct")


def outer(*kernels):
    """Return the dense kernel of kernels along (slice, row, column)."""
    return np.einsum("i,j,k->ijk", *kernels)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_mean_in_space_and_in_the_plane(boundary):
    cube, square = np.full((5, 5, 5), 1 / 125), np.full((1, 5, 5), 1 / 25)
    found = filtered(IMAGE, SPACING, Mean(support=5, boundary=boundary))
    assert np.allclose(found, dense(IMAGE, cube, boundary), rtol=1e-12)
    flat = filtered(IMAGE, SPACING, Mean(support=5, dimensions=2, boundary=boundary))
    assert np.allclose(flat, dense(IMAGE, square, boundary), rtol=1e-12)


@pytest.mark.parametrize("support", [1, 41])
def test_mean_of_one_voxel_is_the_image_and_a_kernel_may_be_larger_than_the_image(support):
    found = filtered(IMAGE, SPACING, Mean(support=support, boundary="periodic"))
    assert np.allclose(found, dense(IMAGE, np.full((support,) * 3, support**-3.0), "periodic"))


def laplacian(sigma, cutoff, dimensions):
    """Return the kernel of the Laplacian of Gaussian in mm, on the grid of SPACING."""
    sizes = np.array(SPACING[-dimensions:])
    reach = [int(np.floor(cutoff * sigma / s + 0.5)) for s in sizes]
    grid = np.meshgrid(*(np.arange(-n, n + 1) * s for n, s in zip(reach, sizes, strict=True)), indexing="ij")
    square = sum(g**2 for g in grid) / sigma**2
    voxel = np.prod(sizes) ** (1 / dimensions)
    scale = -((voxel / sigma) ** 2) * np.prod(sizes / sigma) * (2 * np.pi) ** (-dimensions / 2)
    kernel = scale * (dimensions - square) * np.exp(-square / 2)
    return kernel if dimensions == 3 else kernel[None]


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("dimensions", [2, 3])
def test_laplacian_of_gaussian_on_unequal_spacing(boundary, dimensions):
    settings = LaplacianOfGaussian(sigma_mm=1.7, cutoff=3, dimensions=dimensions, boundary=boundary)
    expected = dense(IMAGE, laplacian(1.7, 3, dimensions), boundary)
    assert np.allclose(filtered(IMAGE, SPACING, settings), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.5, 1.0, 1.5), (2.0, 1.2, 0.7)])
def test_laplacian_of_a_gaussian_blob_is_that_of_theory_whatever_the_spacing(spacing):
    tau, sigma = 4.0, 3.0
    half = [int(np.ceil(30 / s)) for s in spacing]
    axes = [np.arange(-n, n + 1) * s for n, s in zip(half, spacing, strict=True)]
    blob = outer(*(np.exp(-(a**2) / (2 * tau**2)) for a in axes))
    found = filtered(blob, spacing, LaplacianOfGaussian(sigma_mm=sigma, cutoff=6))[tuple(half)]
    total = tau**2 + sigma**2
    expected = -3 / total * (tau**2 / total) ** 1.5 * np.prod(spacing) ** (2 / 3)
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_laws_takes_the_first_kernel_along_columns(boundary):
    unit = {name: np.array(k, float) / np.linalg.norm(k) for name, k in KERNELS.items()}
    plain = {"invariant": False, "energy": 0, "boundary": boundary}
    found = filtered(IMAGE, SPACING, Laws(kernels="E5S3L5", **plain))
    assert np.allclose(found, dense(IMAGE, outer(unit["L5"], unit["S3"], unit["E5"]), boundary))
    flat = filtered(IMAGE, SPACING, Laws(kernels="W5R5", **plain))
    assert np.allclose(flat, dense(IMAGE, outer([1.0], unit["R5"], unit["W5"]), boundary))


def turned_by_hand(kernel):
    """Return every rotation of a cube, several times each: quarter turns about the three axes."""
    planes = ((0, 1), (0, 2), (1, 2))
    every = []
    for turns in product(range(4), repeat=3):
        turned = kernel
        for count, plane in zip(turns, planes, strict=True):
            turned = np.rot90(turned, count, plane)
        every.append(turned)
    return every


@pytest.mark.parametrize("pooling", ["max", "mean", "min"])
def test_pooling_goes_over_all_rotations_of_the_kernel(pooling):
    unit = {name: np.array(k, float) / np.linalg.norm(k) for name, k in KERNELS.items()}
    kernel = outer(unit["L5"], unit["E5"], unit["S5"])
    every = np.array([dense(IMAGE, k, "mirror") for k in turned_by_hand(kernel)])
    found = filtered(IMAGE, SPACING, Laws(kernels="S5E5L5", pooling=pooling, energy=0))
    assert np.allclose(found, getattr(every, pooling)(axis=0), atol=1e-10)


def test_energy_is_the_mean_of_the_absolute_response():
    settings = {"kernels": "L5E5E5", "boundary": "nearest"}
    response = filtered(IMAGE, SPACING, Laws(energy=0, **settings))
    expected = filtered(np.abs(response), SPACING, Mean(support=5, boundary="nearest"))
    assert np.allclose(filtered(IMAGE, SPACING, Laws(energy=2, **settings)), expected)


def gabor(sigma, wavelength, gamma, degrees, sizes):
    """Return the complex kernel on a plane of two spacings (row, column), far beyond its width."""
    rows, columns = (np.arange(-60, 61) * s for s in sizes)
    y, x = np.meshgrid(rows, columns, indexing="ij")
    t = np.deg2rad(degrees)
    along, across = x * np.cos(t) + y * np.sin(t), -x * np.sin(t) + y * np.cos(t)
    return np.exp(-(along**2 + (gamma * across) ** 2) / (2 * sigma**2) + 2j * np.pi * along / wavelength)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_gabor_beside_its_definition_on_unequal_spacing(boundary):
    kernel = gabor(2.0, 3.0, 1.5, 25.0, SPACING[1:])[None]
    settings = Gabor(sigma_mm=2, lambda_mm=3, gamma=1.5, theta_deg=25, boundary=boundary)
    expected = np.abs(
        convolve(np.pad(IMAGE, [(0, 0), (60, 60), (60, 60)], mode=PAD[boundary]), kernel, mode="valid")
    )
    assert np.allclose(filtered(IMAGE, SPACING, settings), expected, rtol=1e-5, atol=1e-4)


def test_gabor_of_the_wave_it_is_made_for():
    spacing, wavelength = (1.0, 0.9, 0.5), 5.0
    wave = np.broadcast_to(np.cos(2 * np.pi * np.arange(200) * 0.5 / wavelength), (1, 180, 200))
    settings = Gabor(sigma_mm=4, lambda_mm=wavelength, gamma=0.8)
    expected = np.pi * 4**2 / 0.8 / (0.9 * 0.5)
    assert filtered(wave, spacing, settings)[0, 90, 100] == pytest.approx(expected, rel=1e-4)
    across = Gabor(sigma_mm=4, lambda_mm=wavelength, gamma=0.8, theta_deg=90)
    assert filtered(wave, spacing, across)[0, 90, 100] < 1e-3 * expected


def test_directions_of_half_a_turn_stand_for_a_full_one():
    one = {"sigma_mm": 2.0, "lambda_mm": 3.0, "gamma": 0.7}
    every = [filtered(IMAGE, SPACING, Gabor(theta_deg=10 + 60 * n, **one)) for n in range(6)]
    found = filtered(IMAGE, SPACING, Gabor(theta_deg=10, step_deg=60, **one))
    assert np.allclose(found, np.mean(every, axis=0))
    most = filtered(IMAGE, SPACING, Gabor(theta_deg=10, step_deg=60, pooling="max", **one))
    assert np.allclose(most, np.max(every, axis=0))


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_orthogonal_planes_are_the_slices_along_each_axis(boundary):
    one = {"sigma_mm": 2.0, "lambda_mm": 3.0, "theta_deg": 20.0, "boundary": boundary}
    planes = [
        np.moveaxis(filtered(np.moveaxis(IMAGE, axis, 0), first(axis), Gabor(**one)), 0, axis)
        for axis in range(3)
    ]
    found = filtered(IMAGE, SPACING, Gabor(planes="orthogonal", **one))
    assert np.allclose(found, np.mean(planes, axis=0))


def first(axis):
    """Return the spacing with one axis moved to the front."""
    return (SPACING[axis], *(s for n, s in enumerate(SPACING) if n != axis))


@pytest.mark.parametrize("family", FAMILIES)
def test_scaling_filters_are_orthonormal_and_their_moments_vanish(family):
    h = scaling_filter(family)
    moments = {"haar": 1, "coif1": 2}.get(family) or int(family[2:])
    assert h.size == {"coif1": 6}.get(family, 2 * moments)
    assert h.sum() == pytest.approx(np.sqrt(2), abs=1e-12)
    for shift in range(0, h.size, 2):
        assert h[shift:] @ h[: h.size - shift] == pytest.approx(float(shift == 0), abs=1e-8)
    high = h * (-1.0) ** np.arange(h.size)
    places = np.linspace(-1, 1, h.size)
    assert [float(high @ places**m) for m in range(moments)] == pytest.approx([0.0] * moments, abs=1e-8)


def test_the_filters_of_two_moments_are_those_in_closed_form():
    root = np.sqrt(3.0)
    closed = np.array([1 + root, 3 + root, 3 - root, 1 - root]) / (4 * np.sqrt(2.0))
    assert np.allclose(scaling_filter("db2"), closed, atol=1e-14)
    assert np.array_equal(scaling_filter("db1"), scaling_filter("haar"))
    # Its scaling function has a vanishing first moment about the place 2, which makes it a Coiflet.
    assert scaling_filter("coif1") @ (np.arange(6) - 2) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_haar_is_the_sum_and_the_difference_of_a_voxel_and_the_next(boundary):
    def step(image, axis, sign):
        beyond = [(0, int(a == axis)) for a in range(3)]
        following = np.pad(image, beyond, mode=PAD[boundary]).take(range(1, image.shape[axis] + 1), axis=axis)
        return (following + sign * image) / np.sqrt(2.0)

    settings = Wavelet(family="haar", subband="HL", invariant=False, boundary=boundary)
    expected = step(step(IMAGE, 1, 1), 2, -1)
    assert np.allclose(np.abs(filtered(IMAGE, SPACING, settings)), np.abs(expected))


def test_a_wavelet_of_level_two_is_two_filters_with_holes():
    h = scaling_filter("db2")
    low = np.append(h[::-1], 0.0)
    high = np.append(h * [-1, 1, -1, 1], 0.0)
    holes = np.zeros(9)
    spread = {name: holes.copy() for name in "LH"}
    spread["L"][::2], spread["H"][::2] = low, high
    once = dense(IMAGE, outer(low, low, low), "nearest")
    expected = dense(once, outer(spread["L"], spread["L"], spread["H"]), "nearest")
    settings = Wavelet(family="db2", subband="HLL", level=2, invariant=False, boundary="nearest")
    assert np.allclose(filtered(IMAGE, SPACING, settings), expected)


def test_simoncelli_of_a_wave_on_an_odd_grid():
    n, cycles = 65, 16
    wave = np.broadcast_to(np.cos(2 * np.pi * cycles * np.arange(n) / n), (n, n, n))
    found = filtered(wave, SPACING, Simoncelli(level=1))
    radius = cycles / (n // 2)
    assert np.allclose(found, np.cos(np.pi / 2 * np.log2(2 * radius)) * wave, atol=1e-12)
    flat = filtered(wave[:3], SPACING, Simoncelli(level=1, dimensions=2))
    assert np.allclose(flat, found[:3])


@pytest.mark.parametrize("shape", [(1, 60, 80), (1, 61, 81)])
def test_riesz_of_a_plane_wave_weighs_its_direction(shape):
    """Of a cosine the first derivative is the sine times the direction, in mm on unequal spacing."""
    rows, columns = np.indices(shape)[1:]
    phase = 2 * np.pi * (3 * rows / shape[1] + 4 * columns / shape[2])
    y, x = 3 / (shape[1] * SPACING[1]), 4 / (shape[2] * SPACING[2])
    unit = np.array([x, y]) / np.hypot(x, y)
    for order, along in (("10", unit[0]), ("01", unit[1])):
        found = riesz_transform(np.cos(phase), SPACING, order)
        assert np.allclose(found, along * np.sin(phase), atol=1e-12)
    mixed = riesz_transform(np.cos(phase), SPACING, "110")
    assert np.allclose(mixed, -np.sqrt(2) * unit[0] * unit[1] * np.cos(phase), atol=1e-12)


def test_there_are_4_and_24_rotations_and_each_keeps_the_hand():
    for dimensions, count in ((2, 4), (3, 24)):
        every = list(rotations(dimensions))
        assert len(set(every)) == count
        for order, flips in every:
            matrix = np.eye(dimensions)[list(order)] * np.where(flips, -1, 1)[:, None]
            assert round(np.linalg.det(matrix)) == 1


def test_the_catalogue_names_every_setting():
    assert [row["name"] for row in filter_records()] == list(BY_KIND)
    for kind in KINDS:
        assert {f.name for f in fields(kind.settings)} == {*kind.parameters, "boundary"}
        assert set(filter_records()[KINDS.index(kind)]["parameters"]) == set(map(written, kind.parameters))
        assert parse_filter(kind.example).kind == kind.kind


@pytest.mark.parametrize(
    ("text", "settings", "name"),
    [
        ("log:sigma=3mm", LaplacianOfGaussian(sigma_mm=3), "log-3mm"),
        (
            " log: sigma = 0.5 mm , cutoff=3, dimensions=2,boundary=zero",
            LaplacianOfGaussian(sigma_mm=0.5, cutoff=3, dimensions=2, boundary="zero"),
            "log-0.5mm-cut3-2d-zero",
        ),
        ("mean:support=5,dimensions=2", Mean(support=5, dimensions=2), "mean-5-2d"),
        ("laws:kernels=L5E5", Laws(kernels="L5E5"), "laws-L5E5-max-energy7"),
        (
            "laws:kernels=L5E5,invariant=no,energy=0",
            Laws(kernels="L5E5", invariant=False, energy=0),
            "laws-L5E5",
        ),
        (
            "gabor:sigma=5mm,lambda=2mm,gamma=1.5,step=22.5deg,planes=orthogonal",
            Gabor(sigma_mm=5, lambda_mm=2, gamma=1.5, step_deg=22.5, planes="orthogonal"),
            "gabor-5mm-2mm-1.5-step22.5-mean-orthogonal",
        ),
        ("gabor:sigma=5mm,lambda=2mm", Gabor(sigma_mm=5, lambda_mm=2), "gabor-5mm-2mm-1-theta0"),
        (
            "wavelet:family=db3,subband=HH,level=2,invariant=No",
            Wavelet(family="db3", subband="HH", level=2, invariant=False),
            "wavelet-db3-HH-level2",
        ),
        ("simoncelli", Simoncelli(), "simoncelli-level1"),
        (
            "riesz-log:order=020,sigma=3mm",
            RieszLaplacian(order="020", sigma_mm=3),
            "riesz-020-log-3mm",
        ),
        (
            "riesz-simoncelli:order=11,dimensions=2",
            RieszSimoncelli(order="11", dimensions=2),
            "riesz-11-simoncelli-level1-2d",
        ),
        ("simoncelli:level=2,boundary=periodic", Simoncelli(level=2), "simoncelli-level2"),
    ],
)
def test_written_filters(text, settings, name):
    assert parse_filter(text) == settings
    assert settings.name == name
    assert "_" not in name


@pytest.mark.parametrize(
    "text",
    [
        "", "sharpen", "log", "log:", "log:sigma=3", "log:sigma=3voxels", "log:sigma=mm", "log:sigma=nanmm",
        "log:sigma=0mm", "log:sigma=-1mm", "log:sigma=3mm,sigma=4mm", "log:sigma=3mm,dimensions=4",
        "log:sigma=3mm,width=2", "log:sigma=3mm,boundary=open", "log:sigma", "mean:support=4",
        "mean:support=-3", "mean:support=5mm", "mean:support=99999", "laws:kernels=L5", "laws:kernels=L5X5",
        "laws:kernels=L5E5E5E5", "laws:kernels=L5E5,invariant=maybe", "laws:kernels=L5E5,pooling=median",
        "laws:kernels=L5E5,energy=-1", "gabor:sigma=1mm,lambda=2mm,step=7deg",
        "gabor:sigma=1mm,lambda=2mm,step=0.001deg", "gabor:sigma=1mm,lambda=2mm,theta=infdeg",
        "gabor:sigma=1mm,lambda=2mm,planes=oblique", "gabor:sigma=1mm,lambda=2mm,gamma=0",
        "wavelet:family=db3,subband=lh", "wavelet:family=sym4,subband=LH", "wavelet:family=db3,subband=L",
        "wavelet:family=db3,subband=LH,level=9", "simoncelli:level=0", "simoncelli:boundary=mirror",
        "riesz-log:sigma=3mm", "riesz-log:sigma=3mm,order=10", "riesz-log:sigma=3mm,order=000",
        "riesz-log:sigma=3mm,order=410", "riesz-log:sigma=3mm,order=1-1", "riesz-simoncelli:order=²00",
    ],
)  # fmt: skip
def test_what_cannot_be_a_filter_is_refused(text):
    with pytest.raises(ConfigError) as caught:
        parse_filter(text)
    assert caught.value.code == "radiomics.filter"


def test_several_filters_keep_their_order_and_none_is_there_twice():
    found = parse_filters(["mean:support=3", "log:sigma=3mm"])
    assert list(found) == ["mean-3", "log-3mm"]
    with pytest.raises(ConfigError, match="twice"):
        parse_filters(["log:sigma=3mm", "log:sigma=3.0mm"])
    with pytest.raises(ConfigError, match="at most"):
        parse_filters(f"log:sigma={n}mm" for n in range(1, 70))


@pytest.mark.parametrize(
    "image",
    [
        np.ones((4, 4)),
        np.ones((0, 4, 4)),
        np.ones((4, 4, 4), dtype=complex),
        np.full((4, 4, 4), "a"),
        np.where(np.arange(64).reshape(4, 4, 4) == 5, np.nan, 1.0),
        np.where(np.arange(64).reshape(4, 4, 4) == 5, np.inf, 1.0),
    ],
)
def test_images_that_cannot_be_filtered(image):
    with pytest.raises(InputError) as caught:
        filtered(image, (1, 1, 1), Mean(support=3))
    assert caught.value.code == "radiomics.filter_image"


@pytest.mark.parametrize("spacing", [(1, 1), (1, 1, 0), (1, 1, np.nan), (1, -1, 1)])
def test_spacings_that_cannot_be(spacing):
    with pytest.raises(InputError, match="spacings"):
        filtered(IMAGE, spacing, Mean(support=3))


@pytest.mark.parametrize(
    "settings",
    [
        LaplacianOfGaussian(sigma_mm=30),
        Gabor(sigma_mm=30, lambda_mm=3),
        Gabor(sigma_mm=1, lambda_mm=1, gamma=1e-6),
    ],
)
def test_kernels_far_larger_than_any_image_are_refused(settings):
    with pytest.raises(InputError, match=str(MOST_REACH)) as caught:
        filtered(IMAGE, (0.1, 0.1, 0.1), settings)
    assert caught.value.code == "radiomics.filter_reach"


def test_simoncelli_needs_voxels_for_its_octave():
    with pytest.raises(InputError, match="needs 8 voxels along each axis, found 7 x 8 x 9"):
        filtered(IMAGE, SPACING, Simoncelli(level=2))


def test_the_image_is_left_as_it_is_and_may_hold_whole_numbers():
    whole = np.arange(7 * 8 * 9, dtype=np.int16).reshape(7, 8, 9)
    before = whole.copy()
    for text in ("mean:support=3", "log:sigma=1mm", "laws:kernels=L5E5E5", "wavelet:family=haar,subband=LLL"):
        found = filtered(whole, SPACING, parse_filter(text))
        assert found.dtype == np.float64
        assert np.array_equal(found, filtered(whole.astype(float), SPACING, parse_filter(text)))
    assert np.array_equal(whole, before)
