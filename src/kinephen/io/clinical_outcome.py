"""Times and events of a clinical table: derived from dates or days where needed, and checked."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.io import clinical_values as values
from kinephen.io.clinical_layouts import FREE_COLUMNS, Layout

ISPY1_DEAD = 8.0
"""Code of ``sstat`` in the I-SPY 1 workbook; 7 is alive, 9 lost to follow-up."""


def add_outcome(
    frame: pd.DataFrame, raw: pd.DataFrame, layout: Layout, columns: dict[str, str]
) -> tuple[pd.DataFrame, tuple[Issue, ...]]:
    """Add ``os_event``, and ``time`` and ``event`` where the table gives dates or days to several events.

    Parameters
    ----------
    frame : DataFrame
        Canonical columns.
    raw : DataFrame
        The file's cells, same rows.
    layout : Layout
    columns : dict of str to str

    Returns
    -------
    frame : DataFrame
    issues : tuple of Issue
    """
    frame = frame.copy()
    if "sstat" in frame and "os_event" not in frame:
        frame["os_event"] = (frame["sstat"] == ISPY1_DEAD).astype(float).mask(frame["sstat"].isna())
    for free in FREE_COLUMNS:
        if free in frame:
            frame[free.removesuffix("_free")] = 1.0 - frame.pop(free)
    if {"time", "event"} <= set(frame):
        return frame, ()
    if layout.recurrence_days and set(layout.recurrence_days) <= set(raw.columns) and "last_days" in columns:
        days = pd.concat([values.numbers(raw[c], c) for c in layout.recurrence_days], axis=1)
        first = days.where(days > 0).min(axis=1)
        last = values.numbers(raw[columns["last_days"]], columns["last_days"])
        frame["time"] = first.fillna(last)
        frame["event"] = first.notna().astype(float).mask(frame["time"].isna())
        return frame, ()
    if "start_date" in frame and "last_date" in frame:
        return _from_dates(frame), ()
    return frame, (Issue("clinical.no_outcome", "the table has no time and event to an end point"),)


def _from_dates(frame: pd.DataFrame) -> pd.DataFrame:
    recurrence = frame.get("recurrence_date", pd.Series(np.nan, index=frame.index))
    death = frame.get("death_date", pd.Series(np.nan, index=frame.index))
    ended = pd.concat([recurrence, death], axis=1).min(axis=1)
    frame["time"] = ended.fillna(frame["last_date"]) - frame["start_date"]
    frame["event"] = ended.notna().astype(float)
    if "death_date" in frame:
        frame["os_time"] = death.fillna(frame["last_date"]) - frame["start_date"]
        frame["os_event"] = death.notna().astype(float)
    return frame


def add_event_type(frame: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
    """Add ``event_type``: 0 censored, 1 recurrence, 2 death as first event (both at the same time).

    A column ``event_type`` of the table is taken as it is. Without it and without overall survival every
    event is taken as a recurrence.

    Raises
    ------
    InputError
        ``clinical.code`` for other codes, or an event that the table's types do not know.
    """
    if "event" not in frame:
        return frame
    if "event_type" in frame:
        _check_types(frame)
        return frame
    kind = frame["event"].copy()
    if {"os_time", "os_event", "time"} <= set(frame):
        died = (frame["event"] == 1.0) & (frame["os_event"] == 1.0) & (frame["time"] == frame["os_time"])
        kind = kind.mask(died, 2.0)
    return frame.assign(event_type=kind)


def _check_types(frame: pd.DataFrame) -> None:
    kind, event = frame["event_type"], frame["event"]
    if kind.dtype == object or not kind.dropna().isin((0.0, 1.0, 2.0)).all():
        raise InputError(
            "expected 0 (censored), 1 (recurrence) or 2 (death without recurrence)",
            code="clinical.code",
            where="column 'event_type'",
        )
    # A death may count as the end point's event or as censoring; the other types leave no choice.
    odd = int((((kind == 0.0) & (event == 1.0)) | ((kind == 1.0) & (event == 0.0))).sum())
    if odd:
        raise InputError(
            f"{odd} row(s) disagree with the event column: type 0 with an event, or type 1 without",
            code="clinical.code",
            where="column 'event_type'",
            hint="code 0 censored, 1 recurrence, 2 death without recurrence",
        )


def check_times(frame: pd.DataFrame, unit: str) -> tuple[Issue, ...]:
    """Check times and events.

    Parameters
    ----------
    frame : DataFrame
    unit : str

    Returns
    -------
    tuple of Issue

    Raises
    ------
    InputError
        ``clinical.outcome`` for negative times, ``clinical.mixed_units`` if a part of the times is in another
        unit: among whole numbers of days, fractions far below the median; or more than one in twenty below a
        hundredth of the median.
    """
    if "time" not in frame or "event" not in frame:
        return ()
    time = frame["time"].dropna()
    if (time < 0).any():
        raise InputError(
            f"{int((time < 0).sum())} time(s) are negative", code="clinical.outcome", where="column 'time'"
        )
    issues = [_note(frame, "time"), _note(frame, "event")]
    if time.size >= 5:
        median = float(time.median())
        whole = time == np.rint(time)
        fractions = int(((time < median / 25) & ~whole).sum()) if whole.mean() >= 0.5 else 0
        tiny = int(((time < median / 100) & (time > 0)).sum())
        if fractions or tiny > max(2, 0.05 * time.size):
            raise InputError(
                f"{max(fractions, tiny)} of {time.size} times lie far below the median ({median:g} {unit}), "
                "as if in another unit",
                code="clinical.mixed_units",
                where="column 'time'",
                hint="convert all times to one unit",
            )
        if unit == "days" and time.max() < 120:
            issues.append(
                Issue("clinical.unit", "the longest time is below 120 days; are these months or years?")
            )
    return tuple(i for i in issues if i is not None)


def _note(frame: pd.DataFrame, column: str) -> Issue | None:
    count = int(frame[column].isna().sum())
    return Issue("clinical.missing", f"{column} is missing", column, count) if count else None
