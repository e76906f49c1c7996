"""All cases of a study through an engine, and their feature tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kinephen.config.load import recipe_settings
from kinephen.config.presets import preset_settings
from kinephen.config.schema import Settings, StudyFile
from kinephen.core.options import PresetName
from kinephen.errors import InputError
from kinephen.records.failure import Failure
from kinephen.records.features import Features, flat
from kinephen.records.lesion import Lesion
from kinephen.study.case import CaseJob, CaseOutcome, feature_keys, lesion_key, lost_case, run_case
from kinephen.study.engine import Engine
from kinephen.study.exam_checks import require_believable
from kinephen.study.failures import failure_code, forget_others
from kinephen.study.plan import Plan
from kinephen.study.steps.features import TILES, read_features
from kinephen.study.steps.lesion import read_lesion
from kinephen.study.store import Store

OF_CASES = ("motion", "bias", "maps", "features")
"""Sections on which the features of an exam depend, besides those that all recipes of a study share."""
Progress = Callable[[str, int, int], None]
"""Called with (what, done, total)."""


@dataclass(frozen=True, kw_only=True)
class CaseResults:
    """What the case steps produced.

    Parameters
    ----------
    lesions : dict of (case, visit) to Lesion
    features : dict of preset to dict of (case, visit) to Features
    tiles : dict of (case, visit) to Path
        Cut-outs for figures, of the study's own settings.
    failures : dict of (case, visit) to Failure
    entries : tuple of Path
        Folders of all results in the store.
    """

    lesions: dict[tuple[str, str], Lesion]
    features: dict[str, dict[tuple[str, str], Features]]
    tiles: dict[tuple[str, str], Path]
    failures: dict[tuple[str, str], Failure]
    entries: tuple[Path, ...] = ()

    def table(self, preset: str, visit: str) -> pd.DataFrame:
        """Return cases x features (``<MAP>_<Family>_<Name>``) of one visit; NaN where undefined."""
        exams = self.features.get(preset, {})
        rows = {case: record.row() for (case, v), record in exams.items() if v == visit}
        return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("case").sort_index()

    def repeats(self, preset: str) -> list[pd.DataFrame]:
        """Return one table a perturbed repeat, exams x features; empty without perturbations."""
        records = {k: r.perturbed for k, r in self.features.get(preset, {}).items() if r.perturbed}
        count = min((len(r) for r in records.values()), default=0)
        return [
            pd.DataFrame.from_dict(
                {f"{case} {visit}": flat(r[i]) for (case, visit), r in records.items()},
                orient="index",
                dtype=float,
            )
            for i in range(count)
        ]


def all_settings(study: StudyFile) -> dict[PresetName, Settings]:
    """Return the study's settings under its preset's name, and those of the presets shown beside it.

    The presets beside share what describes the study, not the method: thresholds of the exam, the grid, and
    from which visit time counts.
    """
    own = study.settings
    found: dict[PresetName, Settings] = {study.preset: own}
    for name in study.beside:
        if name not in found:
            shared = {"exam": own.exam, "ftv": own.ftv, "resample": own.resample, "landmark": own.landmark}
            found[name] = preset_settings(name).model_copy(update=shared)
    return found


def case_settings(study: StudyFile) -> dict[str, Settings]:
    """Return all settings under which exams are analysed: also those of recipes that have other features."""
    found: dict[str, Settings] = dict(all_settings(study).items())
    for number, changes in enumerate(study.recipes.also, start=1):
        settings = recipe_settings(study, changes)
        found.setdefault(recipe_table(study, settings, number), settings)
    return found


def recipe_table(study: StudyFile, settings: Settings, number: int) -> str:
    """Return the name of the feature tables of the recipe with this number."""
    return study.preset if same_sections(settings, study.settings, OF_CASES) else f"recipe-{number}"


def same_sections(a: Settings, b: Settings, sections: Iterable[str]) -> bool:
    """Tell whether two settings agree in some sections."""
    return all(getattr(a, s) == getattr(b, s) for s in sections)


def make_jobs(plan: Plan, out: Path) -> list[CaseJob]:
    """Return one job for each exam."""
    settings = case_settings(plan.study)
    return [
        CaseJob(
            case=e.case,
            visit=e.visit,
            exam=e.path,
            mask=e.mask,
            manifest=e.manifest,
            out=out,
            settings=settings,
            review=plan.review,
        )
        for e in plan.exams
    ]


def run_cases(jobs: Sequence[CaseJob], engine: Engine, progress: Progress) -> CaseResults:
    """Run all jobs; failures are recorded and passed over."""
    if jobs:
        forget_others(jobs[0].out, jobs)
    outcomes: list[CaseOutcome | None] = [None] * len(jobs)
    progress("exams", 0, len(jobs))
    with closing(engine.map(run_case, jobs, lost=lost_case)) as results:
        for done, (position, outcome) in enumerate(results, start=1):
            outcomes[position] = outcome
            progress("exams", done, len(jobs))
    return _collect([o for o in outcomes if o is not None])


def status_rows(jobs: Sequence[CaseJob]) -> list[dict[str, str]]:
    """Return case, visit and the state (done, failed, open) of each step, without computing anything."""
    return [_status(job) for job in jobs]


def _status(job: CaseJob) -> dict[str, str]:
    row = {"case": job.case, "visit": job.visit}
    failed = failure_code(job)
    if not job.exam.exists():
        return {**row, "lesion": "no exam", **{f"features {name}": "no exam" for name in job.settings}}
    store = Store(job.out / "store")
    features = [f"features {name}" for name in job.settings]
    try:
        found = lesion_key(job)
    except InputError as error:  # a reader's decision forbids the mask, or the exam cannot be read
        state = f"failed: {failed}" if failed == error.code else error.code
        return {**row, "lesion": state, **dict.fromkeys(features, state)}
    if not store.done(found.key):
        return {**row, **dict.fromkeys(["lesion", *features], _state(False, failed))}
    lesion = store.folder(found.key)
    stopped = refused(job, lesion)
    if stopped:
        return {**row, **dict.fromkeys(["lesion", *features], f"failed: {stopped}")}
    row["lesion"] = "done"
    for name, key in feature_keys(job, found.exam, lesion).items():
        row[f"features {name}"] = _state(store.done(key), failed)
    return row


def refused(job: CaseJob, lesion: Path) -> str:
    """Return the code of what stops an exam whose lesion lies in a folder, empty if it is believed."""
    base = next(iter(job.settings.values()))
    try:
        require_believable(read_lesion(lesion).plausibility, base.exam.accept)
    except InputError as error:
        return error.code
    return ""


def _state(done: bool, failed: str) -> str:
    if done:
        return "done"
    return f"failed: {failed}" if failed else "open"


def _collect(outcomes: Sequence[CaseOutcome]) -> CaseResults:
    lesions: dict[tuple[str, str], Lesion] = {}
    tiles: dict[tuple[str, str], Path] = {}
    failures: dict[tuple[str, str], Failure] = {}
    features: dict[str, dict[tuple[str, str], Features]] = {}
    for outcome in outcomes:
        key = (outcome.case, outcome.visit)
        if outcome.failure is not None:
            failures[key] = outcome.failure
            continue
        assert outcome.lesion is not None
        lesions[key] = read_lesion(outcome.lesion)
        for name, folder in outcome.features.items():
            features.setdefault(name, {})[key] = read_features(folder)
            tiles.setdefault(key, folder / TILES)
    entries = [p for o in outcomes if o.lesion is not None for p in (o.lesion, *o.features.values())]
    return CaseResults(
        lesions=lesions, features=features, tiles=tiles, failures=failures, entries=tuple(entries)
    )
