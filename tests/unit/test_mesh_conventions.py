"""Two conventions of the surface of a mask: voxels that touch at an edge are separate, or joined."""

import itertools

import numpy as np
import pytest

from kinephen.radiomics import MaskContext, extract
from kinephen.radiomics.region import Region
from kinephen.radiomics.shape.mesh import mesh_volume_area, triangles

SPACING = (2.0, 0.7, 0.9)
MESHES = ("separated", "lewiner")


def random_mask(share):
    return np.random.default_rng(7).random((7, 8, 9)) < share


@pytest.mark.parametrize(
    ("share", "volume", "area"),
    [
        (0.2, 83.3175, 416.64987955230845),
        (0.5, 272.79, 853.2818992464547),
        (0.8, 520.6425, 722.7420221570878),
    ],
)
def test_lewiner_gives_the_values_of_scikit_image(share, volume, area):
    """skimage.measure.marching_cubes 0.26 of the mask with a border of one voxel, level 0.5."""
    found = mesh_volume_area(Region.of(random_mask(share)), SPACING, "lewiner")
    assert found == pytest.approx((volume, area), rel=1e-12)


def test_two_voxels_that_touch_at_an_edge():
    touching = np.zeros((3, 4, 5), dtype=bool)
    touching[1, 1, 1] = touching[1, 2, 2] = True
    alone = np.zeros_like(touching)
    alone[1, 1, 1] = True
    one = mesh_volume_area(Region.of(alone), SPACING)
    assert mesh_volume_area(Region.of(touching), SPACING) == pytest.approx([2 * v for v in one])
    assert mesh_volume_area(Region.of(touching), SPACING, "lewiner")[0] > 2 * one[0]


def test_a_compact_mask_has_one_surface():
    z, y, x = np.ogrid[-8:9, -9:10, -10:11]
    ball = Region.of(z**2 / 40 + y**2 / 60 + x**2 / 70 < 1)
    separated, lewiner = (mesh_volume_area(ball, SPACING, mesh) for mesh in MESHES)
    assert separated == pytest.approx(lewiner, rel=1e-12)


@pytest.mark.parametrize("mesh", MESHES)
def test_every_surface_is_closed(mesh):
    """The vector areas of a closed surface add up to nothing; on a cell's faces both sides draw one line."""
    pieces = triangles(mesh)
    inside = Region.of(random_mask(0.5)).inside
    total = np.zeros(3)
    for corner in itertools.product(*(range(n - 1) for n in inside.shape)):
        cell = inside[tuple(slice(c, c + 2) for c in corner)].ravel()
        mine = pieces.case == int(cell @ (1 << np.arange(8)))
        a, b, c = pieces.points[mine].transpose(1, 0, 2)
        total += (np.cross(b - a, c - a) * pieces.weight[mine, None]).sum(axis=0)
    assert np.abs(total).max() < 1e-9


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("mesh", MESHES)
def test_turning_and_mirroring_changes_nothing(axes, mesh):
    mask = random_mask(0.4)
    turned = np.flip(mask.transpose(axes), 1)
    spacing = tuple(SPACING[a] for a in axes)
    found = mesh_volume_area(Region.of(turned), spacing, mesh)
    assert found == pytest.approx(mesh_volume_area(Region.of(mask), SPACING, mesh), rel=1e-12)


def test_the_catalogue_takes_the_convention():
    mask = random_mask(0.5)
    image = np.arange(mask.size, dtype=float).reshape(mask.shape)
    found = [
        extract(MaskContext(mask, SPACING), {"m": image}, mesh=mesh).features["m"]["Morphologic_Perimeter"]
        for mesh in MESHES
    ]
    assert found[1] == pytest.approx(853.2818992464547)
    assert found[0] != pytest.approx(found[1], rel=1e-3)
