"""A small fitted model made from random numbers, for tests of files and of R."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from kinephen.config.schema import Settings
from kinephen.model.build import assemble, catalogue_hash, cox_model, sealed, step_versions
from kinephen.model.load import Fitted, parse_fitted
from kinephen.model.parts import ModelParts
from kinephen.model.schema import About, CoxModel, FeatureRules, FileInterval, MadeBy, Outside, Training
from kinephen.model.training import column_ranges, most_outside, seen_cohort, seen_exams
from kinephen.phenotype.delta import delta_features
from kinephen.phenotype.fit import fit_model
from kinephen.phenotype.model import Origin
from kinephen.phenotype.settings import PhenotypeSettings
from kinephen.study.phenotype_file import checksum, write_phenotypes
from kinephen.study.steps import cox_models
from kinephen.study.steps.covariates import describe_covariate
from kinephen.study.steps.survival import follow_up

FAST = {
    "groups": {"fixed_k": 2, "resamples": 20, "null_sets": 5, "null_resamples": 5, "k_max": 3},
    "tumours": {"fixed_k": 2, "resamples": 20, "null_sets": 5, "null_resamples": 5, "k_max": 3},
    "sigclust": {"simulations": 20},
}
FEATURES = [
    f"{m}_{n}"
    for m in ("PE", "SER")
    for n in ("GLCM_Energy", "GLCM_Entropy", "GLCM_Contrast", "Intensity_Mean")
]
SIGNS = dict(zip(FEATURES, (1, -1, 0, 1, 1, -1, 0, 1), strict=True))


def sample_model(form: str = "symmetric", seed: int = 7) -> dict:
    """Return the content of a fitted model of 40 invented patients with two Cox models."""
    rng = np.random.default_rng(seed)
    cases = [f"case-{i:04d}" for i in range(1, 41)]
    t1, t2 = (pd.DataFrame(rng.uniform(1, 2, (40, 8)), index=cases, columns=FEATURES) for _ in "ab")
    change = delta_features(t1, t2, form=form, signs=SIGNS)
    model = fit_model(change.delta, PhenotypeSettings.from_plain(FAST), rng=rng)
    scale = None if change.scale is None else {str(k): float(v) for k, v in change.scale.items()}
    model = replace(model, origin=Origin(form=form, scale=scale))
    rows = pd.DataFrame(
        {
            "age": rng.uniform(30, 70, 40).round(1),
            "hr": (np.arange(40) % 2).astype(float),
            "her2": (np.arange(40) % 3 == 0).astype(float),
            "phenotype": model.labels.astype(str).reindex(cases).to_numpy(),
            "time": rng.uniform(0.5, 8, 40).round(2),
            "event": (rng.uniform(size=40) < 0.5).astype(float),
        },
        index=cases,
    )
    kept = list(model.features)
    scores = model.transform(change.delta)
    columns = ("age", "hr", "her2", "phenotype")
    cox = (_cox("m1", rows, columns[:3]), _cox("m4", rows, columns))
    parts = ModelParts(
        made_by=MadeBy(
            kinephen="0", catalogue=catalogue_hash(), steps=step_versions(), preset="quick", seed=seed
        ),
        study=About(name="sample", visits=("T1", "T2"), end_point="an event", time_unit="years"),
        settings=Settings.model_validate({"delta": {"form": form}}),
        features=FeatureRules(
            form=form,
            signs={f: SIGNS[f] for f in kept},
            scale=None if scale is None else {f: scale[f] for f in kept},
            units={"PE": "1", "SER": "1"},
        ),
        phenotypes=write_phenotypes(model),
        phenotype_names=("decreasing", "increasing"),
        signatures=None,
        horizons=(1.0, 3.0, 5.0),
        cox=cox,
        fewest_per_coefficient=min(m.events / len(m.terms) for m in cox),
        training=Training(
            cohort=seen_cohort(rows["phenotype"], rows, follow_up(rows).value),
            covariates={c: describe_covariate(rows[c]) for c in columns},
            components=column_ranges(scores, scores.columns),
            visits={"T1": column_ranges(t1, kept), "T2": column_ranges(t2, kept)},
            exams=seen_exams([]),
            outside=Outside(features=most_outside(change.delta[kept]), components=most_outside(scores)),
        ),
    )
    return assemble(parts, individuals=False)


def _cox(name: str, rows: pd.DataFrame, columns: tuple[str, ...]) -> CoxModel:
    model = cox_models.fit_models(rows, {name: columns}, "auto")[name]
    return cox_model(model, FileInterval(value=0.6, low=0.4, high=0.8), None, 0.7)


@cache
def model(form: str = "symmetric") -> Fitted:
    """Return the sample, read back from its file's text."""
    data = sample_model(form)
    return parse_fitted(data, json.dumps(data))


def with_file(**changes: object) -> Fitted:
    """Return the sample with other parts of its file."""
    return replace(model(), file=model().file.model_copy(update=changes))


def with_training(**changes: object) -> Fitted:
    """Return the sample with other parts of what it says of its training."""
    return with_file(training=model().file.training.model_copy(update=changes))


def with_value(whole: dict, *place: str | int, to: object) -> dict:
    """Return a model's content with one value changed (by a function of the old one) and right checksums."""
    data = copy.deepcopy(whole)
    node = data
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = to(node[place[-1]]) if callable(to) else to
    if isinstance(data["phenotypes"], dict):
        data["phenotypes"]["checksum"] = checksum(data["phenotypes"])
    return sealed(data)


def scores_by_hand(file, row) -> tuple[dict, dict]:
    """Return z-scores and component scores of one patient from the numbers of a phenotype file."""
    z = {f.name: (row[f.name] - f.mean) / f.sd for f in file.features}
    scores = {}
    for group in file.components:
        for j, name in enumerate(group.names):
            terms = zip(group.features, group.centre, group.loadings, strict=True)
            scores[name] = sum((z[f] - centre) * loading[j] for f, centre, loading in terms)
    return z, scores
