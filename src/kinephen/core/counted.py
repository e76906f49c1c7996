"""A number beside its noun: 1 event, 2 events, 1.5 years."""

from __future__ import annotations


def noun(n: float, one: str, many: str = "") -> str:
    """Return a noun as it stands behind a number: the singular behind exactly 1, else the plural.

    Parameters
    ----------
    n : float
    one : str
        For example ``"event"``, or several words whose last takes the plural.
    many : str, optional
        The plural where it is not `one` with an s.
    """
    return one if n == 1 else many or f"{one}s"


def counted(n: float, one: str, many: str = "") -> str:
    """Return a count or a duration with its noun, for example ``"1 event"`` or ``"1.5 years"``.

    Parameters
    ----------
    n : float
        A whole number as it is; others to six significant digits.
    one, many : str
        As of `noun`.
    """
    shown = f"{n:g}" if isinstance(n, float) else f"{n}"
    return f"{shown} {noun(n, one, many)}"


def duration(n: float, unit: str) -> str:
    """Return a time with its unit, for example ``"1 year"`` of 1 and ``"years"``.

    Parameters
    ----------
    n : float
    unit : str
        Its plural: days, months or years.
    """
    return counted(n, unit.removesuffix("s"), unit)
