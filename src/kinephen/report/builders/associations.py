"""Phenotypes against covariates, and markers against events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kinephen.report.builders.values import estimate
from kinephen.report.schema.figures import AssociationPanel, BoxGroup

_COUNTS = {"tp": "true_positive", "fp": "false_positive", "fn": "false_negative", "tn": "true_negative"}
_MEASURES = ("ppv", "npv", "sensitivity", "specificity")


def association_panel(record: Mapping[str, Any]) -> AssociationPanel:
    """Return a panel.

    Parameters
    ----------
    record : mapping
        ``label``, ``groups``, ``test``, ``p``, ``p_adjusted``, ``reason``, and ``categories`` with ``counts``, or
        ``boxes``.
    """
    return AssociationPanel(
        variable=record["label"],
        groups=tuple(str(g) for g in record["groups"]),
        categories=tuple(str(c) for c in record.get("categories", ())),
        counts=tuple(tuple(row) for row in record.get("counts", ())),
        boxes=tuple(BoxGroup(**box) for box in record.get("boxes", ())),
        test=record.get("test", ""),
        p=record.get("p"),
        p_adjusted=record.get("p_adjusted"),
        reason=record.get("reason", ""),
    )


def confusion_row(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the table behind a `ConfusionData` figure.

    Parameters
    ----------
    record : mapping
        ``marker``, the four counts by their full names, and proportions with Wilson limits.
    """
    row: dict[str, Any] = {"marker": record["marker"]}
    row.update({key: record[name] for key, name in _COUNTS.items()})
    empty = "no women in the denominator"
    return {**row, **{name: estimate(record[name], empty) for name in _MEASURES}}
