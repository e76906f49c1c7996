"""Slices of one exam as small PNG images, with outlines of its regions as SVG paths."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image

from kinephen.core.grid import bounding_box
from kinephen.report.exam_page_facts import SER_COLOURS, ExamFacts
from kinephen.types import BoolArray, BoolVolume, FloatArray, FloatVolume

MARGIN = 8
PNG_URI = "data:image/png;base64,"
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
BACKGROUND = (11, 14, 18)
COLOUR_MAPS = {"PE": "magma", "WIS": "viridis", "WOS": "coolwarm"}
TITLES = {
    "PE": "Peak enhancement",
    "SER": "Enhancement ratio",
    "WIS": "Wash-in slope",
    "WOS": "Wash-out slope",
}

Picture = NDArray[np.uint8]
Window: TypeAlias = "tuple[slice[int, int], slice[int, int]]"
"""Rows and columns."""


@dataclass(frozen=True, kw_only=True)
class Channel:
    """One column of the montage: how its values become colours, and the legend below its title."""

    title: str
    volume: FloatVolume
    paint: Callable[[FloatArray], Picture]
    low: str
    high: str
    gradient: str


@dataclass(frozen=True)
class Tile:
    """One picture: data URI and what a reader who cannot see it is told."""

    uri: str
    alt: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One slice: its number (from 1), tiles, outlines as paths by region, and size in pixels."""

    number: int
    tiles: tuple[Tile, ...]
    outlines: dict[str, str]
    rows: int
    columns: int


@dataclass(frozen=True)
class Montage:
    """Rows of slices and columns of channels; `aspect` is width over height of a tile in mm."""

    channels: tuple[Channel, ...]
    rows: tuple[Row, ...]
    aspect: float


def make_montage(facts: ExamFacts) -> Montage:
    """Return slices through the lesion (through the box if it is empty) in all frames and maps."""
    window = _window(facts)
    channels = (*_frame_channels(facts, window), *_map_channels(facts))
    rows = tuple(_row(facts, channels, k, window) for k in shown_slices(facts.lesion, facts.voi))
    height = (window[0].stop - window[0].start) * facts.geometry.spacing[1]
    width = (window[1].stop - window[1].start) * facts.geometry.spacing[2]
    return Montage(channels, rows, width / height)


def shown_slices(lesion: BoolVolume, voi: BoolVolume) -> list[int]:
    """Return slices between which equal parts of the lesion lie, and the one of its largest area.

    An empty lesion takes the region instead.
    """
    area = (lesion if lesion.any() else voi).sum(axis=(1, 2))
    reached = np.cumsum(area) / area.sum()
    spread = {int(np.searchsorted(reached, share)) for share in SHARES}
    return sorted(spread | {int(area.argmax())})


def outline(mask: BoolArray) -> str:
    """Return the border of a 2-D mask along the edges of its pixels, as SVG path data."""
    padded = np.pad(mask, 1)
    level = padded[1:, 1:-1] != padded[:-1, 1:-1]
    upright = padded[1:-1, 1:] != padded[1:-1, :-1]
    parts = [f"M{a} {r}H{b}" for r, line in enumerate(level) for a, b in _runs(line)]
    parts += [f"M{c} {a}V{b}" for c, line in enumerate(upright.T) for a, b in _runs(line)]
    return "".join(parts)


def _runs(line: BoolArray) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.pad(line.astype(np.int8), 1)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _window(facts: ExamFacts) -> Window:
    """Return rows and columns of the lesion and of the box, unless the box is the whole image."""
    whole = bool(facts.voi.all())
    region = facts.lesion if whole and facts.lesion.any() else facts.lesion | facts.voi
    start, stop = bounding_box(region)
    margin = 3 * MARGIN if whole else MARGIN
    rows, columns = (
        slice(max(0, start[axis] - margin), min(region.shape[axis], stop[axis] + margin)) for axis in (1, 2)
    )
    return rows, columns


def _row(facts: ExamFacts, channels: tuple[Channel, ...], k: int, window: Window) -> Row:
    tiles = tuple(
        Tile(
            PNG_URI + picture_base64(c.paint(np.asarray(c.volume[k][window], dtype=np.float64))),
            f"{c.title}, slice {k + 1}",
        )
        for c in channels
    )
    regions = {"lesion": facts.lesion, "ftv": facts.ftv, "box": facts.voi}
    paths = {name: outline(mask[k][window]) for name, mask in regions.items()}
    rows, columns = facts.lesion[k][window].shape
    return Row(number=k + 1, tiles=tiles, outlines=paths, rows=rows, columns=columns)


def _frame_channels(facts: ExamFacts, window: Window) -> list[Channel]:
    used = [n for n in (0, facts.early, facts.late) if n is not None]
    part = np.stack([facts.frames[n][(slice(None), *window)] for n in used])
    low, high = (float(v) for v in np.percentile(part, [1.0, 99.5]))
    names = ("Before contrast", "Early", "Late")
    channels = [scaled(t, facts.frames[n], low, high, "gray") for t, n in zip(names, used, strict=False)]
    subtraction = facts.frames[facts.early] - facts.frames[0]
    top = float(np.percentile(part[1] - part[0], 99.5))
    channels.append(scaled("Early minus before", subtraction, 0.0, top, "gray"))
    return channels


def _map_channels(facts: ExamFacts) -> list[Channel]:
    return [
        _classes(facts, volume) if name == "SER" else _map_channel(facts, name, volume)
        for name, volume in facts.maps.items()
        # Without a late phase no voxel has a ratio, and there are no classes to colour.
        if name != "SER" or facts.record.ser_classes
    ]


def _map_channel(facts: ExamFacts, name: str, volume: FloatVolume) -> Channel:
    values = volume[facts.lesion & np.isfinite(volume)]
    if not values.size:
        values = volume[np.isfinite(volume)]
    low, high = np.percentile(values, [2.0, 98.0]) if values.size else (0.0, 1.0)
    if COLOUR_MAPS[name] == "coolwarm":
        high = max(abs(low), abs(high))
        low = -high
    return scaled(TITLES[name], volume, float(low), float(high), COLOUR_MAPS[name], facts.units[name])


def scaled(title: str, volume: FloatVolume, low: float, high: float, colours: str, unit: str = "") -> Channel:
    """Return a channel whose colours run from `low` to `high`; what is undefined is dark."""
    table = mpl.colormaps[colours]
    high = high if high > low else low + 1.0

    def paint(values: FloatArray) -> Picture:
        place = np.clip((values - low) / (high - low), 0.0, 1.0)
        return _painted(table(np.nan_to_num(place))[..., :3], np.isfinite(values))

    shown = "" if unit in ("", "1") else f" {unit}"
    return Channel(
        title=title,
        volume=volume,
        paint=paint,
        low=f"{low:.3g}",
        high=f"{high:.3g}{shown}",
        gradient=gradient(colours),
    )


def _classes(facts: ExamFacts, volume: FloatVolume) -> Channel:
    uppers = np.array([c.upper for c in facts.record.ser_classes])
    colours = np.array([to_rgb(c) for c in (*SER_COLOURS, "#ffffff")])

    def paint(values: FloatArray) -> Picture:
        known = np.isfinite(values) & (values > 0.0)
        place = np.searchsorted(uppers, np.where(known, values, 0.0), side="left")
        return _painted(colours[place], known)

    steps = [f"{c} {20 * n}% {20 * (n + 1)}%" for n, c in enumerate(SER_COLOURS)]
    return Channel(
        title=TITLES["SER"],
        volume=volume,
        paint=paint,
        low="0",
        high=f"{uppers[-1]:g}",
        gradient=f"linear-gradient(90deg, {', '.join(steps)})",
    )


def _painted(colours: FloatArray, known: BoolArray) -> Picture:
    picture = (colours * 255.0).round().astype(np.uint8)
    picture[~known] = BACKGROUND
    return picture


def _css(colour: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(255 * c):02x}" for c in colour[:3])


def picture_base64(picture: Picture) -> str:
    """Return a picture as PNG in base 64."""
    buffer = io.BytesIO()
    Image.fromarray(picture).quantize(256, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def gradient(colours: str) -> str:
    """Return a colour map as a CSS gradient."""
    table = mpl.colormaps[colours]
    stops = ", ".join(_css(table(x)) for x in np.linspace(0.0, 1.0, 9))
    return f"linear-gradient(90deg, {stops})"
