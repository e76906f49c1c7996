"""Sequence and contrast agent as the exams' own files state them."""

from __future__ import annotations

from kinephen.io.contrast_agents import NOT_SHOWN
from kinephen.records.exams import ExamsSummary, Spread
from kinephen.records.protocol import OTHER
from kinephen.report.numbers.acquisition import COLUMNS, estimate
from kinephen.report.schema import Cell, Share, Table
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


def protocol_table(exams: ExamsSummary) -> Table | None:
    """Return what the exams state of sequence and contrast agent; None when they state nothing."""
    rows = [row for label, field in CLASSES.items() for row in _counted(label, field, exams)]
    rows += [_measured(label, exams.numbers[f], exams) for label, f in NUMBERS.items() if f in exams.numbers]
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


def _counted(label: str, field: str, exams: ExamsSummary) -> list[dict[str, Cell]]:
    counts = [(_category(field, c.values), c.exams) for c in exams.classes[field]]
    if {words for words, _ in counts} <= {NOT_STATED}:
        return []
    ordered = sorted(counts, key=lambda c: (c[0] in UNKNOWN, -c[1], c[0]))
    return [
        {"quantity": label, "category": words, "exams": Share(n=n, of=exams.analysed)} for words, n in ordered
    ]


def _measured(label: str, spread: Spread, exams: ExamsSummary) -> dict[str, Cell]:
    stated = Share(n=spread.exams, of=exams.analysed)
    return {"quantity": label, "exams": stated, "value": estimate(spread)}


def _category(field: str, values: tuple[str, ...]) -> str:
    words = _WORDS.get(field, {})
    named = [f"{words[v]} ({v})" if v in words else "other" if v == OTHER else v for v in values]
    return " + ".join(named) or NOT_STATED
