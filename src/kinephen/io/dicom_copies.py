"""Images that were sent twice under new identifiers: one copy of each is kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

import numpy as np

from kinephen.errors import InputError
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_pixels import read_slice
from kinephen.io.dicom_stack import plane_key

_PLACE_DIGITS = 3
"""Positions are one place within a thousandth of a millimetre: a copy states the same number."""


def copies(images: Sequence[Header], named: Collection[str]) -> frozenset[str]:
    """Return the UIDs of images that repeat another one: same place, times, phase numbers and pixel values.

    Parameters
    ----------
    images : sequence of Header
        Of one kind.
    named : collection of str
        UIDs that other objects name as their sources; of two copies the named one is kept.

    Returns
    -------
    frozenset of str
        Empty where leaving copies out would leave positions with unequal numbers of images that are equal
        now: blank slices look alike, and belong to phases that other values tell apart.
    """
    timed = len({i.acquired for i in images}) > 1
    alike: defaultdict[tuple[object, ...], list[Header]] = defaultdict(list)
    for image in images:
        alike[_same_moment(image, timed=timed)].append(image)
    repeated: set[str] = set()
    for group in alike.values():
        if len(group) > 1:
            repeated |= _repeated(group, named)
    if not repeated:
        return frozenset()
    left = [i for i in images if i.uid not in repeated]
    before, after = _counts(images), _counts(left)
    uneven = [plane for plane in before if _even(before[plane]) and not _even(after[plane])]
    return frozenset(i.uid for i in images if i.uid in repeated and plane_key(i) not in uneven)


def _same_moment(image: Header, *, timed: bool) -> tuple[object, ...]:
    """Return what two copies share.

    The time of the content counts only where that of the acquisition tells nothing (`timed`): who sends an
    image again may state another one.
    """
    told = (image.temporal_position, image.acquired, None if timed else image.content, image.trigger)
    place = tuple(round(v, _PLACE_DIGITS) + 0.0 for v in image.position or ())
    return (plane_key(image), place, told, image.acquisition_number)


def _repeated(group: Sequence[Header], named: Collection[str]) -> set[str]:
    """Return the UIDs of `group` whose values equal those of one that is kept."""
    ranked = sorted(group, key=lambda h: (h.uid not in named, *_place_in_study(h)))
    kept: list[np.ndarray] = []
    repeated: set[str] = set()
    for image in ranked:
        try:
            values = read_slice(image)
        except InputError:  # what cannot be decoded is said where it is read
            continue
        if any(np.array_equal(values, other) for other in kept):
            repeated.add(image.uid)
        else:
            kept.append(values)
    return repeated


def _place_in_study(image: Header) -> tuple[object, ...]:
    number = image.series_number
    return (number is None, number or 0, image.series, image.instance_number or 0, image.uid)


def _counts(images: Sequence[Header]) -> dict[tuple[object, ...], Counter[tuple[float, ...]]]:
    """Return how many images stand at each position, by plane."""
    counts: defaultdict[tuple[object, ...], Counter[tuple[float, ...]]] = defaultdict(Counter)
    for image in images:
        counts[plane_key(image)][tuple(round(v, _PLACE_DIGITS) for v in image.position or ())] += 1
    return counts


def _even(at_positions: Counter[tuple[float, ...]]) -> bool:
    return len(set(at_positions.values())) == 1
