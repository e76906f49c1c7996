"""Lesion and kinetic maps of each exam of a finished run, made again from its own stored lesion."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinephen.config.exams import FeatureSettings
from kinephen.config.schema import StudyFile
from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.imaging.kinetics import KineticMaps
from kinephen.io.exam import read_exam
from kinephen.records.lesion import Lesion
from kinephen.study.case import CaseJob, lesion_key
from kinephen.study.cases import make_jobs, refused
from kinephen.study.exam_checks import check_exam, require_believable
from kinephen.study.plan import make_plan
from kinephen.study.steps.bias import corrected_frames
from kinephen.study.steps.features import exam_maps
from kinephen.study.steps.lesion import load_lesion, read_lesion
from kinephen.study.steps.motion import aligned
from kinephen.study.store import Store
from kinephen.types import BoolVolume


@dataclass(frozen=True, kw_only=True)
class ExamArrays:
    """What one exam gave.

    Parameters
    ----------
    case, visit : str
    geometry : Geometry
        As acquired.
    lesion : ndarray of bool, shape (nz, ny, nx)
    maps : KineticMaps
        Within the lesion, as the run's settings define them, before any resampling.
    record : Lesion
    """

    case: str
    visit: str
    geometry: Geometry
    lesion: BoolVolume
    maps: KineticMaps
    record: Lesion


def jobs_of(study: StudyFile, root: Path, out: Path) -> list[CaseJob]:
    """Return the run's exams whose lesion step is done.

    Parameters
    ----------
    study : StudyFile
        With the run's own settings.
    root, out : Path
        Folder of the study file and of the run.

    Raises
    ------
    InputError
        ``package.study`` if the run has no result of this study with these settings.
    """
    store = Store(out / "store")
    jobs = make_jobs(make_plan(study, root), out)
    keys = [(job, lesion_key(job).key) for job in jobs]
    found = [job for job, key in keys if store.done(key) and not refused(job, store.folder(key))]
    if not found:
        raise InputError(
            "the run holds no result of this study under these settings",
            code="package.study",
            where=study.study.name,
            hint="give the study file, --preset and --set of the run",
        )
    return found


def exam_arrays(job: CaseJob) -> ExamArrays:
    """Read one exam and return its lesion and maps."""
    base = next(iter(job.settings.values()))
    settings = FeatureSettings.of(base)
    folder = Store(job.out / "store").folder(lesion_key(job).key)
    lesion = load_lesion(folder)
    record = read_lesion(folder)
    require_believable(record.plausibility, base.exam.accept)
    checked = aligned(check_exam(read_exam(job.exam, manifest=job.manifest)), settings.motion)
    series = checked.exam.series
    frames, _ = corrected_frames(series, settings.bias, breast=checked.breast.mask, lesion=lesion)
    maps = exam_maps(frames, lesion, series, settings)
    return ExamArrays(
        case=job.case,
        visit=job.visit,
        geometry=series.geometry,
        lesion=lesion,
        maps=maps,
        record=record,
    )
