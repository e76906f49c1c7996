"""Phases from the series themselves, where no derived map leads to them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.io.dicom_discovery import Dynamic, join, series_numbers
from kinephen.io.dicom_series import Series
from kinephen.io.dicom_sets import SIMILAR, Found, count, likeness, relation, same_settings, sets_of
from kinephen.io.dicom_sorting import Sorting

WHOLE = 3
"""Phases of an exam with an early and a late one after contrast."""
FEWEST = 2
"""Phases of an exam with one after contrast, which still gives enhancement and its volume."""

_OTHER_CONTRAST = re.compile(
    r"t2|stir|dwi|dwss|diff|tensor|dti|\bb0|fiesta|non?[ -]?fat",
    re.IGNORECASE,
)


def without_maps(sorting: Sorting) -> tuple[Dynamic | None, tuple[Issue, ...]]:
    """Find the one set of series on one grid, of one contrast, that holds the phases.

    Acquired series come first, derived ones (the export of a workstation) where these make no exam, both
    together where neither does, and last those that only their description takes for something else.

    Parameters
    ----------
    sorting : Sorting
        Of one study.

    Returns
    -------
    dynamic : Dynamic or None
    issues : tuple of Issue

    Raises
    ------
    InputError
        ``dicom.ambiguous`` with the series numbers if there are several such sets, or if a set of two phases
        may lack others; what is wrong with the largest series, if that is why no set was found;
        ``dicom.dixon``.
    """
    reference = next((s.images for s in sorting.maps), ())
    obstacles: list[tuple[int, InputError]] = [] if sorting.error is None else [(0, sorting.error)]
    for pool, fewest, any_scanner in _attempts(sorting):
        candidates = [s for s in pool if not _OTHER_CONTRAST.search(s.description)]
        if reference:
            # A map tells the breast, even where its name does not tell the series.
            candidates = [s for s in candidates if relation(reference, s.images) == "same"]
        sets, refused = sets_of(candidates, any_scanner=any_scanner)
        whole = [found for found in sets if count(found) >= fewest]
        first = pool is sorting.acquired and fewest == WHOLE and not any_scanner
        if first:
            obstacles += refused
        if not whole:
            continue
        chosen = _only(whole)
        if not first:
            _require_no_obstacle(obstacles, chosen)
        lacking = _alike(chosen, candidates)
        if lacking and count(chosen) < WHOLE:
            raise _may_lack(chosen, lacking)
        return _dynamic(chosen, candidates), ()
    if obstacles:
        raise obstacles[0][1]
    return None, ()


def _attempts(sorting: Sorting) -> Iterator[tuple[Sequence[Series], int, bool]]:
    """Yield pools of series, the fewest phases, and whether makers may differ; the first answer counts."""
    both = (*sorting.joined, *sorting.spare)
    yield sorting.acquired, WHOLE, False
    yield sorting.acquired, WHOLE, True
    yield sorting.spare, WHOLE, False
    yield sorting.acquired, FEWEST, True
    yield sorting.spare, FEWEST, True
    for fewest in (WHOLE, FEWEST):
        yield both, fewest, True
    for fewest in (WHOLE, FEWEST):
        yield (*both, *sorting.doubtful), fewest, True


def _only(sets: Sequence[Found]) -> Found:
    if len(sets) == 1:
        return sets[0]
    options = "; ".join(
        ", ".join(f"{s.label} ({len(split.phases)})" for s, split in found) for found in sets[:6]
    )
    raise InputError(
        f"{len(sets)} sets of series could be the dynamic one (phases in brackets): {options}",
        code="dicom.ambiguous",
        hint="name the series in a manifest",
    )


def _require_no_obstacle(obstacles: Sequence[tuple[int, InputError]], chosen: Found) -> None:
    """Raise what kept a larger series, or parts of a Dixon sequence, from being the exam."""
    images = sum(len(s.images) for s, _ in chosen)
    for size, error in obstacles:
        if size == 0 or size >= images:
            raise error


def _alike(chosen: Found, candidates: Sequence[Series]) -> list[Series]:
    """Return series that may hold phases of the chosen set: they lie elsewhere or differ in settings."""
    first = chosen[0][0]
    own = {s.uid for s, _ in chosen}
    return [
        s
        for s in candidates
        if s.uid not in own
        and s.part == first.part
        and ("FS" in s.first.scan_options) == ("FS" in first.first.scan_options)
        and (
            likeness(first.description, s.description) >= SIMILAR
            or relation(first.images, s.images) == "same"
        )
    ]


def _may_lack(chosen: Found, others: Sequence[Series]) -> InputError:
    named = ", ".join(s.label for s, _ in chosen)
    return InputError(
        f"{named} give {count(chosen)} phases, and more may lie in "
        + ", ".join(f"{s.label} ({_how(chosen[0][0], s)})" for s in others[:6]),
        code="dicom.ambiguous",
        hint="name the series of each phase in a manifest: those on one grid can be used without the others",
    )


def _how(first: Series, other: Series) -> str:
    """Tell how a series differs from another one."""
    if relation(first.images, other.images) == "same":
        named = likeness(first.description, other.description) >= SIMILAR
        return "other settings" if named else "another name"
    one, two = first.first.pixels, other.first.pixels
    if one and two and (one.rows, one.columns) != (two.rows, two.columns):
        return f"matrix {two.rows} x {two.columns}, not {one.rows} x {one.columns}"
    return f"{len(other.images)} images, other places or spacing"


def _dynamic(chosen: Found, candidates: Sequence[Series]) -> Dynamic:
    phases, key = join(chosen)
    first = chosen[0][0]
    left = [
        s
        for s in _alike(chosen, candidates)
        if likeness(first.description, s.description) >= SIMILAR and same_settings(first, s, any_scanner=True)
    ]
    return Dynamic(
        phases,
        f"one set of series on one grid; phases told apart by {key}",
        key,
        series_numbers(phases),
        issues=_left_out(left, first, len(phases[0].slices)),
    )


def _left_out(left: Sequence[Series], first: Series, slices: int) -> tuple[Issue, ...]:
    """Return what is to be said of series that look like phases and are none of those taken."""
    found = []
    short = [s for s in left if len(s.images) < slices and _one_matrix(first, s)]
    if short:
        named = ", ".join(f"{s.label}: {len(s.images)}" for s in short)
        text = (
            f"{len(short)} series of like name and settings hold fewer slices than a phase ({named}; a phase "
            f"has {slices}): a phase may be incomplete, and the others would be taken without it"
        )
        found.append(Issue("dicom.phase_short", text, "phases", len(short), level="stop"))
    rest = [s for s in left if s not in short]
    if rest:
        named = ", ".join(f"{s.label}: {_how(first, s)}" for s in rest)
        text = f"{len(rest)} series of like name and settings were left out ({named})"
        found.append(Issue("dicom.series_left_out", text, "phases", len(rest), level="warning"))
    return tuple(found)


def _one_matrix(first: Series, other: Series) -> bool:
    one, two = first.first.pixels, other.first.pixels
    return one is None or two is None or (one.rows, one.columns) == (two.rows, two.columns)
