"""All steps over patients, for one preset after the other, from the store where they are there already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from kinephen.config.schema import Settings
from kinephen.config.survival import SurvivalSettings
from kinephen.records.associations import AssociationsRecord, ConfusionRecord
from kinephen.records.by_phenotype import ByPhenotype
from kinephen.records.cohort import DescriptionRecord
from kinephen.records.delta import Delta
from kinephen.records.flow import Flow, LeftOut
from kinephen.records.landmark import LandmarkRecord
from kinephen.records.phenotypes import Phenotypes
from kinephen.records.radiogenomic import Correlation
from kinephen.records.risk import Risks
from kinephen.records.signatures import SignaturesRecord
from kinephen.records.stability import Stability
from kinephen.records.survival import SurvivalRecord
from kinephen.records.truth import TruthRecord
from kinephen.records.validation import ValidationRecord
from kinephen.study.cases import CaseResults, Progress
from kinephen.study.excluded import compare_left_out, left_out, left_out_reasons
from kinephen.study.flow import delta_gaps, exam_gaps, require_same_patients, study_flow
from kinephen.study.frame import base_frame, cohort_rows, phenotyped, with_phenotype, with_signatures
from kinephen.study.plan import Plan
from kinephen.study.steps import phenotypes as phenotype_step
from kinephen.study.steps import signatures as molecular_step
from kinephen.study.steps import survival as survival_step
from kinephen.study.steps.associations import (
    characteristics,
    confusion_matrices,
    molecular_distribution,
    phenotype_associations,
    treatment,
)
from kinephen.study.steps.by_phenotype import by_phenotype
from kinephen.study.steps.cox_models import FrozenLadder, frozen_ladder, require_same_fits
from kinephen.study.steps.ladder import Learn
from kinephen.study.steps.landmark import apply_landmark
from kinephen.study.steps.nested import learner_hash, make_learner
from kinephen.study.steps.phenotypes import PhenotypeStepSettings
from kinephen.study.steps.radiogenomic import radiogenomics
from kinephen.study.steps.risk import study_risks
from kinephen.study.steps.truth import compare, read_truth
from kinephen.study.steps.validation import validate
from kinephen.study.store import Store

VERSION = 1
"""Of the records over patients that no store holds: they are made in every run. Raised when what they say of
the same study changes."""


@dataclass(frozen=True)
class CaseFindings:
    """What all exams together gave under one preset, before any step over patients."""

    delta: Delta
    stability: Stability


@dataclass(frozen=True, kw_only=True)
class PresetResults:
    """What one preset concluded.

    Parameters
    ----------
    name : str
    settings : Settings
    delta : Delta
        Change of every feature, as the phenotypes were made from it.
    phenotypes : Phenotypes
        Model, evidence and assignment.
    by_phenotype : ByPhenotype
        Spread of components, clinical numbers and changes by phenotype.
    radiogenomic : tuple of Correlation
        Components against gene signatures.
    labels : dict of str to str
        Words for the phenotypes.
    frame : DataFrame
        All patients with signatures and phenotype.
    survival : SurvivalRecord
    associations : AssociationsRecord
    confusion : tuple of ConfusionRecord
    validation : ValidationRecord, optional
        None where nobody of the validation cohort is analysed.
    landmark : LandmarkRecord
        Whether time counts from the second visit, and who had left before.
    ladder : FrozenLadder
        The Cox models that predict, are validated and are written to a model file.
    risks : Risks
        Predicted for every patient by the study's own Cox models.
    flow : Flow
        Who is in and who left: every number of patients and events that is shown comes from it.
    """

    name: str
    settings: Settings
    delta: Delta
    phenotypes: Phenotypes
    by_phenotype: ByPhenotype
    radiogenomic: tuple[Correlation, ...]
    labels: dict[str, str]
    frame: pd.DataFrame
    survival: SurvivalRecord
    associations: AssociationsRecord
    confusion: tuple[ConfusionRecord, ...]
    validation: ValidationRecord | None
    landmark: LandmarkRecord
    ladder: FrozenLadder
    risks: Risks
    flow: Flow

    @property
    def k(self) -> int:
        """Number of phenotypes."""
        return len(self.labels)

    @property
    def k_by_hand(self) -> bool:
        """Whether the number of phenotypes was set, and no rule was asked."""
        return self.settings.tumours.fixed_k is not None


@dataclass(frozen=True)
class CohortResults:
    """What all steps over patients gave.

    Parameters
    ----------
    presets : dict of str to PresetResults
        The study's own first.
    molecular : SignaturesRecord, optional
    description : DescriptionRecord
    truth : dict of str to TruthRecord, optional
        Of a simulated trial, by preset.
    """

    presets: dict[str, PresetResults]
    molecular: SignaturesRecord | None
    description: DescriptionRecord
    truth: dict[str, TruthRecord] | None

    @property
    def main(self) -> PresetResults:
        """The study's own preset."""
        return next(iter(self.presets.values()))


def run_cohort(
    plan: Plan,
    cases: CaseResults,
    found: dict[str, CaseFindings],
    settings: dict[str, Settings],
    store: Store,
    progress: Progress,
) -> CohortResults:
    """Run the steps over patients for every preset.

    Raises
    ------
    CohortError
        A step is impossible: too few patients, no events, no feature left.
    """
    own = next(iter(settings.values()))
    total = 1 + 3 * len(settings)
    progress("cohort", 0, total)
    molecular = _molecular(plan, own, store)
    base = with_signatures(base_frame(plan, cases.lesions), molecular_step.signature_columns(molecular))
    tables = [cases.table(next(iter(settings)), v) for v in plan.study.study.visits]
    gaps = exam_gaps(plan, cases.failures, tables)
    progress("cohort", 1, total)
    presets: dict[str, PresetResults] = {}
    for number, (name, chosen) in enumerate(settings.items()):

        def tell(step: int, first: int = 1 + 3 * number) -> None:
            progress("cohort", first + step, total)

        presets[name] = _preset(plan, found[name], name, chosen, base, gaps, store, tell)
    return CohortResults(
        presets,
        molecular,
        _describe(plan, next(iter(presets.values()))),
        _truth(plan, presets),
    )


def _preset(
    plan: Plan,
    own: CaseFindings,
    name: str,
    settings: Settings,
    base: pd.DataFrame,
    gaps: dict[str, LeftOut],
    store: Store,
    tell: Callable[[int], None],
) -> PresetResults:
    seed = plan.study.seed
    inputs = phenotype_step.PhenotypeInputs(own.delta, own.stability)
    found = phenotype_step.run_phenotypes(inputs, settings, store, seed=seed, name=name)
    tell(1)
    k, labels, assigned = found.k, found.labels, found.all_rows()
    counted, from_visit = apply_landmark(base, settings.landmark)
    frame = with_phenotype(counted, {c: r.phenotype for c, r in assigned.items() if r.phenotype is not None})
    discovery = cohort_rows(frame, "discovery")
    learn = _learner(own, found, settings, k, seed, name)
    survival_settings = SurvivalSettings.of(settings)
    end_point = plan.study.study.outcome.end_point
    learned = "none" if learn is None else _learned(own, found, settings)
    survival_key = survival_step.survival_key(
        discovery, survival_settings, seed, name, learned, labels=labels, end_point=end_point
    )
    survival = store.run(
        survival_key,
        lambda f: survival_step.write_survival(
            f,
            survival_step.survival_record(
                discovery,
                survival_settings,
                learn=learn,
                labels=labels,
                end_point=end_point,
                seed=seed,
                name=name,
            ),
        ),
    )
    tell(2)
    measured = survival_step.load_survival(survival)
    columns = {n: m.columns for n, m in measured.ladder.models.items()}
    flow = study_flow(plan, frame, {**delta_gaps(own.delta), **gaps}, measured.ladder.covariates)
    require_same_patients(flow, measured.ladder)
    ladder = frozen_ladder(discovery, columns, settings.cox.firth)
    require_same_fits(ladder, measured.ladder)
    validation = validate(
        frame,
        flow,
        ladder,
        found.rows("validation"),
        PhenotypeStepSettings.of(settings),
        labels=labels,
        seed=seed,
        name=name,
    )
    tell(3)
    return PresetResults(
        name=name,
        settings=settings,
        delta=own.delta,
        phenotypes=found,
        by_phenotype=by_phenotype(frame, found, own.delta),
        radiogenomic=radiogenomics(discovery, found),
        labels=labels,
        frame=frame,
        survival=measured,
        associations=phenotype_associations(phenotyped(frame, "discovery")),
        confusion=confusion_matrices(discovery, str(k) if k == 2 else None),
        validation=validation,
        landmark=from_visit,
        ladder=ladder,
        risks=study_risks(frame, {c: r.nearest for c, r in assigned.items()}, ladder),
        flow=flow,
    )


def _learner(
    own: CaseFindings, found: Phenotypes, settings: Settings, k: int, seed: int, name: str
) -> Learn | None:
    if k != 2 or settings.cross_validation.nested_replicates == 0:
        return None
    groups = found.evidence.features.k
    rows = own.delta.of("discovery").loc[list(found.learned())]
    icc = own.stability.limits()
    chosen, direction = PhenotypeStepSettings.of(settings), own.delta.directions(map(str, rows.columns))
    return make_learner(rows, chosen, direction=direction, groups=groups, icc=icc, seed=seed, name=name)


def _learned(own: CaseFindings, found: Phenotypes, settings: Settings) -> str:
    rows = own.delta.of("discovery").loc[list(found.learned())]
    chosen, direction = PhenotypeStepSettings.of(settings), own.delta.directions(map(str, rows.columns))
    groups, icc = found.evidence.features.k, own.stability.limits()
    return learner_hash(rows, chosen, direction=direction, groups=groups, icc=icc)


def _molecular(plan: Plan, settings: Settings, store: Store) -> SignaturesRecord | None:
    inputs = molecular_step.signature_inputs(plan)
    return None if inputs is None else molecular_step.run_signatures(inputs, settings.signatures, store)


def _describe(plan: Plan, main: PresetResults) -> DescriptionRecord:
    """Describe the patients who are counted under the settings, and of discovery everybody else."""
    discovery, validation = (cohort_rows(main.frame, c) for c in ("discovery", "validation"))
    return DescriptionRecord(
        left_out=compare_left_out(discovery, left_out(plan, main.flow), left_out_reasons(main.flow)),
        characteristics=characteristics(discovery),
        treatment=treatment(discovery),
        molecular=molecular_distribution(discovery),
        validation=characteristics(validation) if len(validation) else None,
    )


def _truth(plan: Plan, presets: dict[str, PresetResults]) -> dict[str, TruthRecord] | None:
    truth = read_truth(plan)
    if truth is None:
        return None
    visits = plan.study.study.visits
    return {n: compare(truth, p.frame, p.survival.ladder, visits) for n, p in presets.items()}
