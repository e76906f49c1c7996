"""Times in private elements of GE and Philips, found through the block that their creator reserved.

A private element ``(gggg,xxee)`` belongs to whoever wrote its name into ``(gggg,00xx)`` of the same data set
(DICOM PS3.5, 7.8.1); the same number means something else in another maker's block. Elements:
pydicom's dictionary of private tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pydicom
from pydicom.tag import BaseTag

from kinephen.io import dicom_values as values

BLOCKS = range(0x10, 0x100)


@dataclass(frozen=True, slots=True)
class PrivateElement:
    """One element of a maker's block.

    Parameters
    ----------
    group : int
    offset : int
        Its last byte.
    creator : str
        Upper case.
    """

    group: int
    offset: int
    creator: str

    def tags(self, data: pydicom.Dataset) -> Iterator[int]:
        """Yield the element's tag in `data`, once for each block of the creator."""
        first = self.group << 16
        for reserved in [int(tag) - first for tag in data.keys()]:  # noqa: SIM118  iteration would convert
            if reserved in BLOCKS and values.text(data, first | reserved).upper() == self.creator:
                yield first | (reserved << 8) | self.offset

    def number(self, data: pydicom.Dataset) -> float | None:
        """Return the element's number in `data`, from a binary or a text value; None where there is none."""
        return next((n for tag in self.tags(data) if (n := values.real(data, tag)) is not None), None)

    @property
    def name(self) -> str:
        """The tag as documents write it."""
        return f"({self.group:04X},xx{self.offset:02X})"


PHILIPS_BEGIN = PrivateElement(0x2005, 0xA0, "PHILIPS MR IMAGING DD 001")
PHILIPS_DURATION = PrivateElement(0x2005, 0x33, "PHILIPS MR IMAGING DD 001")
PHILIPS_FRAME = PrivateElement(0x2005, 0x0F, "PHILIPS MR IMAGING DD 005")
"""Sequence whose item holds, for one frame of an enhanced object, what a classic object has at its top."""
GE_DURATION = PrivateElement(0x0019, 0x5A, "GEMS_ACQU_01")

PRIVATE_TAGS = [
    BaseTag((group << 16) | block) for group in (PHILIPS_BEGIN.group, GE_DURATION.group) for block in BLOCKS
] + [
    BaseTag((e.group << 16) | (block << 8) | e.offset)
    for e in (PHILIPS_BEGIN, PHILIPS_DURATION, PHILIPS_FRAME, GE_DURATION)
    for block in BLOCKS
]
"""Whatever these elements and their creators may be called in one file."""


def philips_frame(data: pydicom.Dataset) -> pydicom.Dataset:
    """Return Philips' private item of one frame (or classic object); empty where there is none."""
    for tag in PHILIPS_FRAME.tags(data):
        item = values.first_item(data, tag)
        if item is not None:
            return item
    return pydicom.Dataset()
