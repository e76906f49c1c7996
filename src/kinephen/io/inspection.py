"""What is in a folder, without reading its pixels: the facts behind ``kinephen inspect``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kinephen.errors import InputError
from kinephen.io.dicom_exam import Outline, outline_exam
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_protocol import read_protocol
from kinephen.io.dicom_scan import Scan, scan_folder
from kinephen.io.dicom_series import Series, group_series
from kinephen.io.dicom_sorting import Sorting, sort_images
from kinephen.io.inspection_document import (
    ExamFacts,
    FolderFacts,
    PhaseFacts,
    SeriesFacts,
    TableFacts,
    issue_facts,
)
from kinephen.io.inspection_facts import geometry_facts, header_facts, protocol_facts
from kinephen.io.inspection_nifti import inspect_nifti
from kinephen.io.manifest import Manifest, read_manifest
from kinephen.io.privacy import shown
from kinephen.io.tables import is_table, read_clinical


def inspect_path(
    path: Path, *, manifest: Path | None = None, verbatim: bool = False
) -> FolderFacts | TableFacts:
    """Describe what lies at `path`.

    Parameters
    ----------
    path : Path
        A folder of one or many exams (DICOM or NIfTI), a NIfTI file, or a clinical table (CSV, XLSX).
    manifest : Path, optional
        As for `kinephen.io.exam.read_exam`; for a folder of one exam.
    verbatim : bool
        Show series descriptions as they stand. They may hold a patient's name; by default only known words of
        imaging are shown and the rest is masked.

    Returns
    -------
    dict
        ``kind`` and, by kind, ``exams`` (one entry a study, without identifiers) or the table's columns.

    Raises
    ------
    InputError
        ``path.missing``, ``dicom.none``.
    """
    path = Path(path)
    given = Manifest() if manifest is None else read_manifest(manifest)
    if is_table(path):
        return _table(path)
    nifti = inspect_nifti(path, given, verbatim=verbatim)
    if nifti:
        return {"kind": "nifti", "exams": nifti, "issues": []}
    scan = scan_folder(path)
    studies = dict.fromkeys(h.study for h in scan.headers if h.is_image)
    if not studies:
        notes = "; ".join(i.message for i in scan.issues)
        raise InputError(
            f"no DICOM MR images found ({notes or 'the folder is empty'})",
            code="dicom.none",
            where="folder",
            hint="give the folder that holds the exam's DICOM files",
        )
    exams = [
        _exam(scan.of_study(study), path, given, number, verbatim)
        for number, study in enumerate(studies, start=1)
    ]
    return {"kind": "dicom", "exams": exams, "issues": [issue_facts(i) for i in scan.issues]}


def _exam(scan: Scan, root: Path, manifest: Manifest, number: int, verbatim: bool) -> ExamFacts:
    series = group_series(scan.headers)
    sorting = sort_images(series)
    entry: ExamFacts = {
        "exam": number,
        "visit": shown(_visit(scan.headers), verbatim=verbatim),
        "series": [_series(s, sorting, verbatim) for s in series],
    }
    try:
        outline = outline_exam(scan, root, manifest=manifest)
    except InputError as error:
        return {**entry, "readable": False, "error": error.to_dict()}
    return {**entry, "readable": True, **_outline(outline)}


def _outline(outline: Outline) -> ExamFacts:
    phases: list[PhaseFacts] = [
        {
            "phase": i,
            "role": _role(i, outline),
            "series": p.slices[0].series_number,
            "slices": len(p.slices),
            "time_s": None if outline.timing.times_s is None else outline.timing.times_s[i],
        }
        for i, p in enumerate(outline.dynamic.phases)
    ]
    first = outline.dynamic.phases[0].slices[0]
    return {
        "manufacturer": _maker(first.manufacturer),
        "field_strength_t": first.field_strength_t,
        "protocol": protocol_facts(read_protocol([p.slices[0] for p in outline.dynamic.phases])),
        "phase_rule": outline.dynamic.rule,
        "timing_rule": outline.timing.rule,
        "times": outline.timing.evidence.to_dict(),
        "times_in_words": outline.timing.evidence.rows(),
        "early_late_rule": outline.choice_rule,
        "phases": phases,
        "geometry": geometry_facts(outline.geometry),
        "header": header_facts(outline.header, outline.geometry),
        "segmentations": [
            {"kind": s.kind, "refers_to_series": s.refers_to_series} for s in outline.segmentations
        ],
        "maps": [m.kind for m in outline.maps],
        "missing": _missing(outline),
        "issues": [issue_facts(i) for i in outline.issues],
    }


def _series(series: Series, sorting: Sorting, verbatim: bool) -> SeriesFacts:
    first = series.first
    images = sorting.counts(series)
    return {
        "number": series.number,
        "modality": first.modality if first.modality in ("MR", "SEG", "SR") else "other",
        "description": shown(series.description, verbatim=verbatim),
        "instances": len(series.headers),
        "kind": series.map_kind or ("acquired" if sorting.holds_acquired(series) else "other"),
        "images": images,
    }


def _visit(headers: Sequence[Header]) -> str:
    return next((h.time_point_description or h.time_point for h in headers if h.is_image), "")


def _role(index: int, outline: Outline) -> str:
    if index == 0:
        return "before contrast"
    roles = {outline.early: "early", outline.late: "late"}
    return roles.get(index, "after contrast")


def _maker(text: str) -> str:
    known = (
        "GE",
        "SIEMENS",
        "PHILIPS",
        "TOSHIBA",
        "CANON",
        "HITACHI",
        "UNITED IMAGING",
        "ESAOTE",
        "FUJIFILM",
    )
    return next((k for k in known if text.upper().startswith(k)), "other")


def _missing(outline: Outline) -> list[str]:
    header = outline.header
    lacking = {
        "region of interest (box)": not header.boxes,
        "private UCSF header": not any(s.startswith("private") for s in header.sources.values()),
        "SER and PE maps": not outline.maps,
        "segmentations": not outline.segmentations,
    }
    return [name for name, absent in lacking.items() if absent]


def _table(path: Path) -> TableFacts:
    table = read_clinical(path)
    frame = table.frame
    return {
        "kind": "clinical table",
        "rows": len(frame),
        "end_point": table.end_point,
        "time_unit": table.time_unit,
        "events": int((frame["event"] == 1.0).sum()) if "event" in frame else None,
        "columns": [
            {"column": c, "known": int(frame[c].notna().sum()), "meaning": table.dictionary.get(c, "")}
            for c in frame.columns
        ],
        "issues": [issue_facts(i) for i in table.issues],
    }
