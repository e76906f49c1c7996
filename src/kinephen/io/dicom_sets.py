"""Sets of series that belong together: on one grid, of one contrast, of like names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from kinephen.core.volume import GRID_TOLERANCE
from kinephen.errors import InputError
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_phases import Split, split_series
from kinephen.io.dicom_series import Series
from kinephen.io.dicom_stack import cluster_offsets, plane_key, slice_distance, slice_offsets
from kinephen.types import FloatArray, IntArray

SIMILAR = 0.6
"""Names of one dynamic set share at least this part of their letters, words such as "post" taken out."""

_PHASE_WORDS = re.compile(
    r"pre|post|delay(ed)?|dela|immed|immp|contrast|dyn\w*|[+]c|_ca_?$|_non$|_pos$|\d+(st|nd|rd|th)?|min|#|[^a-z]+"
)

Found = list[tuple[Series, Split]]


def relation(reference: Sequence[Header], images: Sequence[Header]) -> str:
    """Tell how images lie on the grid of `reference`: ``"same"``, ``"part"`` of it or ``"other"``."""
    if {plane_key(h) for h in images} != {plane_key(reference[0])}:
        return "other"
    own, counts = _positions(images, reference[0])
    wanted, _ = _positions(reference, reference[0])
    reach = GRID_TOLERANCE * slice_distance(wanted)
    hits = sum(abs(own - w).min() <= reach for w in wanted)
    if hits == len(wanted) == len(own):
        return "same" if min(counts) == max(counts) else "part"
    return "part" if hits else "other"


def sets_of(
    candidates: Sequence[Series], *, any_scanner: bool = False
) -> tuple[list[Found], list[tuple[int, InputError]]]:
    """Return sets of series on one grid, of one contrast and of like names, and why others are not whole.

    Parameters
    ----------
    candidates : sequence of Series
    any_scanner : bool
        Let the maker differ within a set.

    Returns
    -------
    sets : list of Found
    refused : list of (int, InputError)
        Number of images and reason; the largest series first.
    """
    sets: list[Found] = []
    refused: list[tuple[int, InputError]] = []
    for one in candidates:
        try:
            split = split_series(one.images, where=one.label)
        except InputError as error:
            refused.append((len(one.images), error))
            continue
        known = next((s for s in sets if _belongs(s[0][0], one, any_scanner=any_scanner)), None)
        if known is None:
            sets.append([(one, split)])
        else:
            known.append((one, split))
    refused.sort(key=lambda r: -r[0])
    return sets, refused


def same_settings(first: Series, other: Series, *, any_scanner: bool = False) -> bool:
    """Same maker, Dixon part, sequence, TR, TE, flip angle and fat suppression, where both state them."""
    one, two = first.first, other.first
    if first.part != other.part or (not any_scanner and one.manufacturer != two.manufacturer):
        return False
    if one.sequence and two.sequence and one.sequence != two.sequence and not any_scanner:
        return False
    if ("FS" in one.scan_options) != ("FS" in two.scan_options):
        return False
    pairs = zip(one.contrast_settings, two.contrast_settings, strict=True)
    return all(a is None or b is None or abs(a - b) <= 0.05 * max(abs(a), abs(b)) for a, b in pairs)


def count(found: Found) -> int:
    """Return the number of phases."""
    return sum(len(split.phases) for _, split in found)


def stem(description: str) -> str:
    """Return the letters of a series description without the words that tell phases apart."""
    return _PHASE_WORDS.sub("", clean(description).lower())


def clean(description: str) -> str:
    """Return a series description without the marks that archives put behind it."""
    return description.strip().rstrip("$?").strip()


def likeness(first: str, other: str) -> float:
    """Return the share of letters that two series descriptions have in common, 0 to 1."""
    a, b = stem(first), stem(other)
    return 1.0 if a == b else SequenceMatcher(None, a, b, autojunk=False).ratio()


def _belongs(first: Series, one: Series, *, any_scanner: bool) -> bool:
    return (
        relation(first.images, one.images) == "same"
        and same_settings(first, one, any_scanner=any_scanner)
        and likeness(first.description, one.description) >= SIMILAR
    )


def _positions(images: Sequence[Header], first: Header) -> tuple[FloatArray, IntArray]:
    offsets = slice_offsets([first, *images])[1:]
    positions, labels = cluster_offsets(offsets)
    return positions, np.bincount(labels)
