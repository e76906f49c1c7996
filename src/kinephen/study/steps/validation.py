"""The validation cohort: assigned with the discovery model, then looked at as the article does."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kinephen.core.streams import stream
from kinephen.errors import KinephenError
from kinephen.phenotype.sigclust import sigclust
from kinephen.phenotype.significance import headline_covariance
from kinephen.records.flow import Flow
from kinephen.records.phenotypes import Assigned
from kinephen.records.validation import FrozenPerformance, PhenotypeCounts, SplitTest, ValidationRecord
from kinephen.study.steps.associations import phenotype_associations
from kinephen.study.steps.covariates import usable_covariates
from kinephen.study.steps.cox_models import FrozenLadder
from kinephen.study.steps.curves import survival_panel
from kinephen.study.steps.frozen_performance import frozen_performance
from kinephen.study.steps.phenotypes import PhenotypeStepSettings, phenotype_settings

WITHOUT_EXPRESSION = ("m1", "m2", "m4")
"""Models that need no expression, which the validation cohort need not have."""


def validate(
    frame: pd.DataFrame,
    flow: Flow,
    ladder: FrozenLadder,
    assignment: Mapping[str, Assigned],
    settings: PhenotypeStepSettings,
    *,
    labels: dict[str, str],
    seed: int,
    name: str,
) -> ValidationRecord | None:
    """Return everything that is reported of the validation cohort; None where nobody of it is analysed.

    Parameters
    ----------
    frame : DataFrame
        Patients of the study, with ``phenotype``, outcome and covariates where these are known.
    flow : Flow
        Of the study: whoever of its validation cohort is left with a phenotype is analysed.
    ladder : FrozenLadder
        The models of the discovery cohort.
    assignment : mapping of case to Assigned
        Scores, distances and flags of the validation cohort.
    settings : PhenotypeStepSettings
        Of the phenotypes; the split is tested as that of the discovery cohort was.
    labels : dict of str to str
    seed, name : int, str
        Of the random stream.
    """
    own = flow.of("validation")
    rows = frame.loc[[p.case for p in own.after("features")]]
    if rows.empty:
        return None
    return ValidationRecord(
        flow=own,
        phenotypes=_phenotypes(rows, assignment, labels),
        panel=survival_panel(rows, "phenotype", title="validation", labels=labels, seed=seed),
        sigclust=_sigclust(rows, assignment, settings, seed, name),
        associations=phenotype_associations(rows),
        models=_models(rows, ladder),
    )


def _phenotypes(
    rows: pd.DataFrame, assignment: Mapping[str, Assigned], labels: Mapping[str, str]
) -> tuple[PhenotypeCounts, ...]:
    found = []
    for number, label in labels.items():
        own = rows[rows["phenotype"] == number]
        found.append(
            PhenotypeCounts(
                label=label,
                n=len(own),
                events=int((own["event"] == 1).sum()),
                out_of_range=sum(assignment[str(c)].out_of_range for c in own.index),
            )
        )
    return tuple(found)


def _models(rows: pd.DataFrame, ladder: FrozenLadder) -> tuple[FrozenPerformance, ...]:
    """Return C and calibration of the discovery cohort's models, frozen, on the validation cohort."""
    models = [ladder.models[n] for n in WITHOUT_EXPRESSION if n in ladder.models]
    used, _ = usable_covariates(rows, {c: ladder.known[c] for m in models for c in m.columns})
    return tuple(frozen_performance(model, rows, used) for model in models)


def _sigclust(
    frame: pd.DataFrame,
    assignment: Mapping[str, Assigned],
    settings: PhenotypeStepSettings,
    seed: int,
    name: str,
) -> SplitTest:
    """Test the assigned split; a test of given labels, which is conservative."""
    groups = frame["phenotype"].astype(int).to_numpy()
    scores = np.array([list(assignment[str(c)].scores.values()) for c in frame.index], dtype=np.float64)
    if len(np.unique(groups)) != 2:
        return SplitTest(reason="the assignment is not a split into two")
    covariance = headline_covariance(phenotype_settings(settings).sigclust, *scores.shape)
    try:
        test = sigclust(
            scores,
            covariance=covariance,
            labels=groups,
            simulations=settings.sigclust.simulations,
            rng=stream(seed, "sigclust", name, "validation"),
        )
    except KinephenError as error:
        return SplitTest(reason=error.message)
    return SplitTest(
        p=test.p_normal,
        p_empirical=test.p_empirical,
        cluster_index=test.cluster_index,
        covariance=covariance,
    )
