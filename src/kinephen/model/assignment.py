"""Phenotypes of other patients, and where their change lies outside of what the model has seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinephen.model.load import Fitted
from kinephen.model.schema import Outside
from kinephen.records.flag import Flag
from kinephen.records.names import FARTHER
from kinephen.types import BoolArray

NEAR_BORDER = 0.1
"""A margin below this share of the distance between the two nearest centroids is near their border."""


def assign_patients(fitted: Fitted, delta: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[Flag]]]:
    """Return the assignment of patients, and by case the flags of features, components and border.

    Parameters
    ----------
    fitted : Fitted
    delta : DataFrame
        Delta features of the model, one row a patient.
    """
    if delta.empty:
        return pd.DataFrame(), {}
    table = fitted.phenotypes.predict(delta)
    scores = fitted.phenotypes.transform(delta)
    beyond = _beyond(scores, fitted.file.training.components)
    most = fitted.file.training.outside or Outside(features=0, components=0)
    flags: dict[str, list[Flag]] = {}
    for (case, row), far in zip(table.iterrows(), beyond, strict=True):
        found = []
        if row["out_of_range"]:
            text = FARTHER
            found.append(Flag(code="phenotype.out_of_range", text=text))
        if row["features_outside"] > most.features:
            found.append(_many(row["features_outside"], delta.shape[1], "delta features", most.features))
        if far.sum() > most.components:
            found.append(_many(far.sum(), len(far), "component scores", most.components))
        if _near_border(fitted, row):
            found.append(Flag(code="phenotype.border", text="almost as near to another phenotype"))
        flags[str(case)] = found
    return table, flags


def _many(n: int, of: int, what: str, most: int) -> Flag:
    """Some values always lie outside; what counts is whether more do than in any patient of training."""
    text = f"{n} of {of} {what} lie outside the training range"
    if most:
        text += f"; of a patient of training at most {most} lay outside that of all others"
    code = "phenotype.features" if what == "delta features" else "phenotype.components"
    return Flag(code=code, text=text)


def _beyond(scores: pd.DataFrame, limits: dict[str, tuple[float, float]]) -> BoolArray:
    """Return which component scores lie outside the training range by more than rounding."""
    low, high = (np.array([limits[str(c)][i] for c in scores]) for i in (0, 1))
    slack, values = 1e-9 * (high - low), scores.to_numpy(dtype=np.float64)
    return np.asarray((values < low - slack) | (values > high + slack))


def _near_border(fitted: Fitted, row: pd.Series) -> bool:
    k = fitted.phenotypes.k
    if k < 2:
        return False
    distances = np.array([row[f"distance_{i + 1}"] for i in range(k)])
    a, b = np.argsort(distances, kind="stable")[:2]
    centroids = fitted.phenotypes.solutions[k].centroids
    return bool(row["margin"] < NEAR_BORDER * np.linalg.norm(centroids[a] - centroids[b]))
