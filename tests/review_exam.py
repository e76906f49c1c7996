"""A small DICOM exam under review, for the tests of decisions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.io_exams import ge_exam

from kinephen.config.schema import Ftv
from kinephen.core.volume import Mask
from kinephen.io.nifti import write_mask
from kinephen.io.review_masks import read_revision
from kinephen.review.export import export_exam
from kinephen.study.plan import ExamRow
from kinephen.study.review_place import ReviewPlace, place_of

SETTINGS = Ftv(pe_threshold=1.0, min_neighbours=0)


class ReviewedExam:
    """An exam, its review folder, and short ways to edit its mask."""

    def __init__(self, root: Path, *, mask: Path | None = None) -> None:
        self.root = root
        self.maker, self.frames, _ = ge_exam(root / "exam")
        self.row = ExamRow(case="case-0001", visit="T1", path=root / "exam", mask=mask)
        self.review = root / "review"

    @property
    def place(self) -> ReviewPlace:
        """Return the place as it stands now."""
        return place_of(self.row, self.review)

    def export(self):
        """Export the exam."""
        return export_exam(self.row, self.place, SETTINGS)

    def edited(self, *, add: int = 2, remove: int = 1) -> np.ndarray:
        """Return the automatic mask with voxels added and removed."""
        array = read_revision(self.place.masks, 0).array.copy()
        inside, outside = np.flatnonzero(array), np.flatnonzero(~array)
        array.flat[inside[:remove]] = False
        array.flat[outside[:add]] = True
        return array

    def write(self, array: np.ndarray, name: str = "edited.nii.gz") -> Path:
        """Write a mask on the exam's grid."""
        path = self.root / name
        write_mask(path, Mask(array, read_revision(self.place.masks, 0).geometry))
        return path
