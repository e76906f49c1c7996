"""Times and events, checked once: what every function of this room starts from.

Missing values are never dropped here: a time, event, group or covariate that is NaN raises, so that two
results of one analysis cannot rest on different patients by accident. `complete_rows` is the one place that
says which rows are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kinephen.core.cohort import Issue
from kinephen.errors import CohortError, InputError
from kinephen.types import BoolArray, FloatArray, IntArray

TIE_TOLERANCE = 1.5e-8
"""Times closer than this, relative to the mean time, are one time (as ``timefix`` of R's survival)."""


@dataclass(frozen=True)
class Outcome:
    """Follow-up of n patients.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Follow-up >= 0, near ties merged.
    event : ndarray of bool, shape (n,)
        True where the follow-up ended with the event.
    issues : tuple of Issue
        Zero times, suspected mixed units.
    """

    time: FloatArray
    event: BoolArray
    issues: tuple[Issue, ...] = ()

    @property
    def n(self) -> int:
        """Number of patients."""
        return self.time.size

    @property
    def events(self) -> int:
        """Number of events."""
        return int(self.event.sum())

    def take(self, rows: IntArray | BoolArray) -> Outcome:
        """Return the outcome of some rows."""
        return Outcome(self.time[rows], self.event[rows], self.issues)


def clean_outcome(time: ArrayLike, event: ArrayLike, *, need_events: bool = False) -> Outcome:
    """Check times and events and merge near ties.

    Parameters
    ----------
    time : array_like, shape (n,)
        Follow-up, one unit for all, >= 0.
    event : array_like, shape (n,)
        1 or True for an event, 0 or False for censored.
    need_events : bool
        Raise when there is no event.

    Raises
    ------
    InputError
        ``survival.length``, ``survival.empty``, ``survival.text``, ``survival.missing``,
        ``survival.negative_time``, ``survival.event_codes``.
    CohortError
        ``survival.no_events``.
    """
    times = as_floats(time, "time")
    codes = as_floats(event, "event")
    if times.size != codes.size:
        raise InputError(
            f"{times.size} times and {codes.size} events",
            code="survival.length",
            where="time, event",
            hint="give one time and one event a patient",
        )
    if times.size == 0:
        raise InputError("no rows", code="survival.empty", where="time")
    _require_present(times, "time")
    _require_present(codes, "event")
    _require_valid_times(times)
    _require_binary(codes)
    if need_events and not codes.any():
        raise CohortError(
            f"none of the {times.size} patients has the event",
            code="survival.no_events",
            where="event",
            hint="check the coding of the event (1 event, 0 censored) or follow longer",
        )
    return Outcome(merge_near_ties(times), codes == 1, time_issues(times))


def merge_near_ties(times: FloatArray) -> FloatArray:
    """Give times that differ only by rounding the value of the smallest of them."""
    values, inverse = np.unique(times, return_inverse=True)
    tolerance = TIE_TOLERANCE * float(np.mean(np.abs(values)))
    fresh = np.concatenate([[True], np.diff(values) > tolerance])
    return np.asarray(values[fresh][np.cumsum(fresh) - 1][inverse], dtype=np.float64)


def time_issues(times: FloatArray) -> tuple[Issue, ...]:
    """Return what looks wrong with times although it can be computed with."""
    found = []
    zeros = int((times == 0).sum())
    if zeros:
        text = f"{zeros} follow-up time(s) are 0; those patients count only in the first risk set"
        found.append(Issue("survival.zero_time", text, where="time", count=zeros))
    mixed = _mixed_units(times[times > 0])
    if mixed:
        found.append(mixed)
    return tuple(found)


def _mixed_units(times: FloatArray) -> Issue | None:
    # One unit gives one cloud on the log scale. Days among years (or months) make two clouds with a gap.
    ordered = np.sort(times)
    edge = max(3, ordered.size // 20)
    if ordered.size < 2 * edge + 1:
        return None
    ratios = ordered[1:] / ordered[:-1]
    cut = edge - 1 + int(np.argmax(ratios[edge - 1 : ordered.size - edge]))
    low, high = ordered[: cut + 1], ordered[cut + 1 :]
    if ratios[cut] < 3.0 or np.median(high) / np.median(low) < 12.0:
        return None
    text = (
        f"times look mixed: {low.size} between {low[0]:.4g} and {low[-1]:.4g}, {high.size} between "
        f"{high[0]:.4g} and {high[-1]:.4g}, none between; days beside years or months?"
    )
    return Issue("survival.mixed_units", text, where="time", count=min(low.size, high.size))


def _require_valid_times(times: FloatArray) -> None:
    negative = int((times < 0).sum())
    if negative or not np.isfinite(times).all():
        kind = f"{negative} negative" if negative else "infinite"
        raise InputError(
            f"{kind} follow-up time(s); expected finite times >= 0",
            code="survival.negative_time",
            where="time",
            hint="check dates: the event or last visit lies before the start of the clock",
        )


def _require_binary(codes: FloatArray) -> None:
    seen = np.unique(codes)
    if not np.isin(seen, (0.0, 1.0)).all():
        shown = ", ".join(f"{v:g}" for v in seen[:6])
        raise InputError(
            f"event holds {shown}; expected 1 (event) and 0 (censored)",
            code="survival.event_codes",
            where="event",
            hint="recode, for example status == 2",
        )


def as_floats(values: ArrayLike, where: str) -> FloatArray:
    """Return a flat float array; text raises ``InputError`` (``survival.text``)."""
    array = np.asarray(values)
    if array.dtype.kind in "OUS":
        try:
            array = pd.to_numeric(pd.Series(array.ravel()), errors="raise").to_numpy()
        except (ValueError, TypeError):
            raise InputError(
                "holds text; expected numbers",
                code="survival.text",
                where=where,
                hint="code factors with survival.design.design_matrix",
            ) from None
    return np.asarray(array, dtype=np.float64).ravel()


def _require_present(values: FloatArray, where: str) -> None:
    missing = int(np.isnan(values).sum())
    if missing:
        raise InputError(
            f"{missing} of {values.size} values are missing",
            code="survival.missing",
            where=where,
            hint="leave those patients out with survival.outcome.complete_rows, and report how many",
        )


def group_codes(
    group: Sequence[object] | ArrayLike, n: int, *, where: str = "group"
) -> tuple[IntArray, list[str]]:
    """Return codes 0..K-1 and the labels; order of a pandas categorical, otherwise sorted.

    Raises
    ------
    InputError
        ``survival.length``, ``survival.missing``; ``survival.empty_group`` for a category without patients.
    """
    values = pd.Series(group).array if not isinstance(group, pd.Series) else group.array
    if len(values) != n:
        raise InputError(f"{len(values)} labels for {n} patients", code="survival.length", where=where)
    factor = values if isinstance(values, pd.Categorical) else pd.Categorical(values)
    _require_present(np.where(factor.codes < 0, np.nan, 0.0), where)
    labels = [_label(c) for c in factor.categories]
    counts = np.bincount(factor.codes, minlength=len(labels))
    if (counts == 0).any():
        empty = ", ".join(labels[k] for k in np.flatnonzero(counts == 0))
        raise InputError(
            f"no patient in group {empty}",
            code="survival.empty_group",
            where=where,
            hint="drop the unused category, or check how patients were assigned",
        )
    return factor.codes.astype(np.int64), labels


def _label(category: object) -> str:
    return f"{category:g}" if isinstance(category, float) else str(category)


def complete_rows(frame: pd.DataFrame, columns: Sequence[str]) -> BoolArray:
    """Return True for the rows without a missing value in any of `columns`.

    Raises
    ------
    InputError
        ``survival.column`` for a column that is not there.
    """
    absent = [c for c in columns if c not in frame.columns]
    if absent:
        raise InputError(
            f"no column {', '.join(absent)}; the table has {', '.join(map(str, frame.columns[:20]))}",
            code="survival.column",
            where="table",
        )
    return np.asarray(frame[list(columns)].notna().all(axis=1), dtype=np.bool_)
