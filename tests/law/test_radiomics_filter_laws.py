"""Laws that filters obey whatever the image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.radiomics.filters import BY_KIND, filtered, parse_filter
from kinephen.radiomics.filters.base import BOUNDARIES
from kinephen.radiomics.filters.riesz import riesz_transform

SHAPE = (7, 8, 9)
SPACING = (3.0, 1.25, 0.8)
LINEAR = (
    "mean:support=3",
    "mean:support=5,dimensions=2",
    "log:sigma=1.5mm",
    "log:sigma=1.5mm,dimensions=2",
    "laws:kernels=E5L5S5,invariant=no,energy=0",
    "wavelet:family=db3,subband=LLH",
    "wavelet:family=coif1,subband=HH,level=2",
    "simoncelli:level=1",
    "simoncelli:level=1,dimensions=2",
    "riesz-log:order=110,sigma=1.5mm",
    "riesz-simoncelli:order=01,dimensions=2",
)
OTHERS = (
    "laws:kernels=L5E5E5",
    "laws:kernels=W5R5,pooling=min,energy=1",
    "gabor:sigma=2mm,lambda=3mm,gamma=1.5,step=45deg",
    "gabor:sigma=2mm,lambda=3mm,step=90deg,planes=orthogonal,pooling=max",
    "wavelet:family=haar,subband=LHL,level=2,pooling=max",
)
EVERY = LINEAR + OTHERS
DIRECTED = ("invariant=no", "riesz", "dimensions=2", "HH", "W5R5")
INVARIANT = tuple(text for text in EVERY if not any(word in text for word in DIRECTED))
"""Of the volume, without a direction."""

seeds = st.integers(0, 2**32 - 1)


def image(seed, shape=SHAPE):
    return np.random.default_rng(seed).normal(size=shape)


def apply(values, text, spacing=SPACING):
    return filtered(values, spacing, parse_filter(text))


def periodic(text):
    return text if "simoncelli" in text else f"{text},boundary=periodic"


def test_every_kind_of_filter_is_tried():
    assert {text.partition(":")[0] for text in EVERY} == set(BY_KIND)


@pytest.mark.parametrize("text", LINEAR)
@given(seed=seeds, factor=st.floats(-50, 50))
def test_the_response_to_a_sum_is_the_sum_of_the_responses(text, seed, factor):
    a, b = image(seed), image(seed + 1)
    expected = factor * apply(a, text) + apply(b, text)
    assert np.allclose(apply(factor * a + b, text), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("text", EVERY)
@given(seed=seeds, power=st.integers(-5, 6))
def test_the_response_scales_with_the_image(text, seed, power):
    values, factor = image(seed), 10.0**power
    expected = factor * apply(values, text)
    assert np.allclose(apply(factor * values, text), expected, rtol=1e-9, atol=1e-10 * factor)


@pytest.mark.parametrize("text", EVERY)
@given(seed=seeds, shift=st.tuples(*(st.integers(-9, 9) for _ in SHAPE)))
def test_a_periodic_image_that_is_shifted_gives_the_response_shifted(text, seed, shift):
    values, axes = image(seed), (0, 1, 2)
    expected = np.roll(apply(values, periodic(text)), shift, axes)
    assert np.allclose(apply(np.roll(values, shift, axes), periodic(text)), expected, atol=1e-9)


@pytest.mark.parametrize("text", INVARIANT)
@given(plane=st.sampled_from([(0, 1), (0, 2), (1, 2)]), seed=seeds, boundary=st.sampled_from(BOUNDARIES))
def test_a_filter_without_direction_turns_with_the_image(text, plane, seed, boundary):
    if text.startswith("simoncelli"):
        # Only on axes of odd length do the places of its weights lie on the frequencies.
        values, written = image(seed, (7, 5, 9)), text
    else:
        values, written = image(seed), f"{text},boundary={boundary}"
    if text.startswith("gabor") and "orthogonal" not in text:
        plane = (1, 2)
    cube = (1.1, 1.1, 1.1)
    expected = np.rot90(apply(values, written, cube), axes=plane)
    assert np.allclose(apply(np.rot90(values, axes=plane), written, cube), expected, atol=1e-9)


@pytest.mark.parametrize("text", ["log:sigma=2mm", "gabor:sigma=2mm,lambda=3mm,step=45deg,planes=orthogonal"])
@given(seed=seeds)
def test_spacings_turn_with_the_image(text, seed):
    values = image(seed)
    turned = filtered(values.transpose(2, 0, 1), (SPACING[2], *SPACING[:2]), parse_filter(text))
    assert np.allclose(turned, apply(values, text).transpose(2, 0, 1), atol=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "laws:kernels=L5E5E5", "laws:kernels=S5R5W5,energy=0", "wavelet:family=db3,subband=LLH",
        "wavelet:family=coif1,subband=HHH,level=2", "simoncelli:level=1",
    ],
)  # fmt: skip
@given(value=st.floats(-1e6, 1e6), boundary=st.sampled_from(["nearest", "periodic", "mirror"]))
def test_a_constant_image_has_no_band(text, boundary, value):
    written = text if text.startswith("simoncelli") else f"{text},boundary={boundary}"
    found = apply(np.full(SHAPE, value), written)
    assert np.abs(found).max() <= 1e-10 * max(1.0, abs(value))


@given(value=st.floats(-1e6, 1e6), boundary=st.sampled_from(["nearest", "periodic", "mirror"]))
def test_a_constant_image_gives_its_mean_and_little_of_a_laplacian(value, boundary):
    constant = np.full(SHAPE, value)
    assert np.allclose(apply(constant, f"mean:support=5,boundary={boundary}"), constant, rtol=1e-12)
    # The kernel is cut at 4 standard deviations; its sum is that of the normal tails.
    found = apply(constant, f"log:sigma=6mm,boundary={boundary}", (1.0, 1.0, 1.0))
    assert np.abs(found).max() <= 1.15e-3 * 3 / 6**2 * abs(value)
    assert np.ptp(found) <= 1e-9 * abs(value)


@given(seed=seeds, family=st.sampled_from(["haar", "db2", "db3", "coif1"]), level=st.integers(1, 3))
def test_subbands_share_the_energy_of_the_low_pass_before(seed, family, level):
    values, rest = image(seed), f",family={family},invariant=no,boundary=periodic"

    def energy(subband, level):
        return float((apply(values, f"wavelet:subband={subband},level={level}{rest}") ** 2).sum())

    subbands = [a + b + c for a in "LH" for b in "LH" for c in "LH"]
    before = energy("LLL", level - 1) if level > 1 else float((values**2).sum())
    assert sum(energy(s, level) for s in subbands) == pytest.approx(8 * before, rel=1e-9)


@given(seed=seeds)
def test_pooled_responses_lie_in_order(seed):
    values = image(seed)
    settings = "wavelet:family=db2,subband=LHL,pooling="
    low, middle, high = (apply(values, settings + how) for how in ("min", "mean", "max"))
    assert (low <= middle + 1e-12).all()
    assert (middle <= high + 1e-12).all()
    assert np.allclose(apply(-values, settings + "max"), -low, atol=1e-12)


@given(seed=seeds, total=st.integers(1, 4), shape=st.sampled_from([(7, 5, 9), (5, 3, 7)]))
def test_riesz_transforms_of_one_order_share_the_energy(seed, total, shape):
    values = image(seed, shape)
    values -= values.mean()
    orders = [f"{a}{b}{total - a - b}" for a in range(total + 1) for b in range(total + 1 - a)]
    parts = [riesz_transform(values, SPACING, order) for order in orders]
    assert sum(float((p**2).sum()) for p in parts) == pytest.approx(float((values**2).sum()), rel=1e-9)


@given(seed=seeds)
def test_riesz_transforms_turn_with_the_image(seed):
    values, cube = image(seed, (6, 8, 10)), (1.5, 1.5, 1.5)
    turned = np.rot90(values, axes=(1, 2))
    along_rows = riesz_transform(values, cube, "010")
    assert np.allclose(riesz_transform(turned, cube, "100"), np.rot90(along_rows, axes=(1, 2)), atol=1e-12)
