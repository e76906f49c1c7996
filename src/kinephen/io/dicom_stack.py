"""Slices of one phase as a stack on a regular grid: order, spacing, place in the patient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinephen.core.volume import DIRECTION_TOLERANCE, POSITION_TOLERANCE_MM, Geometry
from kinephen.errors import InputError
from kinephen.io.dicom_headers import Header
from kinephen.types import FloatArray

SPACING_TOLERANCE_MM = 1e-3


def plane_key(header: Header) -> tuple[object, ...]:
    """Return what all slices of one grid share, rounded for grouping: matrix, pixel spacing, orientation."""
    if header.pixels is None or header.orientation is None or header.spacing is None:
        return ()
    return (
        header.pixels.rows,
        header.pixels.columns,
        tuple(round(v, 3) for v in header.spacing),
        # Adding zero turns -0.0 into 0.0.
        tuple(round(v, 3) + 0.0 for v in header.orientation),
    )


def slice_normal(header: Header) -> FloatArray:
    """Return the unit vector across the slice, rows x columns direction, shape (3,)."""
    along_row, along_column = _directions(header)
    normal: FloatArray = np.cross(along_row, along_column)
    return normal


def slice_offsets(headers: Sequence[Header]) -> FloatArray:
    """Return each slice's signed distance from the origin along the first slice's normal, mm, shape (n,)."""
    normal = slice_normal(headers[0])
    offsets: FloatArray = np.array([h.position for h in headers], dtype=np.float64) @ normal
    return offsets


def cluster_offsets(offsets: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """Group offsets that are one position within 0.01 mm.

    Returns
    -------
    positions : ndarray, shape (n_positions,)
        Ascending, mm.
    labels : ndarray of int, shape (n,)
        Index of the position of each offset.
    """
    order = np.argsort(offsets, kind="stable")
    new = np.diff(offsets[order], prepend=-np.inf) > POSITION_TOLERANCE_MM
    labels = np.empty(len(offsets), dtype=np.int64)
    labels[order] = np.cumsum(new) - 1
    return offsets[order][new], labels


def numbered_backwards(ascending: Sequence[Header]) -> bool:
    """Tell whether the scanner numbered these slices against their order along the normal.

    Arrays keep the scanner's direction, because voxel boxes of the UCSF private header count slices in it.
    Without instance numbers the normal decides.
    """
    numbers = [h.instance_number for h in ascending]
    if len(numbers) < 2 or any(n is None for n in numbers):
        return False
    values = np.array([n or 0 for n in numbers], dtype=np.float64)
    places = np.arange(len(numbers)) - (len(numbers) - 1) / 2
    return float(places @ values) < 0.0


def stack_geometry(stack: Sequence[Header], *, where: str) -> Geometry:
    """Return the grid of one phase.

    Parameters
    ----------
    stack : sequence of Header
        The slices in array order.
    where : str
        Named in errors.

    Returns
    -------
    Geometry
        Shape (n_slices, rows, columns), DICOM patient coordinates.

    Raises
    ------
    InputError
        ``dicom.geometry`` if slices differ in matrix, spacing or orientation, are shifted against each other,
        or if fewer than two slices are there; ``dicom.slice_gap`` if their distances are unequal by more than
        0.01 mm.
    """
    first = stack[0]
    if len(stack) < 2:
        raise InputError("one slice is no volume", code="dicom.geometry", where=where)
    for header in stack[1:]:
        _require_same_plane(first, header, where)
    positions = np.array([h.position for h in stack], dtype=np.float64)
    normal = slice_normal(first)
    offsets = positions @ normal
    _require_equal_distances(offsets, where)
    step = (offsets[-1] - offsets[0]) / (len(stack) - 1) * normal
    straight = positions[0] + np.arange(len(stack))[:, None] * step
    shift = float(np.abs(positions - straight).max())
    if shift > 2 * POSITION_TOLERANCE_MM:
        raise InputError(
            f"slices are shifted against each other by up to {shift:.3f} mm within their plane",
            code="dicom.geometry",
            where=where,
            hint="an oblique or mixed stack; name the files of each phase in a manifest",
        )
    along_row, along_column = _directions(first)
    row_spacing, column_spacing = first.spacing or (1.0, 1.0)
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = along_column * row_spacing
    affine[:3, 2] = along_row * column_spacing
    affine[:3, 3] = positions[0]
    rows, columns = (first.pixels.rows, first.pixels.columns) if first.pixels else (0, 0)
    return Geometry((len(stack), rows, columns), affine)


def _directions(header: Header) -> tuple[FloatArray, FloatArray]:
    values = np.asarray(header.orientation, dtype=np.float64)
    along_row, along_column = values[:3], values[3:]
    lengths = np.linalg.norm(along_row), np.linalg.norm(along_column)
    if (
        abs(lengths[0] - 1) > 0.01
        or abs(lengths[1] - 1) > 0.01
        or abs(np.dot(along_row, along_column)) > 0.01
    ):
        raise InputError(
            "the row and column directions of a slice are not two perpendicular unit vectors",
            code="dicom.geometry",
            hint="export the series again from its archive",
        )
    return along_row / lengths[0], along_column / lengths[1]


def _require_same_plane(first: Header, other: Header, where: str) -> None:
    problem = ""
    if first.pixels is None or other.pixels is None:
        problem = "pixels"
    elif (first.pixels.rows, first.pixels.columns) != (other.pixels.rows, other.pixels.columns):
        problem = "matrices"
    elif not np.allclose(first.spacing or (), other.spacing or (), atol=SPACING_TOLERANCE_MM):
        problem = "pixel spacing"
    elif not np.allclose(first.orientation or (), other.orientation or (), atol=DIRECTION_TOLERANCE):
        problem = "orientation"
    if problem:
        raise InputError(
            f"slices of two geometries stand in one series: {problem} differ",
            code="dicom.geometry",
            where=where,
            hint="name the files of each phase in a manifest",
        )


def _require_equal_distances(offsets: FloatArray, where: str) -> None:
    distances = np.diff(offsets)
    usual = float(np.median(distances))
    wrong = np.flatnonzero(np.abs(distances - usual) > POSITION_TOLERANCE_MM)
    if abs(usual) < POSITION_TOLERANCE_MM:
        raise InputError("slices lie at one position", code="dicom.geometry", where=where)
    if wrong.size:
        named = ", ".join(f"{k + 1} and {k + 2} ({abs(distances[k]):.3f} mm)" for k in wrong[:5]) + (
            ", ..." if wrong.size > 5 else ""
        )
        raise InputError(
            f"slices are missing or unevenly spaced: usually {abs(usual):.3f} mm, but between slices {named}",
            code="dicom.slice_gap",
            where=where,
            hint="export the whole series again",
        )
