"""A small fitted model made from random numbers, for tests of files and of R."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from kinephen.config.schema import Settings
from kinephen.core.plain import plain
from kinephen.model.build import catalogue_hash, sealed, step_versions
from kinephen.model.card import make_card
from kinephen.model.training import (
    cohort_record,
    exams_record,
    extent,
    feature_ranges,
    most_outside,
)
from kinephen.phenotype.delta import delta_features
from kinephen.phenotype.fit import fit_model
from kinephen.phenotype.model import Origin
from kinephen.phenotype.settings import PhenotypeSettings
from kinephen.study.phenotype_file import file_content, without_individuals, write_phenotypes
from kinephen.study.steps import cox_models
from kinephen.study.steps.covariates import describe_covariate

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
    content = {
        "kind": "kinephen.model",
        "schema": 1,
        "made_by": {
            "kinephen": "0",
            "catalogue": catalogue_hash(),
            "steps": step_versions(),
            "preset": "quick",
            "seed": seed,
        },
        "study": {"name": "sample", "visits": ["T1", "T2"], "end_point": "an event", "time_unit": "years"},
        "settings": Settings.model_validate({"delta": {"form": form}}).model_dump(mode="json"),
        "features": {
            "form": form,
            "signs": {f: SIGNS[f] for f in kept},
            "scale": None if scale is None else {f: scale[f] for f in kept},
            "units": {"PE": "1", "SER": "1"},
        },
        "phenotypes": file_content(without_individuals(write_phenotypes(model))),
        "phenotype_names": ["decreasing", "increasing"],
        "signatures": None,
        "horizons": [1.0, 3.0, 5.0],
        "cox": [
            _cox("m1", rows, ["age", "hr", "her2"]),
            _cox("m4", rows, ["age", "hr", "her2", "phenotype"]),
        ],
        "training": {
            "cohort": cohort_record(rows["phenotype"], rows),
            "covariates": {
                c: describe_covariate(rows[c]).model_dump(mode="json")
                for c in ("age", "hr", "her2", "phenotype")
            },
            "components": {str(c): extent(scores[c].tolist()) for c in scores},
            "visits": {"T1": feature_ranges(t1, kept), "T2": feature_ranges(t2, kept)},
            "exams": exams_record([]) | {"early_s": None, "late_s": None},
            "outside": {"features": most_outside(change.delta[kept]), "components": most_outside(scores)},
        },
    }
    content["card"] = make_card(plain(content), individuals=False)
    return sealed(plain(content))


def _cox(name: str, rows: pd.DataFrame, columns: list[str]) -> dict:
    model = cox_models.fit_models(rows, {name: columns}, "auto")[name]
    frozen = model.frozen
    return {
        "name": name,
        "title": name,
        "terms": [{"column": t.column, "level": t.level} for t in model.terms],
        "coef": frozen.coef,
        "vcov": frozen.vcov,
        "means": frozen.means,
        "method": model.method,
        "ties": model.ties,
        "n": model.n,
        "events": model.events,
        "last_time": frozen.last_time,
        "time": frozen.steps.time,
        "cumulative": frozen.steps.cumulative,
        "variance": frozen.steps.variance,
        "pull": frozen.steps.pull,
        "c_cross_validated": {"value": 0.6, "low": 0.4, "high": 0.8},
        "c_refitted": None,
        "c_apparent": 0.7,
    }
