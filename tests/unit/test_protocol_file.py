"""Protocols of an extraction: what is refused, what has a default, and that the page names every key."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from kinephen.errors import ConfigError, InputError
from kinephen.radiomics import MaskContext
from kinephen.radiomics.complete_responses import by_protocol
from kinephen.radiomics.prepare import prepare
from kinephen.radiomics.protocol import Discretisation, Features, Protocol, Resampling, Resegmentation
from kinephen.study.tables.protocol_file import read_protocol

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"
SPACING = (2.0, 0.7, 0.9)
SHAPE = (7, 8, 9)


@pytest.fixture
def read(tmp_path):
    def call(text):
        (tmp_path / "p.toml").write_text(text, encoding="utf-8")
        return read_protocol(tmp_path / "p.toml")

    return call


def test_an_empty_file_is_the_defaults(read):
    assert read("") == Protocol()


def test_the_page_names_every_key():
    text = (DOCS / "protocol.md").read_text(encoding="utf-8")
    for section in dataclasses.fields(Protocol):
        for key in dataclasses.fields(getattr(Protocol(), section.name)):
            assert f"`{section.name}.{key.name}`" in text


@pytest.mark.parametrize("path", sorted((DOCS / "protocols").glob("*.toml")), ids=lambda p: p.stem)
def test_the_examples_are_read(path):
    assert read_protocol(path).features.autocorrelation


FAULTS = {
    "[resamplin]": ("protocol.key", "unknown section: resamplin", "did you mean resampling?"),
    "[resampling]\nspacin = 1": (
        "protocol.key",
        "unknown key in [resampling]: spacin",
        "did you mean spacing?",
    ),
    "resampling = 1": ("protocol.value", "resampling must be a section", ""),
    "[resampling]\nspacing = [1, 2]": ("protocol.value", "resampling.spacing", ""),
    "[resampling]\nspacing = -1": ("protocol.value", "resampling.spacing must be above 0 mm", ""),
    "[resampling]\nmask_threshold = 0": ("protocol.value", "above 0, at most 1", ""),
    "[resegmentation]\nlow = 2\nhigh = 1": ("protocol.value", "resegmentation.low must be below high", ""),
    "[resegmentation]\nlow = nan": ("protocol.value", "resegmentation.low", ""),
    "[discretisation]\nbins = 1000000": ("protocol.value", "from 1 to 4096", ""),
    "[discretisation]\nbins = 1.5": ("protocol.value", "valid integer", ""),
    "[discretisation]\nlower = 1": ("protocol.value", "given with width only", ""),
    "[ivh]\nwidth = 2020-01-01": ("protocol.value", "ivh.width", ""),
    '[textures]\nzonal = ["4D"]': ("protocol.value", "'2D', '2.5D' or '3D'", ""),
    '[features]\nmesh = "cubes"': ("protocol.value", "'separated' or 'lewiner'", ""),
    "x": ("protocol.file", "no protocol in TOML", ""),
}


@pytest.mark.parametrize("text", FAULTS)
def test_what_is_refused_and_how(read, text):
    code, message, hint = FAULTS[text]
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert caught.value.code == code
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        read_protocol(tmp_path / "p.toml")


def case(seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=SHAPE) + 3.0, rng.random(SHAPE) < 0.7


def measured(image, mask, protocol):
    return by_protocol({"m": image}, MaskContext(mask, SPACING), protocol)["m"]


def test_kept_axes_and_cubes():
    assert Resampling(spacing=("keep", 1.0, 2.0)).grid(SPACING) == (2.0, 1.0, 2.0)
    assert Resampling(spacing=1.5).grid(SPACING) == (1.5, 1.5, 1.5)
    assert Resampling().grid(SPACING) == SPACING


@pytest.mark.parametrize("order", ["linear", "cubic", "nearest"])
@pytest.mark.parametrize("alignment", ["centre", "corner", "origin"])
def test_a_plane_stays_a_plane_whatever_the_grid_shares(order, alignment):
    """An image that rises along rows says where its new voxels lie."""
    rows = np.arange(8) * 0.7
    image = np.broadcast_to(rows[None, :, None], SHAPE).copy()
    grid = Resampling(spacing=("keep", 0.35, "keep"), interpolation=order, alignment=alignment)
    found = prepare(image, MaskContext(np.ones(SHAPE, bool), SPACING), Protocol(resampling=grid)).image[
        3, :, 4
    ]
    start = {"centre": -0.175, "corner": -0.175, "origin": 0.0}[alignment]
    inner = start + np.arange(found.size) * 0.35
    inside = (inner > 1.5) & (inner < 3.5)
    assert inside.sum() >= 5
    tolerance = {"linear": 1e-9, "cubic": 0.02, "nearest": 0.35 + 1e-9}[order]
    assert np.abs(found - inner)[inside].max() <= tolerance


def test_values_that_are_not_finite_do_not_spread():
    image, _ = case()
    image[3, 4, 4] = np.nan
    for order in ("linear", "cubic", "nearest"):
        grid = Resampling(spacing=(2.0, 0.35, 0.9), interpolation=order)
        prepared = prepare(image, MaskContext(np.ones(SHAPE, bool), SPACING), Protocol(resampling=grid))
        lost = ~np.isfinite(prepared.image)
        assert 1 <= lost.sum() <= 2
        assert not (prepared.keep & lost).any()


def test_mean_and_deviation_are_those_before_the_range():
    image, mask = case()
    values = image[mask]
    wanted = (np.abs(values - values.mean()) <= 1.5 * values.std()) & (values >= 3.0)
    protocol = Protocol(resegmentation=Resegmentation(low=3.0, deviations=1.5))
    assert measured(image, mask, protocol).diagnostics["voxels"] == wanted.sum()


def test_a_fixed_lower_bound():
    image, mask = case()
    protocol = Protocol(discretisation=Discretisation(width=0.5, lower=-4.0))
    found = measured(image, mask, protocol)
    lowest = np.floor((image[mask].min() + 4.0) / 0.5) + 1
    assert found.features["intensity_histogram_minimum"] == lowest
    assert found.diagnostics["lower_edge"] == -4.0


def test_only_the_families_that_are_asked_for():
    image, mask = case()
    found = measured(image, mask, Protocol(features=Features(families=("ngldm", "morphology"))))
    assert {name.split("_")[0] for name in found.features} == {"ngldm", "morphology"}
    assert set(found.reasons) == {"morphology_moran_i", "morphology_geary_c"}


def test_a_grid_of_too_many_voxels_is_refused_before_it_is_made():
    image, mask = case()
    with pytest.raises(InputError, match="at most 268,435,456 are computed"):
        prepare(image, MaskContext(mask, SPACING), Protocol(resampling=Resampling(spacing=1e-4)))


def test_an_empty_mask_gives_every_feature_a_reason():
    image, mask = case()
    found = measured(image, np.zeros_like(mask), Protocol())
    full = measured(image, mask, Protocol())
    assert list(found.features) == list(full.features)
    assert set(found.reasons) == set(found.features)


def test_a_width_that_suits_no_level_leaves_the_rest():
    image, mask = case()
    protocol = Protocol(discretisation=Discretisation(width=1e-6))
    found = measured(image, mask, protocol)
    assert np.isfinite(found.features["statistics_mean"])
    assert np.isfinite(found.features["ivh_v10"])
    assert "at most 4096 are possible" in found.reasons["ngldm_energy_3D"]
