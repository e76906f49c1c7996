"""NIfTI volumes and masks: axes (slice, row, column) and DICOM patient coordinates on our side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from kinephen.core.files import atomic_path
from kinephen.core.plain import write_json
from kinephen.core.volume import GRID_TOLERANCE, Geometry, Mask, Volume, offset_text
from kinephen.errors import InputError
from kinephen.io.label_values import inside_label
from kinephen.io.nifti_file import NiftiFile, open_nifti
from kinephen.io.nifti_place import FLIP, REVERSE, WHERE
from kinephen.types import BoolVolume, FloatArray


def is_nifti(path: Path) -> bool:
    """Tell whether the name ends like a NIfTI file."""
    return nifti_ending(path) != ""


def nifti_ending(path: Path) -> str:
    """Return the ending by which a file is read, ``".nii.gz"`` or ``".nii"``; empty for other names."""
    name = path.name.lower()
    return next((ending for ending in (".nii.gz", ".nii") if name.endswith(ending)), "")


def nifti_stem(path: Path) -> str:
    """Return the file name without ``.nii`` or ``.nii.gz``."""
    name = path.name[:-3] if path.name.lower().endswith(".gz") else path.name
    return name[:-4] if name.lower().endswith(".nii") else name


def sidecar_path(path: Path) -> Path:
    """Return the JSON file that belongs to a NIfTI file."""
    return path.with_name(nifti_stem(path) + ".json")


def read_volume(path: Path, *, unit: str = "scanner units") -> Volume:
    """Read a 3-D NIfTI file.

    Parameters
    ----------
    path : Path
    unit : str

    Returns
    -------
    Volume
        float32; axes are the file's own in reverse, so that a file of `write_volume` comes back as it was.

    Raises
    ------
    InputError
        ``nifti.unreadable``, ``nifti.dimensions``, ``nifti.place`` (no position in the patient).
    """
    array, geometry = read_nifti_array(path)
    if array.ndim != 3:
        raise InputError(
            f"expected three dimensions, found {array.ndim}", code="nifti.dimensions", where=WHERE
        )
    return Volume(array, geometry, unit)


def read_nifti_array(path: Path) -> tuple[np.ndarray[Any, np.dtype[np.float32]], Geometry]:
    """Return the values of a 3-D or 4-D file, shape ([n,] nz, ny, nx), and their grid."""
    file = open_nifti(path)
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # beyond float32: infinite, and said where frames are read
        values = file.rescale.applied(file.stored()).astype(np.float32)
    return np.ascontiguousarray(values), file.geometry


def read_nifti_grid(path: Path) -> tuple[int, Geometry]:
    """Return the number of volumes of a 3-D or 4-D file and their grid, without reading the values."""
    file = open_nifti(path)
    return file.volumes, file.geometry


def read_nifti_mask(path: Path, geometry: Geometry, *, label: int | None = None) -> Mask:
    """Read a mask that some tool saved in any axis order, and bring it onto `geometry`.

    Parameters
    ----------
    path : Path
    geometry : Geometry
        The exam's grid; the file's voxels must be its voxels (`kinephen.core.volume.GRID_TOLERANCE`),
        permuted or mirrored.
    label : int, optional
        Value that is inside; needed only if the file holds several.

    Returns
    -------
    Mask
        May be empty.

    Raises
    ------
    InputError
        ``mask.values`` as `kinephen.io.label_values.inside_label`, ``geometry.mismatch``.
    """
    file = open_nifti(path)
    if file.volumes > 1:
        raise InputError("a mask must have three dimensions", code="nifti.dimensions", where=WHERE)
    values = file.rescale.applied(file.stored())
    inside = inside_label(values, label)
    return Mask(_placed(inside, file, geometry), geometry, source="NIfTI file")


def _placed(inside: BoolVolume, file: NiftiFile, geometry: Geometry) -> BoolVolume:
    try:
        return align(inside, file.geometry, geometry)
    except InputError as error:
        if any(issue.code == "nifti.place" for issue in file.issues):
            raise InputError(
                "the mask does not say where it lies in the patient (qform and sform codes are 0)",
                code="nifti.place",
                where=WHERE,
                hint="export it again with its orientation",
            ) from error
        raise


@dataclass(frozen=True)
class _Turn:
    """How the axes of one grid run along another: which axis, and whether backwards; or why they do not."""

    axes: tuple[int, ...] = ()
    flips: tuple[int, ...] = ()
    difference: str = ""


def same_voxels(own: Geometry, wanted: Geometry) -> bool:
    """Tell whether two grids are the same voxels, stored in whatever order."""
    return not _turn(own, wanted).difference


def align(array: np.ndarray[Any, Any], own: Geometry, wanted: Geometry) -> np.ndarray[Any, Any]:
    """Permute and mirror axes so that an array on `own` lies on `wanted`.

    Raises ``InputError`` (``geometry.mismatch``) if the two grids are not the same voxels.
    """
    turn = _turn(own, wanted)
    if turn.difference:
        raise InputError(
            f"mask and exam lie on different grids: {turn.difference}",
            code="geometry.mismatch",
            where="mask file",
            hint="give the mask of this exam, or resample it onto the exam's grid with nearest neighbour",
        )
    return np.ascontiguousarray(np.flip(array.transpose(turn.axes), turn.flips))


def _turn(own: Geometry, wanted: Geometry) -> _Turn:
    to_own = np.linalg.solve(own.affine, wanted.affine)
    turn = np.rint(to_own[:3, :3])
    axes = np.abs(turn).argmax(axis=0)
    reach = np.maximum(np.asarray(wanted.shape) - 1, 1)
    drift = float((np.abs(to_own[:3, :3] - turn) * reach).max())
    if sorted(axes) != [0, 1, 2] or np.abs(turn).sum() != 3 or drift > GRID_TOLERANCE:
        return _Turn(difference=own.difference(wanted) or "direction of the axes")
    shape = tuple(own.shape[a] for a in axes)
    if shape != wanted.shape:
        return _Turn(difference=f"shape {shape} against {wanted.shape} (slices, rows, columns)")
    start = to_own[:3, 3]
    expected = [own.shape[a] - 1 if turn[a, w] < 0 else 0 for w, a in enumerate(axes)]
    off = np.array([e - start[a] for a, e in zip(axes, expected, strict=True)]) * turn[axes, range(3)]
    if np.abs(off).max() > GRID_TOLERANCE:
        return _Turn(difference=f"origin, by {offset_text(off, wanted.spacing)}")
    flips = tuple(w for w, a in enumerate(axes) if turn[a, w] < 0)
    return _Turn(tuple(int(a) for a in axes), flips)


def write_volume(path: Path, volume: Volume, *, sidecar: Mapping[str, object] | None = None) -> None:
    """Write an image as float32 NIfTI, qform = sform, whole or not at all.

    Parameters
    ----------
    path : Path
        Ends in ``.nii`` or ``.nii.gz``.
    volume : Volume
    sidecar : mapping, optional
        Written as JSON beside it, with the unit.
    """
    _write(path, np.asarray(volume.array, dtype=np.float32), volume.geometry)
    write_json(sidecar_path(path), {"unit": volume.unit, **(sidecar or {})})


def write_mask(path: Path, mask: Mask, *, sidecar: Mapping[str, object] | None = None) -> None:
    """Write a mask as uint8 NIfTI of 0 and 1, qform = sform, whole or not at all.

    Parameters
    ----------
    path : Path
        Ends in ``.nii`` or ``.nii.gz``.
    mask : Mask
    sidecar : mapping, optional
        Written as JSON beside it, with the source, voxel count and volume.
    """
    _write(path, mask.array.astype(np.uint8), mask.geometry)
    facts = {"source": mask.source, "voxels": mask.voxels, "volume_cc": mask.volume_cc}
    write_json(sidecar_path(path), {**facts, **(sidecar or {})})


def nifti_affine(geometry: Geometry) -> FloatArray:
    """Return the NIfTI affine (column, row, slice to right-front-head) of a grid."""
    affine: FloatArray = FLIP @ geometry.affine @ REVERSE
    return affine


def _write(path: Path, array: np.ndarray[Any, Any], geometry: Geometry) -> None:
    if not is_nifti(path):
        raise InputError("the name must end in .nii or .nii.gz", code="nifti.name", where=path.name)
    affine = nifti_affine(geometry)
    image = nibabel.Nifti1Image(np.ascontiguousarray(array.transpose(2, 1, 0)), affine)
    image.set_sform(affine, code=1)
    image.set_qform(affine, code=1, strip_shears=True)
    image.header.set_xyzt_units("mm", "sec")
    with atomic_path(path) as temporary:
        nibabel.save(image, temporary)
