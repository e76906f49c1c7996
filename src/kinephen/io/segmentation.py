"""Masks from DICOM segmentations and NIfTI files, placed on an exam's grid by position in the patient."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from kinephen.core.cohort import Issue
from kinephen.core.counted import counted
from kinephen.core.volume import Geometry, Mask
from kinephen.errors import InputError
from kinephen.io.array_volume import OTHERS
from kinephen.io.label_values import inside_label
from kinephen.io.label_volume import read_label_volume
from kinephen.io.nifti import is_nifti, read_nifti_mask
from kinephen.io.nifti_file import is_pair
from kinephen.io.seg_frames import read_segment, stated_frame

SEG_SOURCE = "DICOM segmentation"
_NAMES = {
    "voi_pe": "VOI PE Segmentation",
    "voi_tissue": "VOI Breast Tissue Segmentation",
    "pe": "PE Segmentation",
    "tissue": "Breast Tissue Segmentation",
}


@dataclass(frozen=True)
class FoundSegmentation:
    """A segmentation object of an exam.

    Parameters
    ----------
    path : Path
    kind : str
        ``"voi_pe"``, ``"voi_tissue"``, ``"pe"``, ``"tissue"`` for the objects of the public archive,
        ``"lesion"`` for a BIDS-like mask of that label, else ``"other"``.
    content_label, description : str
        As in the file; may hold anything, so they are never put into a message.
    refers_to_series : bool or None
        Whether its source images belong to the dynamic series; None if it names none.
    same_frame_of_reference : bool or None
        Whether its positions are told in the exam's coordinate system; None if one of both states none.
    """

    path: Path
    kind: str
    content_label: str
    description: str
    refers_to_series: bool | None
    same_frame_of_reference: bool | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        return _NAMES.get(self.kind, "segmentation")

    @property
    def of_exam(self) -> bool:
        """False if the object says itself that it belongs to other images."""
        return self.refers_to_series is not False and self.same_frame_of_reference is not False


def segmentation_kind(description: str) -> str:
    """Return what a segmentation of the public archive holds, from its series description."""
    text = " ".join(description.lower().split())
    inside = "voi_" if text.startswith("voi ") else ""
    if "breast tissue segmentation" in text:
        return inside + "tissue"
    return inside + "pe" if "pe segmentation" in text else "other"


def read_mask(path: Path, geometry: Geometry, *, segment: int | None = None) -> Mask:
    """Read a mask and place it on a grid.

    Parameters
    ----------
    path : Path
        A DICOM segmentation (BINARY or FRACTIONAL), or a file in NIfTI, NRRD or MetaImage with values 0 and
        one other.
    geometry : Geometry
        Grid of the exam. The file's frames may be fewer, in another order, or cut out of it, but each voxel
        must coincide with a voxel of the grid (`kinephen.core.volume.GRID_TOLERANCE`).
    segment : int, optional
        SegmentNumber, or the label in a file of another format; needed only if there are several.

    Returns
    -------
    Mask
        Possibly empty. FRACTIONAL values count as inside from half of the maximum on (the public archive
        writes only 0 and the maximum).

    Raises
    ------
    InputError
        ``mask.format``, ``mask.segments``, ``mask.rgb``, ``geometry.mismatch`` (naming the difference), or
        ``mask.values``.
    """
    if not path.is_file():
        raise InputError("no such file", code="path.missing", where="mask file")
    if is_nifti(path) or is_pair(path):
        return read_nifti_mask(path, geometry, label=segment)
    if path.suffix.lower() in OTHERS:
        volume = read_label_volume(path, geometry)
        return Mask(inside_label(volume.array, segment), geometry, source="label map")
    return Mask(read_segment(path, geometry, segment, by_index=False).array, geometry, source=SEG_SOURCE)


def mask_issues(path: Path, frames_of_reference: Collection[str]) -> tuple[Issue, ...]:
    """Return a warning if a reader's DICOM segmentation is told in another frame of reference than an exam.

    Parameters
    ----------
    path : Path
        A mask that `read_mask` read.
    frames_of_reference : collection of str
        Of the exam's images.
    """
    stated = stated_frame(path)
    if not stated or not frames_of_reference or stated in frames_of_reference:
        return ()
    text = "the mask is told in another frame of reference than the exam's images: it may be of another exam"
    return (Issue("mask.other_frame", text, "mask file", level="warning"),)


def read_archive_mask(found: FoundSegmentation, geometry: Geometry) -> tuple[Mask, tuple[Issue, ...]]:
    """Read a segmentation that came with an exam, for a comparison or for its region.

    Parameters
    ----------
    found : FoundSegmentation
    geometry : Geometry

    Returns
    -------
    mask : Mask
    issues : tuple of Issue
        A note if the object lies exactly half a voxel off and was matched by index.

    Raises
    ------
    InputError
        As `read_mask`; ``seg.other_images`` if the object names other images or another frame of reference.
    """
    if not found.of_exam:
        what = "source images" if found.refers_to_series is False else "frame of reference"
        raise InputError(f"its {what} are none of this exam's", code="seg.other_images", where="segmentation")
    if is_nifti(found.path):
        return read_mask(found.path, geometry), ()
    placed = read_segment(found.path, geometry, None, by_index=True)
    issues: tuple[Issue, ...] = ()
    if placed.half_voxel:
        text = f"lies half a voxel off, {placed.half_voxel}, and was matched by index"
        issues = (Issue("seg.half_voxel", f"{found.name}: it {text}", "segmentations"),)
    return Mask(placed.array, geometry, source=SEG_SOURCE), issues


def refers_elsewhere(segmentations: tuple[FoundSegmentation, ...]) -> tuple[Issue, ...]:
    """Return a warning if segmentations name source images, or a frame of reference, of other images."""
    series = sum(s.refers_to_series is False for s in segmentations)
    frames = sum(s.same_frame_of_reference is False for s in segmentations)
    notes = (
        ("seg.other_series", series, "made from images of another series than the dynamic one"),
        ("seg.other_frame", frames, "in another frame of reference than the exam's images"),
    )
    return tuple(
        Issue(code, f"{counted(n, 'segmentation')} {text}: not used", "segmentations", n, level="warning")
        for code, n, text in notes
        if n
    )
