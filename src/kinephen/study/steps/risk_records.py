"""Predicted risks held against outcomes, as records: of a run's own patients and of others."""

from __future__ import annotations

import pandas as pd

from kinephen.records.performance import CalibrationGroup, DecisionCurve

DECISION_THRESHOLDS = tuple(round(0.02 * i, 2) for i in range(1, 31))
"""Threshold probabilities of the decision curves, of a run and of a validation."""


def calibration_records(table: pd.DataFrame) -> tuple[CalibrationGroup, ...]:
    """Return the groups that `kinephen.survival.calibration.calibration_groups` found."""
    kept = table[list(CalibrationGroup.model_fields)]
    return tuple(CalibrationGroup.model_validate(row) for row in kept.to_dict("records"))


def decision_records(table: pd.DataFrame) -> tuple[DecisionCurve, ...]:
    """Return the curves that `kinephen.survival.decision.decision_curve` found, in its order."""
    return tuple(
        DecisionCurve(
            model=str(model), threshold=rows["threshold"].tolist(), benefit=rows["net_benefit"].tolist()
        )
        for model, rows in table.groupby("model", sort=False)
    )
