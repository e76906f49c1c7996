"""Why a peer's value differs from ours: each convention bound to its features, and held against the numbers.

A rule that reproduces gives our value under the peer's convention, which must be the peer's value to 1e-6. A
rule that bounds says how far the convention may reach.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kinephen.radiomics import MaskContext
from kinephen.radiomics.boxes import box_sum
from kinephen.radiomics.discretise import fixed_bin_number
from kinephen.radiomics.ibsi import Key
from kinephen.radiomics.local_intensity import RADIUS_MM, local_peaks
from kinephen.radiomics.ngtdm import FEATURES as TONES
from kinephen.radiomics.ngtdm import ToneTable, ngtdm_features
from kinephen.radiomics.roi import RoiMaker

MESH = (
    "volume_mesh", "surface_area", "surface_to_volume", "compactness_1", "compactness_2",
    "spherical_disproportion", "sphericity", "asphericity", "volume_density_ellipsoid",
    "area_density_ellipsoid", "volume_density_box", "area_density_box", "volume_density_hull",
    "area_density_hull", "integrated_intensity",
)  # fmt: skip
"""Features that follow from the mesh."""
MIRP_SAMPLES_FROM = 1000
"""Voxels."""


@dataclass(frozen=True)
class Case:
    """One image and mask with our values and those of a peer.

    Parameters
    ----------
    image, mask : ndarray, shape (nz, ny, nx)
    spacing : tuple of float
        mm along (slice, row, column).
    ours, joined : dict
        Our values, and those with Lewiner's mesh.
    theirs : dict
        The peer's.
    """

    image: np.ndarray
    mask: np.ndarray
    spacing: tuple[float, float, float]
    ours: dict[Key, float]
    joined: dict[Key, float]
    theirs: dict[Key, float]

    @property
    def voxels(self) -> int:
        return int(np.count_nonzero(self.mask))


@dataclass(frozen=True)
class Rule:
    """A convention of a peer.

    Parameters
    ----------
    peer, name, why : str
    family : str
    features : tuple of str
    as_peer : callable, optional
        From case and key to our value under the convention.
    within : callable, optional
        From case and key to the largest distance that the convention explains.
    """

    peer: str
    name: str
    why: str
    family: str
    features: tuple[str, ...]
    as_peer: Callable[[Case, Key], float] | None = None
    within: Callable[[Case, Key], float] | None = None

    def explains(self, case: Case, key: Key) -> bool:
        """Tell whether the convention gives the peer's value, or allows its distance."""
        if (key[0], key[1]) not in {(self.family, feature) for feature in self.features}:
            return False
        theirs = case.theirs[key]
        if self.as_peer is not None:
            return equal(self.as_peer(case, key), theirs)
        assert self.within is not None
        return abs(case.ours[key] - theirs) <= self.within(case, key)


def equal(first: float, second: float) -> bool:
    """Tell whether two values agree to a millionth."""
    return abs(first - second) <= 1e-6 * max(abs(first), abs(second))


def _sphere_beyond_the_edge(case: Case, key: Key) -> float:
    reach = [(int(RADIUS_MM / s),) * 2 for s in case.spacing]
    image = np.pad(case.image, reach, mode="edge")
    context = MaskContext(np.pad(case.mask, reach), case.spacing)
    value = local_peaks(image, RoiMaker(context)(image))[key[1]]
    assert isinstance(value, float)
    return value


def _lone_voxels_counted(case: Case, key: Key) -> float:
    roi = RoiMaker(MaskContext(case.mask, case.spacing))(case.image)
    region, levels = roi.region, fixed_bin_number(roi.values, 32).levels
    grid = region.grid(levels).reshape(region.inside.shape)
    around = box_sum(grid, (1, 1, 1)).ravel()[region.positions] - levels
    mean = around / np.maximum(region.neighbours, 1)
    difference = np.where(region.neighbours > 0, np.abs(levels - mean), 0.0)
    value = ngtdm_features(ToneTable.of(levels, difference))[key[1]]
    assert isinstance(value, float)
    return value


def _open_cells(case: Case, key: Key) -> float:
    """Return a twentieth of the value: the cells that touch the surface at edges or corners only are few."""
    return 0.05 * abs(case.ours[key])


def _rounding_of_positions(case: Case, key: Key) -> float:
    extent = float(np.linalg.norm(np.asarray(case.mask.shape) * case.spacing))
    return 4.0 * float(np.finfo(np.float32).eps) * extent


def _sampled_pairs(case: Case, key: Key) -> float:
    return 0.05 if case.voxels >= MIRP_SAMPLES_FROM else 0.0


RULES = (
    Rule(
        "mirp",
        "joined voxels",
        "The mesh is that of Lewiner's marching cubes, which joins voxels that touch at an edge; ours with "
        '`mesh = "lewiner"` gives the same value.',
        "morphology",
        MESH,
        as_peer=lambda case, key: case.joined[key],
    ),
    Rule(
        "mirp",
        "sphere beyond the edge",
        "Where the sphere of 1 cm³ leaves the image, MIRP repeats the outermost voxels; ours is the mean of "
        "the voxels that are there. With the image continued in this way ours gives the same value.",
        "local_intensity",
        ("local_peak", "global_peak"),
        as_peer=_sphere_beyond_the_edge,
    ),
    Rule(
        "mirp",
        "sampled pairs",
        f"From {MIRP_SAMPLES_FROM:,} voxels on MIRP estimates Moran's I and Geary's C from pairs drawn at "
        "random (its setting `no_approximation` is off by default); ours are over all pairs. The smaller "
        "cases, of which MIRP takes all pairs, agree.",
        "morphology",
        ("moran_i", "geary_c"),
        within=_sampled_pairs,
    ),
    Rule(
        "mirp",
        "single precision",
        "The shift is a small difference of two positions, in which the rounding of the spacing to single "
        "precision in the file shows.",
        "morphology",
        ("centre_of_mass_shift",),
        within=_rounding_of_positions,
    ),
    Rule(
        "mirp",
        "moments in single precision",
        "MIRP holds intensities in single precision and takes the higher moments in it; held to a hundred "
        "times its rounding.",
        "statistics",
        ("skewness", "excess_kurtosis"),
        within=lambda case, key: 100.0 * float(np.finfo(np.float32).eps) * abs(case.ours[key]),
    ),
    Rule(
        "pyradiomics",
        "kurtosis",
        "PyRadiomics does not subtract 3.",
        "statistics",
        ("excess_kurtosis",),
        as_peer=lambda case, key: case.ours[key] + 3.0,
    ),
    Rule(
        "pyradiomics",
        "moments over N",
        "Axis lengths come from moments divided by N; IBSI's, and ours, by N - 1.",
        "morphology",
        ("major_axis_length", "minor_axis_length", "least_axis_length"),
        as_peer=lambda case, key: case.ours[key] * ((case.voxels - 1) / case.voxels) ** 0.5,
    ),
    Rule(
        "pyradiomics",
        "lone voxels",
        "A voxel without neighbours in the mask counts in the probabilities of the tone difference matrix, "
        "with a difference of 0; IBSI leaves it out. Counted so, ours gives the same value.",
        "ngtdm",
        TONES,
        as_peer=_lone_voxels_counted,
    ),
    Rule(
        "pyradiomics",
        "table of its mesh",
        "PyRadiomics has a table of marching cubes of its own: it cuts polygons of more than three corners "
        "in another way, and voxels that touch at an edge are joined in some directions and separate in "
        "others. "
        "Not reproduced; held to 5 % of the value.",
        "morphology",
        MESH,
        within=_open_cells,
    ),
)


def rule_for(peer: str, case: Case, key: Key) -> Rule | None:
    """Return the first rule that explains a difference, None if none does."""
    return next((rule for rule in RULES if rule.peer == peer and rule.explains(case, key)), None)
