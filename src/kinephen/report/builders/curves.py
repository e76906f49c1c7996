"""Survival panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kinephen.report.builders.values import estimate
from kinephen.report.schema.base import Estimate
from kinephen.report.schema.figures import KMCurve, KMData, KMPanel

_CURVE_FIELDS = (
    "label",
    "n",
    "events",
    "time",
    "survival",
    "low",
    "high",
    "censor_time",
    "censor_survival",
    "at_risk",
)


def km_panel(record: Mapping[str, Any], *, title: str | None = None) -> KMPanel:
    """Return one panel.

    Parameters
    ----------
    record : mapping
        ``title``, ``column``, ``left_out``, ``curves`` (each with the fields of `KMCurve`), ``risk_times`` and
        ``test`` (``name``, ``p``, ``permutation_p``, ``reason``, ``hazard_ratio``).
    title : str, optional
        Instead of the record's.
    """
    test = record["test"]
    ratio = estimate(test.get("hazard_ratio")) if test.get("hazard_ratio") else None
    return KMPanel(
        title=record["title"] if title is None else title,
        curves=tuple(KMCurve(**{f: curve[f] for f in _CURVE_FIELDS}) for curve in record["curves"]),
        risk_times=tuple(record["risk_times"]),
        test=test["name"],
        p=test["p"],
        permutation_p=test.get("permutation_p"),
        reason=test.get("reason", ""),
        hazard_ratio=ratio if isinstance(ratio, Estimate) else None,
        left_out=record.get("left_out", 0),
        palette="phenotype" if record.get("column", "phenotype") == "phenotype" else "other",
    )


def km_figure(records: Sequence[Mapping[str, Any]], *, time_unit: str, end_point: str) -> KMData:
    """Return a row of panels with one axis; panels without women are left out.

    Parameters
    ----------
    records : sequence of mapping
        As for `km_panel`.
    time_unit : str
    end_point : str
        The name of the vertical axis, for example ``"Recurrence-free survival"``.
    """
    panels = tuple(km_panel(r) for r in records if r["curves"])
    return KMData(panels=panels, time_unit=time_unit, survival_label=end_point)
