"""The table of attributes that tell when a phase was acquired, and how long, in order of precedence.

One row an attribute. Sources: DICOM PS3.3; PS3.6; of private elements pydicom's dictionary and the public
readers of these makers (dcm2niix and its issue 808 on GE).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from kinephen.io.phase_times.clock import Clock
from kinephen.io.phase_times.image import ImageTimes
from kinephen.io.phase_times.private import GE_DURATION, PHILIPS_BEGIN, PHILIPS_DURATION

SAME_S = 2.0
"""Times closer than this are one: a phase may carry two, and two sources agree."""
EXPORT_S = 60.0
"""Phases of a dynamic exam whose times all lie within a minute carry the time of an export."""

ACQUISITION_CLOCK = "acquisition clock"


class Kind(Enum):
    """What the numbers of a source count from."""

    CLOCK = "clock"
    OFFSET = "s from a start of its own"
    STEPS = "number of equal steps"


@dataclass(frozen=True)
class TimeSource:
    """One attribute that tells the start of each phase.

    Parameters
    ----------
    name : str
        Keyword, as in rules and messages.
    tag, unit, meaning, makers : str
        For the page; makers: whose headers it is believed of.
    kind : Kind
    value : callable
        From the times of one image to its value.
    origin : str
        What wrote it: two attributes of one origin are no independent check of each other.
    within_s : float, optional
        Most that the images of one phase may differ; by default they need only not overlap another phase.
    least_span_s : float
        The times of all phases must span more than this.
    """

    name: str
    tag: str
    unit: str
    meaning: str
    makers: str
    kind: Kind
    value: Callable[[ImageTimes], float | Clock | None]
    origin: str
    within_s: float | None = None
    least_span_s: float = 0.0


TIME_SOURCES = (
    TimeSource(
        "TemporalPositionTimeOffset",
        "(0020,930D)",
        "s",
        "start of the phase from the start of the dynamic series",
        "enhanced objects of all makers",
        Kind.OFFSET,
        lambda t: t.offset,
        "temporal offset",
        within_s=SAME_S,
    ),
    TimeSource(
        "FrameAcquisitionDateTime",
        "(0018,9074)",
        "clock",
        "start of the frame",
        "enhanced objects of all makers",
        Kind.CLOCK,
        lambda t: t.frame,
        ACQUISITION_CLOCK,
    ),
    TimeSource(
        "DynamicScanBeginTime",
        f"{PHILIPS_BEGIN.name} of {PHILIPS_BEGIN.creator.title()}",
        "s",
        "start of the phase from the start of the series; also in the private sequence of a frame",
        "Philips",
        Kind.OFFSET,
        lambda t: t.begin,
        "dynamic scan",
        within_s=SAME_S,
    ),
    TimeSource(
        "TriggerTime",
        "(0018,1060); of frames NominalCardiacTriggerDelayTime (0020,9153)",
        "ms",
        "start of the phase from the start of the series; by the standard a delay after the R peak, so only "
        "where it is the same in all images of a phase and rises from phase to phase",
        "GE, Philips",
        Kind.OFFSET,
        lambda t: t.trigger,
        "trigger",
        within_s=SAME_S,
    ),
    TimeSource(
        "AcquisitionDateTime",
        "(0008,002A)",
        "clock",
        "start of the phase; start of the series where it is the same in all phases, and then not used",
        "all",
        Kind.CLOCK,
        lambda t: t.acquired_at,
        ACQUISITION_CLOCK,
    ),
    TimeSource(
        "AcquisitionTime",
        "(0008,0032) with AcquisitionDate (0008,0022)",
        "clock",
        "start of the phase (Siemens); GE and Philips often write the start of the series into all phases, "
        "and then it is not used. Jumps of a second inside a phase are passed over",
        "all",
        Kind.CLOCK,
        lambda t: t.acquired,
        ACQUISITION_CLOCK,
    ),
    TimeSource(
        "TemporalPositionIdentifier x TemporalResolution",
        "(0020,0100), in functional groups TemporalPositionIndex (0020,9128); (0020,0110)",
        "index x ms",
        "equal steps, so of the phases after contrast only: a pause for the injection lies before them",
        "all",
        Kind.STEPS,
        lambda t: None if t.position is None or t.resolution is None else t.position * t.resolution,
        "temporal position",
        within_s=SAME_S,
    ),
    TimeSource(
        "ContentTime",
        "(0008,0033) with ContentDate (0008,0023)",
        "clock",
        "when the image was made: after acquisition, reconstruction or export; not used where all phases lie "
        "within a minute",
        "all; the public archive of UCSF",
        Kind.CLOCK,
        lambda t: t.content,
        "content clock",
        least_span_s=EXPORT_S,
    ),
    TimeSource(
        "SeriesTime",
        "(0008,0031) with SeriesDate (0008,0021)",
        "clock",
        "start of the series, where each phase is a series",
        "all",
        Kind.CLOCK,
        lambda t: t.series,
        "series clock",
        least_span_s=EXPORT_S,
    ),
)
"""In order of precedence, after the private record of UCSF, which states the middle of each phase."""


@dataclass(frozen=True)
class DurationSource:
    """One attribute that tells how long a phase, or a whole series, took.

    Parameters
    ----------
    name, tag, unit, meaning, makers : str
    value : callable
        From the times of one image to seconds.
    of_series : bool
        It may be of the whole series, and is then shared among the phases of that series.
    """

    name: str
    tag: str
    unit: str
    meaning: str
    makers: str
    value: Callable[[ImageTimes], float | None]
    of_series: bool


DURATION_SOURCES = (
    DurationSource(
        "FrameAcquisitionDuration",
        "(0018,9220)",
        "ms",
        "of the frame",
        "enhanced objects of all makers",
        lambda t: t.frame_duration,
        of_series=False,
    ),
    DurationSource(
        "ScanDuration",
        f"{PHILIPS_DURATION.name} of {PHILIPS_DURATION.creator.title()}",
        "s",
        "of a phase, or of the series",
        "Philips",
        lambda t: t.philips_duration,
        of_series=True,
    ),
    DurationSource(
        "AcquisitionDuration",
        "(0018,9073)",
        "s",
        "of the series, or of a phase",
        "all",
        lambda t: t.acquisition_duration,
        of_series=True,
    ),
    DurationSource(
        "GE AcquisitionDuration",
        f"{GE_DURATION.name} of {GE_DURATION.creator}",
        "microseconds",
        "of the series, or of a phase",
        "GE",
        lambda t: t.ge_duration,
        of_series=True,
    ),
    DurationSource(
        "TemporalResolution",
        "(0020,0110)",
        "ms",
        "distance of two phases",
        "all",
        lambda t: t.resolution,
        of_series=False,
    ),
)
"""In order of precedence."""


def rank(name: str) -> int:
    """Return the precedence of a time source, 2 for the first of the table; the private record has 1."""
    return next(i for i, s in enumerate(TIME_SOURCES, start=2) if s.name == name)
