"""Writing an exam as NIfTI files for a reader: frames, subtraction, PE, SER and the mask to edit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinephen import __version__
from kinephen.config.schema import Ftv, Motion
from kinephen.core.cohort import Issue
from kinephen.core.dynamic import DynamicSeries
from kinephen.core.plain import write_json
from kinephen.core.volume import Mask, Volume
from kinephen.errors import InputError
from kinephen.imaging.kinetics import MapRule, kinetic_maps
from kinephen.io.exam import read_exam
from kinephen.io.nifti import read_nifti_mask, write_volume
from kinephen.io.review_masks import copy_mask, read_revision, revision_path, revisions, write_revision
from kinephen.study.exam_checks import check_exam
from kinephen.study.plan import ExamRow
from kinephen.study.review_gate import MaskChoice
from kinephen.study.review_place import ReviewPlace
from kinephen.study.steps.lesion import measure_lesion, tissue_to_map
from kinephen.study.steps.motion import aligned
from kinephen.types import BoolVolume, FloatVolume

MASK = "mask.nii.gz"
MAPS = ("PE", "SER")


@dataclass(frozen=True)
class Exported:
    """What was written for one exam.

    Parameters
    ----------
    folder : Path
    files : tuple of str
        Names below `folder`.
    revision : int
        The revision that `mask.nii.gz` holds.
    issues : tuple of Issue
    """

    folder: Path
    files: tuple[str, ...]
    revision: int
    issues: tuple[Issue, ...]


def export_exam(
    exam: ExamRow, place: ReviewPlace, settings: Ftv, *, motion: Motion | None = None
) -> Exported:
    """Write the images of an exam, and the mask that stands, for a viewer such as 3D Slicer or ITK-SNAP.

    Parameters
    ----------
    exam : ExamRow
    place : ReviewPlace
        Where the exam's review lies.
    settings : Ftv
        Thresholds of the automatic mask, which becomes revision 0 when the exam is exported first.
    motion : Motion, optional
        As in the run; by default the frames stay as they are.

    Returns
    -------
    Exported
        A ``mask.nii.gz`` with edits that were not imported is kept and noted, never written over.
    """
    checked = aligned(check_exam(read_exam(exam.path, manifest=exam.manifest)), motion or Motion())
    series = checked.exam.series
    # The mask that a run would use without a review.
    found = measure_lesion(checked, settings, MaskChoice(path=exam.mask))
    # A reader may look at an exam that a run would refuse, and is told why it would.
    issues = (
        *(Issue(f.code, f.message, f.where, level=f.level) for f in checked.plausibility.stops),
        *_keep_automatic(place, Mask(found.mask, series.geometry, "automatic")),
    )
    files = _write_images(series, tissue_to_map(found, series.frames[0]), place.exam)
    revision = place.state.revision
    if _holds_edits(place):
        text = f"{MASK} holds edits that were not imported: it was kept"
        issues = (*issues, Issue("review.edits_kept", text, exam.name))
    else:
        copy_mask(revision_path(place.masks, revision), place.exam / MASK)
    write_json(
        place.exam / "exam.json",
        {**_facts(exam, series, place), "thresholds": found.record.thresholds.model_dump()},
    )
    return Exported(place.exam, (*files, MASK, "exam.json"), revision, issues)


def _keep_automatic(place: ReviewPlace, mask: Mask) -> tuple[Issue, ...]:
    if not revisions(place.masks):
        write_revision(place.masks, 0, mask)
        return ()
    if np.array_equal(read_revision(place.masks, 0).array, mask.array):
        return ()
    text = "the automatic mask is no longer that of the first export, which is kept as revision 0"
    return (Issue("review.automatic_changed", text, "settings"),)


def _write_images(series: DynamicSeries, tissue: BoolVolume, folder: Path) -> list[str]:
    images: dict[str, tuple[FloatVolume, str]] = {
        f"phase-{number}": (frame, "scanner units") for number, frame in enumerate(series.frames)
    }
    images["subtraction"] = (series.frames[series.early] - series.frames[0], "scanner units")
    maps = kinetic_maps(
        series.frames,
        series.times_min,
        mask=tissue,
        early=series.early,
        late=series.late,
        rule=MapRule(pe_unit="percent"),
    )
    for name in MAPS:
        # Viewers stretch their grey scale badly over NaN; these files are for looking only.
        images[name.lower()] = (np.nan_to_num(maps.arrays[name]).astype(np.float32), maps.units[name])
    for name, (array, unit) in images.items():
        note = {"for": "viewing only; 0 where undefined"} if name in ("pe", "ser") else {}
        write_volume(folder / f"{name}.nii.gz", Volume(array, series.geometry, unit), sidecar=note)
    return [f"{name}.nii.gz" for name in images]


def _holds_edits(place: ReviewPlace) -> bool:
    """Tell whether the reader's working file is none of the revisions."""
    path = place.exam / MASK
    if not path.is_file():
        return False
    try:
        found = read_nifti_mask(path, read_revision(place.masks, 0).geometry).array
    except InputError:
        return True
    return not any(np.array_equal(found, read_revision(place.masks, n).array) for n in revisions(place.masks))


def _facts(exam: ExamRow, series: DynamicSeries, place: ReviewPlace) -> dict[str, object]:
    return {
        "case": exam.case,
        "visit": exam.visit,
        "phase_times_s": series.times_s,
        "early_phase": series.early,
        "late_phase": series.late,
        "source_sha256": place.source,
        "revision": place.state.revision,
        "state": place.state.state,
        "kinephen_version": __version__,
        "how": f"edit {MASK} (0 outside, 1 inside) on any of the images, save it under its name, then "
        "kinephen review import and kinephen review confirm",
    }
