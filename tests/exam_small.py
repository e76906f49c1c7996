"""An exam of 7 x 8 x 9 voxels whose every number can be reckoned by hand.

Spacing 3 x 1.5 x 1.25 mm, so a voxel has 5.625 mm3. Four phases; the early one is at 120 s, the late one at
540 s. In the box of 5 x 6 x 7 voxels lies a lesion of 3 x 4 x 5: two columns wash out, three go on rising.
"""

from __future__ import annotations

import numpy as np

from kinephen.core.dynamic import Box, DynamicSeries, ExamHeader
from kinephen.core.volume import Geometry
from kinephen.io.dicom_exam import Exam

SHAPE = (7, 8, 9)
SPACING = (3.0, 1.5, 1.25)
TIMES_S = (-75.0, 120.0, 300.0, 540.0)
WASHING_OUT = (100.0, 200.0, 170.0, 150.0)
RISING = (100.0, 180.0, 260.0, 300.0)
LESION = (slice(2, 5), slice(2, 6), slice(2, 7))
FALLING_COLUMNS = (slice(2, 5), slice(2, 6), slice(2, 4))


def geometry():
    """Return a grid whose slices go along z, rows along y and columns along x."""
    affine = np.zeros((4, 4))
    affine[2, 0], affine[1, 1], affine[0, 2] = SPACING
    affine[3, 3] = 1.0
    return Geometry(SHAPE, affine)


def frames():
    """Return the frames, scanner units."""
    found = np.full((4, *SHAPE), 100.0, dtype=np.float32)
    for phase in range(4):
        found[phase][LESION] = RISING[phase]
        found[phase][FALLING_COLUMNS] = WASHING_OUT[phase]
        # Outside the box; alone; falling below the start; too dark for tissue.
        found[phase][0, 0:2, 0:3] = WASHING_OUT[phase]
        found[phase][1, 6, 7] = RISING[phase]
        found[phase][5, 1, 1] = (100.0, 180.0, 120.0, 90.0)[phase]
        found[phase][5, 6, 1] = (50.0, 100.0, 100.0, 100.0)[phase]
    return found


def box():
    """Return the box: slices 1 to 5, rows 1 to 6, columns 1 to 7."""
    centre = (4 * SPACING[2], 3.5 * SPACING[1], 3 * SPACING[0])
    along = ((3.5 * SPACING[2], 0.0, 0.0), (0.0, 3 * SPACING[1], 0.0), (0.0, 0.0, 2.5 * SPACING[0]))
    return Box(centre, along)


def exam(**changes):
    """Return the exam; `changes` are of the series."""
    header = ExamHeader(
        pe_threshold_percent=75.0, boxes=(box(),), sources={"pe_threshold_percent": "private header"}
    )
    values = {
        "frames": frames(),
        "geometry": geometry(),
        "times_s": TIMES_S,
        "timing_rule": "private header",
        "phase_rule": "one series a phase",
        "early": 1,
        "late": 3,
        "header": header,
        "source_hash": "small",
    }
    return Exam(
        series=DynamicSeries(**(values | changes)),
        manufacturer="GE",
        scanner_model="Signa",
        field_strength_t=1.5,
    )


def lesion_mask():
    """Return the lesion, 60 voxels."""
    mask = np.zeros(SHAPE, dtype=bool)
    mask[LESION] = True
    return mask
