"""DICOM objects of ``kinephen export``: a segmentation, and the report of its volumes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinephen.core.cohort import Issue
from kinephen.core.volume import Mask
from kinephen.io import dicom_codes as terms
from kinephen.io.dicom_reference_phase import ReferencePhase
from kinephen.io.dicom_seg_writer import FTV, LESION, Origin, Segment, make_segmentation, write_dicom
from kinephen.io.dicom_sr_writer import Number, Region, make_report
from kinephen.io.review_note import ReviewNote
from kinephen.report.exports.exam_names import Names, exam_file
from kinephen.study.one_exam import Measured


@dataclass(frozen=True)
class Reader:
    """Who answers for the content: a name that was given, or the decision of a review."""

    name: str = ""
    review: ReviewNote | None = None


def write_dicom_forms(
    result: Measured, names: Names, phase: ReferencePhase, *, report: bool, reader: Reader
) -> tuple[dict[str, list[Path]], list[Issue]]:
    """Write the segmentation, unless every region is empty, and with `report` the measurements.

    A segmentation of an earlier call is removed where there is nothing to segment now.
    """
    origin = Origin(_parameters(result), reader.name, reader.review)
    segmentation = make_segmentation(phase, _segments(result), origin)
    path = exam_file(names, "seg.dcm", folder="dicom")
    files: dict[str, list[Path]] = {"seg": []}
    issues = []
    if segmentation is None:
        path.unlink(missing_ok=True)
        text = "no DICOM SEG was written: every region is empty, and an empty segment may not be written"
        issues.append(Issue("export.empty", text, count=0))
    else:
        write_dicom(path, segmentation)
        files["seg"] = [path]
    if report:
        path = exam_file(names, "sr.dcm", folder="dicom")
        write_dicom(path, make_report(phase, segmentation, _regions(result), origin))
        files["sr"] = [path]
    return files, issues


def _segments(result: Measured) -> list[Segment]:
    geometry = result.exam.series.geometry
    return [
        Segment(FTV, Mask(result.ftv.by_pe, geometry, "functional tumour volume by enhancement")),
        Segment(LESION, Mask(result.lesion, geometry, result.record.lesion_source)),
    ]


def _regions(result: Measured) -> list[Region]:
    ftv, rule = result.ftv, result.ftv.rule
    by_ser = () if ftv.by_ser is None else (Number(terms.VOLUME_BY_SER, ftv.ser_cc, terms.CUBIC_CENTIMETRE),)
    further = (
        *by_ser,
        Number(terms.VOXELS, ftv.pe_voxels, terms.NO_UNIT),
        Number(terms.PE_THRESHOLD, rule.pe_threshold, terms.PERCENT),
        Number(terms.TISSUE_THRESHOLD, ftv.tissue_threshold, terms.NO_UNIT),
        Number(terms.NEIGHBOURS, rule.min_neighbours, terms.NO_UNIT),
        Number(terms.SER_MINIMUM, rule.ser_min, terms.NO_UNIT),
    )
    voxels = Number(terms.VOXELS, result.record.lesion_voxels, terms.NO_UNIT)
    return [Region(FTV, ftv.pe_cc, further), Region(LESION, result.record.lesion_cc, (voxels,))]


def _parameters(result: Measured) -> dict[str, str]:
    series, limits = result.exam.series, result.record.thresholds
    return {
        "pe_threshold_percent": f"{limits.pe_threshold:g}",
        "tissue_threshold": f"{limits.tissue_threshold:.6g}",
        "min_neighbours": str(limits.min_neighbours),
        "region": result.record.region,
        "phase_times_s": " ".join(f"{t:g}" for t in series.times_s or ()),
        "early_late": " ".join(str(i) for i in (series.early, series.late) if i is not None),
        "source_sha256": series.source_hash,
    }
