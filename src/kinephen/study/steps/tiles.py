"""Small two-dimensional cut-outs of an exam for figures and the page of a patient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinephen.core.dynamic import DynamicSeries
from kinephen.types import BoolVolume, FloatArray, FrameStack

MARGIN = 8
SMALLEST = 24


def write_tiles(
    path: Path, frames: FrameStack, series: DynamicSeries, lesion: BoolVolume, maps: dict[str, FloatArray]
) -> None:
    """Write the lesion's largest slice of pre, early and late frame, each map and the mask; and its curve.

    An empty lesion takes the middle slice. Arrays are float32 (mask: bool), rows and columns as acquired;
    ``pixel_mm`` holds the spacing of rows and columns, ``slice`` the slice (from 0), ``times_s`` the phases'
    times, and ``curve`` the quartiles of the lesion's enhancement at them in percent, shape (3, n_phases).
    """
    k, rows, columns = _window(lesion)
    cut: dict[str, NDArray[np.generic]] = {
        name: frames[i, k, rows, columns].astype(np.float32)
        for name, i in (("pre", 0), ("early", series.early), ("late", series.late))
    }
    cut |= {name: array[k, rows, columns].astype(np.float32) for name, array in maps.items()}
    cut["mask"] = lesion[k, rows, columns]
    cut |= {"slice": np.asarray(k), "times_s": np.asarray(series.times_s), "curve": _curve(frames, lesion)}
    cut["pixel_mm"] = np.asarray(series.geometry.spacing[1:])
    with path.open("wb") as handle:
        np.savez(handle, **cut)  # type: ignore[arg-type]


def _curve(frames: FrameStack, lesion: BoolVolume) -> FloatArray:
    before = frames[0][lesion].astype(np.float64)
    known = before > 0.0
    if not known.any():
        return np.full((3, len(frames)), np.nan)
    after = np.stack([frame[lesion][known] for frame in frames]).astype(np.float64)
    enhancement = 100.0 * (after / before[known] - 1.0)
    return np.asarray(np.percentile(enhancement, [25.0, 50.0, 75.0], axis=1))


def read_tiles(path: Path) -> dict[str, NDArray[np.generic]]:
    """Read what `write_tiles` wrote."""
    with np.load(path, allow_pickle=False) as data:
        return {name: data[name] for name in data.files}


def _window(lesion: BoolVolume) -> tuple[int, slice, slice]:
    nz, ny, nx = lesion.shape
    if not lesion.any():
        return nz // 2, slice(0, ny), slice(0, nx)
    k = int(lesion.sum(axis=(1, 2)).argmax())
    r, c = np.nonzero(lesion.any(axis=0))
    return k, _around(r, ny), _around(c, nx)


def _around(index: NDArray[np.intp], size: int) -> slice:
    low, high = int(index.min()) - MARGIN, int(index.max()) + MARGIN + 1
    short = max(0, SMALLEST - (high - low))
    low, high = low - short // 2, high + short - short // 2
    return slice(max(0, low), min(size, high))
