"""Which forms ``kinephen export`` writes, in which order, and where."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from kinephen.core.cohort import Issue
from kinephen.io.dicom_reference_phase import ReferencePhase, read_reference_phase
from kinephen.io.nifti_exam import holds_nifti_exam
from kinephen.records.plausibility import Finding, finding_records
from kinephen.report.exam_page import write_exam_page
from kinephen.report.exam_page_facts import ExamFacts
from kinephen.report.exports.exam_dicom import Reader, write_dicom_forms
from kinephen.report.exports.exam_names import Names, exam_file, exam_label
from kinephen.report.exports.exam_nifti import write_nifti_form, write_slicer_form
from kinephen.study.one_exam import Measured, Request

NOBODY = Reader()


@dataclass(frozen=True, kw_only=True)
class Forms:
    """The forms to be written; `named` tells whether the user asked for them by name."""

    seg: bool = True
    sr: bool = True
    nifti: bool = True
    slicer: bool = True
    qc: bool = True
    named: bool = False

    @classmethod
    def chosen(cls, **forms: bool) -> Forms:
        """Return the forms that are asked for, with what they need; all if none is."""
        asked = {name for name, wanted in forms.items() if wanted}
        if not asked:
            return cls()
        asked |= {"seg"} if "sr" in asked else set()
        asked |= {"nifti"} if "slicer" in asked else set()
        return cls(**{f.name: f.name in {*asked, "named"} for f in fields(cls)})

    def without_dicom(self) -> Forms:
        """Return the forms that need no DICOM source."""
        kept = {f.name: getattr(self, f.name) for f in fields(self)}
        return Forms(**{**kept, "seg": False, "sr": False})


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written of an exam: its volumes, cm3, files below the output folder by form, and notes."""

    ftv_pe_cc: float
    ftv_ser_cc: float | None
    lesion_cc: float
    files: dict[str, list[str]]
    issues: tuple[Finding, ...]


def write_forms(
    result: Measured, names: Names, forms: Forms, request: Request, reader: Reader = NOBODY
) -> Written:
    """Write the forms; return the volumes, the files of each form below the output folder, and notes.

    An exam in NIfTI has no DICOM objects to refer to: they are left out with a note, unless the user named
    them.

    Raises
    ------
    InputError
        ``export.not_dicom`` if SEG or SR were named for an exam in NIfTI.
    """
    issues: list[Issue] = []
    if (forms.seg or forms.sr) and not forms.named and holds_nifti_exam(request.exam):
        text = "DICOM SEG and SR were left out: they refer to DICOM images, and this exam is NIfTI"
        issues.append(Issue("export.not_dicom", text))
        forms = forms.without_dicom()
    phase = _reference_phase(result, request) if forms.seg else None
    files: dict[str, list[Path]] = {}
    if forms.nifti:
        files["nifti"] = write_nifti_form(result, names, source_doi=_doi(phase))
    if forms.slicer:
        files["slicer"] = write_slicer_form(result, names)
    if phase is not None:
        found, notes = write_dicom_forms(result, names, phase, report=forms.sr, reader=reader)
        files |= found
        issues += notes
    if forms.qc:
        files["qc"] = [write_exam_page(exam_facts(result, names), exam_file(names, "qc.html"))]
    record = result.record
    return Written(
        ftv_pe_cc=record.ftv_pe_cc,
        ftv_ser_cc=record.ftv_ser_cc,
        lesion_cc=record.lesion_cc,
        files={k: [str(p.relative_to(names.out)) for p in v] for k, v in files.items()},
        issues=(*record.noticed, *finding_records(issues)),
    )


def exam_facts(result: Measured, names: Names) -> ExamFacts:
    """Return what the quality page shows."""
    series = result.exam.series
    return ExamFacts(
        label=exam_label(names),
        frames=series.frames,
        geometry=series.geometry,
        times_s=series.times_s,
        early=series.early,
        late=series.late,
        maps=result.maps.arrays,
        units=result.maps.units,
        voi=result.voi,
        ftv=result.ftv.by_pe,
        lesion=result.lesion,
        record=result.record,
        sources=series.header.sources,
    )


def _reference_phase(result: Measured, request: Request) -> ReferencePhase:
    early = result.record.plausibility.phase_as_read(result.record.early)
    return read_reference_phase(request.exam, early, manifest=request.manifest)


def _doi(phase: ReferencePhase | None) -> str:
    return "" if phase is None else phase.source_doi
