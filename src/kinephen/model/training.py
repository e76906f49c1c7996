"""What a model has seen, in aggregate: ranges, mixes and protocols, and no patient's row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import pandas as pd

from kinephen.model.schema import Cohort, Exams, Range
from kinephen.records.lesion import Lesion
from kinephen.study.steps.covariates import SMALL_CELL

T = TypeVar("T", float, int, str, tuple[int, int])


def seen_exams(lesions: Iterable[Lesion]) -> Exams:
    """Describe exams from their records."""
    records = list(lesions)
    protocols = [r.protocol for r in records]
    axes = [_range([r.spacing_mm[axis] for r in records]) for axis in range(3)]
    slices, rows, columns = axes
    return Exams(
        exams=len(records),
        manufacturers=_known(r.manufacturer for r in records),
        scanner_models=_known(r.scanner_model for r in records),
        field_strengths_t=_known(r.field_strength_t for r in records),
        matrices=_known((r.shape[1], r.shape[2]) for r in records),
        phases=_known(r.phases for r in records),
        voxel_mm=None if slices is None or rows is None or columns is None else (slices, rows, columns),
        early_s=_range([r.early_s for r in records]),
        late_s=_range([r.late_s for r in records]),
        timing_rules=_known(r.timing_rule for r in records),
        lesion_sources=_known(r.lesion_source for r in records),
        review_states=_known(str(r.review.state) for r in records),
        repetition_ms=_range([p.repetition_ms for p in protocols]),
        echo_ms=_range([p.echo_ms for p in protocols]),
        flip_degrees=_range([p.flip_degrees for p in protocols]),
        acquisition_types=_known(p.acquisition_type for p in protocols),
        fat_suppression=_known(p.fat_suppression for p in protocols),
    )


def seen_cohort(phenotypes: pd.Series, rows: pd.DataFrame, follow_up: float | None) -> Cohort:
    """Describe the cohort.

    Parameters
    ----------
    phenotypes : Series of str
        Of the patients that the phenotypes were learned on.
    rows : DataFrame
        Patients of the Cox models: ``event``.
    follow_up : float, optional
        Median years of the discovery cohort, as the record of survival has it.
    """
    counts = {str(k): int(n) for k, n in phenotypes.value_counts().sort_index().items()}
    return Cohort(
        patients=len(phenotypes),
        analysed=len(rows),
        events=int(rows["event"].sum()),
        median_follow_up=follow_up,
        phenotypes={k: n if n >= SMALL_CELL else None for k, n in counts.items()},
    )


def column_ranges(frame: pd.DataFrame, columns: Iterable[str]) -> dict[str, Range]:
    """Return the smallest and largest defined value of each column; columns without any are left out."""
    found = {str(c): _range(frame[c].dropna().tolist()) for c in columns}
    return {c: r for c, r in found.items() if r is not None}


def most_outside(values: pd.DataFrame) -> int:
    """Return in how many columns any one row lies outside the range of all other rows, at most.

    A new row of the same kind has the same chance to be the worst of all, 1 in n + 1: this is what counts of
    values outside a range are to be held against, since some lie outside in nearly every row.
    """
    ordered = np.sort(values.to_numpy(dtype=np.float64), axis=0)
    second, last_but_one = ordered[1], ordered[-2]
    return int(((values < second) | (values > last_but_one)).sum(axis=1).max())


def _range(values: Iterable[float | None]) -> Range | None:
    """Return the smallest and largest known value, or None without any."""
    known = [float(v) for v in values if v is not None]
    return (min(known), max(known)) if known else None


def _known(values: Iterable[T | None]) -> tuple[T, ...]:
    return tuple(sorted({v for v in values if v is not None and v != ""}))
