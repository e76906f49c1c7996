"""Phases from the source images that derived SER and PE maps name one by one: the surest way to find them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.io.dicom_discovery import Dynamic, join, series_numbers, split_all
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_phases import Phase, aligned, split_series
from kinephen.io.dicom_series import Series
from kinephen.io.dicom_sorting import Sorting

RULE = "source images of the derived maps"


def from_source_images(sorting: Sorting) -> tuple[Dynamic | None, tuple[Issue, ...]]:
    """Find the phases that the derived maps were made from.

    A SER map names the images before contrast, early and late at each slice; a PE map the first two.

    Parameters
    ----------
    sorting : Sorting
        Of one study.

    Returns
    -------
    dynamic : Dynamic or None
        None if no map names images that are in the folder.
    issues : tuple of Issue

    Raises
    ------
    InputError
        ``dicom.ambiguous`` if maps of two different sources are there; ``dicom.slice_count`` or
        ``dicom.sources_incomplete`` if some of the images that a map names are missing.
    """
    series = (*sorting.acquired, *sorting.spare)
    images = {h.uid: h for s in series for h in s.images}
    named = [_named_images(s) for s in sorting.maps]
    named = [n for n in named if n]
    if not named:
        return None, ()
    present = [n for n in named if _share(n, images) == 1.0]
    partly = [n for n in named if _share(n, images) >= 0.5]
    if not present and partly:
        raise _incomplete(series, images, max(partly, key=len))
    if not present:
        text = "derived maps name source images that are not in the folder"
        return None, (Issue("dicom.sources_missing", text, "maps", len(named)),)
    if len({frozenset(n[0]) for n in present}) > 1:
        raise InputError(
            "derived maps of different source series are in the folder (both breasts, or two analyses?)",
            code="dicom.ambiguous",
            hint="give the folder of one analysis, or name the series of each phase in a manifest",
        )
    return _dynamic(series, images, max(present, key=len)), ()


def _named_images(series: Series) -> list[list[str]]:
    """Return the named instances, one list for each role (before contrast, early, late)."""
    counts = Counter(len(h.sources) for h in series.images)
    usual = counts.most_common(1)[0][0] if counts else 0
    if usual < 2 or len(counts) > 1:
        return []
    return [[h.sources[role] for h in series.images] for role in range(usual)]


def _share(named: list[list[str]], images: dict[str, Header]) -> float:
    uids = [u for column in named for u in column]
    return sum(u in images for u in uids) / len(uids)


def _incomplete(series: Sequence[Series], images: dict[str, Header], named: list[list[str]]) -> InputError:
    """Return the error for missing source images; uneven series say themselves where slices are missing."""
    touched = {images[u].series for column in named for u in column if u in images}
    split_all([s for s in series if s.uid in touched])
    missing = sum(u not in images for column in named for u in column)
    return InputError(
        f"{missing} of the images that the derived maps were made from are not in the folder",
        code="dicom.sources_incomplete",
        where="exam folder",
        hint="export the whole study again",
    )


def _dynamic(series: Sequence[Series], images: dict[str, Header], named: list[list[str]]) -> Dynamic:
    touched = {images[u].series for column in named for u in column}
    try:
        phases, key = join(split_all([s for s in series if s.uid in touched]))
    except InputError as error:
        # What the maps name is complete, whatever else stands in the same series.
        return _as_named(images, named, error)
    roles = [_phase_with(phases, column) for column in named]
    if len(set(roles)) != len(roles) or None in roles:
        raise InputError(
            "the images that the derived maps name do not agree with the phases told apart by " + key,
            code="dicom.sources",
            hint="name the files of each phase in a manifest",
        )
    first = roles[0] or 0
    issues: tuple[Issue, ...] = ()
    if first:
        text = "phases acquired before the one that the maps take as pre-contrast were left out"
        issues = (Issue("dicom.early_phases", text, "phases", first),)
    kept = phases[first:]
    early = (roles[1] or 0) - first
    late = (roles[2] or 0) - first if len(roles) > 2 else None
    return Dynamic(
        phases=kept,
        rule=f"{RULE}; phases told apart by {key}",
        key=key,
        series_numbers=series_numbers(kept),
        early=early,
        late=late,
        choice_rule=RULE,
        dropped=first,
        issues=issues,
    )


def _as_named(images: dict[str, Header], named: list[list[str]], error: InputError) -> Dynamic:
    """Take the named images alone as phases; raises `error` if they are not at least three whole phases."""
    splits = [split_series([images[u] for u in column], where=RULE) for column in named]
    if len(splits) < 3 or any(len(split.phases) != 1 for split in splits):
        raise error
    phases = aligned([split.phases[0] for split in splits])
    text = f"phases are the images that the maps name; the series itself is not whole ({error.message})"
    return Dynamic(
        phases=phases,
        rule=f"{RULE} alone",
        key="",
        series_numbers=series_numbers(phases),
        early=1,
        late=2,
        choice_rule=RULE,
        issues=(Issue("dicom.named_images", text, "phases"),),
    )


def _phase_with(phases: Sequence[Phase], uids: list[str]) -> int | None:
    wanted = set(uids)
    shares = [len(wanted & p.uids) for p in phases]
    best = max(range(len(phases)), key=lambda i: shares[i])
    return best if shares[best] * 2 > len(wanted) else None
