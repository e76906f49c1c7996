"""A small DICOM exam with a lesion of known voxels, for the tests of export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.io_exams import ExamMaker, private_header, voxel_box

LESION = (slice(2, 5), slice(3, 6), slice(3, 7))
SATELLITE = (slice(1, 3), slice(3, 5), slice(0, 2))
NAME, NUMBER, BORN = "Xylander^Quu", "QX-77", "19470511"


def exam_with_lesion(root: Path, *, enhancing: bool = True, **common: object) -> ExamMaker:
    """Write an exam: tissue of about 100, a lesion of 36 voxels that washes out, 8 apart that do not."""
    maker = ExamMaker(root)
    maker.common = {
        "PatientName": NAME,
        "PatientID": NUMBER,
        "PatientBirthDate": BORN,
        "PatientSex": "F",
        "Laterality": "L",
        **common,
    }
    shape = maker.geometry.shape
    frames = np.full((3, *shape), 100, dtype=np.int32) + np.arange(shape[2], dtype=np.int32)
    frames[1:] += 4
    if enhancing:
        frames[1][LESION], frames[2][LESION] = 260, 210
        frames[1][SATELLITE], frames[2][SATELLITE] = 210, 260
    uids = maker.series(frames, 2)
    centre, half = voxel_box(maker.geometry, (1, 2, 0), (5, 6, 7))
    header = private_header(boxes=[("VOI", centre, half)])
    maker.ser_map(uids, 21000, "Dynamic-3dfgre", private=header)
    return maker


def lesion_mask(shape: tuple[int, int, int]) -> np.ndarray:
    """Return the voxels of the lesion."""
    mask = np.zeros(shape, dtype=bool)
    mask[LESION] = True
    return mask
