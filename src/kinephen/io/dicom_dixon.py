"""The parts of a Dixon sequence: which one gives the phases of an exam. Never two of them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from kinephen.errors import InputError
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_kind import DIXON, Kind, dixon_name
from kinephen.io.dicom_stack import plane_key

_CHOICE = (Kind.WATER, Kind.IN_PHASE)
"""In order: signal of fat, in which nothing enhances, is not in the first; the second is as without Dixon."""

_WORD = re.compile(
    r"(?<![a-z])(water|fat|w|f|opp?|ip|((in|out|opp|opposed)[-_ ]?(of)?[-_ ]?)?phase|in|out)(?![a-z])"
    r"|[^a-z]",
    re.IGNORECASE,
)


def parts_by_name(images: Sequence[Header]) -> dict[str, Kind]:
    """Return by UID the Dixon part of images that only their series description tells.

    Parameters
    ----------
    images : sequence of Header
        That ImageType does not place.

    Returns
    -------
    dict of str to Kind
        Only of names beside which the same name with another part stands on the same grid.
    """
    groups: defaultdict[tuple[object, ...], dict[str, Kind]] = defaultdict(dict)
    for image in images:
        part = dixon_name(image.description)
        if part is not None:
            groups[plane_key(image), _stem(image.description)][image.uid] = part
    return {uid: part for own in groups.values() if len(set(own.values())) > 1 for uid, part in own.items()}


def choose_part(kinds: Mapping[str, Kind], images: Sequence[Header], named: Collection[str]) -> Kind:
    """Return the one part that gives the phases of the images on one grid.

    Parameters
    ----------
    kinds : mapping of str to Kind
        By UID.
    images : sequence of Header
        Parts of a Dixon sequence, on one grid.
    named : collection of str
        UIDs of the images that the exam's own maps were made from; their part stands over the rule.

    Returns
    -------
    Kind
        Water; in-phase where no water is there.

    Raises
    ------
    InputError
        ``dicom.dixon`` if the part is not there for as many images as the others, so that phases would be
        missing; if neither water nor in-phase is there.
    """
    counts = Counter(kinds[i.uid] for i in images)
    used = {kinds[i.uid] for i in images if i.uid in named}
    if len(used) == 1:
        return used.pop()
    chosen = next((part for part in _CHOICE if counts[part]), None)
    if chosen is not None and counts[chosen] >= max(counts.values()):
        return chosen
    listed = ", ".join(f"{part.removeprefix('Dixon ')} {counts[part]}" for part in DIXON if counts[part])
    raise InputError(
        f"the parts of a Dixon sequence are not whole (images: {listed}); phases are taken from water, or "
        "else in-phase images, and never mixed",
        code="dicom.dixon",
        where="exam folder",
        hint="export all water images, or name each phase in a manifest; image_type there picks one part",
    )


def _stem(description: str) -> str:
    return _WORD.sub("", description).lower()
