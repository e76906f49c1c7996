"""Phases from the name and number of a derived map, where it does not name its source images."""

from __future__ import annotations

from collections.abc import Sequence

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.io.dicom_discovery import Dynamic, join, series_numbers
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_phases import split_series
from kinephen.io.dicom_series import Series
from kinephen.io.dicom_sets import SIMILAR, Found, clean, count, likeness, relation, same_settings, stem
from kinephen.io.dicom_sorting import Sorting

MIN_PHASES = 3
MAX_PHASES = 12
"""More phases than this in several series of other names are pasted or mixed, not one dynamic set."""


def from_map_name(sorting: Sorting, *, n_phases: int | None) -> tuple[Dynamic | None, tuple[Issue, ...]]:
    """Find the phases through the name and number of the SER (or PE) map.

    The map is called ``<description of the series>: SER`` and numbered ``Sref x 10000 + 1000``, where Sref is
    the number of one source series (Philips: its number // 100). Only series on the map's own grid count.

    Parameters
    ----------
    sorting : Sorting
        Of one study.
    n_phases : int, optional
        Number of phases that the private header states.

    Returns
    -------
    dynamic : Dynamic or None
        None if there is no map.
    issues : tuple of Issue

    Raises
    ------
    InputError
        ``dicom.ambiguous`` if several sets of posts, or maps of several analyses, are in the folder.
    """
    maps = sorted(sorting.maps, key=lambda s: s.map_kind != "SER")
    if not maps:
        return None, ()
    reference = maps[0]
    _require_one_analysis(maps)
    source_name = clean(reference.map_source)
    candidates = list(sorting.acquired)
    if not any(clean(s.description) == source_name for s in candidates):
        candidates += [s for s in (*sorting.doubtful, *sorting.spare) if clean(s.description) == source_name]
    on_grid, aborted = _on_grid(reference.images, candidates)
    issues = [
        Issue("dicom.aborted", "series that do not fill the grid were left out", "phases", aborted)
    ] * bool(aborted)
    named = [f for f in on_grid if clean(f[0].description) == source_name]
    source = [f for f in named if _is_sref(f[0], reference)]
    chosen, rule = _among_named(named, source, n_phases)
    if not chosen and named:
        chosen, rule = _with_posts(named, on_grid), "name of the SER map, posts under other names"
    if not chosen:
        return None, tuple(issues)
    left_out = len(named) - sum(f in chosen for f in named)
    if left_out:
        issues.append(
            Issue("dicom.series_left_out", "series of the same name were left out", "phases", left_out)
        )
    phases, key = join(chosen)
    early = 2 if any(s.map_kind == "PE2" for s in maps) else None
    rule_of_choice = "PE2 map" if early else ""
    dynamic = Dynamic(
        phases,
        f"{rule}; phases told apart by {key}",
        key,
        series_numbers(phases),
        early,
        None,
        rule_of_choice,
    )
    return dynamic, tuple(issues)


def _require_one_analysis(maps: Sequence[Series]) -> None:
    ratios = [m for m in maps if m.map_kind == "SER"]
    for other in ratios[1:]:
        same = relation(ratios[0].images, other.images) == "same"
        if not same or other.map_source != ratios[0].map_source:
            raise InputError(
                "SER maps of different source series are in the folder (both breasts, or two analyses?)",
                code="dicom.ambiguous",
                where="exam folder",
                hint="give the folder of one analysis, or name the series of each phase in a manifest",
            )


def _among_named(named: Found, source: Found, n_phases: int | None) -> tuple[Found, str]:
    rule = "name of the SER map"
    if n_phases:
        for found in [*([f] for f in source), named, *([f] for f in named)]:
            if count(found) == n_phases:
                return list(found), rule + " and the stated number of phases"
    if len(source) == 1 and count(source) >= MIN_PHASES:
        return source, rule + " and its number"
    if count(named) >= MIN_PHASES:
        return named, rule
    return [], rule


def _with_posts(named: Found, on_grid: Found) -> Found:
    """Add the series after contrast of other names: same grid and settings, later, most alike in name."""
    pre = named[0][0]
    rest = [f for f in on_grid if f not in named and same_settings(pre, f[0]) and _later(pre, f[0])]
    if count(named) + count(rest) < MIN_PHASES:
        return []
    groups: dict[str, Found] = {}
    for found in rest:
        groups.setdefault(stem(found[0].description), []).append(found)
    ranked = sorted(groups.items(), key=lambda g: -likeness(pre.description, g[1][0][0].description))
    fitting = [g for g in ranked if likeness(pre.description, g[1][0][0].description) >= SIMILAR]
    if len(groups) == 1 or fitting:
        best = (fitting or ranked)[0][1]
        if len(best) == 1 or MIN_PHASES <= count(named) + count(best) <= MAX_PHASES:
            return [*named, *best]
    raise InputError(
        f"the phases after contrast of {pre.label} have other names, and several series could be meant: "
        + ", ".join(s.label for s, _ in rest),
        code="dicom.ambiguous",
        hint="name the series of each phase in a manifest",
    )


def _on_grid(reference: Sequence[Header], series: Sequence[Series]) -> tuple[Found, int]:
    """Split the series that lie on the reference's grid; count those that lie on it but do not fill it."""
    found: Found = []
    aborted = 0
    for one in series:
        lies = relation(reference, one.images)
        if lies == "same":
            found.append((one, split_series(one.images, where=one.label)))
        aborted += lies == "part"
    return found, aborted


def _later(pre: Series, other: Series) -> bool:
    for name in ("acquired", "content", "series_start"):
        a, b = getattr(pre.first, name), getattr(other.first, name)
        if a is not None and b is not None and a != b:
            return bool(b > a)
    return (other.number or 0) > (pre.number or 0)


def _is_sref(series: Series, reference: Series) -> bool:
    sref = ((reference.number or 0) - 1000) // 10000
    return series.number is not None and sref in (series.number, series.number // 100)
