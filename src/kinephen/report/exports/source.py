"""What an export is made from: the folder of a finished run, its patients under their case numbers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kinephen.errors import InputError, UsageError
from kinephen.report.assets import read_detail
from kinephen.report.render import load_report
from kinephen.report.schema import Patient, Report
from kinephen.report.schema.patient_detail import PatientDetail
from kinephen.study.private import require_key


@dataclass(frozen=True)
class RunSource:
    """A finished run.

    Parameters
    ----------
    folder : Path
    report : Report
    """

    folder: Path
    report: Report

    @property
    def visits(self) -> tuple[str, ...]:
        """The study's visits, first and second."""
        return self.report.study.visits

    @property
    def shows_ids(self) -> bool:
        """Whether the run's own files name patients by the study's ids instead of case numbers."""
        return any(w.page and w.id != w.page for w in self.report.patients)

    def patients(self) -> list[tuple[str, Patient]]:
        """Return case number and row of each patient."""
        return [(case_name(w), w) for w in self.report.patients]

    def detail(self, patient: Patient) -> PatientDetail:
        """Return what their page shows; empty for a report without patients' pages."""
        return read_detail(self.folder, patient.detail) if patient.detail else PatientDetail()

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of ``data/`` indexed by case number.

        Raises
        ------
        InputError
            ``package.table`` if the run has no such table.
        """
        path = self.folder / "data" / f"{name}.parquet"
        try:
            frame = pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise InputError(
                "the run has no such table",
                code="package.table",
                where=f"data/{name}.parquet",
                hint="give the folder of a run that was finished by `kinephen run`",
            ) from error
        cases = {w.id: case for case, w in self.patients()}
        known = frame[frame["case"].isin(list(cases))]
        return known.assign(case=known["case"].map(cases)).set_index("case")


def case_name(patient: Patient) -> str:
    """Return how exports name a patient: by their case number, never by an id of the study."""
    return patient.page or patient.id


def read_run(folder: Path) -> RunSource:
    """Read a run's folder.

    Raises
    ------
    InputError
        ``report.unreadable`` or ``report.invalid``; ``package.key`` if report and table of case
        numbers do not belong together.
    """
    require_key(folder)
    return RunSource(folder, load_report(folder / "report.json"))


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Give a folder to fill that becomes `out` when the block ends without an error; nothing stays otherwise.

    Raises
    ------
    UsageError
        ``package.out`` if `out` is there and not an empty folder.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            "there is something already",
            code="package.out",
            where=out.name,
            hint="name a new folder, or remove the old one",
        )
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        if out.exists():
            out.rmdir()
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
