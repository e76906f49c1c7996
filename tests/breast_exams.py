"""Simulated exams for the checks of an exam: one a number, of every maker, each with its own lesion."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from kinephen.core.streams import stream
from kinephen.core.volume import Geometry
from kinephen.simulate.exam import simulate_exam
from kinephen.simulate.patient import VENDORS
from kinephen.simulate.settings import ImageSettings
from kinephen.simulate.tumour import draw_baseline

SMALL = ImageSettings(matrix=64, slices=18)


@cache
def simulated(number, image=SMALL, **state):
    """Return the frames (float32, scanner units) and the simulated exam."""
    lesion = replace(draw_baseline(stream(number, "lesion")), **state)
    exam = simulate_exam(
        image,
        lesion,
        vendor=VENDORS[number % 3],
        names=(str(number), "T1"),
        laterality="LR"[number % 2],
        seed=number,
    )
    frames = exam.stored.astype(np.float32) * np.float32(exam.protocol.slope)
    frames.setflags(write=False)
    return frames, exam


def flipped(array, geometry, axes):
    """Return an array with axes run through backwards, and its grid: the same image in the patient."""
    affine = np.array(geometry.affine)
    for axis in axes:
        affine[:3, 3] += affine[:3, axis] * (geometry.shape[axis] - 1)
        affine[:3, axis] *= -1
    return np.flip(array, [a - 3 for a in axes]), Geometry(geometry.shape, affine)
