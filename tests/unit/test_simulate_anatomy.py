"""Noise fields, the lesion on a grid and the breast around it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from kinephen.core.streams import stream
from kinephen.simulate.anatomy import breast_tissue, draw_breast, tissue_maps
from kinephen.simulate.exam import grid_coordinates
from kinephen.simulate.fields import Coordinates, draw_field
from kinephen.simulate.lesion import NECROSIS, RIM, place_lesion, plan_lesion
from kinephen.simulate.settings import ImageSettings
from kinephen.simulate.tumour import LesionState, draw_baseline, evolve

STATE = LesionState(
    volume_cc=12.0,
    necrotic_fraction=0.1,
    ktrans=0.3,
    ve=0.4,
    contrast=0.4,
    texture_mm=3.0,
    irregularity=0.2,
    rim=0.2,
)


def coordinates(image: ImageSettings) -> Coordinates:
    return grid_coordinates(image)


def placed(state: LesionState, image: ImageSettings | None = None, seed: int = 5):
    image = image or ImageSettings(matrix=72, slices=18)
    where = coordinates(image)
    plan = plan_lesion(stream(seed, "lesion"))
    breast = draw_breast(stream(seed, "breast"), lesion_centre_mm=plan.centre_mm)
    volume = (image.field_of_view_mm / image.matrix) ** 2 * image.coverage_mm / image.slices
    lesion = place_lesion(plan, state, where, voxel_mm3=volume, allowed=breast_tissue(breast, where))
    return lesion, breast, where, volume


def test_a_field_has_mean_0_and_variance_1_and_the_stated_length():
    axis = np.arange(-40.0, 40.0, 1.0)
    where = Coordinates(axis[::4], axis, axis)
    fields = [draw_field(stream(n, "field"), extent_mm=40.0, length_mm=4.0) for n in range(6)]
    values = np.stack([f.on(where, length_mm=4.0) for f in fields])
    assert values.mean() == pytest.approx(0.0, abs=0.1)
    assert values.var() == pytest.approx(1.0, abs=0.12)
    # A Gaussian blur of SD L makes the correlation exp(-d^2 / (4 L^2)): 1/e at d = 2 L.
    lag = (values[..., 8:] * values[..., :-8]).mean() / values.var()
    assert lag == pytest.approx(np.exp(-1), abs=0.1)


def test_a_field_is_the_same_on_a_finer_grid():
    field = draw_field(stream(1, "field"), extent_mm=20.0, length_mm=3.0)
    coarse = np.arange(-10.0, 11.0, 2.0)
    fine = np.arange(-10.0, 10.5, 0.5)
    a = field.on(Coordinates(coarse, coarse, coarse), length_mm=3.0)
    b = field.on(Coordinates(fine, fine, fine), length_mm=3.0)
    np.testing.assert_allclose(a, b[::4, ::4, ::4], atol=1e-12)


def test_another_length_zooms_the_field():
    field = draw_field(stream(1, "field"), extent_mm=30.0, length_mm=3.0)
    axis = np.arange(-9.0, 10.0, 3.0)
    a = field.on(Coordinates(axis, axis, axis), length_mm=3.0)
    b = field.on(Coordinates(2 * axis, 2 * axis, 2 * axis), length_mm=6.0)
    np.testing.assert_allclose(a, b, atol=1e-12)


def test_moving_the_body_moves_the_field():
    field = draw_field(stream(2, "field"), extent_mm=30.0, length_mm=4.0)
    axis = np.arange(-10.0, 11.0, 2.0)
    where = Coordinates(axis, axis, axis)
    still, moved = field.on(where, length_mm=4.0), field.on(where.moved((2.0, 0.0, -4.0)), length_mm=4.0)
    np.testing.assert_allclose(moved[1:, :, :-2], still[:-1, :, 2:], atol=1e-12)


@pytest.mark.parametrize(("matrix", "slices"), [(48, 12), (72, 18), (96, 24)])
def test_the_planned_volume_holds_on_every_grid(matrix, slices):
    lesion, _, _, volume = placed(STATE, ImageSettings(matrix=matrix, slices=slices))
    voxels = int((lesion.regions > 0).sum())
    assert abs(voxels * volume - 12_000.0) <= volume / 2
    dead = int((lesion.regions == NECROSIS).sum())
    assert dead == round(0.1 * voxels)


def test_necrosis_lies_inside_and_the_rim_outside():
    lesion, *_ = placed(STATE)
    inside = np.pad(lesion.regions > 0, 1)
    core = inside.copy()
    for axis in range(3):
        core &= np.roll(inside, 1, axis) & np.roll(inside, -1, axis)
    core = core[1:-1, 1:-1, 1:-1]
    assert (core[lesion.regions == NECROSIS]).mean() > 0.9
    assert (core[lesion.regions == RIM]).mean() < 0.4


def test_contrast_widens_the_spread_of_exchange():
    spread = [placed(replace(STATE, contrast=c, rim=0.0, necrotic_fraction=0.0))[0] for c in (0.1, 0.3, 0.6)]
    sds = [np.log(m.ktrans[m.regions > 0]).std() for m in spread]
    assert sds[0] < sds[1] < sds[2]


def test_irregularity_roughens_the_outline():
    def faces(state):
        inside = np.pad(placed(state)[0].regions > 0, 1)
        return sum(int((inside != np.roll(inside, 1, axis)).sum()) for axis in range(3))

    assert faces(replace(STATE, irregularity=0.5)) > 1.1 * faces(replace(STATE, irregularity=0.02))


def test_a_change_upwards_raises_every_trait_of_heterogeneity():
    before = draw_baseline(stream(4, "tumour"))
    down, up = (evolve(before, change, stream(4, "evolve")) for change in (-1.0, 1.0))
    assert up.contrast > down.contrast
    assert up.irregularity > down.irregularity
    assert up.necrotic_fraction >= down.necrotic_fraction
    assert up.rim > down.rim
    assert up.texture_mm < down.texture_mm
    assert up.volume_cc > down.volume_cc


def test_viable_volume_and_radius_by_hand():
    assert STATE.viable_cc == pytest.approx(10.8)
    assert STATE.radius_mm == pytest.approx((12_000 * 3 / (4 * np.pi)) ** (1 / 3))


def test_the_breast_has_air_skin_gland_and_lesion():
    lesion, breast, where, _ = placed(STATE)
    maps = tissue_maps(breast, where, lesion)
    assert maps.m0.shape == where.shape
    assert (maps.m0[:, 0, 0] == 0).all()  # air in the front corner
    inside = np.zeros(where.shape, dtype=bool)
    inside[lesion.box] = lesion.regions > 0
    assert breast_tissue(breast, where)[inside].all()
    viable = lesion.regions[lesion.regions > 0] != NECROSIS
    assert np.median(maps.ktrans[inside][viable]) > 5 * np.median(maps.ktrans[~inside & (maps.m0 > 0)])
    assert (maps.t10_s > 0).all()
    assert (maps.ve > 0).all()
