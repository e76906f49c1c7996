"""By what an exam is known: the content that its reader gave, however and wherever its files lie.

An exam whose files were renamed, linked, copied, fetched in another way or written with another file meta
group is the same exam as long as it is read as the same; whatever decides what is read (order of names,
times, sidecars, manifest) shows in what is read.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from kinephen.core.dynamic import DynamicSeries
from kinephen.core.plain import hash_json, plain
from kinephen.io.dicom_exam import Exam

_BESIDE = ("series", "segmentations", "reference_maps", "sources", "frames_of_reference")
"""The series stands for itself; the others are files beside the exam that no step reads."""


@dataclass(frozen=True)
class ExamIdentity:
    """Three hashes, from all that was read to the images alone.

    Parameters
    ----------
    exam : str
        Of all: images, times, header, protocol and what was noticed.
    series : str
        Of the images, their times, which are early and late, and whether that and the injection were told.
    images : str
        Of the frames in order, and their grid. Decisions of readers on masks are bound to it.
    """

    exam: str
    series: str
    images: str


def exam_identity(exam: Exam) -> ExamIdentity:
    """Return by what an exam is known."""
    own = series_identity(exam.series)
    return ExamIdentity(hash_json([own, stated(exam)]), own, exam.series.source_hash)


def stated(exam: Exam) -> dict[str, object]:
    """Return what an exam says beside its images and times, as plain values."""
    series = exam.series
    found = {f.name: plain(getattr(exam, f.name)) for f in fields(exam) if f.name not in _BESIDE}
    rules = {"timing_rule": series.timing_rule, "phase_rule": series.phase_rule}
    return {**found, **rules, "header": plain(series.header)}


def series_identity(series: DynamicSeries) -> str:
    """Return the hash of the images of an exam, their grid to the last digit, and their times."""
    grid = [list(series.geometry.shape), series.geometry.affine.tolist()]
    # The checks move times whose injection was assumed, and leave phases alone that were named.
    said = [series.injection_assumed, series.phases_named]
    return hash_json([series.source_hash, grid, series.times_s, series.early, series.late, said])
