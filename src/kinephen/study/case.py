"""One exam of one patient through its steps: independent, resumable, runs anywhere."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from kinephen.config.exams import FeatureSettings, LesionSettings
from kinephen.config.schema import Motion, Settings
from kinephen.core.error_trace import shown_trace
from kinephen.core.machine import machine_fault, unreadable
from kinephen.core.plain import hash_json
from kinephen.errors import KinephenError
from kinephen.io.exam import Exam, read_exam
from kinephen.io.exam_identity import ExamIdentity
from kinephen.records.failure import Failure
from kinephen.records.lesion import Lesion
from kinephen.study import exam_checks
from kinephen.study.exam_checks import CheckedExam, check_exam, require_believable
from kinephen.study.failures import forget_failure, note_failure
from kinephen.study.fingerprint import Fingerprints, mask_hash
from kinephen.study.review_gate import MaskChoice, choose_mask
from kinephen.study.steps import features as feature_step
from kinephen.study.steps import lesion as lesion_step
from kinephen.study.steps.motion import aligned
from kinephen.study.store import StepKey, Store


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
class CaseOutcome:
    """What became of a job.

    Parameters
    ----------
    case, visit : str
    lesion : Path, optional
        Folder of the lesion step.
    features : dict of str to Path
        Folder of the feature step for each entry of the job's settings.
    failure : Failure, optional
    """

    case: str
    visit: str
    lesion: Path | None = None
    features: dict[str, Path] = field(default_factory=dict)
    failure: Failure | None = None


class _Reader:
    """Reads the exam once, and only if it has to be known or a step needs it."""

    def __init__(self, job: CaseJob) -> None:
        self._job = job
        self._aligned: dict[str, CheckedExam] = {}

    @cached_property
    def exam(self) -> Exam:
        return read_exam(self._job.exam, manifest=self._job.manifest)

    @cached_property
    def checked(self) -> CheckedExam:
        return check_exam(self.exam)

    def aligned(self, motion: Motion) -> CheckedExam:
        """Return the exam with its frames moved as asked, made once for each way."""
        if motion.correct not in self._aligned:
            self._aligned[motion.correct] = aligned(self.checked, motion)
        return self._aligned[motion.correct]

    @cached_property
    def identity(self) -> ExamIdentity:
        notes = Fingerprints(self._job.out / "store" / "fingerprints")
        return notes.of(self._job.exam, self._job.manifest, read=lambda: self.exam)


def run_case(job: CaseJob) -> CaseOutcome:
    """Run the steps of one exam; its failure is recorded and returned.

    Raises
    ------
    MachineError
        The disk is full, memory runs out and the like, which says nothing of the exam.
    """
    try:
        outcome = _steps(job)
    except Exception as error:
        fault = machine_fault(error, own=job.out)
        if fault is not None:
            raise fault from error
        return _failed(job, _describe(job, unreadable(error) or error), shown_trace(error))
    forget_failure(job)
    return outcome


def lost_case(job: CaseJob) -> CaseOutcome:
    """Record an exam whose process was ended twice, the second time with no other beside it."""
    failure = Failure(
        code="exam.worker",
        message="the process that analysed it was ended from outside or crashed, twice",
        hint="mostly memory runs out: close other programs, then run again",
    )
    return _failed(job, failure, "")


def _failed(job: CaseJob, failure: Failure, trace: str) -> CaseOutcome:
    note_failure(job, failure, trace)
    return CaseOutcome(case=job.case, visit=job.visit, failure=failure)


@dataclass(frozen=True)
class LesionKey:
    """Store key of a job's lesion step, and the mask and the exam that it stands for."""

    key: StepKey
    mask: MaskChoice
    exam: ExamIdentity


def lesion_key(job: CaseJob) -> LesionKey:
    """Return the key of a job's lesion step.

    Raises
    ------
    InputError
        ``review.*`` if the readers' decisions forbid to use the mask; as `kinephen.io.exam.read_exam` for an
        exam that has to be read to know it.
    """
    return _lesion_key(job, _Reader(job).identity)


def feature_keys(job: CaseJob, exam: ExamIdentity, lesion: Path) -> dict[str, StepKey]:
    """Return the key of the feature step for each entry of a job's settings.

    Parameters
    ----------
    job : CaseJob
    exam : ExamIdentity
    lesion : Path
        Folder of the lesion step. Only its mask counts: other volumes beside the same mask change no feature.
    """
    inputs = {
        "series": exam.series,
        "checks": str(exam_checks.VERSION),
        "frames": _frames_used(lesion_step.read_lesion(lesion)),
        "lesion": lesion_step.lesion_hash(lesion),
    }
    return {
        name: StepKey(
            "features",
            feature_step.VERSION,
            FeatureSettings.of(settings).model_dump(mode="json"),
            inputs,
        )
        for name, settings in job.settings.items()
    }


def _frames_used(lesion: Lesion) -> str:
    """Return the hash of what the checks made of the phases: which of them are used, at which times."""
    order = lesion.plausibility.order
    placed = None if order is None else [order.pre, order.first_post]
    return hash_json([lesion.phases, lesion.phase_times_s, lesion.early, lesion.late, placed])


def _lesion_key(job: CaseJob, exam: ExamIdentity) -> LesionKey:
    base = next(iter(job.settings.values()))
    allow = base.features.allow_unreviewed
    mask = choose_mask(job.review, exam.images, job.mask, allow_unreviewed=allow)
    inputs = {
        "exam": exam.exam,
        "checks": str(exam_checks.VERSION),
        "mask": mask_hash(mask.path),
        "source": mask.source,
        "review": mask.review.digest(),
        "issues": hash_json([i.to_dict() for i in mask.issues]),
    }
    key = StepKey("lesion", lesion_step.VERSION, LesionSettings.of(base).model_dump(mode="json"), inputs)
    return LesionKey(key, mask, exam)


def _steps(job: CaseJob) -> CaseOutcome:
    store, reader = Store(job.out / "store"), _Reader(job)
    base = next(iter(job.settings.values()))
    found = _lesion_key(job, reader.identity)

    def measure(target: Path) -> None:
        require_believable(reader.checked.plausibility, base.exam.accept)
        lesion_step.compute_lesion(target, reader.aligned(base.motion), base.ftv, found.mask)

    folder = store.run(found.key, measure)
    # What was accepted when the result was stored need not be accepted now.
    require_believable(lesion_step.read_lesion(folder).plausibility, base.exam.accept)
    features = {}
    for name, key in feature_keys(job, found.exam, folder).items():

        def compute(target: Path, name: str = name) -> None:
            settings = FeatureSettings.of(job.settings[name])
            lesion = lesion_step.load_lesion(folder)
            checked = reader.aligned(settings.motion)
            feature_step.compute_features(
                target, checked.exam.series, lesion, settings, breast=checked.breast.mask
            )

        features[name] = store.run(key, compute)
    return CaseOutcome(case=job.case, visit=job.visit, lesion=folder, features=features)


_EXAM_ITSELF = ("exam folder", "given path")
"""What the readers of exams call the exam; in a run it has a name."""


def _describe(job: CaseJob, error: Exception) -> Failure:
    if isinstance(error, KinephenError):
        lost = error.code == "path.missing" and not error.hint
        return Failure(
            code=error.code,
            message=error.message,
            hint="mend its path in the exam list" if lost else error.hint,
            where=f"exam {job.case}/{job.visit}" if error.where in _EXAM_ITSELF else error.where,
        )
    return Failure(
        code="internal",
        message=f"{type(error).__name__} in {_place(error)}",
        hint="failure.json holds what to send (frames, no messages or paths); please report it",
    )


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
