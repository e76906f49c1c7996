"""Phases as headers alone, each image with the times that a test gives it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.io_exams import ExamMaker, values

from kinephen.io.dicom_headers import Header, read_header
from kinephen.io.dicom_phases import Phase
from kinephen.io.phase_times.clock import Clock
from kinephen.io.phase_times.image import ImageTimes

SLICES = 4
DAY = 730_000
TEN = 36_000.0


@cache
def one_header() -> Header:
    """Return the header of an image that says nothing of its time."""
    with TemporaryDirectory() as folder:
        ExamMaker(Path(folder)).series(values(1), 2, key="")
        return read_header(next(Path(folder).rglob("*.dcm")))


def phases(
    count: int, times: Callable[[int, int], ImageTimes], *, series: Sequence[str] | None = None
) -> tuple[Phase, ...]:
    """Return phases of `SLICES` images; `times` by phase and slice, `series` by phase."""
    base = one_header()
    return tuple(
        Phase(
            tuple(
                replace(
                    base, uid=f"1.{p}.{k}", series=series[p] if series else base.series, times=times(p, k)
                )
                for k in range(SLICES)
            )
        )
        for p in range(count)
    )


def at(seconds: float, *, day: int | None = DAY, zone: float | None = None) -> Clock:
    """Return a clock reading, over midnight with the date changing."""
    days, rest = divmod(seconds, 86_400.0)
    return Clock(rest, None if day is None else day + int(days), zone)


FIELDS: dict[str, Callable[[float, int], dict[str, Any]]] = {
    "TemporalPositionTimeOffset": lambda s, p: {"offset": s},
    "FrameAcquisitionDateTime": lambda s, p: {"frame": at(TEN + s)},
    "DynamicScanBeginTime": lambda s, p: {"begin": s},
    "TriggerTime": lambda s, p: {"trigger": s},
    "AcquisitionDateTime": lambda s, p: {"acquired_at": at(TEN + s)},
    "AcquisitionTime": lambda s, p: {"acquired": at(TEN + s)},
    "ContentTime": lambda s, p: {"content": at(TEN + s)},
    "SeriesTime": lambda s, p: {"series": at(TEN + s)},
}
"""By source: the fields that put phase p at s seconds."""


def fields(source: str, starts: Sequence[float], phase: int) -> dict[str, Any]:
    """Return the fields of a source that put phases at `starts`; steps only tell those after contrast."""
    if source.startswith("TemporalPositionIdentifier"):
        return {"position": phase + 1, "resolution": starts[2] - starts[1]}
    return FIELDS[source](starts[phase], phase)
