"""From the results of a run to a fitted model file."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kinephen import __version__
from kinephen.core.plain import hash_json, plain
from kinephen.errors import CohortError, ConfigError
from kinephen.model.card import make_card
from kinephen.model.parts import ModelParts
from kinephen.model.schema import (
    KIND,
    SCHEMA,
    About,
    CoxModel,
    FeatureRules,
    FileInterval,
    MadeBy,
    Outside,
    SignatureRules,
    Term,
    Training,
)
from kinephen.model.training import column_ranges, most_outside, seen_cohort, seen_exams
from kinephen.phenotype.evidence import phenotype_names
from kinephen.phenotype.model import PhenotypeModel
from kinephen.radiomics.catalogue import as_records
from kinephen.records.base import Interval
from kinephen.records.ladder import LadderModelRecord
from kinephen.records.landmark import time_origin
from kinephen.study.phenotype_file import file_content, phenotype_model, without_individuals
from kinephen.study.run import StudyResults
from kinephen.study.steps import delta as delta_step
from kinephen.study.steps import features as features_step
from kinephen.study.steps import lesion as lesion_step
from kinephen.study.steps import phenotypes as phenotypes_step
from kinephen.study.steps import signatures as signatures_step
from kinephen.study.steps import survival as survival_step
from kinephen.study.steps.cox_models import FittedCox


def build_model(results: StudyResults, *, individuals: bool = False) -> dict[str, object]:
    """Return the content of a fitted model file, as JSON holds it.

    Parameters
    ----------
    results : StudyResults
    individuals : bool
        Also keep each discovery patient's scores and label (numbered) and the phenotypes' evidence.

    Raises
    ------
    ConfigError
        ``fit.harmonise`` where the run harmonised features: a model file cannot do so in other patients.
    CohortError
        ``fit.no_models`` if no Cox model could be fitted.
    """
    main, plan = results.cohort.main, results.plan
    if main.settings.harmonise.method != "none":
        raise ConfigError(
            f"the run harmonised its features ({main.settings.harmonise.method} by "
            f"{main.settings.harmonise.batch}); a model file does not hold what was learned of the sites, so "
            "other patients' features could not be brought to the same scale",
            code="fit.harmonise",
            hint="set harmonise.method to none for a model that travels",
        )
    phenotypes = phenotype_model(main.phenotypes.model)
    ladder = main.survival.ladder.models
    if not ladder:
        raise CohortError("no Cox model could be fitted", code="fit.no_models", hint="see the run's report")
    visits = plan.study.study.visits
    parts = ModelParts(
        made_by=_made_by(results),
        study=About(
            name=plan.study.study.name,
            visits=visits,
            end_point=plan.end_point,
            time_origin=time_origin(plan.study.study.outcome.time_origin, landmark=main.landmark.use),
            time_unit="years",
        ),
        settings=main.settings,
        features=_features(results, phenotypes),
        phenotypes=main.phenotypes.model,
        phenotype_names=tuple(phenotype_names(phenotypes.k)),
        signatures=_signatures(results),
        horizons=main.risks.horizons,
        cox=tuple(_cox(m, ladder[n]) for n, m in main.ladder.models.items()),
        fewest_per_coefficient=main.survival.ladder.fewest_per_coefficient,
        training=_training(results, phenotypes),
    )
    return assemble(parts, individuals=individuals)


def assemble(parts: ModelParts, *, individuals: bool) -> dict[str, object]:
    """Return the whole content of a model file, with card and checksum, as JSON holds it."""
    signatures, own = parts.signatures, parts.phenotypes
    content: dict[str, object] = {
        "kind": KIND,
        "schema": SCHEMA,
        "made_by": parts.made_by.model_dump(mode="json"),
        "study": parts.study.model_dump(mode="json"),
        "settings": parts.settings.model_dump(mode="json"),
        "features": parts.features.model_dump(mode="json"),
        "phenotypes": file_content(own if individuals else without_individuals(own)),
        "phenotype_names": list(parts.phenotype_names),
        "signatures": None if signatures is None else signatures.model_dump(mode="json"),
        "horizons": list(parts.horizons),
        "cox": [m.model_dump(mode="json") for m in parts.cox],
        "training": parts.training.model_dump(mode="json"),
        "card": make_card(parts, individuals=individuals).model_dump(mode="json"),
    }
    return sealed(content)


def sealed(content: Mapping[str, object]) -> dict[str, object]:
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
        "delta": delta_step.VERSION,
        "phenotypes": phenotypes_step.VERSION,
        "survival": survival_step.VERSION,
        "molecular": signatures_step.VERSION,
    }


def cox_model(
    model: FittedCox, crossed: FileInterval, refitted: FileInterval | None, apparent: float | None
) -> CoxModel:
    """Return a Cox model as the file holds it.

    Parameters
    ----------
    model : FittedCox
    crossed, refitted : FileInterval
        Cross-validated C, and that with the phenotype learned again in each fold.
    apparent : float
        C in the patients of the fit.
    """
    frozen = model.frozen
    steps = frozen.steps
    return CoxModel(
        name=model.name,
        title=model.title,
        terms=tuple(Term(column=t.column, level=t.level) for t in model.terms),
        coef=tuple(frozen.coef.tolist()),
        vcov=tuple(map(tuple, frozen.vcov.tolist())),
        means=tuple(frozen.means.tolist()),
        method=model.method,
        ties=model.ties,
        n=model.n,
        events=model.events,
        last_time=frozen.last_time,
        time=tuple(steps.time.tolist()),
        cumulative=tuple(steps.cumulative.tolist()),
        variance=tuple(steps.variance.tolist()),
        pull=tuple(map(tuple, steps.pull.tolist())),
        c_cross_validated=crossed,
        c_refitted=refitted,
        c_apparent=apparent,
    )


def _made_by(results: StudyResults) -> MadeBy:
    return MadeBy(
        kinephen=__version__,
        catalogue=catalogue_hash(),
        steps=step_versions(),
        preset=results.cohort.main.name,
        seed=results.plan.study.seed,
    )


def _features(results: StudyResults, phenotypes: PhenotypeModel) -> FeatureRules:
    delta = results.cohort.main.delta
    origin = phenotypes.origin
    records = results.cases.features[results.cohort.main.name].values()
    scale = origin.scale
    return FeatureRules(
        form=delta.form,
        signs={f: delta.signs[f] for f in phenotypes.features},
        scale=None if scale is None else {f: scale[f] for f in phenotypes.features},
        units={m: u for r in records for m, u in r.units.items()},
    )


def _signatures(results: StudyResults) -> SignatureRules | None:
    molecular = results.cohort.molecular
    centring = None if molecular is None else molecular.centring
    if molecular is None or centring is None or molecular.settings is None:
        return None
    return SignatureRules(
        names=tuple(signatures_step.NAMES),
        centring=centring.model_dump(),
        platforms=tuple(sorted(centring.n_samples)),
        nature=molecular.settings["nature"],
    )


def _cox(model: FittedCox, record: LadderModelRecord) -> CoxModel:
    crossed, refitted = record.cross_validated, record.refitted
    again = None if refitted is None else _interval(refitted.interval)
    return cox_model(model, _interval(crossed.interval), again, record.apparent.c)


def _interval(record: Interval) -> FileInterval:
    return FileInterval(value=record.value, low=record.low, high=record.high)


def _training(results: StudyResults, phenotypes: PhenotypeModel) -> Training:
    main = results.cohort.main
    assigned = main.phenotypes.rows("discovery")
    cases = sorted(main.phenotypes.learned())
    scores = pd.DataFrame({c: assigned[c].scores for c in cases}).T.astype(float)
    delta = main.delta.of("discovery").loc[cases]
    tables = {v: results.cases.table(main.name, v).loc[cases] for v in results.plan.study.study.visits}
    exams = [r for (case, _), r in sorted(results.cases.lesions.items()) if case in cases]
    return Training(
        cohort=seen_cohort(
            main.frame.loc[cases, "phenotype"], main.ladder.rows, main.survival.follow_up.value
        ),
        covariates=main.ladder.known,
        components=column_ranges(scores, map(str, scores)),
        visits={v: column_ranges(t, phenotypes.features) for v, t in tables.items()},
        exams=seen_exams(exams),
        outside=Outside(
            features=most_outside(delta[list(phenotypes.features)]), components=most_outside(scores)
        ),
    )
