"""The feature step: bias field, kinetic maps, resampling, radiomic features, and tiles for figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinephen.config.exams import FeatureSettings
from kinephen.core.dynamic import DynamicSeries
from kinephen.core.grid import resample_in_plane, resample_isotropic
from kinephen.core.plain import read_json, write_json
from kinephen.core.streams import stream
from kinephen.core.volume import Geometry
from kinephen.imaging.kinetics import KineticMaps, MapRule, kinetic_maps
from kinephen.imaging.perturb import perturb
from kinephen.radiomics import Extraction, MaskContext, extract
from kinephen.radiomics.captk.presets import PRESETS
from kinephen.radiomics.filters import parse_filters
from kinephen.radiomics.filters.responses import responses
from kinephen.radiomics.response_features import without_repeats
from kinephen.records.features import Features, FeatureValues, MapSummary, Reason
from kinephen.records.plausibility import finding_records
from kinephen.study.steps.bias import corrected_frames
from kinephen.study.steps.tiles import Tiles, cut_tiles, write_tiles
from kinephen.types import BoolVolume, FloatVolume, FrameStack

VERSION = 8
RECORD = "features.json"
TILES = "tiles.npz"


@dataclass(frozen=True)
class OnGrid:
    """Maps and mask on the grid of extraction."""

    maps: dict[str, FloatVolume]
    mask: BoolVolume
    geometry: Geometry


def compute_features(
    folder: Path,
    series: DynamicSeries,
    lesion: BoolVolume,
    settings: FeatureSettings,
    *,
    breast: BoolVolume | None = None,
) -> None:
    """Write ``features.json`` and ``tiles.npz`` into `folder`.

    Parameters
    ----------
    folder : Path
    series : DynamicSeries
    lesion : ndarray of bool, shape (nz, ny, nx)
        May be empty: every feature is then NaN with a reason.
    settings : FeatureSettings
    breast : ndarray of bool, shape (nz, ny, nx), optional
        That of the exam's checks; by default it is found anew.
    """
    record, tiles = find_features(series, lesion, settings, breast=breast)
    write_json(folder / RECORD, record)
    write_tiles(folder / TILES, tiles)


def read_features(folder: Path) -> Features:
    """Read the record that `compute_features` wrote."""
    return Features.model_validate(read_json(folder / RECORD))


def find_features(
    series: DynamicSeries,
    lesion: BoolVolume,
    settings: FeatureSettings,
    *,
    breast: BoolVolume | None = None,
) -> tuple[Features, Tiles]:
    """Return every number of the step, and the cut-outs for figures; parameters as `compute_features`."""
    frames, bias = corrected_frames(series, settings.bias, breast=breast, lesion=lesion)
    maps, grid = _maps_on_grid(frames, lesion, series, settings)
    result = _extract(grid, settings)
    record = Features(
        features=_undefined_as_none(result.features),
        reasons=tuple(Reason(map=m, feature=f, reason=r) for (m, f), r in result.reasons.items()),
        units=maps.units,
        undefined_voxels=maps.undefined,
        peak_voxels=maps.peak_voxels,
        map_summary={name: _summary(array[grid.mask]) for name, array in grid.maps.items()},
        voxels=int(np.count_nonzero(grid.mask)),
        spacing_mm=grid.geometry.spacing,
        bias=bias.record,
        perturbed=tuple(map(_undefined_as_none, _perturbed(frames, lesion, series, settings))),
        issues=finding_records((*maps.issues, *bias.issues, *result.issues)),
    )
    return record, cut_tiles(frames, series, lesion, maps.arrays)


def _maps_on_grid(
    frames: FrameStack, lesion: BoolVolume, series: DynamicSeries, settings: FeatureSettings
) -> tuple[KineticMaps, OnGrid]:
    maps = exam_maps(frames, lesion, series, settings)
    return maps, on_grid(maps, lesion, series.geometry, settings)


def exam_maps(
    frames: FrameStack, lesion: BoolVolume, series: DynamicSeries, settings: FeatureSettings
) -> KineticMaps:
    """Return the kinetic maps inside the lesion, as acquired, from corrected frames."""
    return kinetic_maps(
        frames,
        series.times_min,
        mask=lesion,
        early=series.early,
        late=series.late,
        rule=map_rule(settings),
    )


def _extract(grid: OnGrid, settings: FeatureSettings) -> Extraction:
    """Return the features of the maps, and of their responses as of further maps ``PE.log-3mm``.

    A map ends at the lesion: beyond it each response sees the nearest value.
    """
    made = responses(grid.maps, grid.geometry.spacing, parse_filters(settings.features.filters))
    found = extract(
        MaskContext(grid.mask, grid.geometry.spacing),
        {**grid.maps, **made.arrays},
        mode=settings.features.mode,
        bins=settings.features.bins,
        lbp=settings.features.lbp,
        preset=PRESETS[settings.features.captk_preset],
    )
    return without_repeats(found, made)


def _perturbed(
    frames: FrameStack, lesion: BoolVolume, series: DynamicSeries, settings: FeatureSettings
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


def map_rule(settings: FeatureSettings) -> MapRule:
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


def on_grid(maps: KineticMaps, lesion: BoolVolume, geometry: Geometry, settings: FeatureSettings) -> OnGrid:
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


def _undefined_as_none(features: Mapping[str, Mapping[str, float]]) -> FeatureValues:
    return {m: {f: v if np.isfinite(v) else None for f, v in row.items()} for m, row in features.items()}


def _summary(values: FloatVolume) -> MapSummary:
    valid = values[np.isfinite(values)]
    if not valid.size:
        return MapSummary(n=0, mean=None, median=None, p05=None, p95=None)
    low, middle, high = (float(v) for v in np.percentile(valid, [5, 50, 95]))
    return MapSummary(n=valid.size, mean=float(valid.mean()), median=middle, p05=low, p95=high)
