"""Exams as they were acquired: scanners, voxels, times, thresholds, and where lesion masks came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from kinephen.records.lesion import Lesion
from kinephen.report.schema import Column, Estimate, Share, Table

COLUMNS = (
    Column(key="quantity", label="Quantity"),
    Column(key="category", label="Category"),
    Column(key="exams", label="Exams"),
    Column(key="value", label="Median (smallest to largest)", format="sig3"),
)
"""Of tables that describe exams: a row a category, or a row a number."""

Lesions = Mapping[tuple[str, str], Lesion]


def acquisition_table(lesions: Lesions) -> Table | None:
    """Return the exams that were read; None when there is none.

    Parameters
    ----------
    lesions : mapping of (case, visit) to lesion record
    """
    records = [record for _, record in sorted(lesions.items())]
    if not records:
        return None
    rows = [
        *_counted("scanner", (r.manufacturer or "not stated" for r in records)),
        *_counted("lesion mask", (r.lesion_source for r in records)),
        {
            "quantity": "confirmed by a reader",
            "exams": Share(n=sum(r.confirmed for r in records), of=len(records)),
        },
        *_measured("distance of slices, mm", [r.spacing_mm[0] for r in records]),
        *_measured("distance in plane, mm", [s for r in records for s in r.spacing_mm[1:]]),
        *_measured("frames", [float(len(r.phase_times_s)) for r in records]),
        *_measured("early frame after contrast, s", [r.early_s for r in records]),
        *_measured("late frame after contrast, s", [r.late_s for r in records]),
        *_measured("enhancement threshold, %", [r.thresholds.pe_threshold for r in records]),
        *_measured(
            "tissue threshold, % of the 95th percentile", [r.thresholds.background_percent for r in records]
        ),
    ]
    return Table(
        title="Exams as acquired",
        section="cohort",
        columns=COLUMNS,
        rows=tuple(rows),
        caption="All exams of both visits that were read; times are those of the middle of a frame.",
    )


def _counted(quantity: str, values: Iterable[str]) -> list[dict[str, Any]]:
    counts = Counter(values)
    total = sum(counts.values())
    return [
        {"quantity": quantity, "category": value, "exams": Share(n=n, of=total)}
        for value, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]


def _measured(quantity: str, values: list[float]) -> list[dict[str, Any]]:
    if not values:
        return []
    return [
        {"quantity": quantity, "value": Estimate(value=median(values), low=min(values), high=max(values))}
    ]
