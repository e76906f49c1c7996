"""Clock readings of DICOM (DA with TM, DT), and bringing those of one exam onto one time line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinephen.io.dicom_values import SECONDS_PER_DAY, day_number, time_of_day
from kinephen.types import FloatArray

HALF_DAY_S = SECONDS_PER_DAY / 2
_EAST_MOST_S, _WEST_MOST_S = 14 * 3600.0, -12 * 3600.0
"""Zones of the world (DICOM PS3.5, DT)."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One reading of a local clock.

    Parameters
    ----------
    seconds : float
        Since midnight, at most 86,400 (a leap second).
    day : int, optional
        Running day number; None without a date, or with one that is none.
    zone_s : float, optional
        Seconds east of UTC.
    """

    seconds: float
    day: int | None = None
    zone_s: float | None = None

    @property
    def moment(self) -> float:
        """Seconds from an arbitrary day (in UTC where the zone is stated); without a date since midnight."""
        if self.day is None:
            return self.seconds
        return self.day * SECONDS_PER_DAY + self.seconds - (self.zone_s or 0.0)


def read_clock(date: str, time: str, zone: str = "") -> Clock | None:
    """Return the reading of a DA and a TM value (with TimezoneOffsetFromUTC); None without a valid time."""
    seconds = time_of_day(time)
    return None if seconds is None else Clock(seconds, day_number(date), zone_seconds(zone))


def read_datetime(word: str, zone: str = "") -> Clock | None:
    """Return the reading of a DT value ``YYYYMMDDHHMMSS.ffffff&ZZXX``; None without a valid time of day.

    A zone in the value counts before `zone`, which is TimezoneOffsetFromUTC.
    """
    stamp = word.strip()
    cut = max(stamp.rfind("+"), stamp.rfind("-"))
    own = stamp[cut:] if cut >= 8 else ""
    stamp = stamp[:cut] if own else stamp
    return read_clock(stamp[:8], stamp[8:], own or zone)


def zone_seconds(word: str) -> float | None:
    """Return a zone ``&ZZXX`` in seconds east of UTC, or None."""
    word = word.strip()
    digits = word[1:]
    if len(digits) != 4 or word[0] not in "+-" or not (digits.isascii() and digits.isdigit()):
        return None
    hours, minutes = int(digits[:2]), int(digits[2:])
    seconds = (hours * 3600.0 + minutes * 60.0) * (-1.0 if word[0] == "-" else 1.0)
    return seconds if minutes < 60 and _WEST_MOST_S <= seconds <= _EAST_MOST_S else None


def time_line(clocks: Sequence[Clock | None]) -> FloatArray:
    """Return readings as seconds from one zero, NaN where there is none; midnight lies between them.

    Dates count where all readings have one. Readings without dates, of one date, or of two neighbouring dates
    that contradict the clock (a date that stayed, or changed for some images only) are brought over midnight
    where they span more than half a day. Zones count where all readings have one: the clock changes.
    """
    known = [c for c in clocks if c is not None]
    line = np.full(len(clocks), np.nan)
    if known:
        line[[c is not None for c in clocks]] = _line_of(known)
    return line


def _line_of(known: Sequence[Clock]) -> FloatArray:
    seconds = np.array([c.seconds for c in known])
    zones = [c.zone_s for c in known]
    if None not in zones:
        shifts: FloatArray = np.array(zones, dtype=np.float64)
        seconds = seconds - (shifts - shifts[0])
    days = [c.day for c in known]
    over_midnight = bool(np.ptp(seconds) > HALF_DAY_S)
    if None not in days:
        numbers = np.array(days, dtype=np.float64)
        dated: FloatArray = numbers * SECONDS_PER_DAY + seconds
        if np.ptp(numbers) > 1 or np.ptp(dated) <= HALF_DAY_S or not over_midnight:
            return dated
    if over_midnight:
        seconds = np.where(seconds < HALF_DAY_S, seconds + SECONDS_PER_DAY, seconds)
    return seconds
