"""The frames of a dynamic exam from NIfTI files: one 4-D file, or one volume of a file for each phase."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.volume import Geometry, require_same_grid
from kinephen.errors import InputError
from kinephen.io.dicom_pixels import require_readable_size
from kinephen.io.nifti import align, same_voxels
from kinephen.io.nifti_file import NiftiFile, open_nifti
from kinephen.io.nifti_place import WHERE
from kinephen.io.sources import opened
from kinephen.types import FrameStack

EXACT = 2.0**24
"""Whole numbers beyond this are rounded in single precision."""


@dataclass(frozen=True)
class Part:
    """A file, and which volume of it (from 1) if it holds several."""

    path: Path
    part: int | None = None


@dataclass(frozen=True)
class Frames:
    """Frames of shape (n, nz, ny, nx), float32 and finite, their grid, and what was noticed."""

    values: FrameStack
    geometry: Geometry
    issues: tuple[Issue, ...] = ()


def read_parts(parts: Sequence[Part], *, whole: bool = False) -> Frames:
    """Read the frames of one 4-D file (`whole`), or one volume of each part.

    Values that are not finite become 0, with a warning: registration and masking leave them outside.

    Raises
    ------
    InputError
        ``nifti.*``, ``manifest.files``, ``geometry.mismatch`` between phases, ``dicom.too_large``.
    """
    for number, part in enumerate(parts):
        opened(part.path, "phases" if whole else f"phase {number}")
    files = [open_nifti(part.path) for part in parts]
    if whole and files[0].volumes == 1:
        raise InputError(
            "one volume is no dynamic exam; expected a 4-D file or one file a phase",
            code="nifti.layout",
            where=WHERE,
            hint="give the folder of all phases, or name the file of each in a manifest",
        )
    geometry = files[0].geometry
    for i, file in enumerate(files):
        if not same_voxels(file.geometry, geometry):
            require_same_grid(geometry, file.geometry, what=f"phases 0 and {i}")
    count = files[0].volumes if whole else len(files)
    require_readable_size(count * math.prod(geometry.shape))
    frames = np.empty((count, *geometry.shape), dtype=np.float32)
    rounded = False
    for i, (file, part) in enumerate(zip(files, parts, strict=True)):
        target = frames if whole else frames[i : i + 1]
        rounded |= _fill(target, file, None if whole else part.part, i, geometry)
    found = tuple(dict.fromkeys(issue for file in files for issue in file.issues))
    return Frames(frames, geometry, (*found, *_checked(frames, rounded)))


def _fill(target: FrameStack, file: NiftiFile, part: int | None, number: int, geometry: Geometry) -> bool:
    """Write the values of a file onto `geometry`; return whether single precision rounds some."""
    values = file.rescale.applied(file.stored())
    volumes = values[None] if values.ndim == 3 else values
    if len(target) < len(volumes) or part is not None:
        if part is None or not 1 <= part <= len(volumes):
            raise InputError(
                f"phase {number + 1}: its file holds {len(volumes)} volume(s); part {part} is asked for",
                code="manifest.files",
                where="manifest",
                hint="part counts volumes from 1",
            )
        volumes = volumes[part - 1 : part]
    with np.errstate(over="ignore", invalid="ignore"):  # beyond single precision: infinite, and said
        for place, volume in zip(target, volumes, strict=True):
            place[:] = volume if file.geometry is geometry else align(volume, file.geometry, geometry)
    whole_numbers = volumes.dtype.kind in "ui" and volumes.dtype.itemsize > 2
    return whole_numbers and max(abs(int(volumes.min())), abs(int(volumes.max()))) > EXACT


def _checked(frames: FrameStack, rounded: bool) -> list[Issue]:
    issues = []
    wrong = 0
    for frame in frames:
        outside = ~np.isfinite(frame)
        wrong += int(outside.sum())
        frame[outside] = 0.0
    if wrong:
        text = "values of the phases that are no finite numbers were set to 0"
        issues.append(Issue("nifti.not_finite", text, "values", wrong, level="warning"))
    if rounded:
        text = "whole numbers beyond 16,777,216 were rounded to single precision"
        issues.append(Issue("nifti.rounded", text, "values", level="warning"))
    return issues
