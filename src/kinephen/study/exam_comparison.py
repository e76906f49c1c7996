"""One exam against what its own analysis left: stated volumes, segmentations and maps."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.counted import counted
from kinephen.core.dynamic import StatedVolume
from kinephen.errors import InputError
from kinephen.imaging.compare import overlap
from kinephen.imaging.ftv import FtvResult
from kinephen.io.exam import Exam
from kinephen.io.segmentation import FoundSegmentation, read_archive_mask
from kinephen.records.one_exam import Comparison, SegmentationOverlap, SerMapDifference, StatedVolumeFound
from kinephen.types import BoolVolume

SER_CLIP = 3.0
"""The archive stores larger ratios as 3."""


def compare_with_archive(
    exam: Exam, tissue: BoolVolume, ftv: FtvResult
) -> tuple[Comparison, tuple[Issue, ...]]:
    """Compare the volume, and the tissue of the box, with the exam's own analysis.

    What cannot be compared is left out with a warning that says why: it never ends a measurement.

    Parameters
    ----------
    exam : Exam
    tissue : ndarray of bool, shape (nz, ny, nx)
    ftv : FtvResult

    Returns
    -------
    comparison : Comparison
    issues : tuple of Issue
    """
    noticed: list[Issue] = []
    own = {"voi_pe": ftv.by_pe, "voi_tissue": tissue}
    masks = [
        _compare_mask(found, exam, own[found.kind], noticed)
        for found in exam.segmentations
        if found.kind in own and found.of_exam
    ]
    stated = tuple(
        StatedVolumeFound(**asdict(volume), found_voxels=_counterpart(volume, ftv))
        for volume in exam.series.header.stated_volumes
    )
    comparison = Comparison(
        stated_volumes=stated,
        segmentations=tuple(mask for mask in masks if mask is not None),
        ser_map=_compare_ser(exam, ftv, noticed),
    )
    return comparison, tuple(issue for issue in dict.fromkeys(noticed) if issue not in exam.issues)


def _compare_mask(
    found: FoundSegmentation, exam: Exam, own: BoolVolume, noticed: list[Issue]
) -> SegmentationOverlap | None:
    geometry = exam.series.geometry
    try:
        theirs, issues = read_archive_mask(found, geometry)
    except InputError as error:
        noticed.append(_left_out(found.name, error))
        return None
    noticed += issues
    shares = overlap(own, theirs.array, voxel_volume_mm3=geometry.voxel_volume_mm3)
    return SegmentationOverlap(kind=found.kind, **shares.__dict__)


def _left_out(what: str, error: InputError) -> Issue:
    text = f"the exam's own {what} was left out of the comparison: {error.message}"
    return Issue("ftv.not_compared", text, "comparison", level="warning")


def stated_issues(comparison: Comparison) -> list[Issue]:
    """Return a note for each stated volume of our range of the ratio whose count is another than ours."""
    return [
        Issue(
            "ftv.differs_from_exam",
            f"the exam's own analysis states {counted(volume.voxels, 'voxel')}, found {volume.found_voxels}",
            count=volume.voxels,
        )
        for volume in comparison.stated_volumes
        if volume.found_voxels not in (None, volume.voxels)
    ]


def _counterpart(stated: StatedVolume, ftv: FtvResult) -> int | None:
    """Return our count for a stated volume; None if its range of SER is another than ours."""
    if not stated.ser_min:
        return ftv.pe_voxels
    # The header holds single precision, so 0.9 reads 0.8999999762.
    return ftv.ser_voxels if abs(stated.ser_min - ftv.rule.ser_min) < 1e-6 else None


def _compare_ser(exam: Exam, ftv: FtvResult, noticed: list[Issue]) -> SerMapDifference | None:
    found = next((m for m in exam.reference_maps if m.kind == "SER"), None)
    series = exam.series
    if found is None or series.late is None:
        return None
    try:
        volume, issues = found.placed(exam.series.geometry)
    except InputError as error:
        noticed.append(_left_out("SER map", error))
        return None
    noticed += issues
    theirs = volume.array
    both = ftv.by_pe & (theirs > 0.0)
    # From the frames as acquired: a bias field of single frames would change the ratio.
    pre, early, late = (series.frames[i][both].astype(np.float64) for i in (0, series.early, series.late))
    difference = np.abs(np.minimum((early - pre) / (late - pre), SER_CLIP) - theirs[both])
    return SerMapDifference(
        voxels=ftv.pe_voxels,
        largest_difference=float(difference.max()) if difference.size else None,
        absent_in_archive=ftv.pe_voxels - difference.size,
    )
