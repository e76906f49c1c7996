"""All exams of a run together: how they were acquired, where their lesions came from, what was noticed."""

from __future__ import annotations

from kinephen.core.cohort import Level
from kinephen.records.base import Record


class ClassCount(Record):
    """How many exams state a class.

    Parameters
    ----------
    values : tuple of str
        One text, or several codes in the order of the file; empty for the exams that state nothing.
    exams : int
    """

    values: tuple[str, ...]
    exams: int


class Spread(Record):
    """A number over the exams that state it.

    Parameters
    ----------
    exams : int
        That state it.
    median, low, high : float
        `low` and `high` are the smallest and the largest.
    """

    exams: int
    median: float
    low: float
    high: float


class Noticed(Record):
    """One kind of issue over all exams.

    Parameters
    ----------
    code : str
    where : str
        The map that it is about, if it is about one.
    level : {"note", "warning", "stop"}
        The highest of any of them.
    exams : int
        In which it was noticed, however often in each.
    example : str
        Message of the first of them.
    """

    code: str
    where: str
    level: Level = "note"
    exams: int
    example: str


class ExamsSummary(Record):
    """The exams of both visits that were analysed.

    Parameters
    ----------
    analysed, failed : int
    confirmed : int
        Exams whose lesion a reader has confirmed.
    given : int
        Exams whose lesion is a mask that somebody gave.
    classes : dict of str to tuple of ClassCount
        By field of `Lesion` or `Protocol`; most frequent first.
    numbers : dict of str to Spread
        By field of `Protocol`, and ``field_strength_t``, ``slice_distance_mm``, ``in_plane_mm`` (rows and
        columns together), ``frames``, ``early_s``, ``late_s``, ``largest_shift_mm``, ``drift_percent`` (of
        normal tissue), ``pe_threshold`` and ``background_percent`` (percent). Those that no exam states are
        absent.
    noticed : tuple of Noticed
        By code.
    """

    analysed: int
    failed: int
    confirmed: int
    given: int
    classes: dict[str, tuple[ClassCount, ...]]
    numbers: dict[str, Spread]
    noticed: tuple[Noticed, ...] = ()
