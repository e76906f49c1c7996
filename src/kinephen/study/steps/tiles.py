"""Small two-dimensional cut-outs of an exam for figures and the page of a patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kinephen.core.dynamic import DynamicSeries
from kinephen.types import AnyArray, BoolArray, BoolVolume, FloatArray, FrameStack

MARGIN = 8
SMALLEST = 24
FRAMES = ("pre", "early", "late")
SIGNED = ("WOS",)
"""Maps whose scale is symmetrical about zero."""


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """The lesion's largest slice, and its curve.

    Parameters
    ----------
    frames : dict of str to ndarray of float32, shape (rows, columns)
        ``pre``, ``early`` and, where there is one, ``late``; scanner units.
    maps : dict of str to ndarray of float32, shape (rows, columns)
        NaN outside the lesion and where undefined.
    mask : ndarray of bool, shape (rows, columns)
    slice : int
        From 0.
    pixel_mm : tuple of float
        Distance of rows and of columns.
    times_s : tuple of float, optional
        Middle of each phase, seconds after injection; None where the times are not known.
    curve : ndarray, shape (3, n_phases)
        Quartiles of the lesion's enhancement at each phase, percent.
    """

    frames: dict[str, NDArray[np.float32]]
    maps: dict[str, NDArray[np.float32]]
    mask: BoolArray
    slice: int
    pixel_mm: tuple[float, float]
    times_s: tuple[float, ...] | None
    curve: FloatArray

    def image(self, name: str) -> NDArray[np.float32]:
        """Return a frame or a map by its name."""
        return self.frames[name] if name in self.frames else self.maps[name]


def cut_tiles(
    frames: FrameStack, series: DynamicSeries, lesion: BoolVolume, maps: Mapping[str, FloatArray]
) -> Tiles:
    """Return the cut-outs of an exam; an empty lesion takes the middle slice.

    Parameters
    ----------
    frames : ndarray, shape (n_phases, nz, ny, nx)
        As acquired or corrected for the bias field.
    series : DynamicSeries
    lesion : ndarray of bool, shape (nz, ny, nx)
    maps : mapping of str to ndarray, shape (nz, ny, nx)
    """
    k, rows, columns = _window(lesion)
    _, down, across = series.geometry.spacing
    return Tiles(
        frames={
            name: frames[i, k, rows, columns].astype(np.float32)
            for name, i in zip(FRAMES, (0, series.early, series.late), strict=True)
            if i is not None
        },
        maps={name: array[k, rows, columns].astype(np.float32) for name, array in maps.items()},
        mask=lesion[k, rows, columns],
        slice=k,
        pixel_mm=(down, across),
        times_s=series.times_s,
        curve=_curve(frames, lesion),
    )


def write_tiles(path: Path, tiles: Tiles) -> None:
    """Write tiles as one file of arrays."""
    arrays: dict[str, AnyArray] = {**tiles.frames, **tiles.maps, "mask": tiles.mask}
    arrays |= {
        "slice": np.asarray(tiles.slice),
        "times_s": np.asarray(() if tiles.times_s is None else tiles.times_s, dtype=np.float64),
        "curve": tiles.curve,
        "pixel_mm": np.asarray(tiles.pixel_mm),
    }
    with path.open("wb") as handle:
        np.savez(handle, **arrays)  # type: ignore[arg-type]


def read_tiles(path: Path) -> Tiles:
    """Read what `write_tiles` wrote."""
    with np.load(path, allow_pickle=False) as data:
        arrays = {name: data[name] for name in data.files}
    down, across = (float(v) for v in arrays.pop("pixel_mm"))
    return Tiles(
        frames={name: arrays.pop(name) for name in FRAMES if name in arrays},
        mask=arrays.pop("mask"),
        slice=int(arrays.pop("slice")),
        pixel_mm=(down, across),
        times_s=tuple(float(t) for t in arrays.pop("times_s")) or None,
        curve=arrays.pop("curve"),
        maps=arrays,
    )


def _curve(frames: FrameStack, lesion: BoolVolume) -> FloatArray:
    before = frames[0][lesion].astype(np.float64)
    known = before > 0.0
    if not known.any():
        return np.full((3, len(frames)), np.nan)
    after = np.stack([frame[lesion][known] for frame in frames]).astype(np.float64)
    enhancement = 100.0 * (after / before[known] - 1.0)
    return np.asarray(np.percentile(enhancement, [25.0, 50.0, 75.0], axis=1))


def _window(lesion: BoolVolume) -> tuple[int, slice[int, int], slice[int, int]]:
    nz, ny, nx = lesion.shape
    if not lesion.any():
        return nz // 2, slice(0, ny), slice(0, nx)
    k = int(lesion.sum(axis=(1, 2)).argmax())
    r, c = np.nonzero(lesion.any(axis=0))
    return k, _around(r, ny), _around(c, nx)


def _around(index: NDArray[np.intp], size: int) -> slice[int, int]:
    low, high = int(index.min()) - MARGIN, int(index.max()) + MARGIN + 1
    short = max(0, SMALLEST - (high - low))
    low, high = low - short // 2, high + short - short // 2
    return slice(max(0, low), min(size, high))


def shown_ranges(tiles: Sequence[Tiles], frame: str) -> dict[str, tuple[float, float]]:
    """Return the ends of the scale on which one frame and the maps of a patient's visits are shown.

    From the 2nd to the 99th percentile over all visits, of maps inside the lesion; a map of `SIGNED` goes
    from minus to plus the larger of the two.
    """
    names = (frame, *tiles[0].maps) if tiles else ()
    return {name: _shown_range(name, tiles) for name in names}


def _shown_range(name: str, tiles: Sequence[Tiles]) -> tuple[float, float]:
    values = np.concatenate([_shown_values(t, name) for t in tiles]).astype(np.float64)
    low, high = _percentiles(values, 2.0, 99.0)
    if name in SIGNED:
        high = max(abs(low), abs(high))
        low = -high
    return low, high if high > low else low + 1.0


def _shown_values(tiles: Tiles, name: str) -> NDArray[np.float32]:
    values = tiles.image(name)
    return values.ravel() if name in FRAMES else values[tiles.mask]


def figure_range(tiles: Iterable[Tiles], name: str) -> tuple[float, float]:
    """Return the ends of the scale on which a frame or map of several exams is shown in one figure.

    From the 2nd to the 98th percentile of all that is finite.
    """
    low, high = _percentiles(np.concatenate([t.image(name).ravel() for t in tiles]), 2.0, 98.0)
    return low, high if high > low else low + 1.0


def _percentiles(values: FloatArray | NDArray[np.float32], low: float, high: float) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    first, last = np.percentile(known, [low, high])
    return float(first), float(last)
