"""Series of one study, and which of them are derived enhancement maps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from kinephen.io.dicom_headers import Header

MAP_NAME = re.compile(r"^(?P<source>.*?)\s*:\s*(?P<kind>SER|PE\d)\s*$", re.IGNORECASE)
_MAP_TYPE = re.compile(r"SER|PE\d")


@dataclass(frozen=True)
class Series:
    """All objects of one SeriesInstanceUID, or those of them that can be phases.

    Parameters
    ----------
    uid : str
    headers : tuple of Header
    part : str
        Which part of a Dixon sequence the images are, where they are one.
    """

    uid: str
    headers: tuple[Header, ...]
    part: str = ""

    @cached_property
    def first(self) -> Header:
        """The object with the lowest instance number."""
        return min(self.headers, key=lambda h: (h.instance_number or 0, h.uid))

    @property
    def number(self) -> int | None:
        """SeriesNumber."""
        return self.first.series_number

    @property
    def description(self) -> str:
        """SeriesDescription as in the file; may hold anything, so it is never put into a message."""
        return self.first.description

    @property
    def images(self) -> tuple[Header, ...]:
        """The single-frame MR slices of the series."""
        return tuple(h for h in self.headers if h.is_image)

    @property
    def label(self) -> str:
        """How messages name the series."""
        return "series without number" if self.number is None else f"series {self.number}"

    @property
    def map_kind(self) -> str:
        """``"SER"``, ``"PE1"``, ``"PE2"`` for a derived enhancement map, else an empty text."""
        if self.first.modality != "MR" or not self.first.derived:
            return ""
        found = MAP_NAME.match(self.description)
        last = self.first.image_type[-1].upper()
        return found["kind"].upper() if found else last if _MAP_TYPE.fullmatch(last) else ""

    @property
    def map_source(self) -> str:
        """Description of the series that a derived map was made from."""
        found = MAP_NAME.match(self.description)
        return found["source"].strip() if found else ""


def group_series(headers: Iterable[Header]) -> tuple[Series, ...]:
    """Return the series of the given objects, by SeriesNumber, then UID."""
    grouped: dict[str, list[Header]] = {}
    for header in headers:
        grouped.setdefault(header.series, []).append(header)
    series = [Series(uid, tuple(sorted(own, key=_instance_order))) for uid, own in grouped.items()]
    return tuple(sorted(series, key=lambda s: (s.number is None, s.number or 0, s.uid)))


def _instance_order(header: Header) -> tuple[bool, int, str]:
    return header.instance_number is None, header.instance_number or 0, str(header.path)
