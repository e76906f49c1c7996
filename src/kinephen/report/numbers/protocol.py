"""Sequence and contrast agent as the exams' own files state them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from kinephen.io.contrast_agents import NOT_SHOWN
from kinephen.records.lesion import Lesion
from kinephen.records.protocol import OTHER
from kinephen.report.numbers.acquisition import COLUMNS
from kinephen.report.schema import Estimate, Share, Table
from kinephen.report.writing.quantities import NOT_STATED, UNKNOWN

NUMBERS = {
    "field strength, T": "field_strength_t",
    "repetition time, ms": "repetition_ms",
    "echo time, ms": "echo_ms",
    "inversion time, ms": "inversion_ms",
    "flip angle, degrees": "flip_degrees",
    "length of the echo train": "echo_train",
    "averages": "averages",
    "slice thickness, mm": "slice_thickness_mm",
    "factor of parallel imaging in plane": "parallel_factor",
    "volume of contrast, ml": "contrast_volume_ml",
    "undiluted contrast agent, ml": "contrast_dose_ml",
}
CLASSES = {
    "scanner model": "scanner_model",
    "scanning sequence": "scanning_sequence",
    "variant of the sequence": "sequence_variant",
    "name of the sequence": "sequence_name",
    "acquisition type": "acquisition_type",
    "scan options": "scan_options",
    "fat suppression": "fat_suppression",
    "receive coil": "coil",
    "contrast agent": "contrast_agent",
    "route of contrast": "contrast_route",
}
_WORDS = {
    "scanning_sequence": {
        "SE": "spin echo",
        "IR": "inversion recovery",
        "GR": "gradient recalled",
        "EP": "echo planar",
        "RM": "research mode",
    },
    "sequence_variant": {
        "SK": "segmented k-space",
        "MTC": "magnetisation transfer contrast",
        "SS": "steady state",
        "TRSS": "time-reversed steady state",
        "SP": "spoiled",
        "MP": "magnetisation prepared",
        "OSP": "oversampled phase",
        "NONE": "none",
    },
}
"""Codes of DICOM in words (PS3.3, C.8.3.1)."""


def protocol_table(lesions: Mapping[tuple[str, str], Lesion]) -> Table | None:
    """Return what the files of the exams state of sequence and contrast agent; None when they state nothing.

    Parameters
    ----------
    lesions : mapping of (case, visit) to lesion record
    """
    stated = [_stated(record) for _, record in sorted(lesions.items())]
    rows = [row for label, field in CLASSES.items() for row in _counted(label, field, stated)]
    rows += [row for label, field in NUMBERS.items() for row in _measured(label, field, stated)]
    if not rows:
        return None
    found = {row["quantity"] for row in rows}
    silent = [label.partition(",")[0] for label in (*CLASSES, *NUMBERS) if label not in found]
    if silent:
        rows.append({"quantity": NOT_STATED, "category": "; ".join(silent)})
    return Table(
        title="Sequence and contrast agent",
        section="cohort",
        columns=COLUMNS,
        rows=tuple(rows),
        caption=(
            "As the headers or sidecars of the exams state it, all exams of both visits that were read; "
            "beside a number stand the exams that state it. Capital letters are codes of DICOM or makers. "
            f"Text that could hold more than a name of a device is counted as: {NOT_SHOWN}."
        ),
    )


def _stated(record: Lesion) -> dict[str, Any]:
    model = record.scanner_model
    # A model whose name cannot be shown is kept as a hash, which says nothing to a reader.
    shown = NOT_SHOWN if model.startswith("#") else model
    return {
        **record.protocol.model_dump(),
        "scanner_model": shown,
        "field_strength_t": record.field_strength_t,
    }


def _counted(label: str, field: str, stated: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    counts = Counter(_category(field, s[field]) for s in stated)
    if set(counts) <= {NOT_STATED}:
        return
    for value, n in sorted(counts.items(), key=lambda c: (c[0] in UNKNOWN, -c[1], c[0])):
        yield {"quantity": label, "category": value, "exams": Share(n=n, of=len(stated))}


def _measured(label: str, field: str, stated: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    values = [float(s[field]) for s in stated if s[field] is not None]
    if values:
        spread = Estimate(value=median(values), low=min(values), high=max(values))
        yield {"quantity": label, "exams": Share(n=len(values), of=len(stated)), "value": spread}


def _category(field: str, value: str | tuple[str, ...]) -> str:
    if isinstance(value, str):
        return value or NOT_STATED
    words = _WORDS.get(field, {})
    named = [
        f"{words[code]} ({code})" if code in words else "other" if code == OTHER else code for code in value
    ]
    return " + ".join(named) or NOT_STATED
