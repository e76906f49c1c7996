"""NIfTI volumes and masks: axes (slice, row, column) and DICOM patient coordinates on our side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from kinephen.core.files import atomic_path
from kinephen.core.machine import raise_machine_fault
from kinephen.core.plain import write_json
from kinephen.core.volume import POSITION_TOLERANCE_MM, Geometry, Mask, Volume
from kinephen.errors import InputError
from kinephen.io.dicom_pixels import require_readable_size
from kinephen.io.sources import opened
from kinephen.types import FloatArray

_FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])
"""NIfTI counts x to the right and y to the front, DICOM to the left and to the back."""
_REVERSE = np.eye(4)[[2, 1, 0, 3]]

MAX_SHRINK = 1032
"""Deflate packs no content tighter than this, not even zeros."""
WHERE = "NIfTI file"
"""File names may hold a patient's name, so errors do not repeat them."""


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
    image, shape, geometry = _open(path)
    try:
        values = np.asarray(image.dataobj, dtype=np.float32).reshape(shape)
    except Exception as error:
        raise_machine_fault(error)
        raise InputError("its data end early or are damaged", code="nifti.unreadable", where=WHERE) from error
    return np.ascontiguousarray(values.transpose(range(values.ndim - 1, -1, -1))), geometry


def read_nifti_grid(path: Path) -> tuple[int, Geometry]:
    """Return the number of volumes of a 3-D or 4-D file and their grid, without reading the values."""
    _, shape, geometry = _open(path)
    return (shape[3] if len(shape) == 4 else 1), geometry


def forms_differ_mm(path: Path) -> float:
    """Return how far qform and sform place a corner of the file apart, mm; 0 if only one of them counts."""
    image, shape, _ = _open(path)
    if min(int(image.header["qform_code"]), int(image.header["sform_code"])) == 0:
        return 0.0
    corners = np.array([[i, j, k, 1] for i in (0, shape[0]) for j in (0, shape[1]) for k in (0, shape[2])])
    apart = corners @ (np.asarray(image.get_qform()) - np.asarray(image.get_sform())).T
    return float(np.linalg.norm(apart[:, :3], axis=1).max())


def _open(path: Path) -> tuple[Any, tuple[int, ...], Geometry]:
    """Return the file with its values unread, its shape (nx, ny, nz[, n]) and its grid."""
    opened(path)
    if not path.is_file():
        raise InputError("no such file", code="path.missing", where=WHERE)
    try:
        image: Any = nibabel.load(path)
        shape = tuple(int(n) for n in image.shape)
    except Exception as error:  # nibabel raises many kinds on damaged files
        raise_machine_fault(error)
        raise InputError("not a readable NIfTI file", code="nifti.unreadable", where=WHERE) from error
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) not in (3, 4) or min(shape) < 1:
        raise InputError(
            f"expected three dimensions or four, found shape {shape}", code="nifti.dimensions", where=WHERE
        )
    _require_held(path, image, math.prod(shape))
    if int(image.header["qform_code"]) == 0 and int(image.header["sform_code"]) == 0:
        raise InputError(
            "the file does not say where it lies in the patient (qform and sform codes are 0)",
            code="nifti.place",
            where=WHERE,
            hint="export it again with its orientation",
        )
    affine = _FLIP @ np.asarray(image.affine, dtype=np.float64) @ _REVERSE
    return image, shape, Geometry((shape[2], shape[1], shape[0]), affine)


def _require_held(path: Path, image: Any, voxels: int) -> None:
    """Refuse headers that announce more than is read or than the file can hold, before memory is taken."""
    require_readable_size(voxels)
    if image.header.get_data_dtype().kind not in "uifb":
        raise InputError("its voxels are no real numbers", code="nifti.values", where=WHERE)
    size = path.stat().st_size
    packed = path.name.lower().endswith(".gz")
    room = size * MAX_SHRINK if packed else size - int(image.dataobj.offset)
    needed = voxels * int(image.header.get_data_dtype().itemsize)
    if needed > room:
        raise InputError(
            f"the header announces {needed:,} bytes of voxels; a file of this size holds at most {room:,}",
            code="nifti.truncated",
            where=WHERE,
            hint="a broken or hostile header, or a copy that was cut off: get the file again",
        )


def read_nifti_mask(path: Path, geometry: Geometry, *, label: int | None = None) -> Mask:
    """Read a mask that some tool saved in any axis order, and bring it onto `geometry`.

    Parameters
    ----------
    path : Path
    geometry : Geometry
        The exam's grid; the file's voxels must be its voxels (0.01 mm), permuted or mirrored.
    label : int, optional
        Value that is inside; needed only if the file holds several.

    Returns
    -------
    Mask
        May be empty.

    Raises
    ------
    InputError
        ``mask.values`` for fractions or several labels, ``geometry.mismatch``.
    """
    volume = read_volume(path)
    found = np.unique(volume.array)
    labels = found[found != 0]
    if not np.isfinite(found).all() or (labels != np.rint(labels)).any() or (labels < 0).any():
        raise InputError("a mask must hold whole numbers from 0 on", code="mask.values", where=WHERE)
    if label is None and labels.size > 1:
        named = ", ".join(str(int(v)) for v in labels[:8])
        raise InputError(
            f"the mask holds several labels ({named})",
            code="mask.values",
            where=WHERE,
            hint="name the label that is the region",
        )
    inside = volume.array != 0 if label is None else volume.array == label
    return Mask(align(inside, volume.geometry, geometry), geometry, source="NIfTI file")


def align(array: np.ndarray[Any, Any], own: Geometry, wanted: Geometry) -> np.ndarray[Any, Any]:
    """Permute and mirror axes so that an array on `own` lies on `wanted`.

    Raises ``InputError`` (``geometry.mismatch``) if the two grids are not the same voxels.
    """
    to_own = np.linalg.solve(own.affine, wanted.affine)
    turn = np.rint(to_own[:3, :3])
    axes = np.abs(turn).argmax(axis=0)
    difference = ""
    if sorted(axes) != [0, 1, 2] or np.abs(turn).sum() != 3 or np.abs(to_own[:3, :3] - turn).max() > 1e-3:
        difference = own.difference(wanted) or "direction of the axes"
    elif tuple(own.shape[a] for a in axes) != wanted.shape:
        difference = (
            f"shape {tuple(own.shape[a] for a in axes)} against {wanted.shape} (slices, rows, columns)"
        )
    else:
        start = to_own[:3, 3]
        expected = [own.shape[a] - 1 if turn[a, w] < 0 else 0 for w, a in enumerate(axes)]
        off = np.abs([(start[a] - e) * own.spacing[a] for a, e in zip(axes, expected, strict=True)])
        if off.max() > 2 * POSITION_TOLERANCE_MM:
            difference = f"origin, by {off.max():.3f} mm"
    if difference:
        raise InputError(
            f"mask and exam lie on different grids: {difference}",
            code="geometry.mismatch",
            where="mask file",
            hint="give the mask of this exam, or resample it onto the exam's grid with nearest neighbour",
        )
    mirrored = array.transpose(axes)
    flips = tuple(w for w, a in enumerate(axes) if turn[a, w] < 0)
    return np.ascontiguousarray(np.flip(mirrored, flips))


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
    affine: FloatArray = _FLIP @ geometry.affine @ _REVERSE
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
