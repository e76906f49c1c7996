"""The tables and the study file beside fetched images."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from kinephen.config.template import write_study_file
from kinephen.core.files import atomic_path
from kinephen.core.plain import write_json
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


def summary(choice: Choice, index_version: str) -> dict[str, object]:
    """Return what was chosen, without any identifier; written as ``fetch.json`` and shown by the command."""
    collection = choice.collection
    return {
        "collection": collection.name,
        "doi": collection.doi,
        "licences": list(choice.licences),
        "index_version": index_version,
        "patients": choice.patients,
        "patients_in_collection": choice.patients_in_collection,
        "left_out": choice.left_out,
        "exams": len(choice.exams),
        "whole_studies": sum(e.whole_study for e in choice.exams),
        "series": sum(len(e.series) for e in choice.exams),
        "files": sum(s.instances for e in choice.exams for s in e.series),
        "bytes": choice.size,
        "visits": [_visit(choice, v) for v in choice.visits],
        "issues": [i.to_dict() for i in choice.issues],
    }


def write_fetch_files(
    choice: Choice, exams: Sequence[ChosenExam], out: Path, record: Mapping[str, object]
) -> None:
    """Write ``exams.csv``, ``study.toml`` (if there is none yet), ``fetch.json`` and ``private/link.csv``.

    Parameters
    ----------
    choice : Choice
    exams : sequence of ChosenExam
        Those that are complete.
    out : Path
    record : mapping
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


def _visit(choice: Choice, visit: str) -> dict[str, object]:
    days = [e.day for e in choice.exams if e.visit == visit]
    return {
        "visit": visit,
        "study_order": int(visit[1:]),
        "archive_visit": choice.collection.archive_visits[int(visit[1:]) - 1],
        "exams": len(days),
        "days_median": float(median(days)) if days else None,
        "days_min": min(days, default=None),
        "days_max": max(days, default=None),
    }


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
