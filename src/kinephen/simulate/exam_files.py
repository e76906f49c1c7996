"""One exam as files: the maker's series, and the site's objects that carry the region of interest."""

from __future__ import annotations

from pathlib import Path

from kinephen.io.dicom_writer import write_object, write_series
from kinephen.simulate.analysis_objects import SiteAnalysis, analyse, ser_series
from kinephen.simulate.exam import SimulatedExam
from kinephen.simulate.identity import ExamIdentity
from kinephen.simulate.layouts import LAYOUTS, Layout
from kinephen.simulate.segmentations import segmentation


def write_exam(
    folder: Path, exam: SimulatedExam, identity: ExamIdentity, *, layout: Layout | None = None
) -> SiteAnalysis:
    """Write an exam and return the site's analysis of it.

    GE exams carry a SER map with the private header, the others two segmentations of the region of interest,
    whose descriptions name the enhancement threshold.

    Parameters
    ----------
    folder : Path
        Of this exam; created.
    exam : SimulatedExam
    identity : ExamIdentity
    layout : callable, optional
        How to lay the phases out; by default as the maker does.
    """
    series = (layout or LAYOUTS[exam.protocol.vendor])(exam, identity)
    for one in series:
        write_series(folder, one)
    analysis = analyse(exam)
    source = int(series[0].header.SeriesNumber)
    source = source // 100 if exam.protocol.vendor == "philips" else source
    if exam.protocol.vendor == "ge":
        write_series(folder, ser_series(exam, identity, analysis, source=source))
    else:
        _write_segmentations(folder, exam, identity, analysis, source)
    return analysis


def _write_segmentations(
    folder: Path, exam: SimulatedExam, identity: ExamIdentity, analysis: SiteAnalysis, source: int
) -> None:
    threshold = exam.protocol.pe_threshold_percent
    objects = (
        ("VOI Breast Tissue Segmentation", source * 10000 + 2101, "PE_VOIMASK", analysis.tissue),
        (f"VOI PE Segmentation thresh={threshold}", source * 10000 + 2100, "PE_VOISEG", analysis.ftv.by_pe),
    )
    for description, number, label, mask in objects:
        data = segmentation(exam, identity, mask, description=description, number=number, label=label)
        write_object(folder / "seg" / f"{label.lower()}.dcm", data)
