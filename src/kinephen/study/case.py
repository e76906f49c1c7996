"""One exam of one patient through its steps: independent, resumable, runs anywhere."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kinephen.config.schema import Settings
from kinephen.core.plain import write_json
from kinephen.errors import KinephenError
from kinephen.io.exam import Exam, read_exam
from kinephen.study.fingerprint import Fingerprints, hash_optional
from kinephen.study.review_gate import MaskChoice, choose_mask
from kinephen.study.steps import features as feature_step
from kinephen.study.steps import lesion as lesion_step
from kinephen.study.store import StepKey, Store

FAILURE = "failure.json"


@dataclass(frozen=True)
class CaseJob:
    """What one worker needs to process one exam.

    Parameters
    ----------
    case, visit : str
        Running number of the patient, and visit.
    exam : Path
    mask, manifest : Path, optional
    out : Path
        The run's folder.
    settings : dict of str to Settings
        One entry for each preset whose features are wanted.
    review : Path, optional
        Folder with the readers' decisions on masks.
    """

    case: str
    visit: str
    exam: Path
    mask: Path | None
    manifest: Path | None
    out: Path
    settings: dict[str, Settings]
    review: Path | None = None


@dataclass(frozen=True)
class CaseOutcome:
    """What became of a job.

    Parameters
    ----------
    case, visit : str
    lesion : Path, optional
        Folder of the lesion step.
    features : dict of str to Path
        Folder of the feature step for each entry of the job's settings.
    failure : dict, optional
        Error code, message, hint.
    """

    case: str
    visit: str
    lesion: Path | None = None
    features: dict[str, Path] = field(default_factory=dict)
    failure: dict[str, str] | None = None


class _Reader:
    """Reads the exam once, and only if a step needs it."""

    def __init__(self, job: CaseJob) -> None:
        self._job = job

    @cached_property
    def exam(self) -> Exam:
        return read_exam(self._job.exam, manifest=self._job.manifest)


def run_case(job: CaseJob) -> CaseOutcome:
    """Run the steps of one exam; a failure is recorded and returned, never raised."""
    note = job.out / "cases" / job.case / job.visit / FAILURE
    try:
        outcome = _steps(job)
    except Exception as error:
        failure = _describe(error)
        note.parent.mkdir(parents=True, exist_ok=True)
        write_json(note, {**failure, "traceback": traceback.format_exc()})
        return CaseOutcome(job.case, job.visit, failure=failure)
    note.unlink(missing_ok=True)
    return outcome


@dataclass(frozen=True)
class CaseKeys:
    """Store keys of a job, and the mask that they stand for."""

    lesion: StepKey
    features: dict[str, StepKey]
    mask: MaskChoice


def case_keys(job: CaseJob) -> CaseKeys:
    """Return the keys of a job: its lesion step, and its feature step for each entry of settings.

    Raises
    ------
    InputError
        ``review.*`` if the readers' decisions forbid to use the mask.
    """
    base = next(iter(job.settings.values()))
    exam = Fingerprints(job.out / "store" / "fingerprints").of(job.exam)
    mask = choose_mask(job.review, exam, job.mask, allow_unreviewed=base.features.allow_unreviewed)
    inputs = {
        "exam": exam,
        "mask": hash_optional(mask.path),
        "manifest": hash_optional(job.manifest),
        "review": mask.review.digest(),
    }
    lesion = StepKey("lesion", lesion_step.VERSION, base.ftv.model_dump(mode="json"), inputs)
    return CaseKeys(lesion, {name: _feature_key(s, exam, lesion) for name, s in job.settings.items()}, mask)


def _steps(job: CaseJob) -> CaseOutcome:
    store, reader = Store(job.out / "store"), _Reader(job)
    keys = case_keys(job)
    base = next(iter(job.settings.values()))
    folder = store.run(keys.lesion, lambda f: lesion_step.compute_lesion(f, reader.exam, base.ftv, keys.mask))
    features = {}
    for name, settings in job.settings.items():

        def compute(target: Path, settings: Settings = settings) -> None:
            lesion = lesion_step.load_lesion(folder)
            feature_step.compute_features(target, reader.exam.series, lesion, settings)

        features[name] = store.run(keys.features[name], compute)
    return CaseOutcome(job.case, job.visit, folder, features)


def _feature_key(settings: Settings, exam: str, lesion: StepKey) -> StepKey:
    sections: dict[str, Any] = {
        s: getattr(settings, s).model_dump(mode="json") for s in ("bias", "maps", "resample", "features")
    }
    return StepKey("features", feature_step.VERSION, sections, {"exam": exam, "lesion": lesion.digest})


def _describe(error: Exception) -> dict[str, str]:
    if isinstance(error, KinephenError):
        return error.to_dict()
    return {
        "code": "internal",
        "message": f"{type(error).__name__} in {_place(error)}",
        "hint": "failure.json holds the traceback; please report it",
        "where": "",
    }


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
