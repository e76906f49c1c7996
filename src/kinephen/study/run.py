"""A whole run: plan, cases, cohort; the report is written from what it returns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinephen.config.schema import Settings, StudyFile
from kinephen.core.cohort import Issue
from kinephen.records.exams import ExamsSummary
from kinephen.records.matched_pair import MatchedPair
from kinephen.study.case_tables import write_case_tables
from kinephen.study.cases import CaseResults, Progress, all_settings, make_jobs, run_cases
from kinephen.study.cohort import CaseFindings, CohortResults, run_cohort
from kinephen.study.engine import Engine
from kinephen.study.failures import telling_of_failures
from kinephen.study.place import unrecorded_files
from kinephen.study.plan import Plan, make_plan, require_outcome
from kinephen.study.private import keep_private
from kinephen.study.steps.delta import run_delta
from kinephen.study.steps.exams import summarise_exams
from kinephen.study.steps.matched_pair import matched_pair
from kinephen.study.steps.recipes import RecipesResult, run_recipes
from kinephen.study.steps.stability import measure_stability
from kinephen.study.store import Store
from kinephen.study.store_notes import store_issues


@dataclass(frozen=True, kw_only=True)
class StudyResults:
    """Everything that a report is made from.

    Parameters
    ----------
    plan : Plan
    settings : dict of str to Settings
        The study's own preset first, then those beside it.
    cases : CaseResults
    cohort : CohortResults
    recipes : RecipesResult
    exams : ExamsSummary
        All exams together.
    pair : MatchedPair, optional
        Two patients of different phenotype, of two, who are alike in all else.
    issues : tuple of Issue
        What is to be said of the store, and of files of earlier reports in the folder.
    """

    plan: Plan
    settings: dict[str, Settings]
    cases: CaseResults
    cohort: CohortResults
    recipes: RecipesResult
    exams: ExamsSummary
    pair: MatchedPair | None
    issues: tuple[Issue, ...] = ()


def run_study(
    study: StudyFile,
    root: Path,
    out: Path,
    *,
    engine: Engine,
    progress: Progress,
    log: Path | None = None,
) -> StudyResults:
    """Run a study in `out`, going on where an earlier run of it stopped.

    Parameters
    ----------
    study : StudyFile
    root : Path
        Folder of the study file.
    out : Path
        Folder of the run, held by the caller's lock.
    engine : Engine
    progress : callable
        Called with (what, done, total).
    log : Path, optional
        Folder of the log of recipes; without it earlier runs are not known and this one is not counted.

    Raises
    ------
    InputError, CohortError
        A table cannot be read, or a step over patients is impossible; the hint counts exams that had failed
        before. Failing cases do not raise, and what the exams gave has been written to ``data/`` before any
        step over patients begins.
    """
    left = unrecorded_files(out)
    store = Store(out / "store")
    store.sweep()
    known = store.damaged()
    plan = make_plan(study, root)
    require_outcome(plan)
    keep_private(plan.patient_ids, out)
    settings: dict[str, Settings] = dict(all_settings(study).items())
    cases = run_cases(make_jobs(plan, out), engine, progress)
    with telling_of_failures(len(cases.failures), out):
        found = {
            name: CaseFindings(
                run_delta(plan, cases, name, chosen, store), measure_stability(cases.repeats(name))
            )
            for name, chosen in settings.items()
        }
        own = found[study.preset]
        write_case_tables(plan, cases, study.preset, own.delta, own.stability, out)
        cohort = run_cohort(plan, cases, found, settings, store, progress)
        progress("recipes", 0, 1)
        recipes = run_recipes(plan, cases, cohort, store, log=log)
        progress("recipes", 1, 1)
        store.sweep()
        exams = summarise_exams(cases, study.preset)
        pair = _pair(plan, cases, cohort)
        issues = store_issues(store, (*cases.entries, *store.used), known=known)
        return StudyResults(
            plan=plan,
            settings=settings,
            cases=cases,
            cohort=cohort,
            recipes=recipes,
            exams=exams,
            pair=pair,
            issues=(*left, *issues),
        )


def _pair(plan: Plan, cases: CaseResults, cohort: CohortResults) -> MatchedPair | None:
    main, visits = cohort.main, plan.study.study.visits
    if main.k != 2:
        return None
    shown = [c for c in main.frame.index if all((c, v) in cases.tiles for v in visits)]
    return matched_pair(main.frame, shown)
