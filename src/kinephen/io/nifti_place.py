"""Where the voxels of a NIfTI file lie: its two forms, voxel sizes and units, read as ITK reads them.

ITK takes the sform if its code is 1 (scanner) or there is no qform, and if it holds no shear; else the qform.
Either way the voxel sizes are those of ``pixdim``. A sheared sform without a qform, which ITK refuses, is
taken as it stands.

References
----------
NIfTI-1 standard, fields ``qform_code``, ``sform_code``, ``pixdim``, ``xyzt_units``. ITK 5.4,
``itkNiftiImageIO.cxx``; compared in ``tests/oracle``.
"""

from __future__ import annotations

from dataclasses import dataclass

import nibabel
import numpy as np

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.types import FloatArray

WHERE = "NIfTI file"
"""File names may hold a patient's name, so errors do not repeat them."""
FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])
"""NIfTI counts x to the right and y to the front, DICOM to the left and to the back."""
REVERSE = np.eye(4)[[2, 1, 0, 3]]
UNITS_MM = {1: 1000.0, 2: 1.0, 3: 0.001}
"""Code of ``xyzt_units`` (metre, millimetre, micrometre) to millimetres."""
SCANNER = 1
SHEAR = 1e-4
"""Largest cosine between two axes that are taken as square; ITK's own tolerance."""
SIZE = 1e-3
"""Difference of a voxel size between ``pixdim`` and the sform, as a share, from which on it is said."""
APART = 0.1
"""Difference of the two forms that is said, in voxels: single precision stays below."""


@dataclass(frozen=True)
class Place:
    """Affine of array axes (slice, row, column) in DICOM patient coordinates, mm; what was noticed."""

    affine: FloatArray
    issues: tuple[Issue, ...] = ()


def nifti_place(header: nibabel.Nifti1Header, shape: tuple[int, ...]) -> Place:
    """Return where a file's voxels lie.

    Parameters
    ----------
    header : Nifti1Header
        Or of NIfTI-2.
    shape : tuple of int
        ``(nx, ny, nz)``.

    Raises
    ------
    InputError
        ``nifti.place`` if the form that counts is no invertible matrix of finite numbers.
    """
    with np.errstate(all="ignore"):  # headers may hold any bits; what is not finite is told apart below
        sizes, size_issues = _sizes(header)
        sform = _finite(np.asarray(header.get_sform(), float)) if _code(header, "sform_code") else None
        qform = _qform(header, sizes) if _code(header, "qform_code") else None
        chosen, issues = _choose(header, sform, qform, sizes, shape)
        scale, unit_issues = _unit(header)
        affine = np.diag([scale, scale, scale, 1.0]) @ chosen
    return Place(FLIP @ affine @ REVERSE, (*size_issues, *issues, *unit_issues))


def _choose(
    header: nibabel.Nifti1Header,
    sform: FloatArray | None,
    qform: FloatArray | None,
    sizes: FloatArray,
    shape: tuple[int, ...],
) -> tuple[FloatArray, tuple[Issue, ...]]:
    if sform is None and qform is None:
        if _code(header, "sform_code") or _code(header, "qform_code"):
            raise InputError("its place is no invertible matrix of numbers", code="nifti.place", where=WHERE)
        text = "the file does not say where it lies in the patient; voxel sizes alone are used"
        return FLIP @ np.diag([*sizes, 1.0]), (Issue("nifti.place", text, "geometry", level="warning"),)
    if sform is None or qform is None:
        only = qform if sform is None else sform
        assert only is not None
        return _sized(only, sizes)
    if _code(header, "sform_code") == SCANNER and not _sheared(sform):
        name, other = "sform", qform
        taken, issues = _sized(sform, sizes)
    else:
        name, other, taken, issues = "qform", sform, qform, ()
    apart = _apart(taken, other, shape)
    if apart > APART:
        text = f"qform and sform place a corner {apart:.1f} voxels apart; {name} counts, as in ITK"
        issues = (Issue("nifti.forms_differ", text, "geometry", level="warning"), *issues)
    return taken, issues


def _sized(form: FloatArray, sizes: FloatArray) -> tuple[FloatArray, tuple[Issue, ...]]:
    """Return a form with the voxel sizes of the header, and a note where its own were others."""
    if _sheared(form):
        text = "the axes of the file are not square to each other (sheared)"
        return form, (Issue("nifti.sheared", text, "geometry", level="warning"),)
    own = np.linalg.norm(form[:3, :3], axis=0)
    if np.abs(own / sizes - 1.0).max() <= SIZE:
        return form, ()
    taken = np.array(form)
    taken[:3, :3] *= sizes / own
    stated, found = (" x ".join(f"{v:.4g}" for v in values) for values in (sizes, own))
    text = f"voxel sizes {stated} (pixdim) against {found} (sform); pixdim counts, as in ITK"
    return taken, (Issue("nifti.voxel_size", text, "geometry", level="warning"),)


def _sizes(header: nibabel.Nifti1Header) -> tuple[FloatArray, tuple[Issue, ...]]:
    """Return the voxel sizes of the header; where they are missing those of the sform, else 1."""
    sizes = np.abs(np.asarray(header["pixdim"][1:4], dtype=np.float64))
    missing = ~(np.isfinite(sizes) & (sizes > 0))
    if not missing.any():
        return sizes, ()
    own = np.linalg.norm(np.asarray(header.get_sform(), float)[:3, :3], axis=0)
    if _code(header, "sform_code") and np.isfinite(own).all() and own.min() > 0:
        text, filled = "voxel sizes are missing in the header; those of the sform are used", own
    else:
        text, filled = "voxel sizes are missing in the header; 1 is used", np.ones(3)
    return np.where(missing, filled, sizes), (Issue("nifti.voxel_size", text, "geometry", level="warning"),)


def _qform(header: nibabel.Nifti1Header, sizes: FloatArray) -> FloatArray | None:
    """Return the rotation of the quaternion with `sizes`; None if it is not one of finite numbers."""
    b, c, d = (float(header[f"quatern_{axis}"]) for axis in "bcd")
    start = np.array([float(header[f"qoffset_{axis}"]) for axis in "xyz"])
    squared = b * b + c * c + d * d
    if not np.isfinite([b, c, d, squared, *start]).all():
        return None
    if squared > 1.0 - 1e-7:  # a half turn; single precision may pass 1
        b, c, d = (v / np.sqrt(squared) for v in (b, c, d))
        a = 0.0
    else:
        a = float(np.sqrt(1.0 - squared))
    turn = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - c * c - b * b],
        ]
    )
    affine = np.eye(4)
    affine[:3, :3] = turn * (sizes * [1.0, 1.0, -1.0 if float(header["pixdim"][0]) < 0 else 1.0])
    affine[:3, 3] = start
    return affine


def _finite(form: FloatArray) -> FloatArray | None:
    sizes = np.linalg.norm(form[:3, :3], axis=0) if np.isfinite(form).all() else np.zeros(3)
    if not (np.isfinite(sizes).all() and sizes.min() > 0):
        return None
    return form if abs(np.linalg.det(form[:3, :3] / sizes)) > 1e-6 else None


def _sheared(form: FloatArray) -> bool:
    unit = form[:3, :3] / np.linalg.norm(form[:3, :3], axis=0)
    return bool(np.abs(unit.T @ unit - np.eye(3)).max() > SHEAR)


def _apart(first: FloatArray, second: FloatArray, shape: tuple[int, ...]) -> float:
    """Return the largest distance of a corner in two forms, in voxels of the first."""
    ends = [max(n - 1, 1) for n in shape]
    corners = np.array([[i, j, k, 1] for i in (0, ends[0]) for j in (0, ends[1]) for k in (0, ends[2])])
    moved = np.linalg.solve(first, second @ corners.T) - corners.T
    return float(np.abs(moved[:3]).max())


def _unit(header: nibabel.Nifti1Header) -> tuple[float, tuple[Issue, ...]]:
    code = int(header["xyzt_units"]) & 7
    if code == 0:
        text = "the unit of length is not stated; millimetres are assumed"
        return 1.0, (Issue("nifti.unit", text, "geometry"),)
    if code not in UNITS_MM:
        text = f"the unit of length has the unknown code {code}; millimetres are assumed"
        return 1.0, (Issue("nifti.unit", text, "geometry", level="warning"),)
    if code == 2:
        return 1.0, ()
    name = "metres" if code == 1 else "micrometres"
    return UNITS_MM[code], (Issue("nifti.unit", f"lengths in {name} were converted to mm", "geometry"),)


def _code(header: nibabel.Nifti1Header, name: str) -> int:
    return max(int(header[name]), 0)
