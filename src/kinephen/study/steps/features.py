"""The feature step: bias field, kinetic maps, resampling, radiomic features, and tiles for figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinephen.config.schema import Settings
from kinephen.core.dynamic import DynamicSeries
from kinephen.core.grid import resample_in_plane, resample_isotropic
from kinephen.core.plain import write_json
from kinephen.core.streams import stream
from kinephen.core.volume import Geometry
from kinephen.imaging.kinetics import KineticMaps, MapRule, kinetic_maps
from kinephen.imaging.perturb import perturb
from kinephen.radiomics import Extraction, MaskContext, extract
from kinephen.radiomics.captk.presets import PRESETS
from kinephen.study.steps.bias import corrected_frames
from kinephen.study.steps.tiles import write_tiles
from kinephen.types import BoolVolume, FloatVolume, FrameStack

VERSION = 4


@dataclass(frozen=True)
class OnGrid:
    """Maps and mask on the grid of extraction."""

    maps: dict[str, FloatVolume]
    mask: BoolVolume
    geometry: Geometry


def compute_features(folder: Path, series: DynamicSeries, lesion: BoolVolume, settings: Settings) -> None:
    """Write ``features.json`` and ``tiles.npz`` into `folder`.

    Parameters
    ----------
    folder : Path
    series : DynamicSeries
    lesion : ndarray of bool, shape (nz, ny, nx)
        May be empty: every feature is then NaN with a reason.
    settings : Settings
    """
    frames, bias = corrected_frames(series, settings.bias)
    maps, grid = _maps_on_grid(frames, lesion, series, settings)
    result = _extract(grid, settings)
    record = {
        "features": result.features,
        "reasons": [{"map": m, "feature": f, "reason": r} for (m, f), r in result.reasons.items()],
        "units": maps.units,
        "undefined_voxels": maps.undefined,
        "peak_voxels": list(maps.peak_voxels),
        "map_summary": {name: _summary(array[grid.mask]) for name, array in grid.maps.items()},
        "voxels": int(np.count_nonzero(grid.mask)),
        "spacing_mm": list(grid.geometry.spacing),
        "bias": bias.record,
        "perturbed": _perturbed(frames, lesion, series, settings),
        "issues": [i.to_dict() for i in (*maps.issues, *bias.issues, *result.issues)],
    }
    write_json(folder / "features.json", record)
    write_tiles(folder / "tiles.npz", frames, series, lesion, maps.arrays)


def _maps_on_grid(
    frames: FrameStack, lesion: BoolVolume, series: DynamicSeries, settings: Settings
) -> tuple[KineticMaps, OnGrid]:
    maps = exam_maps(frames, lesion, series, settings)
    return maps, on_grid(maps, lesion, series.geometry, settings)


def exam_maps(
    frames: FrameStack, lesion: BoolVolume, series: DynamicSeries, settings: Settings
) -> KineticMaps:
    """Return the kinetic maps inside the lesion, as acquired, from corrected frames."""
    return kinetic_maps(
        frames,
        [t / 60.0 for t in series.times_s],
        mask=lesion,
        early=series.early,
        late=series.late,
        rule=map_rule(settings),
    )


def _extract(grid: OnGrid, settings: Settings) -> Extraction:
    return extract(
        MaskContext(grid.mask, grid.geometry.spacing),
        grid.maps,
        mode=settings.features.mode,
        bins=settings.features.bins,
        lbp=settings.features.lbp,
        preset=PRESETS[settings.features.captk_preset],
    )


def _perturbed(
    frames: FrameStack, lesion: BoolVolume, series: DynamicSeries, settings: Settings
) -> list[dict[str, dict[str, float]]]:
    """Return the features of each perturbed repeat; the stream belongs to the exam's own content."""
    if not lesion.any():
        return []
    found = []
    for repeat in range(settings.features.perturbations):
        rng = stream(0, "perturbation", series.source_hash, repeat)
        moved, mask = perturb(frames, lesion, series.geometry.spacing, rng=rng)
        _, grid = _maps_on_grid(moved, mask, series, settings)
        found.append(_extract(grid, settings).features)
    return found


def map_rule(settings: Settings) -> MapRule:
    """Return the rule of the kinetic maps that the settings describe."""
    maps = settings.maps
    return MapRule(
        variant=maps.variant,
        zero_otherwise=maps.zero_otherwise,
        normalise_wos=maps.normalise_wos,
        wos_from_peak=maps.wos_from_peak,
        pe_unit=maps.pe_unit,
        noise_floor=maps.noise_floor,
    )


def on_grid(maps: KineticMaps, lesion: BoolVolume, geometry: Geometry, settings: Settings) -> OnGrid:
    """Return maps and mask resampled as the settings say; maps first, then resampling."""
    steps = settings.resample
    mask = lesion
    arrays: dict[str, FloatVolume] = dict(maps.arrays)
    if steps.matrix:
        target = geometry
        for name, array in arrays.items():
            arrays[name], target = resample_in_plane(array, geometry, steps.matrix, kind="linear")
        mask, target = resample_in_plane(mask, geometry, steps.matrix, kind="mask")
        geometry = target
    if steps.isotropic_mm:
        source = geometry
        for name, array in arrays.items():
            arrays[name], _ = resample_isotropic(array, source, steps.isotropic_mm, kind="linear")
        mask, geometry = resample_isotropic(mask, source, steps.isotropic_mm, kind="mask")
    return OnGrid(arrays, mask, geometry)


def _summary(values: FloatVolume) -> dict[str, float | int | None]:
    valid = values[np.isfinite(values)]
    if not valid.size:
        return {"n": 0, "mean": None, "median": None, "p05": None, "p95": None}
    low, middle, high = np.percentile(valid, [5, 50, 95])
    return {
        "n": int(valid.size),
        "mean": float(valid.mean()),
        "median": float(middle),
        "p05": float(low),
        "p95": float(high),
    }
