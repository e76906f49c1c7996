"""What speaks for a phenotype model, as the results of the science."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.phenotype.clustering import Clustering
from kinephen.phenotype.significance import SignificanceTests


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """How a model came about, and the tests of it.

    Parameters
    ----------
    filter_table : DataFrame
        The decision on every feature (see `kinephen.phenotype.filters`).
    gaps : DataFrame
        One row a patient with gaps: ``undefined`` and ``alone`` features, ``left_out`` of the learning.
    features, tumours : Clustering
        With all consensus matrices; tumours in the order of the model's scores.
    tests : SignificanceTests
    issues : tuple of Issue
    """

    filter_table: pd.DataFrame
    gaps: pd.DataFrame
    features: Clustering
    tumours: Clustering
    tests: SignificanceTests
    issues: tuple[Issue, ...] = ()


def phenotype_names(k: int) -> list[str]:
    """Return what the phenotypes 1 to k are called: by rising mean component score."""
    if k == 1:
        return ["all patients"]
    return ["decreasing", *(f"intermediate {i}" for i in range(1, k - 1)), "increasing"]
