"""Writing a simulated trial as a study folder: DICOM exams, tables, expression files and the truth."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from kinephen.core.pool import run_jobs
from kinephen.errors import UsageError
from kinephen.simulate.exam_files import write_exam
from kinephen.simulate.patient import Patient
from kinephen.simulate.series_matrix import link_table, write_expression
from kinephen.simulate.settings import TrialSettings
from kinephen.simulate.tables import dictionary_table, exam_path
from kinephen.simulate.trial import SimulatedTrial, simulate_trial
from kinephen.simulate.truth import PatientTruth, patient_truth, trial_truth, visit_truth

MAX_PROCESSES = 2
EXPRESSION = "expression"
TRUTH = "truth.json"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class StudyFolder:
    """Where the parts of a written study are, relative to its root: what a study file needs to name.

    Parameters
    ----------
    root : Path
    clinical, dictionary, exams, truth : str
    expression : tuple of (str, str)
        Series matrix and platform table of each platform; empty without expression.
    expression_link : str
        Empty without expression.
    visits : tuple of str
    patients, exam_count : int
    """

    root: Path
    clinical: str
    dictionary: str
    exams: str
    truth: str
    expression: tuple[tuple[str, str], ...]
    expression_link: str
    visits: tuple[str, ...]
    patients: int
    exam_count: int


def write_study(
    out: Path,
    settings: TrialSettings,
    *,
    seed: int,
    processes: int = 1,
    progress: Progress | None = None,
) -> StudyFolder:
    """Simulate a trial and write its study folder.

    Everything is written beside `out` under a temporary name and renamed at the end: an interrupted run
    leaves no half study. The same settings and seed give the same bytes.

    Parameters
    ----------
    out : Path
        The study folder; must not exist, or be empty.
    settings : TrialSettings
    seed : int
    processes : int
        1 or 2. With 2 the caller's main module must be importable (as for any new process).
    progress : callable, optional
        Called with (patients done, patients in all).

    Raises
    ------
    UsageError
        ``simulate.exists`` if the folder holds something, ``simulate.processes`` for another number.
    MachineError
        A process that writes exams was ended twice.
    """
    _check(out, processes)
    trial = simulate_trial(settings, seed=seed)
    partial_root = out.with_name(out.name + ".partial")
    shutil.rmtree(partial_root, ignore_errors=True)
    partial_root.mkdir(parents=True)
    try:
        expression = _fill(partial_root, trial, processes, progress)
        if out.exists():
            out.rmdir()
        partial_root.rename(out)
    finally:
        shutil.rmtree(partial_root, ignore_errors=True)
    return _folder(out, len(trial.patients), len(trial.exams), expression)


def _fill(
    root: Path, trial: SimulatedTrial, processes: int, progress: Progress | None
) -> tuple[tuple[str, str], ...]:
    truths = []
    with closing(_written(root, trial, processes)) as written:
        for truth in written:
            truths.append(truth)
            if progress is not None:
                progress(len(truths), len(trial.patients))
    expression = _write_expression(root, trial)
    _write_csv(trial.clinical, root / "clinical.csv")
    _write_csv(dictionary_table(), root / "data_dictionary.csv")
    _write_csv(trial.exams, root / "exams.csv")
    text = trial_truth(trial, tuple(truths)).model_dump_json(indent=1)
    (root / TRUTH).write_text(text + "\n", encoding="utf-8", newline="\n")
    return expression


def write_patient(root: Path, settings: TrialSettings, seed: int, patient: Patient) -> PatientTruth:
    """Write the exams of one patient below `root` and return their truth."""
    trial = SimulatedTrial(settings, seed, (patient,))
    visits = {}
    for visit in patient.visits:
        exam = trial.exam(patient, visit)
        analysis = write_exam(
            root / exam_path(patient.patient_id, visit), exam, trial.identity(patient, visit)
        )
        visits[visit] = visit_truth(exam, patient, visit, analysis)
    return patient_truth(patient, visits)


def _written(root: Path, trial: SimulatedTrial, processes: int) -> Generator[PatientTruth, None, None]:
    task = partial(write_patient, root, trial.settings, trial.seed)
    if processes == 1:
        yield from _one_by_one(task, trial.patients)
        return
    ready: dict[int, PatientTruth] = {}
    following = 0
    with closing(run_jobs(task, trial.patients, workers=processes)) as results:
        for position, truth in results:
            ready[position] = truth
            while following in ready:
                yield ready.pop(following)
                following += 1


def _one_by_one(
    task: Callable[[Patient], PatientTruth], patients: Iterable[Patient]
) -> Iterator[PatientTruth]:
    for patient in patients:
        yield task(patient)


def _check(out: Path, processes: int) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            "the folder for the study exists and is not empty",
            code="simulate.exists",
            where=out.name,
            hint="name another folder, or remove this one",
        )
    if not 1 <= processes <= MAX_PROCESSES:
        raise UsageError(
            f"expected 1 or {MAX_PROCESSES} processes, found {processes}",
            code="simulate.processes",
            hint="give --workers within these limits",
        )


def _write_expression(root: Path, trial: SimulatedTrial) -> tuple[tuple[str, str], ...]:
    arrays = trial.expression()
    if not arrays:
        return ()
    names = [write_expression(root / EXPRESSION, data) for data in arrays]
    _write_csv(link_table(arrays), root / "expression_link.csv")
    return tuple(_in_folder(pair) for pair in names)


def _in_folder(names: tuple[str, str]) -> tuple[str, str]:
    return f"{EXPRESSION}/{names[0]}", f"{EXPRESSION}/{names[1]}"


def _folder(root: Path, patients: int, exams: int, expression: tuple[tuple[str, str], ...]) -> StudyFolder:
    return StudyFolder(
        root=root,
        clinical="clinical.csv",
        dictionary="data_dictionary.csv",
        exams="exams.csv",
        truth=TRUTH,
        expression=expression,
        expression_link="expression_link.csv" if expression else "",
        visits=("T1", "T2"),
        patients=patients,
        exam_count=exams,
    )


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    path.write_text(frame.to_csv(index=False, lineterminator="\n"), encoding="utf-8", newline="\n")
