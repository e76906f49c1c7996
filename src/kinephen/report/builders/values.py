"""Cells and tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kinephen.report.schema.base import NO_REASON, Cell, Column, Estimate, Missing, Section, Share, Table


def cell(value: Any, reason: str = "") -> Any:
    """Return a plain value as a cell; None and NaN become `Missing` with `reason`."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return Missing(missing=reason or NO_REASON)
    return value


def estimate(record: Mapping[str, Any] | None, reason: str = "") -> Estimate | Missing:
    """Return an estimate from a record with a value and limits.

    Parameters
    ----------
    record : mapping or None
        Names as the steps write them: ``value`` or ``estimate`` (or ``hr``), ``low`` or ``lower`` or
        ``wilson_lower``, ``high`` or ``upper`` or ``wilson_upper``.
    reason : str
        Why it is undefined, if it is.
    """
    if record is None:
        return Missing(missing=reason or NO_REASON)
    value = _first(record, "value", "estimate", "hr")
    if value is None:
        return Missing(missing=reason or NO_REASON)
    low = _first(record, "low", "lower", "wilson_lower")
    high = _first(record, "high", "upper", "wilson_upper")
    why = (reason or "a limit is not finite") if None in (low, high) else ""
    return Estimate(value=value, low=low, high=high, reason=why)


def share(record: Mapping[str, Any]) -> Share:
    """Return a count out of a total from ``n`` and ``of``."""
    return Share(n=record["n"], of=record["of"])


def frame_table(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    *,
    title: str,
    label: str = "",
    caption: str = "",
    section: Section = "supplement",
    notes: Sequence[str] = (),
) -> Table:
    """Return a table from a data frame whose columns have the keys of `columns`; further ones are left out."""
    rows: list[dict[str, Cell]] = [
        {c.key: cell(record.get(c.key)) for c in columns} for record in frame.to_dict("records")
    ]
    return Table(
        title=title,
        label=label,
        caption=caption,
        section=section,
        columns=tuple(columns),
        rows=tuple(rows),
        notes=tuple(notes),
    )


def _first(record: Mapping[str, Any], *names: str) -> float | None:
    for name in names:
        value = record.get(name)
        if value is not None and math.isfinite(value):
            return float(value)
    return None
