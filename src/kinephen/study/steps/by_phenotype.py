"""Components, clinical numbers and changes of features by phenotype, over the discovery cohort."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from kinephen.records.by_phenotype import Box, ByPhenotype
from kinephen.records.delta import Delta
from kinephen.records.phenotypes import Phenotypes
from kinephen.study.frame import phenotyped
from kinephen.types import FloatArray

CLINICAL = ("ftv1", "ftv2", "age", "gene70_cosine", "ror_s", "p53_score")


def by_phenotype(frame: pd.DataFrame, phenotypes: Phenotypes, delta: Delta) -> ByPhenotype:
    """Return the boxes of every quantity.

    Parameters
    ----------
    frame : DataFrame
        All patients, index ``case``, with ``cohort``, ``phenotype`` and clinical columns.
    phenotypes : Phenotypes
    delta : Delta
    """
    rows = phenotyped(frame, "discovery")
    groups = _groups(rows, phenotypes.labels)
    assigned = phenotypes.rows("discovery")
    scores = pd.DataFrame.from_dict({c: r.scores for c, r in assigned.items()}, orient="index", dtype=float)
    change = delta.frame()
    return ByPhenotype(
        components={n: _boxes(scores[n], groups) for n in phenotypes.evidence.component_names},
        clinical=clinical_boxes(rows, phenotypes.labels),
        features={f: _boxes(change[f], groups) for f in by_loading(phenotypes) if f in change.columns},
    )


def clinical_boxes(rows: pd.DataFrame, labels: Iterable[str]) -> dict[str, tuple[Box, ...]]:
    """Return the boxes of volumes, age and signature scores of patients with a phenotype, one a phenotype.

    Parameters
    ----------
    rows : DataFrame
        Of `kinephen.study.frame.phenotyped`.
    labels : iterable of str
        Phenotypes in their order.
    """
    groups = _groups(rows, labels)
    known = [c for c in CLINICAL if c in rows.columns and rows[c].notna().any()]
    return {c: _boxes(rows[c], groups) for c in known}


def _groups(rows: pd.DataFrame, labels: Iterable[str]) -> dict[str, list[str]]:
    return {p: list(rows.index[rows["phenotype"] == p]) for p in labels}


def by_loading(phenotypes: Phenotypes) -> list[str]:
    """Return the model's features by falling size of their largest loading, then by name."""
    largest = phenotypes.evidence.largest_loadings
    return sorted(largest, key=lambda f: (-abs(largest[f].loading), f))


def _boxes(values: pd.Series, groups: Mapping[str, list[str]]) -> tuple[Box, ...]:
    return tuple(_box(values.reindex(cases).to_numpy(dtype=np.float64)) for cases in groups.values())


def _box(values: FloatArray) -> Box:
    known = values[np.isfinite(values)]
    if not known.size:
        return Box()
    low, q1, median, q3, high = np.percentile(known, [0, 25, 50, 75, 100])
    return Box(low=low, q1=q1, median=median, q3=q3, high=high)
