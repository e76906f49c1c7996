"""Simulated exams for the checks of an exam: one a number, of every maker, each with its own lesion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy import ndimage

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


@dataclass(frozen=True)
class Phases:
    """Frames in some order, and which of them the header calls early and late."""

    frames: np.ndarray
    early: int = 1
    late: int | None = None


def shifted(frame, spacing, mm, axis):
    """Return a frame that moved along one axis."""
    offset = [mm / spacing[axis] if a == axis else 0.0 for a in range(3)]
    return ndimage.shift(frame.astype(np.float32), offset, order=1, mode="nearest")


def noisy_copy(frame, spacing, *, seed=0, mm=0.3):
    """Return another acquisition of a frame: noise of 2 % of the bright tissue, and a small movement."""
    noise = 0.02 * np.percentile(frame, 95.0) * np.random.default_rng(seed).standard_normal(frame.shape)
    return np.maximum(shifted(frame, spacing, mm, 1) + noise, 0.0).astype(np.float32)


def orders(frames, spacing, *, early=1, late=2):
    """Return the phases of one exam as they should be and as they should not, by name."""
    pre, first, last = frames[0], frames[early], frames[late]
    other = noisy_copy(pre, spacing)
    lists = {
        "right": ((pre, first, last), 2),
        "two pre": ((pre, other, first, last), 3),
        "reversed": ((last, first, pre), 2),
        "swapped": ((pre, last, first), 2),
        "identical": ((pre, first, first), 2),
        "subtraction": ((pre, first, np.maximum(first - pre, 0.0), last), 3),
        "pre missing": ((first, last), None),
        "late missing": ((pre, first), None),
    }
    return {name: Phases(np.stack(stack), late=index) for name, (stack, index) in lists.items()}
