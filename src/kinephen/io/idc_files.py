"""The tables and the study file beside fetched images."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from kinephen.config.template import write_study_file
from kinephen.core.cohort import Issue
from kinephen.core.files import atomic_path
from kinephen.core.plain import plain, write_json
from kinephen.io.idc_choice import Choice, ChosenExam
from kinephen.io.idc_index import Collection

EXAM_COLUMNS = (
    "patient_id",
    "visit",
    "path",
    "study_order",
    "archive_visit",
    "days_from_first",
    "whole_study",
    "note",
)
LINK_COLUMNS = ("folder", "visit", "archive_patient_id", "patient_id", "study_instance_uid")


@dataclass(frozen=True, kw_only=True)
class VisitChosen:
    """The exams of one visit, and the days from each patient's first study; None without exams."""

    visit: str
    study_order: int
    archive_visit: str
    exams: int
    days_median: float | None
    days_min: int | None
    days_max: int | None


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What was chosen of a collection, without any identifier.

    Parameters
    ----------
    left_out : dict of str to int
        Patients left out, by reason.
    whole_studies : int
        Exams that are taken whole, because their phases stand in several series.
    bytes : int
        Of all exams.
    """

    collection: str
    doi: str
    licences: tuple[str, ...]
    index_version: str
    patients: int
    patients_in_collection: int
    left_out: dict[str, int]
    exams: int
    whole_studies: int
    series: int
    files: int
    bytes: int
    visits: tuple[VisitChosen, ...]
    issues: tuple[Issue, ...]


@dataclass(frozen=True, kw_only=True)
class FetchRecord(Chosen):
    """What was chosen and what became of it; the fields after `next` are None where nothing was tried.

    Parameters
    ----------
    dry_run : bool
    next : str
        Where the clinical table is to be had.
    bytes_missing, bytes_free : int, optional
    complete, already : int, optional
        Exams that are there, and that were there before.
    failures : dict of str to str, optional
        Why an exam is not complete, by folder.
    """

    dry_run: bool
    next: str
    bytes_missing: int | None = None
    bytes_free: int | None = None
    complete: int | None = None
    already: int | None = None
    failures: dict[str, str] | None = None

    def to_dict(self) -> dict[str, object]:
        """Return plain fields, without those of what was not tried."""
        optional = ("bytes_missing", "bytes_free", "complete", "already", "failures")
        found = {name: plain(value) for name, value in self.__dict__.items()}
        return {name: value for name, value in found.items() if name not in optional or value is not None}


def summary(choice: Choice, index_version: str) -> Chosen:
    """Return what was chosen; part of ``fetch.json``, and shown by the command."""
    collection = choice.collection
    return Chosen(
        collection=collection.name,
        doi=collection.doi,
        licences=tuple(choice.licences),
        index_version=index_version,
        patients=choice.patients,
        patients_in_collection=choice.patients_in_collection,
        left_out=dict(choice.left_out),
        exams=len(choice.exams),
        whole_studies=sum(e.whole_study for e in choice.exams),
        series=sum(len(e.series) for e in choice.exams),
        files=sum(s.instances for e in choice.exams for s in e.series),
        bytes=choice.size,
        visits=tuple(_visit(choice, v) for v in choice.visits),
        issues=tuple(choice.issues),
    )


def write_fetch_files(choice: Choice, exams: Sequence[ChosenExam], out: Path, record: FetchRecord) -> None:
    """Write ``exams.csv``, ``study.toml`` (if there is none yet), ``fetch.json`` and ``private/link.csv``.

    Parameters
    ----------
    choice : Choice
    exams : sequence of ChosenExam
        Those that are complete.
    out : Path
    record : FetchRecord
        Becomes ``fetch.json``.
    """
    collection = choice.collection
    _write_csv(out / "exams.csv", EXAM_COLUMNS, (_exam_row(e, collection) for e in exams))
    private = out / "private"
    private.mkdir(parents=True, exist_ok=True)
    private.chmod(0o700)
    _write_csv(private / "link.csv", LINK_COLUMNS, (_link_row(e, collection) for e in exams))
    write_json(out / "fetch.json", record)
    study = out / "study.toml"
    if not study.exists():
        write_study_file(study, _study(choice))


def patient_id(exam: ChosenExam, collection: Collection) -> str:
    """Return the patient's identifier as the collection's clinical table writes it."""
    return exam.patient.removeprefix(collection.id_prefix)


def _visit(choice: Choice, visit: str) -> VisitChosen:
    days = [e.day for e in choice.exams if e.visit == visit]
    return VisitChosen(
        visit=visit,
        study_order=int(visit[1:]),
        archive_visit=choice.collection.archive_visits[int(visit[1:]) - 1],
        exams=len(days),
        days_median=float(median(days)) if days else None,
        days_min=min(days, default=None),
        days_max=max(days, default=None),
    )


def _exam_row(exam: ChosenExam, collection: Collection) -> tuple[object, ...]:
    order = int(exam.visit[1:])
    return (
        patient_id(exam, collection),
        exam.visit,
        f"images/{exam.folder}",
        order,
        collection.archive_visits[order - 1],
        exam.day,
        "yes" if exam.whole_study else "no",
        exam.note,
    )


def _link_row(exam: ChosenExam, collection: Collection) -> tuple[object, ...]:
    return exam.folder, exam.visit, exam.patient, patient_id(exam, collection), exam.study


def _study(choice: Choice) -> dict[str, object]:
    collection = choice.collection
    content: dict[str, object] = {
        "name": collection.name,
        "exams": "exams.csv",
        "clinical": collection.clinical,
        "visits": list(choice.visits[:2]),
    }
    if collection.layout:
        content["layout"] = collection.layout
    return {"study": content}


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with (
        atomic_path(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as handle,
    ):
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
