"""What the quality page of one exam is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from kinephen.core.volume import Geometry
from kinephen.records.one_exam import OneExam
from kinephen.types import BoolVolume, FloatArray, FloatVolume, FrameStack, IntArray

SER_COLOURS = ("#2f7fd0", "#9560c9", "#16916b", "#d9571c", "#b08500")
"""Of the classes of the signal enhancement ratio: the usual hues, readable on light and dark paper."""


@dataclass(frozen=True)
class ExamFacts:
    """Arrays and records of one exam.

    Parameters
    ----------
    label : str
        Names the exam on the page; chosen by the user, never read from a file.
    frames : ndarray, shape (n_phases, nz, ny, nx)
        As acquired, scanner units.
    geometry : Geometry
    times_s : tuple of float
        Seconds after injection.
    early, late : int
    maps : mapping of str to ndarray, shape (nz, ny, nx)
        NaN where undefined.
    units : mapping of str to str
    voi, ftv, lesion : ndarray of bool, shape (nz, ny, nx)
    record : OneExam
    sources : mapping of str to str
        Where the exam's own values were read.
    """

    label: str
    frames: FrameStack
    geometry: Geometry
    times_s: tuple[float, ...]
    early: int
    late: int
    maps: Mapping[str, FloatVolume]
    units: Mapping[str, str]
    voi: BoolVolume
    ftv: BoolVolume
    lesion: BoolVolume
    record: OneExam
    sources: Mapping[str, str] = field(default_factory=dict)

    def ser_class(self) -> IntArray:
        """Return the class of each voxel of the FTV (in array order): 0 to 4, or 5 beyond the last."""
        pre, early, late = (self.frames[i][self.ftv].astype(np.float64) for i in (0, self.early, self.late))
        uppers = np.array([c.upper for c in self.record.ser_classes])
        found: IntArray = np.searchsorted(uppers, (early - pre) / (late - pre), side="left")
        return found

    def enhancement(self) -> FloatArray:
        """Return percent enhancement of the FTV's voxels, shape (n_phases, n_voxels)."""
        curves = self.frames[:, self.ftv].astype(np.float64)
        relative: FloatArray = 100.0 * (curves - curves[0]) / curves[0]
        return relative
