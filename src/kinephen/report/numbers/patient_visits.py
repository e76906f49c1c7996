"""What a patient's page shows of each of their exams: volumes, pictures, curve and maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from kinephen.records.features import Features
from kinephen.records.lesion import Lesion
from kinephen.report.exam_page_images import outline, picture_base64, scaled
from kinephen.report.schema.patient_detail import ColourMap, Curve, MapSummary, Picture, Visit
from kinephen.study.cases import CaseResults
from kinephen.study.steps.tiles import Tiles, read_tiles, shown_ranges

FRAME = "early"
COLOURS: dict[str, ColourMap] = {
    FRAME: "gray",
    "PE": "magma",
    "SER": "cividis",
    "WIS": "viridis",
    "WOS": "coolwarm",
}
Ranges = Mapping[str, tuple[float, float]]


def patient_visits(cases: CaseResults, preset: str, case: str, visits: Sequence[str]) -> tuple[Visit, ...]:
    """Return the exams of one patient that were analysed, in the order of the visits."""
    tiles = {v: read_tiles(cases.tiles[case, v]) for v in visits if (case, v) in cases.tiles}
    ranges = shown_ranges(list(tiles.values()), FRAME)
    features = cases.features.get(preset, {})
    return tuple(
        _visit(v, cases.lesions[case, v], features[case, v], cut, ranges) for v, cut in tiles.items()
    )


def _minutes(cut: Tiles) -> tuple[float | None, ...]:
    if cut.times_s is None:
        return (None,) * int(cut.curve.shape[1])
    return tuple(t / 60.0 for t in cut.times_s)


def _visit(name: str, lesion: Lesion, features: Features, cut: Tiles, ranges: Ranges) -> Visit:
    rows, columns = cut.mask.shape
    down, across = cut.pixel_mm
    low, median, high = (tuple(float(v) for v in line) for line in cut.curve)
    shown = (FRAME, *cut.maps)
    return Visit(
        name=name,
        ftv_pe_cc=lesion.ftv_pe_cc,
        ftv_ser_cc=lesion.ftv_ser_cc,
        lesion_cc=lesion.lesion_cc,
        lesion_source=lesion.lesion_source,
        slice=cut.slice + 1,
        rows=rows,
        columns=columns,
        aspect=(columns * across) / (rows * down),
        outline=outline(cut.mask),
        pictures=tuple(_picture(n, cut.image(n), ranges[n], features.units.get(n, "")) for n in shown),
        curve=Curve(minutes=_minutes(cut), low=low, median=median, high=high),
        maps=tuple(
            MapSummary(name=n, unit=features.units.get(n, ""), **s.model_dump())
            for n, s in features.map_summary.items()
        ),
    )


def _picture(name: str, values: NDArray[np.float32], shown: tuple[float, float], unit: str) -> Picture:
    low, high = shown
    volume = np.asarray(values, dtype=np.float64)
    png = picture_base64(scaled(name, volume, low, high, COLOURS[name]).paint(volume))
    return Picture(name=name, png=png, colours=COLOURS[name], low=low, high=high, unit=unit)
