"""What the quality page of one exam is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kinephen.core.volume import Geometry
from kinephen.records.one_exam import OneExam
from kinephen.types import BoolVolume, FloatVolume, FrameStack

SER_COLOURS = ("#2f7fd0", "#9560c9", "#16916b", "#d9571c", "#b08500")
"""Of the classes of the signal enhancement ratio: the usual hues, readable on light and dark paper."""


@dataclass(frozen=True, kw_only=True)
class ExamFacts:
    """Arrays and records of one exam.

    Parameters
    ----------
    label : str
        Names the exam on the page; chosen by the user, never read from a file.
    frames : ndarray, shape (n_phases, nz, ny, nx)
        As acquired, scanner units.
    geometry : Geometry
    times_s : tuple of float, optional
        Seconds after injection; None where the times are not known.
    early, late : int
        `late` is None with one phase after contrast.
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
    times_s: tuple[float, ...] | None
    early: int
    late: int | None
    maps: Mapping[str, FloatVolume]
    units: Mapping[str, str]
    voi: BoolVolume
    ftv: BoolVolume
    lesion: BoolVolume
    record: OneExam
    sources: Mapping[str, str] = field(default_factory=dict)
