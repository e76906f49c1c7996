"""What one image says of its time: every attribute that is believed, in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pydicom
from pydicom.tag import Tag

from kinephen.io import dicom_values as values
from kinephen.io.phase_times.clock import Clock, read_clock, read_datetime
from kinephen.io.phase_times.private import (
    GE_DURATION,
    PHILIPS_BEGIN,
    PHILIPS_DURATION,
    PRIVATE_TAGS,
    philips_frame,
)

_NAMES = (
    "StudyDate",
    "SeriesDate",
    "AcquisitionDate",
    "ContentDate",
    "AcquisitionDateTime",
    "SeriesTime",
    "AcquisitionTime",
    "ContentTime",
    "TimezoneOffsetFromUTC",
    "FrameAcquisitionDateTime",
    "TriggerTime",
    "NominalCardiacTriggerDelayTime",
    "TemporalPositionTimeOffset",
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "TemporalResolution",
    "FrameAcquisitionDuration",
    "AcquisitionDuration",
    "ContrastBolusStartTime",
    "ContrastBolusAgentSequence",
)
LONGEST_S = 1e6
"""Longer times are no times of an exam."""
_TAGS = {name: int(Tag(name)) for name in _NAMES}
TIME_TAGS = [*_TAGS.values(), *PRIVATE_TAGS]
"""What the header of an image must be asked for."""

_FRAME_GROUPS = tuple(
    int(Tag(name))
    for name in (
        "FrameContentSequence",
        "TemporalPositionSequence",
        "CardiacSynchronizationSequence",
        "UnassignedPerFrameConvertedAttributesSequence",
        "UnassignedSharedConvertedAttributesSequence",
    )
)


@dataclass(frozen=True, slots=True)
class ImageTimes:
    """Times of one image; None where it is silent. Seconds; offsets count from a zero of their own.

    Parameters
    ----------
    offset : float, optional
        TemporalPositionTimeOffset.
    frame : Clock, optional
        FrameAcquisitionDateTime.
    begin : float, optional
        Philips' begin of the dynamic scan.
    trigger : float, optional
        TriggerTime, of frames NominalCardiacTriggerDelayTime.
    acquired_at, acquired, content, series : Clock, optional
        AcquisitionDateTime; AcquisitionTime, ContentTime and SeriesTime with their dates.
    position : int, optional
        TemporalPositionIdentifier, of frames TemporalPositionIndex.
    resolution : float, optional
        TemporalResolution: the distance of two temporal positions.
    frame_duration, philips_duration, acquisition_duration, ge_duration : float, optional
    bolus : Clock, optional
        ContrastBolusStartTime.
    zone : str
        TimezoneOffsetFromUTC.
    """

    offset: float | None = None
    frame: Clock | None = None
    begin: float | None = None
    trigger: float | None = None
    acquired_at: Clock | None = None
    acquired: Clock | None = None
    content: Clock | None = None
    series: Clock | None = None
    position: int | None = None
    resolution: float | None = None
    frame_duration: float | None = None
    philips_duration: float | None = None
    acquisition_duration: float | None = None
    ge_duration: float | None = None
    bolus: Clock | None = None
    zone: str = ""


def read_times(data: pydicom.Dataset, zone: str = "") -> ImageTimes:
    """Return the times at the top of a data set: of a classic image, or of a whole object of many frames.

    Parameters
    ----------
    data : Dataset
        Also an item of a functional group.
    zone : str
        TimezoneOffsetFromUTC of the object that holds `data`, where `data` does not state it.
    """

    def text(name: str) -> str:
        return values.text(data, _TAGS[name])

    def clock(date: str, time: str) -> Clock | None:
        stated = text(date)
        return read_clock(stated if values.day_number(stated) else text("StudyDate"), text(time), zone)

    def seconds(name: str, scale: float = 1.0) -> float | None:
        return _scaled(values.real(data, _TAGS[name]), scale)

    zone = text("TimezoneOffsetFromUTC") or zone
    frame = philips_frame(data)
    position = values.integer(data, _TAGS["TemporalPositionIdentifier"])
    if position is None:
        position = values.integer(data, _TAGS["TemporalPositionIndex"])
    trigger = seconds("TriggerTime", 1e-3)
    return ImageTimes(
        offset=seconds("TemporalPositionTimeOffset"),
        frame=read_datetime(text("FrameAcquisitionDateTime"), zone),
        begin=_scaled(_first(PHILIPS_BEGIN.number(data), PHILIPS_BEGIN.number(frame))),
        trigger=seconds("NominalCardiacTriggerDelayTime", 1e-3) if trigger is None else trigger,
        acquired_at=read_datetime(text("AcquisitionDateTime"), zone),
        acquired=clock("AcquisitionDate", "AcquisitionTime"),
        content=clock("ContentDate", "ContentTime"),
        series=clock("SeriesDate", "SeriesTime"),
        position=position,
        resolution=_positive(seconds("TemporalResolution", 1e-3)),
        frame_duration=_positive(seconds("FrameAcquisitionDuration", 1e-3)),
        philips_duration=_positive(
            _scaled(_first(PHILIPS_DURATION.number(data), PHILIPS_DURATION.number(frame)))
        ),
        acquisition_duration=_positive(seconds("AcquisitionDuration")),
        ge_duration=_positive(_scaled(GE_DURATION.number(data), 1e-6)),
        bolus=read_clock("", _bolus(data), zone),
        zone=zone,
    )


def frame_times(whole: ImageTimes, own: pydicom.Dataset, shared: pydicom.Dataset) -> ImageTimes:
    """Return the times of one frame: by its own functional groups, then the shared ones, then the object.

    Converted objects keep what has no group of its own among their unassigned attributes, and Philips the
    whole header of the classic image in a private sequence.

    Parameters
    ----------
    whole : ImageTimes
        Of the object.
    own, shared : Dataset
        Items of the per-frame and shared functional groups.
    """
    found = whole
    for groups in (shared, own):
        for part in _parts(groups):
            said = read_times(part, whole.zone)
            known = {name: v for name in ImageTimes.__slots__ if (v := getattr(said, name)) is not None}
            found = replace(found, **known) if known else found
    return found


def _parts(groups: pydicom.Dataset) -> Sequence[pydicom.Dataset]:
    """Return the items of a frame's groups that may tell times, those that count more last."""
    items = [values.first_item(groups, tag) for tag in reversed(_FRAME_GROUPS)]
    return [philips_frame(groups), *(i for i in items if i is not None)]


def _first(*numbers: float | None) -> float | None:
    return next((n for n in numbers if n is not None), None)


def _scaled(number: float | None, scale: float = 1.0) -> float | None:
    seconds = None if number is None else number * scale
    return seconds if seconds is not None and abs(seconds) <= LONGEST_S else None


def _bolus(data: pydicom.Dataset) -> str:
    """Return the start of the injection: of an enhanced object it stands in the profile of its agent."""
    stated = values.text(data, _TAGS["ContrastBolusStartTime"])
    agent = None if stated else values.first_item(data, _TAGS["ContrastBolusAgentSequence"])
    profile = (
        None if agent is None else values.first_item(agent, int(Tag("ContrastAdministrationProfileSequence")))
    )
    return stated if profile is None else values.text(profile, _TAGS["ContrastBolusStartTime"])


def _positive(number: float | None) -> float | None:
    return number if number is not None and number > 0.0 else None
