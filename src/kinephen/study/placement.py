"""The frames of an exam from the last one before contrast on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kinephen.core.dynamic import DynamicSeries
from kinephen.io.dicom_timing import early_and_late


def phases_kept(series: DynamicSeries, pre: int, first_post: int) -> list[int]:
    """Return the phases that `from_last_pre` keeps, as they are numbered in the series."""
    return [pre, *range(first_post, series.n_phases)]


def from_last_pre(series: DynamicSeries, pre: int, first_post: int) -> DynamicSeries:
    """Return a series whose first frame is the last one before contrast.

    Parameters
    ----------
    series : DynamicSeries
        With several frames before contrast.
    pre, first_post : int
        The last frame without contrast, and the first with it; frames between them are left out.

    Returns
    -------
    DynamicSeries
        Where nothing told the injection, its times are set back so that the first phase with contrast stands
        where phase 1 had been put; times whose injection was stated or given stay as they are.
    """
    kept = phases_kept(series, pre, first_post)
    times = None if series.times_s is None else _times(series, series.times_s, kept)
    early, late = _early_late(series, times, kept)
    return replace(
        series,
        frames=np.ascontiguousarray(series.frames[kept]),
        times_s=times,
        timing_rule=_rule(series),
        early=early,
        late=late,
    )


def _times(series: DynamicSeries, times_s: tuple[float, ...], kept: list[int]) -> tuple[float, ...]:
    first = kept[1]
    # Times that were told for this first phase after contrast already count from its start.
    placed = times_s[first - 1] <= 0.0 < times_s[first]
    late_by = times_s[first] - times_s[1] if series.injection_assumed and not placed else 0.0
    return tuple(times_s[i] - late_by for i in kept)


def _rule(series: DynamicSeries) -> str:
    placed = series.injection_assumed and series.times_s is not None
    return f"{series.timing_rule}; injection placed by the signal" if placed else series.timing_rule


def _early_late(
    series: DynamicSeries, times: tuple[float, ...] | None, kept: list[int]
) -> tuple[int, int | None]:
    usual = early_and_late(times, len(kept))[:2]
    early, late = (kept.index(p) if p in kept[1:] else None for p in (series.early, series.late))
    # Early and late that were named stay the same images, each where it is still there.
    if early is not None and (series.phases_named or (times is None and late is not None)):
        return early, late
    if not series.phases_named or late is None or late == 1:
        return usual
    return min(usual[0], late - 1), late
