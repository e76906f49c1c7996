"""When the phases of a BIDS-like exam were acquired, by the first field of its sidecars that tells.

In this order: ``times_s`` and ``time_s_after_injection``, which kinephen writes; ``FrameTimesStart``;
``VolumeTiming``; ``AcquisitionTime`` (clock); ``TriggerTime`` or ``TriggerDelayTime`` (ms, as in DICOM);
``RepetitionTime`` where it is the distance of volumes. ``InjectionStart`` or ``ContrastBolusStartTime`` give
the injection; without them it is taken to coincide with the start of the first phase after contrast.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kinephen.core.cohort import Issue
from kinephen.core.phase_times import EQUAL_SHARE, fits_distance, middles, phase_distance, stand_in_words
from kinephen.errors import InputError
from kinephen.io.acquisition_starts import times_after_injection
from kinephen.io.dicom_phases import SAME_PHASE_S, unwrapped
from kinephen.io.sidecar import own_terms
from kinephen.types import FloatArray

MAX_PHASES = 10_000
LONGEST_S = 1e6
_CLOCK = re.compile(r"^(\d{2})([0-5]\d)([0-5]\d(?:\.\d{1,9})?)$")
_CLOCK_WITH_COLONS = re.compile(r"^(\d{1,2}):([0-5]?\d):([0-5]?\d(?:\.\d{1,9})?)$")
_HINT = "give times_s in a manifest or in times.json: seconds after injection, one for each phase"

Seconds: TypeAlias = Annotated[float, Field(ge=-LONGEST_S, le=LONGEST_S)]
Milliseconds: TypeAlias = Annotated[float, Field(ge=-LONGEST_S * 1000, le=LONGEST_S * 1000)]
Clock: TypeAlias = Annotated[str, Field(max_length=32)] | Seconds


class TimeFields(BaseModel):
    """Fields of a sidecar that tell times, checked; all others are passed over."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, allow_inf_nan=False)

    FrameTimesStart: list[Seconds] | Seconds | None = None
    FrameDuration: list[Seconds] | Seconds | None = None
    VolumeTiming: list[Seconds] | None = None
    AcquisitionTime: list[Clock] | Clock | None = None
    AcquisitionDuration: Seconds | None = None
    TriggerTime: list[Milliseconds] | Milliseconds | None = None
    TriggerDelayTime: list[Milliseconds] | Milliseconds | None = None
    RepetitionTime: list[Seconds] | Seconds | None = None
    InjectionStart: Seconds | None = None
    ContrastBolusStartTime: Clock | None = None
    time_s_after_injection: Seconds | None = None


STARTS = (
    "FrameTimesStart",
    "VolumeTiming",
    "AcquisitionTime",
    "TriggerTime",
    "TriggerDelayTime",
    "RepetitionTime",
)


@dataclass(frozen=True)
class BidsTiming:
    """Middle of each phase, seconds after injection, in the order of the files; the rule that gave them."""

    times_s: tuple[float, ...]
    rule: str
    issues: tuple[Issue, ...] = ()
    injection_assumed: bool = False


def bids_timing(sidecars: Sequence[Mapping[str, object]], n_phases: int) -> BidsTiming | None:
    """Return the times of an exam's phases; None if its sidecars do not tell.

    Parameters
    ----------
    sidecars : sequence of mapping
        One for the 4-D file, or one for each phase.
    n_phases : int

    Raises
    ------
    InputError
        ``nifti.sidecar`` for values of a wrong type, ``nifti.times`` for a wrong number of times or an
        injection before the first phase, ``manifest.value``.
    """
    fields = [_checked(s) for s in sidecars]
    own = _own(sidecars, n_phases)
    if own is not None:
        name = own.rule.removeprefix("sidecar: ")
        return replace(own, issues=_against(name, own.times_s, fields))
    found = [(name, s) for name in STARTS if (s := _starts(name, fields, n_phases)) is not None]
    if not found:
        return None
    name, starts = found[0]
    issues = [i for other, s in found[1:] for i in _disagreement(name, starts, other, s)]
    issues += _of_mean_interval(name, sidecars[0], n_phases)
    duration, how, note = _duration(fields, starts)
    if np.isnan(duration).any():
        return None  # One phase after contrast that does not say how long it took: its middle is not known.
    injection, stated = _injection(name, fields, starts)
    times = middles(starts, duration, injection)
    if stated and min(times) > 0.0:
        raise _wrong(f"the first phase lies {min(times):.0f} s after the injection; expected one before")
    rule = f"sidecar: {name}{how}{f', {stated}' if stated else ''}"
    return BidsTiming(times, rule, (*issues, *note), injection_assumed=not stated)


def other_intervals(
    name: str, times_s: Sequence[float], sidecars: Sequence[Mapping[str, object]]
) -> tuple[Issue, ...]:
    """Return where sidecars tell other intervals than times that stand above them.

    Parameters
    ----------
    name : str
        Of what told the times.
    times_s : sequence of float
    sidecars : sequence of mapping
        One for the 4-D file, or one for each phase.

    Returns
    -------
    tuple of Issue
        Warnings ``nifti.times_differ``, also where a sidecar does not hold times for these phases.
    """
    try:
        fields = [_checked(s) for s in sidecars]
        own = _own(sidecars, len(times_s))
    except InputError as error:
        return (_not_used(name, error),)
    if own is None:
        return _against(name, times_s, fields)
    other = own.rule.removeprefix("sidecar: ")
    differ = _disagreement(name, np.array(times_s), other, np.array(own.times_s))
    return (*differ, *_against(name, times_s, fields))


def _against(name: str, times_s: Sequence[float], fields: Sequence[TimeFields]) -> tuple[Issue, ...]:
    """Return where fields of other tools tell other intervals than the times that count."""
    issues: list[Issue] = []
    for other in STARTS:
        try:
            starts = _starts(other, fields, len(times_s))
        except InputError as error:
            issues.append(_not_used(name, error))
            continue
        if starts is not None:
            issues += _disagreement(name, np.array(times_s), other, starts)
    return tuple(issues)


def _not_used(name: str, error: InputError) -> Issue:
    return Issue("nifti.times_differ", f"{error.message}; {name} counts", "times", level="warning")


def _of_mean_interval(name: str, sidecar: Mapping[str, object], n_phases: int) -> list[Issue]:
    """Return a warning where phases may lie unevenly and the sidecar knows only their mean distance."""
    mean = name == "RepetitionTime" and isinstance(sidecar.get(name), float | int) and n_phases > 2
    if not mean or not str(sidecar.get("ConversionSoftware", "")).lower().startswith("dcm2niix"):
        return []
    text = "RepetitionTime of dcm2niix is a mean distance of phases: slopes are rough where they lie unevenly"
    return [Issue("nifti.mean_interval", text, "times", level="warning")]


def _own(sidecars: Sequence[Mapping[str, object]], n_phases: int) -> BidsTiming | None:
    stated = [_checked(s).time_s_after_injection for s in sidecars]
    if len(sidecars) == n_phases and None not in stated:
        return BidsTiming(tuple(m for m in stated if m is not None), "sidecar: time_s_after_injection")
    first = sidecars[0]
    times, rule, assumed = own_terms(first).times_s, "sidecar: times_s", False
    if times is None and "acquisition_times_s" in first:
        counted = own_terms({"times_s": first["acquisition_times_s"]}).times_s
        times, rule = times_after_injection(counted or ()), "sidecar: acquisition_times_s"
        assumed = True
    if times is None:
        return None
    if len(times) != n_phases:
        raise _wrong(f"{len(times)} times for {n_phases} phases")
    return BidsTiming(times, rule, injection_assumed=assumed)


def _checked(content: Mapping[str, object]) -> TimeFields:
    try:
        return TimeFields.model_validate(content)
    except ValidationError as error:
        names = sorted({str(e["loc"][0]) for e in error.errors() if e["loc"]})
        raise InputError(
            f"{', '.join(names)} must be numbers (seconds; of triggers ms) or clock times HH:MM:SS",
            code="nifti.sidecar",
            where="sidecar",
            hint="mend the JSON file beside the images",
        ) from error


def _starts(name: str, fields: Sequence[TimeFields], n_phases: int) -> FloatArray | None:
    """Return the start of each phase, s, from an arbitrary zero; None if the field does not tell them."""
    values = [getattr(f, name) for f in fields]
    if name == "TriggerDelayTime" and any(v is not None for v in values):
        values = [0.0 if v is None else v for v in values]  # dcm2niix writes no delay of 0
    if any(v is None for v in values):
        return None
    if len(fields) == n_phases:
        flat = [v[0] if isinstance(v, list) and len(v) == 1 else v for v in values]
        # The distance of volumes says nothing of a file that holds one.
        if name == "RepetitionTime" or any(isinstance(v, list) for v in flat):
            return None
    else:
        flat = _of_fourth_dimension(name, values[0], n_phases)
    if not flat:
        return None
    starts = np.array([_seconds(name, v) for v in flat])
    starts = unwrapped(starts) if name == "AcquisitionTime" else starts
    return starts if np.diff(np.sort(starts)).min(initial=np.inf) > 0.0 else None


def _of_fourth_dimension(name: str, value: Any, n_phases: int) -> list[Any]:
    if name == "RepetitionTime":
        if isinstance(value, list):
            return [float(sum(value[:i])) for i in range(n_phases)] if len(value) == n_phases else []
        # A few milliseconds are the repetition time of the pulse sequence, which dcm2niix writes.
        return [i * value for i in range(n_phases)] if value >= SAME_PHASE_S else []
    if not isinstance(value, list):
        return []
    if not len(value) == n_phases <= MAX_PHASES:
        raise _wrong(f"{name} holds {len(value)} times for {n_phases} phases")
    return value


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, str):
        found = _clock(value)
        if found is None:
            raise _wrong(f"{name} is no clock time HH:MM:SS")
        return found
    return float(value) / (1000.0 if name.startswith("Trigger") else 1.0)


def clock_seconds(value: object) -> float | None:
    """Return a clock time of a sidecar, text or a list of one, as seconds since midnight; else None."""
    one = value[0] if isinstance(value, list) and len(value) == 1 else value
    return _clock(one) if isinstance(one, str) and len(one) <= 32 else None


def _clock(value: str) -> float | None:
    match = _CLOCK.match(value.strip()) or _CLOCK_WITH_COLONS.match(value.strip())
    return None if match is None else int(match[1]) * 3600.0 + int(match[2]) * 60.0 + float(match[3])


def _duration(fields: Sequence[TimeFields], starts: FloatArray) -> tuple[FloatArray, str, tuple[Issue, ...]]:
    """Return how long each phase took, by the first field that fits the distance of the phases, or by that.

    A FrameDuration may be shorter than the distance, as where there is a pause. AcquisitionDuration may be
    that of a whole series: it counts only within 10 % of the distance, as it is or shared among the phases.
    """
    gap, source = phase_distance(np.sort(starts))
    refused = []
    for name in ("FrameDuration", "AcquisitionDuration"):
        stated = [getattr(f, name) for f in fields]
        flat = stated[0] if len(stated) == 1 and isinstance(stated[0], list) else stated
        if len(flat) in (1, len(starts)) and all(isinstance(v, float | int) and v > 0 for v in flat):
            seconds = np.broadcast_to(np.asarray(flat, float), starts.shape)
            shares = ((1, ""), (len(starts), ", shared among the phases"))
            for share, how in shares[: 1 if name == "FrameDuration" else 2]:
                if _lasts(name, seconds / share, gap):
                    return seconds / share, f" + half of {name}{how}", ()
            refused.append(f"{name} ({float(np.median(seconds)):.0f} s)")
    text, level = stand_in_words(np.sort(starts), refused)
    return (
        np.full(starts.shape, gap),
        f" + half {source}",
        (Issue("nifti.duration", text, "times", level=level),),
    )


def _lasts(name: str, seconds: FloatArray, gap: float) -> bool:
    """Tell whether a phase may have taken as long; with one phase after contrast nothing can be compared."""
    if np.isnan(gap):
        return True
    longest = float(seconds[1:].max())
    if name == "FrameDuration":
        return longest <= (1.0 + EQUAL_SHARE) * gap
    return fits_distance(longest, gap)


def _injection(name: str, fields: Sequence[TimeFields], starts: FloatArray) -> tuple[float, str]:
    """Return the injection on the clock of `starts`, and the field that states it."""
    given = [f.InjectionStart for f in fields if f.InjectionStart is not None]
    if given and name in ("FrameTimesStart", "VolumeTiming"):
        return given[0], "InjectionStart"
    clocks = [f.ContrastBolusStartTime for f in fields if f.ContrastBolusStartTime is not None]
    if clocks and name == "AcquisitionTime":
        half_day, moment = 43_200.0, _seconds("ContrastBolusStartTime", clocks[0])
        shift = float(np.round((np.median(starts) - moment) / (2 * half_day))) * 2 * half_day
        return moment + shift, "ContrastBolusStartTime"
    return float(np.sort(starts)[min(1, len(starts) - 1)]), ""


def _disagreement(name: str, starts: FloatArray, other: str, others: FloatArray) -> list[Issue]:
    worst = float(np.abs((starts - starts.min()) - (others - others.min())).max())
    if worst <= SAME_PHASE_S:
        return []
    text = f"{name} and {other} differ by up to {worst:.0f} s; {name} counts"
    return [Issue("nifti.times_differ", text, "times", level="warning")]


def _wrong(text: str) -> InputError:
    return InputError(text, code="nifti.times", where="sidecar", hint=_HINT)
