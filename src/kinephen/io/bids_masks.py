"""Masks beside a BIDS-like exam, or in ``derivatives``: listed, and compared with; none is used unasked."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.bids_layout import BidsExam
from kinephen.io.nifti import align, read_nifti_grid
from kinephen.io.segmentation import FoundSegmentation

_KINDS = {"ftv": "voi_pe", "lesion": "lesion", "tumor": "lesion", "tumour": "lesion", "mass": "lesion"}
"""Meaning of ``label-``; ``ftv`` is what kinephen writes."""


def found_masks(
    exam: BidsExam, geometry: Geometry
) -> tuple[tuple[FoundSegmentation, ...], tuple[Issue, ...]]:
    """Return the masks on the exam's grid, and notes on those that lie elsewhere."""
    on_grid = [name for name in exam.masks if lies_on(name.path, geometry)]
    found = tuple(
        FoundSegmentation(
            path=name.path,
            kind=_KINDS.get(name.entities.get("label", ""), "other"),
            content_label="",
            description="",
            refers_to_series=None,
        )
        for name in on_grid
    )
    issues = []
    if off := len(exam.masks) - len(on_grid):
        issues.append(Issue("nifti.mask_grid", "mask(s) do not lie on the exam's grid", "masks", off))
    if any(m.kind == "lesion" for m in found):
        text = "mask(s) of the lesion lie with the exam; they count only where one is given as the mask"
        issues.append(Issue("nifti.mask_found", text, "masks", sum(m.kind == "lesion" for m in found)))
    return found, tuple(issues)


def lies_on(path: Path, geometry: Geometry) -> bool:
    """Tell whether a NIfTI mask lies on the voxels of a grid."""
    try:
        volumes, own = read_nifti_grid(path)
        if volumes == 1:
            align(np.empty(own.shape, dtype=np.bool_), own, geometry)
    except InputError:
        return False
    return volumes == 1
