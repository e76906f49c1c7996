"""Phases from series names, numbers and geometry, where no derived map names its source images."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.volume import GRID_TOLERANCE
from kinephen.errors import InputError
from kinephen.io.dicom_discovery import Dynamic, join, series_numbers
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_phases import Split, split_series
from kinephen.io.dicom_series import Series
from kinephen.io.dicom_stack import cluster_offsets, plane_key, slice_distance, slice_offsets
from kinephen.types import FloatArray, IntArray

MIN_PHASES = 3
MAX_PHASES = 12
"""More phases than this under other names are pasted or mixed series, not one dynamic set."""
SIMILAR = 0.6
"""Names of one dynamic set share at least this part of their letters, words such as "post" taken out."""

_OTHER_CONTRAST = re.compile(
    r"t2|stir|dwi|dwss|diff|tensor|dti|\badc\b|\bb0|loc|scout|survey|plane|fiesta|non?[ -]?fat|mip|mpr",
    re.IGNORECASE,
)
_PHASE_WORDS = re.compile(
    r"pre|post|delay(ed)?|dela|immed|immp|contrast|dyn\w*|[+]c|_ca_?$|_non$|_pos$|\d+(st|nd|rd|th)?|min|#|[^a-z]+"
)

Found = list[tuple[Series, Split]]


def from_map_name(
    series: Sequence[Series], *, n_phases: int | None
) -> tuple[Dynamic | None, tuple[Issue, ...]]:
    """Find the phases through the name and number of the SER (or PE) map.

    The map is called ``<description of the series>: SER`` and numbered ``Sref x 10000 + 1000``, where Sref is
    the number of one source series (Philips: its number // 100). Only series on the map's own grid count.

    Parameters
    ----------
    series : sequence of Series
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
    maps = sorted((s for s in series if s.map_kind), key=lambda s: s.map_kind != "SER")
    if not maps:
        return None, ()
    reference = maps[0]
    _require_one_analysis(maps)
    on_grid, aborted = _on_grid(reference.images, [s for s in series if s.acquired_image])
    issues = [
        Issue("dicom.aborted", "series that do not fill the grid were left out", "phases", aborted)
    ] * bool(aborted)
    named = [f for f in on_grid if _clean(f[0].description) == _clean(reference.map_source)]
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
        same = _relation(ratios[0].images, other.images) == "same"
        if not same or other.map_source != ratios[0].map_source:
            raise InputError(
                "SER maps of different source series are in the folder (both breasts, or two analyses?)",
                code="dicom.ambiguous",
                where="exam folder",
                hint="give the folder of one analysis, or name the series of each phase in a manifest",
            )


def without_maps(series: Sequence[Series]) -> tuple[Dynamic | None, tuple[Issue, ...]]:
    """Find the one set of acquired series on one grid, of one contrast, that holds at least three phases.

    Raises
    ------
    InputError
        ``dicom.ambiguous`` with the series numbers if there are several such sets; what is wrong with the
        largest series, if no set holds three phases.
    """
    candidates = [s for s in series if s.acquired_image and not _OTHER_CONTRAST.search(s.description)]
    reference = next((s.images for s in series if s.map_kind), ())
    if reference:
        # A map tells the breast, even where its name does not tell the series.
        candidates = [s for s in candidates if _relation(reference, s.images) == "same"]
    all_sets, refused = _sets(candidates)
    sets = [found for found in all_sets if _count(found) >= MIN_PHASES]
    if len(sets) > 1:
        options = "; ".join(
            ", ".join(f"{s.label} ({len(split.phases)})" for s, split in found) for found in sets[:6]
        )
        raise InputError(
            f"{len(sets)} sets of series could be the dynamic one (phases in brackets): {options}",
            code="dicom.ambiguous",
            hint="name the series in a manifest",
        )
    if not sets and refused:
        raise refused[0]
    if not sets:
        return None, ()
    phases, key = join(sets[0])
    return Dynamic(
        phases, f"one set of series on one grid; phases told apart by {key}", key, series_numbers(phases)
    ), ()


def _among_named(named: Found, source: Found, n_phases: int | None) -> tuple[Found, str]:
    rule = "name of the SER map"
    if n_phases:
        for found in [*([f] for f in source), named, *([f] for f in named)]:
            if _count(found) == n_phases:
                return list(found), rule + " and the stated number of phases"
    if len(source) == 1 and _count(source) >= MIN_PHASES:
        return source, rule + " and its number"
    if _count(named) >= MIN_PHASES:
        return named, rule
    return [], rule


def _with_posts(named: Found, on_grid: Found) -> Found:
    """Add the series after contrast of other names: same grid and settings, later, most alike in name."""
    pre = named[0][0]
    rest = [
        f for f in on_grid if f not in named and _same_settings(pre.first, f[0].first) and _later(pre, f[0])
    ]
    if _count(named) + _count(rest) < MIN_PHASES:
        return []
    groups: dict[str, Found] = {}
    for found in rest:
        groups.setdefault(_stem(found[0].description), []).append(found)
    ranked = sorted(groups.items(), key=lambda g: -_likeness(pre.description, g[1][0][0].description))
    fitting = [g for g in ranked if _likeness(pre.description, g[1][0][0].description) >= SIMILAR]
    if len(groups) == 1 or fitting:
        best = (fitting or ranked)[0][1]
        if MIN_PHASES <= _count(named) + _count(best) <= MAX_PHASES:
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
        relation = _relation(reference, one.images)
        if relation == "same":
            found.append((one, split_series(one.images, where=one.label)))
        aborted += relation == "part"
    return found, aborted


def _relation(reference: Sequence[Header], images: Sequence[Header]) -> str:
    if {plane_key(h) for h in images} != {plane_key(reference[0])}:
        return "other"
    own, counts = _positions(images, reference[0])
    wanted, _ = _positions(reference, reference[0])
    reach = GRID_TOLERANCE * slice_distance(wanted)
    hits = sum(abs(own - w).min() <= reach for w in wanted)
    if hits == len(wanted) == len(own):
        return "same" if min(counts) == max(counts) else "part"
    return "part" if hits else "other"


def _positions(images: Sequence[Header], first: Header) -> tuple[FloatArray, IntArray]:
    offsets = slice_offsets([first, *images])[1:]
    positions, labels = cluster_offsets(offsets)
    return positions, np.bincount(labels)


def _sets(candidates: Sequence[Series]) -> tuple[list[Found], list[InputError]]:
    """Return sets of series on one grid, of one contrast and of like names, and why others are not whole.

    The error of the largest series comes first.
    """
    sets: list[Found] = []
    refused: list[tuple[int, InputError]] = []
    for one in candidates:
        try:
            split = split_series(one.images, where=one.label)
        except InputError as error:
            refused.append((len(one.images), error))
            continue
        for known in sets:
            first = known[0][0]
            if (
                _relation(first.images, one.images) == "same"
                and _same_settings(first.first, one.first)
                and (_likeness(first.description, one.description) >= SIMILAR)
            ):
                known.append((one, split))
                break
        else:
            sets.append([(one, split)])
    refused.sort(key=lambda r: -r[0])
    return sets, [error for _, error in refused]


def _same_settings(first: Header, other: Header) -> bool:
    """Same maker, sequence, TR, TE, flip angle and fat suppression, where both headers state them."""
    if first.manufacturer != other.manufacturer:
        return False
    if first.sequence and other.sequence and first.sequence != other.sequence:
        return False
    if ("FS" in first.scan_options) != ("FS" in other.scan_options):
        return False
    pairs = zip(first.contrast_settings, other.contrast_settings, strict=True)
    return all(a is None or b is None or abs(a - b) <= 0.05 * max(abs(a), abs(b)) for a, b in pairs)


def _later(pre: Series, other: Series) -> bool:
    for name in ("acquired", "content", "series_start"):
        a, b = getattr(pre.first, name), getattr(other.first, name)
        if a is not None and b is not None and a != b:
            return bool(b > a)
    return (other.number or 0) > (pre.number or 0)


def _is_sref(series: Series, reference: Series) -> bool:
    sref = ((reference.number or 0) - 1000) // 10000
    return series.number is not None and sref in (series.number, series.number // 100)


def _count(found: Found) -> int:
    return sum(len(split.phases) for _, split in found)


def _clean(description: str) -> str:
    return description.strip().rstrip("$?").strip()


def _stem(description: str) -> str:
    return _PHASE_WORDS.sub("", _clean(description).lower())


def _likeness(first: str, other: str) -> float:
    a, b = _stem(first), _stem(other)
    return 1.0 if a == b else SequenceMatcher(None, a, b, autojunk=False).ratio()
