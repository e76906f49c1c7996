"""From the results of a run to a fitted model file."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kinephen import __version__
from kinephen.core.plain import hash_json, plain
from kinephen.errors import CohortError, ConfigError
from kinephen.model.card import make_card
from kinephen.model.schema import KIND, SCHEMA
from kinephen.model.training import (
    cohort_record,
    exams_record,
    extent,
    feature_ranges,
    most_outside,
)
from kinephen.phenotype.evidence import phenotype_names
from kinephen.phenotype.model import PhenotypeModel
from kinephen.radiomics.catalogue import FEATURES, as_records
from kinephen.records.ladder import LadderModelRecord
from kinephen.records.statistics import IntervalRecord
from kinephen.study.frame import cohort_rows
from kinephen.study.phenotype_file import file_content, phenotype_model, without_individuals
from kinephen.study.run import StudyResults
from kinephen.study.steps import features as features_step
from kinephen.study.steps import lesion as lesion_step
from kinephen.study.steps import phenotypes as phenotypes_step
from kinephen.study.steps import signatures as signatures_step
from kinephen.study.steps.covariates import describe_covariate
from kinephen.study.steps.cox_models import FittedCox, complete_for_all, fit_models
from kinephen.study.steps.risk import risk_horizons


def build_model(results: StudyResults, *, individuals: bool = False) -> dict[str, Any]:
    """Return the content of a fitted model file.

    Parameters
    ----------
    results : StudyResults
    individuals : bool
        Also keep each discovery patient's scores and label (numbered) and the phenotypes' evidence.

    Raises
    ------
    ConfigError
        ``fit.harmonise`` where settings ask for a harmonisation that the run does not apply.
    CohortError
        ``fit.no_models`` if no Cox model could be fitted.
    """
    main, plan = results.cohort.main, results.plan
    if main.settings.harmonise.method != "none":
        raise ConfigError(
            f"harmonise.method is {main.settings.harmonise.method}, which a run does not apply to features",
            code="fit.harmonise",
            hint="set harmonise.method to none",
        )
    own = main.phenotypes.model
    phenotypes = phenotype_model(own)
    ladder = main.survival.ladder.models
    if not ladder:
        raise CohortError("no Cox model could be fitted", code="fit.no_models", hint="see the run's report")
    columns = {name: own.columns for name, own in ladder.items()}
    rows = complete_for_all(cohort_rows(main.frame, "discovery"), columns)
    models = fit_models(rows, columns, main.settings.cox.firth)
    content = {
        "kind": KIND,
        "schema": SCHEMA,
        "made_by": _made_by(results),
        "study": {
            "name": plan.study.study.name,
            "visits": list(plan.study.study.visits),
            "end_point": plan.end_point,
            "time_unit": "years",
        },
        "settings": main.settings.model_dump(mode="json"),
        "features": _features(results, phenotypes),
        "phenotypes": file_content(own if individuals else without_individuals(own)),
        "phenotype_names": list(phenotype_names(phenotypes.k)),
        "signatures": _signatures(results),
        "horizons": list(risk_horizons(rows)),
        "cox": [_cox(m, ladder[n]) for n, m in models.items()],
        "training": _training(results, phenotypes, rows),
    }
    content["card"] = make_card(content, individuals=individuals)
    return sealed(plain(content))


def sealed(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with its checksum."""
    rest = {k: v for k, v in content.items() if k != "checksum"}
    return {**rest, "checksum": hash_json(rest)}


def catalogue_hash() -> str:
    """Return the SHA-256 of the feature catalogue."""
    return hash_json(plain(as_records()))


def step_versions() -> dict[str, int]:
    """Return the version of each step that a model rests on."""
    return {
        "lesion": lesion_step.VERSION,
        "features": features_step.VERSION,
        "phenotypes": phenotypes_step.VERSION,
        "molecular": signatures_step.VERSION,
    }


def _made_by(results: StudyResults) -> dict[str, Any]:
    return {
        "kinephen": __version__,
        "catalogue": catalogue_hash(),
        "steps": step_versions(),
        "preset": results.cohort.main.name,
        "seed": results.plan.study.seed,
    }


def _features(results: StudyResults, phenotypes: PhenotypeModel) -> dict[str, Any]:
    by_name = {f.key: f.sign for f in FEATURES}
    origin = phenotypes.origin
    records = results.cases.features[results.cohort.main.name].values()
    units = {m: u for r in records for m, u in r.units.items()}
    scale = origin.scale
    return {
        "form": origin.form,
        "signs": {f: by_name.get(f.partition("_")[2], 0) for f in phenotypes.features},
        "scale": None if scale is None else {f: scale[f] for f in phenotypes.features},
        "units": units,
    }


def _signatures(results: StudyResults) -> dict[str, Any] | None:
    molecular = results.cohort.molecular
    centring = None if molecular is None else molecular.centring
    if molecular is None or centring is None or molecular.settings is None:
        return None
    return {
        "names": list(signatures_step.NAMES),
        "centring": centring.model_dump(),
        "platforms": sorted(centring.n_samples),
        "nature": molecular.settings["nature"],
    }


def _cox(model: FittedCox, record: LadderModelRecord) -> dict[str, Any]:
    frozen = model.frozen
    crossed, refitted = record.cross_validated, record.refitted
    return {
        "name": model.name,
        "title": model.title,
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
        "c_cross_validated": _interval(crossed.interval),
        "c_refitted": _interval(refitted.interval) if refitted else None,
        "c_apparent": record.apparent.c,
    }


def _interval(record: IntervalRecord) -> dict[str, float | None]:
    return {"value": record.estimate, "low": record.lower, "high": record.upper}


def _training(results: StudyResults, phenotypes: PhenotypeModel, rows: pd.DataFrame) -> dict[str, Any]:
    main = results.cohort.main
    assigned = main.phenotypes.rows("discovery")
    cases = sorted(main.phenotypes.learned())
    columns = dict.fromkeys(c for m in main.survival.ladder.models.values() for c in m.columns)
    scores = pd.DataFrame({c: assigned[c].scores for c in cases}).T.astype(float)
    delta = main.delta.of("discovery").loc[cases]
    visits = results.plan.study.study.visits
    exams = [r for (case, _), r in sorted(results.cases.lesions.items()) if case in cases]
    return {
        "cohort": cohort_record(main.frame.loc[cases, "phenotype"], rows),
        "covariates": {c: describe_covariate(rows[c]).model_dump(mode="json") for c in columns},
        "components": {str(c): extent(scores[c].tolist()) for c in scores},
        "visits": {
            v: feature_ranges(results.cases.table(main.name, v).loc[cases], phenotypes.features)
            for v in visits
        },
        "exams": exams_record(exams),
        "outside": {
            "features": most_outside(delta[list(phenotypes.features)]),
            "components": most_outside(scores),
        },
    }
