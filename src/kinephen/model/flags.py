"""Where a patient lies outside of what the model has seen: scanner, protocol, mask."""

from __future__ import annotations

import math
from collections.abc import Iterable

from kinephen.model.schema import Exams
from kinephen.records.flag import Flag
from kinephen.records.lesion import Lesion
from kinephen.records.protocol import Protocol

PHASE_S = 15.0
"""Phase times may leave the training range by this, seconds."""
VOXEL_SHARE = 0.1
"""Voxel sizes may leave the training range by this share."""
FIELD_T = 0.2
TIME_SHARE = 0.1
"""Repetition and echo time may leave the training range by this share."""
FLIP_DEGREES = 2.0


def exam_flags(visit: str, lesion: Lesion, seen: Exams) -> list[Flag]:
    """Return how one exam differs from those of training, from its record."""
    if not seen.exams:
        return []
    _, rows, columns = lesion.shape
    found = [
        _other("protocol.manufacturer", "the manufacturer", lesion.manufacturer, seen.manufacturers),
        _other("protocol.scanner", "the scanner model", lesion.scanner_model, seen.scanner_models),
        _field(lesion.field_strength_t, seen.field_strengths_t),
        *_sequence(lesion.protocol, seen),
        _other("protocol.matrix", "the matrix", (rows, columns), seen.matrices),
        _other("protocol.phases", "the number of phases", lesion.phases, seen.phases),
        _outside("protocol.early", "the time of the early phase, s", lesion.early_s, seen.early_s, PHASE_S),
        _outside("protocol.late", "the time of the late phase, s", lesion.late_s, seen.late_s, PHASE_S),
        *_voxels(lesion.spacing_mm, seen),
        _other("protocol.timing", "how the phase times were found", lesion.timing_rule, seen.timing_rules),
        _other("mask.source", "where the lesion comes from", lesion.lesion_source, seen.lesion_sources),
        _mask(lesion.review.state),
    ]
    return [Flag(code=f.code, text=f"{visit}: {f.text}") for f in found if f is not None]


def compared_exams(exams: Iterable[tuple[str, str]], case: str, seen: Exams) -> int:
    """Return how many exams (case, visit) of a patient `exam_flags` holds against those of training."""
    return sum(owner == case for owner, _ in exams) if seen.exams else 0


def _sequence(protocol: Protocol, seen: Exams) -> list[Flag | None]:
    """Compare the sequence; what either side does not state cannot differ."""
    code = "protocol.sequence"
    ranges = (
        ("the repetition time, ms", protocol.repetition_ms, seen.repetition_ms),
        ("the echo time, ms", protocol.echo_ms, seen.echo_ms),
    )
    return [
        *(_outside(code, what, value, r, TIME_SHARE * (r[1] if r else 0.0)) for what, value, r in ranges),
        _outside(code, "the flip angle, degrees", protocol.flip_degrees, seen.flip_degrees, FLIP_DEGREES),
        _other(code, "the acquisition type", protocol.acquisition_type, seen.acquisition_types),
        _other(code, "fat suppression", protocol.fat_suppression, seen.fat_suppression),
    ]


def _mask(state: str) -> Flag | None:
    if state == "confirmed":
        return None
    return Flag(code="mask.unreviewed", text=f"no reader has confirmed the lesion (state: {state})")


def _voxels(spacing: tuple[float, float, float], seen: Exams) -> list[Flag | None]:
    if seen.voxel_mm is None:
        return []
    names = ("distance of slices", "distance of rows", "distance of columns")
    return [
        _outside("protocol.voxel", f"the {n}, mm", v, r, VOXEL_SHARE * r[1])
        for n, v, r in zip(names, spacing, seen.voxel_mm, strict=True)
    ]


def _field(value: float | None, seen: Iterable[float]) -> Flag | None:
    known = list(seen)
    if value is None or not known or any(abs(value - k) <= FIELD_T for k in known):
        return None
    shown = ", ".join(f"{k:g}" for k in known)
    text = f"the field strength {value:g} T is not among those of training ({shown} T)"
    return Flag(code="protocol.field", text=text)


def _other(code: str, what: str, value: object, seen: Iterable[object]) -> Flag | None:
    known = list(seen)
    if _missing(value) or value == "" or not known or value in known:
        return None
    return Flag(code=code, text=f"{what} ({_shown(value)}) is not among those of training")


def _outside(
    code: str, what: str, value: float | None, seen: tuple[float, float] | None, slack: float
) -> Flag | None:
    if value is None or seen is None or seen[0] - slack <= value <= seen[1] + slack:
        return None
    return Flag(code=code, text=f"{what}: {value:.4g}, in training {seen[0]:.4g} to {seen[1]:.4g}")


def _shown(value: object) -> str:
    return " x ".join(str(v) for v in value) if isinstance(value, tuple) else str(value)


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
