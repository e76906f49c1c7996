"""Texture features of the `captk` mode."""

from __future__ import annotations

import numpy as np

from kinephen.radiomics.aggregate import Levelled, pair_table
from kinephen.radiomics.boxes import box_sum
from kinephen.radiomics.captk.levels import glcm_levels, tone_levels, zone_levels
from kinephen.radiomics.captk.presets import CaptkPreset
from kinephen.radiomics.captk.runs import captk_run_table
from kinephen.radiomics.clean import GLCM_NAMES, GLRLM_NAMES, GLSZM_NAMES, NGTDM_NAMES, renamed
from kinephen.radiomics.glcm import PairTable, glcm_features
from kinephen.radiomics.joint import JointTable, joint_features
from kinephen.radiomics.ngtdm import ToneTable, ngtdm_features
from kinephen.radiomics.offsets import cube
from kinephen.radiomics.region import Region
from kinephen.radiomics.roi import Roi
from kinephen.radiomics.undefined import Undefined, Value
from kinephen.radiomics.zones import join, measure_joined
from kinephen.types import FloatVolume

SMALLEST_P = 1e-4
COARSEST = 1e6


def captk_textures(roi: Roi, image: FloatVolume, preset: CaptkPreset) -> dict[str, Value]:
    """Return the 33 texture features of a region that is not empty.

    Parameters
    ----------
    roi : Roi
    image : ndarray, shape (nz, ny, nx)
        The whole map: runs may leave the mask.
    preset : CaptkPreset
    """
    return (
        captk_glcm(roi, preset)
        | captk_glrlm(roi, image, preset)
        | captk_glszm(roi, preset)
        | captk_ngtdm(roi, preset)
    )


def captk_glcm(roi: Roi, preset: CaptkPreset) -> dict[str, Value]:
    """Return the 6 co-occurrence features, averaged over directions.

    Notes
    -----
    Bins up to the maximum + 1 (`kinephen.radiomics.captk.levels.glcm_levels`); the entropy skips cells with
    p <= 1e-4. The 26 offsets count each of 13 symmetric matrices twice, which does not change a mean.
    """
    levels = glcm_levels(roi.values, preset.glcm_bins, raised=preset.glcm_raised_edge)
    levelled = Levelled(roi.region, roi.region.grid(levels.levels), levels.n_levels)
    table = pair_table(levelled, "3D_avg")
    values = renamed("GLCM", GLCM_NAMES, glcm_features(table, GLCM_NAMES.values()))
    return values | {"GLCM_Entropy": cut_entropy(table)} if table else values


def cut_entropy(table: PairTable) -> float:
    """Return the mean entropy of the matrices over cells with p > 1e-4."""
    kept = np.where(table.p > SMALLEST_P, table.p, 1.0)
    return float(-(kept * np.log2(kept)).sum(axis=(1, 2)).mean())


def captk_glrlm(roi: Roi, image: FloatVolume, preset: CaptkPreset) -> dict[str, Value]:
    """Return the 4 run length features, averaged over directions; see `kinephen.radiomics.captk.runs`."""
    table = captk_run_table(roi, image, bins=preset.glrlm_bins, radius=preset.glrlm_radius)
    if isinstance(table, Undefined):
        return {f"GLRLM_{name}": table for name in GLRLM_NAMES}
    return renamed("GLRLM", GLRLM_NAMES, joint_features(table, GLRLM_NAMES.values()))


def captk_glszm(roi: Roi, preset: CaptkPreset) -> dict[str, Value]:
    """Return the 18 size zone features.

    Notes
    -----
    Voxels equal to the maximum form zones of their own in the highest row. A radius above 1 joins voxels that
    far apart.
    """
    radius = preset.glszm_radius
    region = roi.region if radius == 1 else Region.of(roi.region.inside, pad=radius)
    grid = region.grid(zone_levels(roi.values, preset.glszm_bins))
    unused = np.zeros(region.size, dtype=np.int32)
    parents = join(region, grid, cube(radius))
    zones = measure_joined(region, grid, parents, bounds=region.whole, distances=unused)
    row = np.minimum(zones.level, preset.glszm_bins)
    table = JointTable.of_observations(zones.matrix, row, zones.size, zones.voxels)
    return renamed("GLSZM", GLSZM_NAMES, joint_features(table, GLSZM_NAMES.values()))


def captk_ngtdm(roi: Roi, preset: CaptkPreset) -> dict[str, Value]:
    """Return the 5 tone difference features.

    Notes
    -----
    The neighbourhood is a cube of the preset's radius. The mean of no neighbours is taken as 0: such a voxel
    adds its level to s and counts in N. Coarsness is capped at 1e6; Contrast and Busyness are 0 when there
    is one level only.
    """
    region = roi.region
    levels = tone_levels(roi.values, preset.ngtdm_bins)
    radii = (preset.ngtdm_radius,) * 3
    neighbours = region.neighbours_within(radii)
    grid = region.grid(levels).reshape(region.inside.shape)
    around = box_sum(grid, radii).ravel()[region.positions] - levels
    mean = around / np.maximum(neighbours, 1)
    values = ngtdm_features(ToneTable.of(levels, np.abs(levels - mean)))
    return renamed("NGTDM", NGTDM_NAMES, values) | _limits(values)


def _limits(values: dict[str, Value]) -> dict[str, Value]:
    coarseness = values["coarseness"]
    found: dict[str, Value] = {
        "NGTDM_Coarsness": COARSEST if isinstance(coarseness, Undefined) else min(coarseness, COARSEST)
    }
    for name in ("contrast", "busyness"):
        if isinstance(values[name], Undefined):
            found[f"NGTDM_{name.capitalize()}"] = 0.0
    return found
