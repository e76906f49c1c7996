"""Time counted from the second visit: who had left by then is not analysed, and counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinephen.config.schema import Landmark
from kinephen.core.counted import counted
from kinephen.errors import CohortError, InputError
from kinephen.records.landmark import LandmarkRecord
from kinephen.survival.landmark import landmark

DAYS_PER_YEAR = 365.25


def apply_landmark(frame: pd.DataFrame, settings: Landmark) -> tuple[pd.DataFrame, LandmarkRecord]:
    """Return patients with times from the second visit where that is asked for, and what it did.

    Parameters
    ----------
    frame : DataFrame
        ``time`` and ``os_time`` in years from the start of follow-up, ``event``, ``complete``.
    settings : Landmark

    Returns
    -------
    frame : DataFrame
        With ``before_landmark``; such patients have neither time nor event.
    record : LandmarkRecord

    Raises
    ------
    CohortError
        ``landmark.unknown`` when it is asked for and the days are not known for all patients;
        ``survival.landmark`` when nobody is followed beyond it.
    InputError
        ``landmark.column`` for days that are no numbers >= 0.
    """
    years = _years(frame, settings)
    followed = frame["complete"] & frame["time"].notna() & frame["event"].notna()
    unknown = int((followed & years.isna()).sum())
    if settings.use and unknown:
        raise CohortError(
            f"the days to the second visit are not known for {unknown} of {int(followed.sum())} patients",
            code="landmark.unknown",
            where=f"clinical column {settings.column!r}",
            hint="add the column, or give landmark.days for those in whom it is not known",
        )
    early = followed & (frame["time"] <= years)
    record = LandmarkRecord(
        use=settings.use,
        events=int((early & (frame["event"] == 1.0)).sum()),
        left=int((early & (frame["event"] == 0.0)).sum()),
        reason=f"the days to it are not known for {counted(unknown, 'patient')}" if unknown else "",
    )
    if not settings.use:
        return frame.assign(before_landmark=False), record
    patients = frame[followed]
    keep, shifted, _ = landmark(patients["time"], patients["event"], years[followed])
    kept = patients.index[keep]
    moved = frame.assign(before_landmark=early)
    moved["time"] = pd.Series(shifted, index=kept).reindex(frame.index)
    moved["event"] = moved["event"].where(moved["time"].notna())
    if "os_time" in moved.columns:
        later = moved["os_time"] - years
        moved["os_time"] = later.where(later > 0)
    return moved, record


def _years(frame: pd.DataFrame, settings: Landmark) -> pd.Series:
    days = pd.Series(np.nan, index=frame.index, dtype=float)
    if settings.column in frame.columns:
        given = pd.to_numeric(frame[settings.column], errors="coerce")
        if (given < 0).any() or (given.isna() & frame[settings.column].notna()).any():
            raise InputError(
                "expected days >= 0 from the start of follow-up to the second visit",
                code="landmark.column",
                where=f"clinical column {settings.column!r}",
                hint="correct the column, or name another one (landmark.column)",
            )
        days = given.astype(float)
    if settings.days is not None:
        days = days.fillna(settings.days)
    return days / DAYS_PER_YEAR
