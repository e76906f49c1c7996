"""Facts on sequence and contrast agent, each as the exams' own files state it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from kinephen.io.contrast_agents import UNNAMED
from kinephen.report.writing.evidence import Evidence, Fact, fact
from kinephen.report.writing.quantities import UNKNOWN, Refs, classes, spread, stated_by

_TABLE = "protocol"
_PLACES = (f"/tables/{_TABLE}",)
_NUMBERS = {
    "field_strength": ("field strength, T", "Field strength", " T"),
    "repetition_time": ("repetition time", "Repetition time", " ms"),
    "echo_time": ("echo time", "Echo time", " ms"),
    "inversion_time": ("inversion time", "Inversion time", " ms"),
    "flip_angle": ("flip angle", "Flip angle", " degrees"),
    "echo_train": ("length of the echo train", "Length of the echo train", ""),
    "averages": ("averages", "Averages", ""),
    "slice_thickness": ("slice thickness", "Slice thickness", " mm"),
    "parallel_imaging": ("factor of parallel imaging", "Factor of parallel imaging in plane", ""),
    "contrast_volume": ("volume of contrast", "Volume of contrast given", " ml"),
    "contrast_dose": ("undiluted contrast agent", "Undiluted contrast agent given", " ml"),
}
"""Fact: beginning of its row, how its sentence begins, and the unit."""
_CLASSES = {
    "scanner_models": ("scanner model", "Scanner models"),
    "scanning_sequence": ("scanning sequence", "Scanning sequence"),
    "sequence_variant": ("variant of the sequence", "Variant of the sequence"),
    "sequence_name": ("name of the sequence", "Name of the sequence"),
    "acquisition_type": ("acquisition type", "Acquisition type"),
    "scan_options": ("scan options", "Scan options"),
    "fat_suppression": ("fat suppression", "Fat suppression"),
    "receive_coil": ("receive coil", "Receive coil"),
    "contrast_agent": ("contrast agent", "Contrast agent"),
    "contrast_route": ("route of contrast", "Route of contrast"),
}
_SENTENCE = (
    ("repetition_time", "a repetition time of"),
    ("echo_time", "an echo time of"),
    ("flip_angle", "a flip angle of"),
    ("field_strength", "a field strength of"),
)


def _number(name: str, e: Evidence) -> Fact | None:
    """Give a number with its range, and how many exams state it; whole only when all do."""
    start, begin, unit = _NUMBERS[name]
    words, refs = spread(e, _TABLE, start, "value", unit)
    n, of, counts = stated_by(e, _TABLE, start)
    if not words:
        return None
    if n == of:
        return fact(f"{begin}: {words}.", _PLACES, **refs)
    partly = fact(
        f"{begin}: {words}, stated by the files of {{n}} of {{of}} exams.", _PLACES, **refs, **counts
    )
    return None if partly is None else replace(partly, whole=False)


def _class(name: str, e: Evidence) -> Fact | None:
    """Name the classes with their exams; whole only when each exam states one that is named."""
    quantity, begin = _CLASSES[name]
    words, refs, found = classes(e, _TABLE, quantity)
    if not set(found) - set(UNKNOWN):
        return None
    made = fact(f"{begin}: {words}.", _PLACES, **refs)
    whole = not set(found) & {*UNKNOWN, UNNAMED, "other"}
    return None if made is None else replace(made, whole=whole)


def sequence_parameters(e: Evidence) -> Fact | None:
    """Give the parameters of the sequence in one sentence, for a methods section."""
    parts, refs = [], Refs()
    for name, begin in _SENTENCE:
        start, _, unit = _NUMBERS[name]
        words, own = spread(e, _TABLE, start, name, unit)
        if words:
            parts.append(f"{begin} {words}")
            refs |= own
    kind, kinds, found = classes(e, _TABLE, "acquisition type")
    if set(found) - set(UNKNOWN):
        parts.append(f"an acquisition of type {kind}")
        refs |= kinds
    if not parts:
        return None
    listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
    return fact(f"The files of the exams state {listed}.", _PLACES, **refs)


FACTS: dict[str, Callable[[Evidence], Fact | None]] = {
    "sequence_parameters": sequence_parameters,
    **{name: partial(_number, name) for name in _NUMBERS},
    **{name: partial(_class, name) for name in _CLASSES},
}
