"""What a model has seen, in aggregate: ranges, mixes and protocols, and no patient's row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from kinephen.records.lesion import Lesion
from kinephen.study.steps.covariates import SMALL_CELL
from kinephen.survival.kaplan_meier import kaplan_meier

SEQUENCE_NUMBERS = ("repetition_ms", "echo_ms", "flip_degrees")
"""Of the sequence, of which signal and enhancement depend most."""


def exams_record(lesions: Iterable[Lesion]) -> dict[str, Any]:
    """Describe exams from their records."""
    records = list(lesions)
    return {
        "exams": len(records),
        "manufacturers": _known(r.manufacturer for r in records),
        "scanner_models": _known(r.scanner_model for r in records),
        "field_strengths_t": _known(r.field_strength_t for r in records),
        "matrices": [list(m) for m in _known(tuple(r.shape[1:]) for r in records)],
        "phases": _known(len(r.phase_times_s) for r in records),
        "voxel_mm": [extent([r.spacing_mm[axis] for r in records]) for axis in range(3)] if records else None,
        "early_s": extent([r.early_s for r in records]),
        "late_s": extent([r.late_s for r in records]),
        "timing_rules": _known(r.timing_rule for r in records),
        "lesion_sources": _known(r.lesion_source for r in records),
        "review_states": _known(r.review.state for r in records),
        **{name: extent(_numbers(getattr(r.protocol, name) for r in records)) for name in SEQUENCE_NUMBERS},
        "acquisition_types": _known(r.protocol.acquisition_type for r in records),
        "fat_suppression": _known(r.protocol.fat_suppression for r in records),
    }


def cohort_record(phenotypes: pd.Series, rows: pd.DataFrame) -> dict[str, Any]:
    """Describe the cohort.

    Parameters
    ----------
    phenotypes : Series of str
        Of the patients that the phenotypes were learned on.
    rows : DataFrame
        Patients of the Cox models: ``time`` (years) and ``event``.
    """
    counts = {str(k): int(n) for k, n in phenotypes.value_counts().sort_index().items()}
    follow_up = kaplan_meier(rows["time"], 1.0 - rows["event"]).median.estimate
    return {
        "patients": len(phenotypes),
        "analysed": len(rows),
        "events": int(rows["event"].sum()),
        "median_follow_up": float(follow_up) if np.isfinite(follow_up) else None,
        "phenotypes": {k: n if n >= SMALL_CELL else None for k, n in counts.items()},
    }


def feature_ranges(frame: pd.DataFrame, features: Iterable[str]) -> dict[str, list[float]]:
    """Return the smallest and largest defined value of each feature; features without any are left out."""
    known = frame[list(features)]
    low, high = known.min(), known.max()
    return {str(f): [float(low[f]), float(high[f])] for f in known if np.isfinite(low[f])}


def most_outside(values: pd.DataFrame) -> int:
    """Return in how many columns any one row lies outside the range of all other rows, at most.

    A new row of the same kind has the same chance to be the worst of all, 1 in n + 1: this is what counts of
    values outside a range are to be held against, since some lie outside in nearly every row.
    """
    ordered = np.sort(values.to_numpy(dtype=np.float64), axis=0)
    second, last_but_one = ordered[1], ordered[-2]
    return int(((values < second) | (values > last_but_one)).sum(axis=1).max())


def extent(values: list[float]) -> list[float] | None:
    """Return the smallest and largest value, or None without any."""
    return [float(min(values)), float(max(values))] if values else None


def _numbers(values: Iterable[float | None]) -> list[float]:
    return [v for v in values if v is not None]


def _known(values: Iterable[Any]) -> list[Any]:
    return sorted({v for v in values if v not in (None, "")})
