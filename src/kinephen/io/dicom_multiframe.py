"""MR objects that hold a whole dynamic series in one file, as one header for each frame.

Functional groups: DICOM PS3.3, C.7.6.16. Enhanced MR states them all; Legacy Converted Enhanced MR keeps what
the single images said in a sequence of its own. Concatenations are one series cut into several objects.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pydicom

from kinephen.core.machine import raise_machine_fault
from kinephen.io import dicom_values as values
from kinephen.io.dicom_headers import Header, items_text
from kinephen.io.dicom_open import read_dataset
from kinephen.io.dicom_pixel_headers import MAX_FRAMES, NotDicomError, Pixels, scale_slope
from kinephen.io.phase_times.image import frame_times

ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
LEGACY_CONVERTED = "1.2.840.10008.5.1.4.1.1.4.4"
MAX_HEADER = 50_000_000
"""Bytes of functional groups that are read; a thousand frames take about three million."""

_GROUPS = {
    "position": 0x00209113,
    "orientation": 0x00209116,
    "measures": 0x00289110,
    "content": 0x00209111,
    "values": 0x00289145,
    "timing": 0x00189112,
    "echo": 0x00189114,
    "type": 0x00189226,
    "derivation": 0x00089124,
    "real_world": 0x00409096,
    "philips": 0x2005140F,
}
_CONVERTED = (0x00209171, 0x00209170)
"""Unassigned attributes of the images that a legacy object was made from: of one frame, and shared."""


class _Frame:
    """The functional groups of one frame, its own before the shared ones."""

    def __init__(self, own: pydicom.Dataset, shared: pydicom.Dataset) -> None:
        self.own, self.shared = own, shared

    def group(self, name: str) -> pydicom.Dataset:
        return self._item(_GROUPS[name])

    def _item(self, tag: int) -> pydicom.Dataset:
        for data in (self.own, self.shared):
            items = data[tag].value if tag in data else None
            if items:
                return items[0]
        return pydicom.Dataset()

    def number(self, name: str, tag: int) -> float | None:
        """Return an element of binary or text type as a float."""
        return _number(self.group(name), tag)

    def converted(self, tag: int) -> str:
        """Return the text of an element of the single image that this frame was converted from."""
        for data in (self.own, self.shared):
            for sequence in _CONVERTED:
                items = data[sequence].value if sequence in data else None
                found = values.text(items[0], tag) if items else ""
                if found:
                    return found
        return ""


def _number(data: pydicom.Dataset, tag: int) -> float | None:
    if tag not in data:
        return None
    value: Any = data[tag].value
    return None if value is None else values.number_of(str(value))


def expand_frames(header: Header) -> tuple[Header, ...]:
    """Return one header for each frame of an MR object of several frames; other objects as they are.

    Parameters
    ----------
    header : Header
        Of the whole object.

    Returns
    -------
    tuple of Header

    Raises
    ------
    NotDicomError
        If its functional groups cannot be read or do not fit its number of frames.
    """
    if header.sop_class not in (ENHANCED_MR, LEGACY_CONVERTED) or header.pixels is None:
        return (header,)
    try:
        if header.pixels.start > MAX_HEADER:
            raise NotDicomError(f"absurd length, its header is longer than {MAX_HEADER:,} bytes")
        data = read_dataset(header.path)
        shared = (data.get("SharedFunctionalGroupsSequence") or [pydicom.Dataset()])[0]
        frames = [_Frame(own, shared) for own in data.get("PerFrameFunctionalGroupsSequence") or ()]
        if len(frames) != header.pixels.frames or len(frames) > MAX_FRAMES:
            raise NotDicomError("damaged DICOM")
        first = values.integer(data, 0x00209228) or 0
        found = [_frame_header(header, header.pixels, frame, i, first) for i, frame in enumerate(frames)]
        return _in_time(found, [_dimensions(frame) for frame in frames])
    except NotDicomError:
        raise
    except Exception as error:  # whatever pydicom makes of damaged functional groups
        raise_machine_fault(error)
        raise NotDicomError("damaged DICOM") from error


def _frame_header(header: Header, pixels: Pixels, frame: _Frame, index: int, first: int) -> Header:
    times = frame_times(header.times, frame.own, frame.shared)
    acquired = times.frame or (times.acquired if times.acquired != header.times.acquired else None)
    temporal = frame.number("content", 0x00209128)
    one = replace(
        header,
        uid=f"{header.uid}.{index + 1}",
        holder=header.uid,
        instance_number=first + index + 1,
        temporal_position=None if temporal is None else int(temporal),
        image_type=values.words(frame.group("type"), 0x00089007) or header.image_type,
        derivation_codes=(
            items_text(frame.group("derivation"), "DerivationCodeSequence", "CodeValue")
            or header.derivation_codes
        ),
        position=values.numbers(frame.group("position"), 0x00200032, 3),
        orientation=values.numbers(frame.group("orientation"), 0x00200037, 6),
        spacing=values.numbers(frame.group("measures"), 0x00280030, 2),
        stated_step=frame.number("measures", 0x00180088),
        acquired=None if acquired is None else acquired.moment,
        content=header.content if times.content is None else times.content.moment,
        trigger=times.trigger,
        times=times,
        contrast_settings=(
            frame.number("timing", 0x00180080),
            frame.number("echo", 0x00189082),
            frame.number("timing", 0x00181314),
        ),
        pixels=_frame_pixels(pixels, frame, index),
    )
    return _as_converted(one, frame) if header.sop_class == LEGACY_CONVERTED else one


def _as_converted(header: Header, frame: _Frame) -> Header:
    """Fill what the functional groups of a legacy object leave open from the image it was converted from."""

    def integer(tag: int) -> int | None:
        found = values.number_of(frame.converted(tag))
        return None if found is None else int(found)

    position = integer(0x00200100)
    number = integer(0x00200012)
    image_type = tuple(word for word in frame.converted(0x00080008).split("\\") if word)
    return replace(
        header,
        image_type=image_type or header.image_type,
        temporal_position=position if header.temporal_position is None else header.temporal_position,
        acquisition_number=header.acquisition_number if number is None else number,
    )


def _dimensions(frame: _Frame) -> tuple[int, ...]:
    data = frame.group("content")
    found = values.as_text(data[0x00209157].value) if 0x00209157 in data else ""
    numbers = [values.number_of(word) for word in found.split("\\") if word]
    return tuple(int(n) for n in numbers if n is not None)


def _in_time(headers: Sequence[Header], dimensions: Sequence[tuple[int, ...]]) -> tuple[Header, ...]:
    """Take the phase of each frame from its dimension indices where nothing else states it.

    The indices order frames along several axes: stack, place in it, time. The axis of time is the only one
    whose values differ between the frames of one place, at every place alike.
    """
    if any(h.temporal_position is not None for h in headers) or len({len(d) for d in dimensions}) != 1:
        return tuple(headers)
    places: dict[tuple[float, ...], list[tuple[int, ...]]] = defaultdict(list)
    for header, own in zip(headers, dimensions, strict=True):
        places[tuple(round(v, 3) for v in (*(header.position or ()), *(header.orientation or ())))].append(
            own
        )
    columns = [np.array(group) for group in places.values()]
    if len({len(c) for c in columns}) != 1 or len(columns[0]) < 2:
        return tuple(headers)
    axes = [
        axis
        for axis in range(columns[0].shape[1])
        if len({tuple(np.sort(c[:, axis])) for c in columns}) == 1
        and len(np.unique(columns[0][:, axis])) == len(columns[0])
    ]
    if len(axes) != 1:
        return tuple(headers)
    axis = axes[0]
    return tuple(
        replace(h, temporal_position=d[axis], times=replace(h.times, position=d[axis]))
        for h, d in zip(headers, dimensions, strict=True)
    )


def _frame_pixels(pixels: Pixels, frame: _Frame, index: int) -> Pixels:
    length = pixels.length // pixels.frames
    slope = frame.number("values", 0x00281053)
    return replace(
        pixels,
        frames=1,
        frame=index,
        start=pixels.start if pixels.compressed or pixels.start < 0 else pixels.start + index * length,
        length=length,
        slope=slope or 1.0,
        intercept=frame.number("values", 0x00281052) or 0.0,
        slope_is_zero=slope == 0.0,
        scale_slope=scale_slope(frame.group("philips")),
        real_world=bool(len(frame.group("real_world"))),
    )
