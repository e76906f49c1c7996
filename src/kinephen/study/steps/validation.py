"""The validation cohort: assigned with the discovery model, then looked at as the article does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kinephen.config.schema import Settings
from kinephen.core.streams import stream
from kinephen.errors import KinephenError
from kinephen.phenotype.sigclust import sigclust
from kinephen.phenotype.significance import headline_covariance
from kinephen.records.phenotypes import Assigned
from kinephen.study.steps.associations import phenotype_associations
from kinephen.study.steps.curves import survival_panel
from kinephen.study.steps.ladder import model_columns
from kinephen.study.steps.phenotypes import phenotype_settings
from kinephen.survival.concordance import concordance
from kinephen.survival.cox import cox_fit


def validate(
    frame: pd.DataFrame,
    discovery: pd.DataFrame,
    assignment: Mapping[str, Assigned],
    settings: Settings,
    *,
    labels: dict[str, str],
    seed: int,
    name: str,
) -> dict[str, Any]:
    """Return everything that is reported of the validation cohort.

    Parameters
    ----------
    frame, discovery : DataFrame
        Patients of the validation and of the discovery cohort, with phenotypes.
    assignment : mapping of case to Assigned
        Scores, distances and flags of the validation cohort.
    settings : Settings
    labels : dict of str to str
    seed, name : int, str
        Of the random stream.
    """
    known = frame[frame["phenotype"].notna()]
    record: dict[str, Any] = {
        "n": len(frame),
        "events": int(frame["event"].sum()),
        "counts": {str(k): int(v) for k, v in known["phenotype"].value_counts().sort_index().items()},
        "unassigned": len(frame) - len(known),
        "out_of_range": sum(r.out_of_range for r in assignment.values()),
        "panel": survival_panel(
            known,
            "phenotype",
            title="validation",
            labels=labels,
            rng=stream(seed, "panel", name, "validation"),
        ),
        "sigclust": _sigclust(known, assignment, settings, seed, name),
        "associations": phenotype_associations(known),
    }
    return {**record, "models": _external_models(known, discovery, settings)}


def _sigclust(
    frame: pd.DataFrame,
    assignment: Mapping[str, Assigned],
    settings: Settings,
    seed: int,
    name: str,
) -> dict[str, Any]:
    """Test the assigned split; a test of given labels, which is conservative."""
    groups = frame["phenotype"].astype(int).to_numpy()
    scores = np.array([list(assignment[str(c)].scores.values()) for c in frame.index], dtype=np.float64)
    if len(np.unique(groups)) != 2:
        return {"p": None, "reason": "the assignment is not a split into two"}
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
        return {"p": None, "reason": error.message}
    return {
        "p": test.p_normal,
        "p_empirical": test.p_empirical,
        "cluster_index": test.cluster_index,
        "covariance": covariance,
        "reason": "",
    }


def _external_models(
    frame: pd.DataFrame, discovery: pd.DataFrame, settings: Settings
) -> list[dict[str, Any]]:
    """Return C and calibration slope of the discovery coefficients, frozen, on the validation cohort."""
    columns, _ = model_columns(discovery, settings.signatures.covariates)
    return [
        {"model": name, **_external(frame, discovery, list(columns[name]), settings)}
        for name in ("m1", "m2", "m4")
        if name in columns and set(columns[name]) <= set(frame.columns)
    ]


def _external(
    frame: pd.DataFrame, discovery: pd.DataFrame, columns: list[str], settings: Settings
) -> dict[str, Any]:
    learn = discovery.dropna(subset=columns)
    test = frame.dropna(subset=columns)
    categories = sorted(learn["phenotype"].unique()) if "phenotype" in columns else []
    try:
        firth: Any = "auto" if settings.cox.firth == "auto" else False
        x, names = _design(learn, columns, categories)
        fit = cox_fit(x, learn["time"], learn["event"], firth=firth, names=names)
        score = fit.linear_predictor(_design(test, columns, categories)[0])
        c = concordance(score, test["time"], test["event"])
        slope = cox_fit(score[:, None], test["time"], test["event"], names=["linear predictor"], firth=False)
    except KinephenError as error:
        return {"n": len(test), "reason": error.message}
    return {
        "n": len(test),
        "events": int(test["event"].sum()),
        "c": c.c,
        "c_low": c.interval.lower,
        "c_high": c.interval.upper,
        "slope": float(slope.coef[0]),
        "slope_se": float(slope.se[0]),
        "reason": "",
    }


def _design(frame: pd.DataFrame, columns: list[str], categories: list[str]) -> tuple[Any, list[str]]:
    """Return covariates with the phenotype as indicators of all but the first category of discovery."""
    plain = [c for c in columns if c != "phenotype"]
    blocks = [frame[plain].to_numpy(dtype=np.float64)]
    blocks += [(frame["phenotype"] == c).to_numpy(dtype=np.float64)[:, None] for c in categories[1:]]
    return np.hstack(blocks), [*plain, *(f"phenotype {c}" for c in categories[1:])]
