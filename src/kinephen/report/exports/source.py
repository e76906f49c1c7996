"""What an export is made from: the folder of a finished run, its women under their case numbers."""

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
from kinephen.report.schema import Report, Woman
from kinephen.report.schema.woman_detail import WomanDetail


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
        """Whether the run's own files name women by the study's ids instead of case numbers."""
        return any(w.page and w.id != w.page for w in self.report.women)

    def women(self) -> list[tuple[str, Woman]]:
        """Return case number and row of each woman."""
        return [(case_name(w), w) for w in self.report.women]

    def detail(self, woman: Woman) -> WomanDetail:
        """Return what her page shows; empty for a report without women's pages."""
        return read_detail(self.folder, woman.detail) if woman.detail else WomanDetail()

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
        cases = {w.id: case for case, w in self.women()}
        known = frame[frame["case"].isin(list(cases))]
        return known.assign(case=known["case"].map(cases)).set_index("case")


def case_name(woman: Woman) -> str:
    """Return how exports name a woman: by her case number, never by an id of the study."""
    return woman.page or woman.id


def read_run(folder: Path) -> RunSource:
    """Read a run's folder.

    Raises
    ------
    InputError
        ``report.unreadable`` or ``report.invalid``.
    """
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
            where=str(out),
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
