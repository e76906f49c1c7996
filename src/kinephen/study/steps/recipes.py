"""The price of having tried several recipes: each gives the same patients a phenotype; the best is judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from kinephen import __version__
from kinephen.config.schema import Section, StudyFile
from kinephen.core.cohort import Issue
from kinephen.core.machine import raise_machine_fault
from kinephen.core.options import FirthChoice
from kinephen.core.plain import hash_json, read_json, write_json
from kinephen.core.streams import stream
from kinephen.errors import KinephenError
from kinephen.io.recipe_log import Recipe, add_recipes, read_recipes, tally
from kinephen.records.recipes import RecipePriceRecord
from kinephen.study.cases import CaseResults
from kinephen.study.cohort import CohortResults
from kinephen.study.frame import cohort_rows
from kinephen.study.plan import Plan
from kinephen.study.recipe_list import RecipePlan, planned_recipes
from kinephen.study.recorded import recorded
from kinephen.study.steps import phenotypes as phenotype_step
from kinephen.study.steps.delta import run_delta
from kinephen.study.steps.ladder import model_columns
from kinephen.study.steps.stability import measure_stability
from kinephen.study.steps.survival import read_columns
from kinephen.study.store import StepKey, Store
from kinephen.survival.design import design_matrix
from kinephen.survival.folds import make_folds
from kinephen.survival.outcome import clean_outcome
from kinephen.survival.recipe_price import recipe_price

VERSION = 3


class PriceSettings(Section):
    """What the price of a choice is computed with."""

    permutations: int
    replicates: int
    folds: int
    stratified: bool
    firth: FirthChoice
    seed: int

    @classmethod
    def of(cls, study: StudyFile) -> PriceSettings:
        """Return the part of a study file."""
        cross, choice = study.settings.cross_validation, study.recipes
        return cls(
            permutations=choice.permutations,
            replicates=choice.replicates,
            folds=cross.folds,
            stratified=cross.stratified,
            firth=study.settings.cox.firth,
            seed=study.seed,
        )


@dataclass(frozen=True, kw_only=True)
class RecipesResult:
    """What is known of the recipes of a study.

    Parameters
    ----------
    plans : tuple of RecipePlan
        Every distinct recipe; those with a reason were counted and not run.
    phenotypes : dict of str to int
        Number of phenotypes of each recipe that was run, by digest.
    price : RecipePriceRecord, optional
        Recipes named by digest.
    reason : str
        Why there is no price.
    elsewhere : int
        Recipes that were tried outside the runs of this study.
    base : tuple of str
        Covariates that every recipe's model has.
    issues : tuple of Issue
    """

    plans: tuple[RecipePlan, ...]
    phenotypes: dict[str, int]
    price: RecipePriceRecord | None
    reason: str
    elsewhere: int
    base: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()

    @property
    def total(self) -> int:
        """All recipes that are known of."""
        return len(self.plans) + self.elsewhere

    @property
    def unpriced(self) -> int:
        """Recipes that are known of and could not be compared."""
        return self.total - (len(self.price.names) if self.price else 0)


def run_recipes(
    plan: Plan, cases: CaseResults, cohort: CohortResults, store: Store, *, log: Path | None
) -> RecipesResult:
    """Run the recipes of a study on the same patients, price the choice, and add them to the log.

    Parameters
    ----------
    plan : Plan
    cases : CaseResults
    cohort : CohortResults
    store : Store
        Has the phenotypes of recipes that were run before.
    log : Path, optional
        Folder of the log; None neither reads nor writes one.

    Raises
    ------
    InputError
        ``recipes.log`` if the log is not as it was written.
    """
    entries = read_recipes(log) if log is not None else ()
    plans = planned_recipes(plan.study, entries)
    base = cohort.main.frame
    found: dict[str, pd.Series] = {}
    checked = []
    for recipe in plans:
        if not recipe.reason:
            try:
                found[recipe.digest] = _labels(plan, cases, store, recipe)
            except KinephenError as error:
                recipe = replace(recipe, reason=f"could not be run: {error.message}")
        checked.append(recipe)
    discovery = cohort_rows(base, "discovery")
    shared = _shared(plan, discovery)
    price, reason = _price(plan, discovery, found, store, shared)
    phenotypes = {digest: int(labels.nunique()) for digest, labels in found.items()}
    result = RecipesResult(
        plans=tuple(checked),
        phenotypes=phenotypes,
        price=price,
        reason=reason,
        elsewhere=tally(entries).elsewhere,
        base=shared,
    )
    if log is None:
        return result
    return replace(result, issues=_record(plan, cohort, result, log))


def _labels(plan: Plan, cases: CaseResults, store: Store, recipe: RecipePlan) -> pd.Series:
    """Return the phenotype of each patient of the discovery cohort under a recipe, stored or made."""
    inputs = phenotype_step.PhenotypeInputs(
        run_delta(plan, cases, recipe.table, recipe.settings, store),
        measure_stability(cases.repeats(recipe.table)),
    )
    settings, seed, name = recipe.settings, recipe.seed, recipe.preset
    found = phenotype_step.run_phenotypes(inputs, settings, store, seed=seed, name=name)
    rows = found.rows("discovery")
    return pd.Series({case: row.phenotype for case, row in rows.items()}, dtype=float)


def _shared(plan: Plan, frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the covariates that every recipe's model has."""
    columns, _ = model_columns(frame, plan.study.settings.signatures.covariates)
    return tuple(columns.get("m2") or columns.get("m1") or ())


def _price(
    plan: Plan, frame: pd.DataFrame, labels: dict[str, pd.Series], store: Store, base: tuple[str, ...]
) -> tuple[RecipePriceRecord | None, str]:
    chosen = PriceSettings.of(plan.study)
    # By number: a recipe's digest covers settings that change no phenotype.
    numbered = {f"recipe {i}": values for i, values in enumerate(labels.values())}
    known = frame.join(pd.DataFrame(numbered))
    used = [*base, *numbered]
    # In an order that ids do not decide: folds and permutations are drawn by it.
    read = ["time", "event", *used]
    rows = known.dropna(subset=read).sort_values(read, kind="stable")
    parameters = {**chosen.model_dump(mode="json"), "base": list(base)}
    values = rows[read].astype(object)
    key = StepKey(
        "recipes",
        VERSION,
        parameters,
        {"rows": hash_json([list(values.columns), values.to_numpy().tolist()])},
    )
    try:
        folder = store.run(key, lambda f: _compute(f, rows, list(base), len(labels), chosen))
    except KinephenError as error:
        return None, error.message
    price = RecipePriceRecord.model_validate(read_json(folder / "price.json"))
    digests = dict(zip(price.names, labels, strict=True))
    return price.model_copy(update={"names": tuple(labels), "best": digests[price.best]}), ""


def _compute(folder: Path, rows: pd.DataFrame, base: list[str], count: int, chosen: PriceSettings) -> None:
    outcome = clean_outcome(rows["time"], rows["event"], need_events=True)
    rng = stream(chosen.seed, "recipes", "folds")
    folds = make_folds(outcome.event, chosen.folds, chosen.replicates, stratified=chosen.stratified, rng=rng)
    price = recipe_price(
        {f"recipe {i}": rows[f"recipe {i}"].to_numpy() for i in range(count)},
        outcome,
        folds,
        base=design_matrix(rows, base).x if base else None,
        permutations=chosen.permutations,
        rng=stream(chosen.seed, "recipes", "permutations"),
        firth=chosen.firth == "auto",
    )
    record = recorded(RecipePriceRecord, price)
    write_json(folder / "price.json", record.model_dump(mode="json"))


def _record(plan: Plan, cohort: CohortResults, result: RecipesResult, log: Path) -> tuple[Issue, ...]:
    """Add every recipe that was run to the log."""
    frame = cohort_rows(cohort.main.frame, "discovery")
    # What survival is modelled on: an edited remark makes no other patients.
    read = read_columns(frame).drop(columns="phenotype")
    seen = read.astype(object).where(read.notna(), None)
    patients = hash_json([list(seen.index), list(seen.columns), seen.to_numpy().tolist()])
    entries = [
        _entry(plan, cohort, result, r, patients) for r in result.plans if r.digest in result.phenotypes
    ]
    try:
        add_recipes(log, entries)
    except OSError as error:
        raise_machine_fault(error, but="permission")
        text = f"the log of recipes cannot be written ({error.strerror}): this run is not counted later"
        return (Issue("recipes.log", text, where="study folder"),)
    return ()


def _entry(
    plan: Plan, cohort: CohortResults, result: RecipesResult, recipe: RecipePlan, patients: str
) -> Recipe:
    ladder = cohort.main.survival.ladder
    price = result.price
    place = price.names.index(recipe.digest) if price else 0

    return Recipe(
        kind="run",
        recipe=recipe.digest,
        preset=recipe.preset,
        changes=recipe.changes,
        seed=recipe.seed,
        end_point=plan.end_point,
        cohort=patients,
        patients=price.n if price else ladder.n,
        events=price.events if price else ladder.events,
        phenotypes=result.phenotypes[recipe.digest],
        c_base=price.base_c if price else None,
        c=price.c[place] if price else None,
        logrank_p=price.logrank_p[place] if price else None,
        count=1,
        note="",
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        software=f"kinephen {__version__}",
    )
