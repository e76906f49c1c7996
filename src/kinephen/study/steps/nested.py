"""The phenotype learned again from the patients of a training fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from kinephen.core.plain import hash_json
from kinephen.core.streams import stream
from kinephen.phenotype.fit import FeatureKnowledge, fit_model
from kinephen.study.steps.ladder import Learn
from kinephen.study.steps.phenotypes import PhenotypeStepSettings, phenotype_settings, two_d
from kinephen.types import FloatArray

LEARNED = ("filters", "groups", "components", "tumours")
"""Sections that a refit without evidence reads."""


def learner_hash(
    delta: pd.DataFrame,
    settings: PhenotypeStepSettings,
    *,
    direction: Mapping[str, int],
    groups: int,
    icc: Mapping[str, float] | None,
) -> str:
    """Return the hash of all that `make_learner` learns from; parameters as there."""
    rows = delta.astype(object).where(delta.notna(), None)
    table = [list(rows.index), list(rows.columns), rows.to_numpy().tolist()]
    sections = {name: getattr(settings, name).model_dump(mode="json") for name in LEARNED}
    return hash_json(
        [table, sections, dict(direction), groups, None if icc is None else dict(icc), two_d(settings)]
    )


def make_learner(
    delta: pd.DataFrame,
    settings: PhenotypeStepSettings,
    *,
    direction: Mapping[str, int],
    groups: int,
    icc: Mapping[str, float] | None,
    seed: int,
    name: str,
) -> Learn:
    """Return a function that fits the chain from z-scores to phenotypes on training patients only.

    The numbers of feature groups and of phenotypes (two) are held at what the whole cohort gave; filters,
    moments, groups, loadings, tree and centroids are fitted anew. Training patients keep their label in the
    new tree; the others take the nearest new centroid.

    Parameters
    ----------
    delta : DataFrame
        Delta features of the discovery cohort. Features that are undefined for any of them are left out.
    settings : PhenotypeStepSettings
    direction : mapping of str to int
        Which way each feature's change points to heterogeneity, of `Delta.directions`.
    groups : int
        Number of feature groups.
    icc : mapping of str to float, optional
        Stability of each feature, as the phenotypes of the whole cohort were learned with.
    seed, name : int, str
        Of the random stream.
    """
    whole = delta.dropna(axis="columns")
    base = phenotype_settings(settings)
    fixed = replace(
        base,
        groups=replace(base.groups, fixed_k=groups),
        tumours=replace(base.tumours, fixed_k=2),
    )

    signs, flat = {str(c): direction[str(c)] for c in whole.columns}, two_d(settings)

    def learn(train: tuple[str, ...], everyone: tuple[str, ...]) -> FloatArray:
        model = fit_model(
            whole.loc[list(train)],
            fixed,
            rng=stream(seed, "nested", name, *train),
            known=FeatureKnowledge(icc=icc, two_d=flat, direction=signs),
        )
        # A patient whose lesion has vanished has no change of features, and so no phenotype in any fold.
        known = [case for case in everyone if case in whole.index]
        labels = model.predict(whole.loc[known])["phenotype"].reindex(list(everyone))
        labels.loc[list(train)] = model.labels
        values: FloatArray = np.where(labels.isna(), np.nan, (labels == 2).astype(float))
        return values

    return learn
