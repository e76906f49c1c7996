"""Finding the dynamic series of an exam: which images are its phases, and by which rule that is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.io.dicom_phases import Phase, Split, aligned, split_series
from kinephen.io.dicom_series import Series
from kinephen.io.dicom_timing import phase_starts


@dataclass(frozen=True)
class Dynamic:
    """The phases of one exam in order of time, before contrast first.

    Parameters
    ----------
    phases : tuple of Phase
    rule : str
        How they were found and told apart.
    key : str
        Header value that orders them.
    series_numbers : tuple of int
        SeriesNumber of each series that gave a phase.
    early, late : int, optional
        The choice of the archive's own maps, where they tell it.
    choice_rule : str
        Where that choice was read.
    dropped : int
        Phases that lie before the one that the maps take as before contrast, and were left out.
    issues : tuple of Issue
    """

    phases: tuple[Phase, ...]
    rule: str
    key: str
    series_numbers: tuple[int, ...] = ()
    early: int | None = None
    late: int | None = None
    choice_rule: str = ""
    dropped: int = 0
    issues: tuple[Issue, ...] = ()


def series_numbers(phases: Sequence[Phase]) -> tuple[int, ...]:
    """Return the distinct SeriesNumbers of `phases` in phase order."""
    return tuple(dict.fromkeys(p.slices[0].series_number or 0 for p in phases))


def split_all(series: Sequence[Series]) -> list[tuple[Series, Split]]:
    """Split each series into phases; errors name the series."""
    return [(s, split_series(s.images, where=s.label)) for s in series]


def join(splits: Sequence[tuple[Series, Split]]) -> tuple[tuple[Phase, ...], str]:
    """Bring the phases of several series into order of time, and name the key that orders them.

    Raises
    ------
    InputError
        ``dicom.phase_order`` if neither times nor series numbers order them; ``dicom.same_time`` if series
        hold each acquisition several times.
    """
    phases = [p for _, split in splits for p in split.phases]
    if len(splits) == 1:
        return tuple(phases), splits[0][1].rule
    _require_one_version(splits)
    starts = phase_starts(phases)
    if starts is not None:
        order = sorted(range(len(phases)), key=lambda i: starts[0][i])
        return aligned([phases[i] for i in order]), starts[1]
    numbers = [s.number for s, _ in splits]
    if None in numbers or len(set(numbers)) != len(numbers):
        raise InputError(
            f"{len(splits)} series hold the phases, but neither times nor series numbers order them",
            code="dicom.phase_order",
            hint="name the series of each phase in a manifest",
        )
    return aligned(phases), "SeriesNumber"


def _require_one_version(splits: Sequence[tuple[Series, Split]]) -> None:
    """Refuse series of which each acquisition is there several times, as with and without a filter."""
    starts = [p.slices[0].acquired for _, split in splits for p in split.phases]
    shares = set(Counter(starts).values())
    if None in starts or len(set(starts)) < 2 or len(shares) > 1 or shares == {1}:
        return
    raise InputError(
        f"{', '.join(s.label for s, _ in splits)} hold {shares.pop()} images of each place and time "
        "(one acquisition, sent in several ways?)",
        code="dicom.same_time",
        where="exam folder",
        hint="name the series of each phase in a manifest",
    )
