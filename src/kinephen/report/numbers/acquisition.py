"""Exams as they were acquired: scanners, voxels, times, thresholds, and where lesion masks came from."""

from __future__ import annotations

from kinephen.records.exams import ExamsSummary, Spread
from kinephen.report.schema import Cell, Column, Estimate, Share, Table

COLUMNS = (
    Column(key="quantity", label="Quantity"),
    Column(key="category", label="Category"),
    Column(key="exams", label="Exams"),
    Column(key="value", label="Median (smallest to largest)", format="sig3"),
)
"""Of tables that describe exams: a row a category, or a row a number."""
CLASSES = {"scanner": "manufacturer", "lesion mask": "lesion_source", "phase times": "timing_rule"}
NUMBERS = {
    "distance of slices, mm": "slice_distance_mm",
    "distance in plane, mm": "in_plane_mm",
    "frames": "frames",
    "early frame after contrast, s": "early_s",
    "late frame after contrast, s": "late_s",
    "largest shift between frames, mm": "largest_shift_mm",
    "change of normal tissue, early to late, %": "drift_percent",
    "enhancement threshold, %": "pe_threshold",
    "tissue threshold, % of the 95th percentile": "background_percent",
}


def acquisition_table(exams: ExamsSummary) -> Table | None:
    """Return the exams that were analysed; None when there is none."""
    if not exams.analysed:
        return None
    rows: list[dict[str, Cell]] = [
        {
            "quantity": label,
            "category": count.values[0] if count.values else "not stated",
            "exams": Share(n=count.exams, of=exams.analysed),
        }
        for label, field in CLASSES.items()
        for count in exams.classes[field]
    ]
    confirmed = Share(n=exams.confirmed, of=exams.analysed)
    rows.append({"quantity": "confirmed by a reader", "exams": confirmed})
    rows += [
        {"quantity": label, "value": estimate(exams.numbers[f])}
        for label, f in NUMBERS.items()
        if f in exams.numbers
    ]
    return Table(
        title="Exams as acquired",
        section="cohort",
        columns=COLUMNS,
        rows=tuple(rows),
        caption="All exams of both visits that were read; times are those of the middle of a frame.",
    )


def estimate(spread: Spread) -> Estimate:
    """Return a spread as the cell of a table: the median with the smallest and the largest."""
    return Estimate(value=spread.median, low=spread.low, high=spread.high)
