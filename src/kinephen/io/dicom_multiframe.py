"""Enhanced MR objects, which hold a whole dynamic series in one file, as one header for each frame.

Functional groups: DICOM PS3.3, C.7.6.16.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pydicom

from kinephen.core.machine import raise_machine_fault
from kinephen.io import dicom_values as values
from kinephen.io.dicom_headers import Header, NotDicomError, Pixels, items_text
from kinephen.io.phase_times.image import frame_times

ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
MAX_FRAMES = 50_000

_GROUPS = {
    "position": 0x00209113,
    "orientation": 0x00209116,
    "measures": 0x00289110,
    "content": 0x00209111,
    "values": 0x00289145,
    "timing": 0x00189112,
    "echo": 0x00189114,
    "trigger": 0x00189118,
    "type": 0x00189226,
    "derivation": 0x00089124,
}


class _Frame:
    """The functional groups of one frame, its own before the shared ones."""

    def __init__(self, own: pydicom.Dataset, shared: pydicom.Dataset) -> None:
        self.own, self.shared = own, shared

    def group(self, name: str) -> pydicom.Dataset:
        for data in (self.own, self.shared):
            items = data[_GROUPS[name]].value if _GROUPS[name] in data else None
            if items:
                return items[0]
        return pydicom.Dataset()

    def number(self, name: str, tag: int) -> float | None:
        """Return an element of binary or text type as a float."""
        data = self.group(name)
        if tag not in data:
            return None
        value: Any = data[tag].value
        return None if value is None else values.number_of(str(value))


def expand_frames(header: Header) -> tuple[Header, ...]:
    """Return one header for each frame of an enhanced MR object; other objects as they are.

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
    if header.sop_class != ENHANCED_MR or header.pixels is None:
        return (header,)
    try:
        data = pydicom.dcmread(header.path, stop_before_pixels=True)
        shared = (data.get("SharedFunctionalGroupsSequence") or [pydicom.Dataset()])[0]
        frames = [_Frame(own, shared) for own in data.get("PerFrameFunctionalGroupsSequence") or ()]
        if len(frames) != header.pixels.frames or len(frames) > MAX_FRAMES:
            raise NotDicomError("damaged DICOM")
        return tuple(_frame_header(header, header.pixels, frame, i) for i, frame in enumerate(frames))
    except NotDicomError:
        raise
    except Exception as error:  # whatever pydicom makes of damaged functional groups
        raise_machine_fault(error)
        raise NotDicomError("damaged DICOM") from error


def _frame_header(header: Header, pixels: Pixels, frame: _Frame, index: int) -> Header:
    acquired = values.text(frame.group("content"), 0x00189074)
    trigger = frame.number("trigger", 0x00209153)
    temporal = frame.number("content", 0x00209128)
    return replace(
        header,
        uid=f"{header.uid}.{index + 1}",
        holder=header.uid,
        instance_number=index + 1,
        image_type=values.words(frame.group("type"), 0x00089007) or header.image_type,
        derivation_codes=(
            items_text(frame.group("derivation"), "DerivationCodeSequence", "CodeValue")
            or header.derivation_codes
        ),
        temporal_position=None if temporal is None else int(temporal),
        position=values.numbers(frame.group("position"), 0x00200032, 3),
        orientation=values.numbers(frame.group("orientation"), 0x00200037, 6),
        spacing=values.numbers(frame.group("measures"), 0x00280030, 2),
        stated_step=frame.number("measures", 0x00180088),
        acquired=values.moment(acquired[:8], acquired[8:14]),
        trigger=None if trigger is None else trigger / 1000.0,
        times=frame_times(header.times, frame.own, frame.shared),
        contrast_settings=(
            frame.number("timing", 0x00180080),
            frame.number("echo", 0x00189082),
            frame.number("timing", 0x00181314),
        ),
        pixels=_frame_pixels(pixels, frame, index),
    )


def _frame_pixels(pixels: Pixels, frame: _Frame, index: int) -> Pixels:
    length = pixels.length // pixels.frames
    return replace(
        pixels,
        frames=1,
        frame=index,
        start=pixels.start if pixels.start < 0 else pixels.start + index * length,
        length=length,
        slope=frame.number("values", 0x00281053) or 1.0,
        intercept=frame.number("values", 0x00281052) or 0.0,
    )
