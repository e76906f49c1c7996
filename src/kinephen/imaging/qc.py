"""Numbers that tell a reader whether an exam and its lesion can be trusted."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.imaging.ftv import FtvResult
from kinephen.imaging.lesion import PrimaryLesion, touches_border, voxels_on_faces
from kinephen.types import BoolVolume, FrameStack

FEW_LEVELS = 64
"""Fewer distinct signals than this make a comb of the histogram."""


@dataclass(frozen=True)
class QualityRecord:
    """Quality of one exam.

    Parameters
    ----------
    tissue_threshold : float
        Scanner units.
    tissue_source : str
    voxels_after_step : dict of str to int
    components : int
    largest_share : float
        Share of the FTV in the largest component; NaN for an empty FTV.
    lesion_on_faces : int
        Voxels of the lesion on the faces of the box.
    box_touches_border : bool
    lesion_curve, tissue_curve : tuple of float
        Median signal of each frame in the lesion and in the tissue of the box; NaN where empty.
    signal_levels : int
        Distinct values of the pre-contrast frame in the box.
    issues : tuple of Issue
    """

    tissue_threshold: float
    tissue_source: str
    voxels_after_step: dict[str, int]
    components: int
    largest_share: float
    lesion_on_faces: int
    box_touches_border: bool
    lesion_curve: tuple[float, ...]
    tissue_curve: tuple[float, ...]
    signal_levels: int
    issues: tuple[Issue, ...]

    def to_dict(self) -> dict[str, object]:
        """Return plain fields."""
        record = asdict(self)
        record["issues"] = [issue.to_dict() for issue in self.issues]
        return record


def quality_record(
    frames: FrameStack, *, voi: BoolVolume, ftv: FtvResult, lesion: PrimaryLesion
) -> QualityRecord:
    """Gather the quality numbers of one exam.

    Parameters
    ----------
    frames : ndarray, shape (n_phases, nz, ny, nx)
        As they went into the functional tumour volume.
    voi : ndarray of bool, shape (nz, ny, nx)
    ftv : FtvResult
    lesion : PrimaryLesion
    """
    tissue = voi & (frames[0] >= ftv.tissue_threshold)
    levels = int(np.unique(frames[0][voi]).size)
    lesion_curve, tissue_curve = _curve(frames, lesion.mask), _curve(frames, tissue)
    return QualityRecord(
        tissue_threshold=ftv.tissue_threshold,
        tissue_source=ftv.tissue_source,
        voxels_after_step=ftv.voxels,
        components=lesion.components,
        largest_share=lesion.share,
        lesion_on_faces=voxels_on_faces(lesion.mask, voi),
        box_touches_border=touches_border(voi),
        lesion_curve=lesion_curve,
        tissue_curve=tissue_curve,
        signal_levels=levels,
        issues=tuple(_issues(tissue_curve, levels)),
    )


def _curve(frames: FrameStack, mask: BoolVolume) -> tuple[float, ...]:
    if not mask.any():
        return tuple(float("nan") for _ in frames)
    return tuple(float(np.median(frame[mask])) for frame in frames)


def _issues(curve: tuple[float, ...], levels: int) -> list[Issue]:
    found = []
    if max(curve[1:]) < curve[0]:
        text = "the tissue of the box is darker in every later frame than before contrast: check the phases"
        found.append(Issue("qc.no_enhancement", text, level="warning"))
    if levels < FEW_LEVELS:
        text = f"the pre-contrast frame has only {levels} distinct signals in the box"
        found.append(Issue("qc.few_levels", text, count=levels))
    return found
