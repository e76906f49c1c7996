"""How well each feature is repeated when an exam is perturbed."""

from __future__ import annotations

import pandas as pd

from kinephen.records.base import Number, Record


class FeatureIcc(Record):
    """Intraclass correlation of one feature over perturbed repeats, with its 95 % interval."""

    feature: str
    icc: Number
    low: Number
    high: Number
    subjects: int
    """Exams in which the feature was defined every time."""
    measurements: int
    reason: str = ""
    """Why it is undefined."""


class Stability(Record):
    """Intraclass correlation of every feature; empty where exams were not repeated."""

    repeats: int
    features: tuple[FeatureIcc, ...] = ()

    def limits(self) -> dict[str, float] | None:
        """Return what the filter compares with its limit, by feature; None without repeats.

        A feature whose ICC is undefined counts as 0: nothing shows that it is stable.
        """
        if not self.features:
            return None
        return {f.feature: 0.0 if f.icc is None else f.icc for f in self.features}

    def frame(self) -> pd.DataFrame:
        """Return one row a feature."""
        columns = list(FeatureIcc.model_fields)
        return pd.DataFrame([[getattr(f, c) for c in columns] for f in self.features], columns=columns)
