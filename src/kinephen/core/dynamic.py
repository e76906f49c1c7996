"""One dynamic contrast exam: frames over time on one grid, and what the exam says of its own analysis."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.types import BoolVolume, FloatArray, FrameStack


@dataclass(frozen=True)
class Box:
    """A box in the patient: the published region of interest, or a region to leave out.

    Parameters
    ----------
    centre_mm : tuple of float
        Centre in DICOM patient coordinates, mm.
    half_vectors_mm : tuple of three tuples of float
        From the centre to the middle of three faces, mm; signs do not matter. Faces lie on voxel edges.
    omit : bool
        True for a region that is cut out of the analysis.
    source : str
        Where the box was read, for example ``"private header"``.
    """

    centre_mm: tuple[float, float, float]
    half_vectors_mm: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
    omit: bool = False
    source: str = "header"

    def mask(self, geometry: Geometry) -> BoolVolume:
        """Return the voxels of `geometry` whose centres lie inside, shape (nz, ny, nx)."""
        basis = np.asarray(self.half_vectors_mm, dtype=np.float64).T
        to_box = np.linalg.inv(basis)
        matrix: FloatArray = to_box @ geometry.affine[:3, :3]
        offset: FloatArray = to_box @ (geometry.affine[:3, 3] - np.asarray(self.centre_mm))
        k, j, i = (np.arange(n, dtype=np.float64) for n in geometry.shape)
        inside = np.ones(geometry.shape, dtype=np.bool_)
        for axis in range(3):
            a, b, c = matrix[axis]
            position = offset[axis] + a * k[:, None, None] + b * j[None, :, None] + c * i[None, None, :]
            inside &= np.abs(position) <= 1.0
        return inside


@dataclass(frozen=True)
class StatedVolume:
    """A volume that the exam's own analysis recorded, kept as a reference to compare with."""

    label: str
    voxels: int
    cc: float
    ser_min: float | None = None
    ser_max: float | None = None


@dataclass(frozen=True)
class ExamHeader:
    """What an exam states about its own analysis; None where it is silent.

    Parameters
    ----------
    pe_threshold_percent : float, optional
        Enhancement threshold, percent.
    background_percent : float, optional
        Tissue threshold as percent of the 95th percentile of the pre-contrast frame in the box.
    pre_contrast_threshold : float, optional
        Tissue threshold in scanner units as recorded.
    minimum_neighbours : int, optional
    boxes : tuple of Box
    stated_volumes : tuple of StatedVolume
    sources : dict of str to str
        For each field that is set, where it was read.
    """

    pe_threshold_percent: float | None = None
    background_percent: float | None = None
    pre_contrast_threshold: float | None = None
    minimum_neighbours: int | None = None
    boxes: tuple[Box, ...] = ()
    stated_volumes: tuple[StatedVolume, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DynamicSeries:
    """The frames of one exam.

    Parameters
    ----------
    frames : ndarray of float32, shape (n_phases, nz, ny, nx)
        Scanner units, rescaled as the file says; frame 0 is before contrast.
    geometry : Geometry
    times_s : tuple of float, optional
        Middle of each phase's acquisition, seconds after injection; strictly increasing. None where the order
        of the phases is known and their times are not: slopes are then undefined.
    timing_rule : str
        The rule that gave the times, for example ``"private header"`` or ``"nominal"``.
    phase_rule : str
        The rule that split or joined the series into phases.
    early : int
        Index of the early post-contrast frame.
    late : int, optional
        Index of the late one, ``1 <= early < late < n_phases``; None with one post-contrast frame only: what
        compares early with late is then undefined.
    header : ExamHeader
    injection_assumed : bool
        Whether nothing tells when contrast was injected, so that the times count from the start of phase 1.
    phases_named : bool
        Whether early and late were named by the user or the exam, and not chosen by their times.
    source_hash : str
        SHA-256 over the pixel data and geometry in phase order.

    Raises
    ------
    InputError
        If there are fewer than two frames, the times do not increase, or early and late are out of place.
    """

    frames: FrameStack
    geometry: Geometry
    times_s: tuple[float, ...] | None
    timing_rule: str
    phase_rule: str
    early: int
    late: int | None
    header: ExamHeader = field(default_factory=ExamHeader)
    injection_assumed: bool = False
    phases_named: bool = False
    source_hash: str = ""

    def __post_init__(self) -> None:
        if self.frames.ndim != 4 or self.frames.shape[1:] != self.geometry.shape:
            raise InputError(
                f"frames of shape {self.frames.shape} on a grid of shape {self.geometry.shape}",
                code="dynamic.shape",
            )
        n = self.n_phases
        if n < 2:
            raise InputError(
                f"found {n} phase(s); one before contrast and at least one after are needed",
                code="dynamic.phases",
                hint="name the files of the missing phases in a manifest",
            )
        if self.times_s is not None and (len(self.times_s) != n or not _increase(self.times_s)):
            raise InputError(
                f"phase times must increase, one for each of the {n} phases; found {list(self.times_s)} s",
                code="dynamic.times",
                hint="give the times in a sidecar or manifest, seconds after injection",
            )
        single = n == 2 and self.early == 1 and self.late is None
        if not single and (self.late is None or not 1 <= self.early < self.late < n):
            raise InputError(
                f"expected 1 <= early < late < {n}, found early {self.early} and late {self.late}",
                code="dynamic.early_late",
            )
        view = self.frames.view()
        view.setflags(write=False)
        object.__setattr__(self, "frames", view)

    @property
    def n_phases(self) -> int:
        """Number of frames."""
        return int(self.frames.shape[0])

    @property
    def times_min(self) -> tuple[float, ...] | None:
        """Times in minutes after injection; None where they are not known."""
        return None if self.times_s is None else tuple(t / 60.0 for t in self.times_s)

    @property
    def gaps(self) -> tuple[Issue, ...]:
        """What the series lacks, and what is undefined for it."""
        found = []
        if self.late is None:
            text = "there is one phase after contrast only: SER, the volume by SER and WOS are undefined"
            found.append(Issue("dynamic.one_post", text, level="warning"))
        if self.times_s is None:
            text = "the times of the phases are not known: WIS and WOS are undefined"
            found.append(Issue("dynamic.no_times", text, level="warning"))
        return tuple(found)


def _increase(times: tuple[float, ...]) -> bool:
    return all(b > a for a, b in pairwise(times))
