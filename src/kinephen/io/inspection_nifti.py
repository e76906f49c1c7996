"""What lies in folders of NIfTI files: the facts behind ``kinephen inspect``."""

from __future__ import annotations

from pathlib import Path

from kinephen.errors import InputError
from kinephen.io.bids_dynamic import outline_bids_exam
from kinephen.io.bids_layout import BidsExam, bids_exams
from kinephen.io.inspection_document import ExamFacts, PhaseFacts, issue_facts
from kinephen.io.inspection_facts import geometry_facts, header_facts, protocol_facts
from kinephen.io.manifest import Manifest
from kinephen.io.nifti_dynamic import read_nifti_dynamic
from kinephen.io.nifti_exam import other_nifti_folders
from kinephen.io.nifti_layout import holds_phases
from kinephen.io.nifti_named import named_files
from kinephen.io.privacy import shown


def inspect_nifti(path: Path, manifest: Manifest, *, verbatim: bool) -> list[ExamFacts]:
    """Describe the exams in NIfTI at `path`, or in folders below it; an empty list if there are none.

    Subjects are numbered in the order of their labels, which `verbatim` shows.
    """
    if named_files(path, manifest):
        return [_files(path, manifest, 1)]
    exams = bids_exams(path)
    if not exams and holds_phases(path):
        return [_files(path, manifest, 1)]
    subjects = list(dict.fromkeys(e.subject for e in exams))
    found: list[ExamFacts] = []
    for number, exam in enumerate(exams, start=1):
        first = exam.images[0]
        subject = first.written("sub") if verbatim else str(subjects.index(exam.subject) + 1)
        visit = shown(first.written("ses"), verbatim=verbatim)
        who: ExamFacts = {"exam": number, "subject": subject, "visit": visit}
        found.append({**who, **_bids(exam, manifest)})
    others = other_nifti_folders(path)
    return found + [_files(p, manifest, n) for n, p in enumerate(others, len(found) + 1)]


def _bids(exam: BidsExam, manifest: Manifest) -> ExamFacts:
    try:
        outline = outline_bids_exam(exam, manifest=manifest)
    except InputError as error:
        return {"readable": False, "error": error.to_dict()}
    return {
        "readable": True,
        "field_strength_t": outline.acquired.field_strength_t,
        "protocol": protocol_facts(outline.acquired.protocol),
        "phase_rule": outline.phase_rule,
        "timing_rule": outline.timing.rule,
        "phases": _phases(outline.count, outline.timing.times_s),
        "early": outline.early,
        "late": outline.late,
        "geometry": geometry_facts(outline.geometry),
        "header": header_facts(outline.header, outline.geometry),
        "segmentations": [{"kind": m.kind, "refers_to_series": m.refers_to_series} for m in outline.masks],
        "issues": [issue_facts(i) for i in outline.issues],
    }


def _phases(count: int, times_s: tuple[float, ...] | None) -> list[PhaseFacts]:
    return [{"phase": i, "time_s": None if times_s is None else times_s[i]} for i in range(count)]


def _files(path: Path, manifest: Manifest, number: int) -> ExamFacts:
    try:
        found = read_nifti_dynamic(path, manifest=manifest)
    except InputError as error:
        return {"exam": number, "readable": False, "error": error.to_dict()}
    series = found.series
    return {
        "exam": number,
        "readable": True,
        "phase_rule": series.phase_rule,
        "timing_rule": series.timing_rule,
        "phases": _phases(series.n_phases, series.times_s),
        "early": series.early,
        "late": series.late,
        "geometry": geometry_facts(series.geometry),
        "header": header_facts(series.header, series.geometry),
        "segmentations": [{"kind": m.kind, "refers_to_series": m.refers_to_series} for m in found.masks],
        "issues": [issue_facts(i) for i in (*series.gaps, *found.issues)],
    }
