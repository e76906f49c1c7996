"""Where the clock starts, and who had left follow-up by the second visit."""

from __future__ import annotations

from kinephen.records.base import Record

SECOND_VISIT = "the second visit"
"""From when time counts under a landmark."""


def time_origin(stated: str, *, landmark: bool) -> str:
    """Return from when time counts: the second visit under a landmark, else what is stated; else empty."""
    return SECOND_VISIT if landmark else stated


class LandmarkRecord(Record):
    """What counting time from the second visit did, or would do.

    Parameters
    ----------
    use : bool
        Time counts from the second visit.
    events, left : int
        Patients with the event, and without it, whose follow-up ended by that visit.
    reason : str
        Where the days to that visit are not known.
    """

    use: bool
    events: int
    left: int
    reason: str = ""
