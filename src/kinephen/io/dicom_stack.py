"""Slices of one phase as a stack on a regular grid: order, spacing, place in the patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from kinephen.core.volume import GRID_TOLERANCE, Geometry
from kinephen.errors import InputError
from kinephen.io.dicom_headers import Header
from kinephen.types import FloatArray

ROUNDING = 0.005
"""Share of the slice distance by which distances differ through rounding alone (to 0.01 mm); not noted."""
SQUARE = 0.01
"""Rounding of directions: lengths may differ from 1, and right angles from 90 degrees (rad), by this."""
_MOST_OF_EXTENT = 0.75
MAX_PLANES = 50
"""Planes that a slice is held against; an exam has a few."""

_Plane: TypeAlias = tuple[str, tuple[int, int], tuple[float, ...], tuple[float, ...]]


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


def without_rounding(headers: Sequence[Header]) -> tuple[Header, ...]:
    """Give slices of one plane of a study the same spacing and directions, where rounding made them differ.

    They take those that most slices state, whatever their order and whatever lies beside the study.
    """
    counts = Counter(_stated_plane(h) for h in headers)
    examples = {_stated_plane(h): h for h in headers}
    shared: dict[_Plane, _Plane] = {}
    kept: dict[str, list[_Plane]] = {}
    for plane in sorted((p for p in counts if p is not None), key=lambda p: (-counts[p], p)):
        known = kept.setdefault(plane[0], [])
        near = (p for p in known[:MAX_PLANES] if not plane_difference(examples[p], examples[plane]))
        shared[plane] = next(near, plane)
        if shared[plane] is plane:
            known.append(plane)
    return tuple(_in_plane(h, shared) for h in headers)


def _stated_plane(header: Header) -> _Plane | None:
    """Return study, matrix, pixel spacing and directions of a slice; None if it does not state them."""
    if header.pixels is None or header.orientation is None or not all(header.spacing or (0.0,)):
        return None
    # Adding zero turns -0.0 into 0.0.
    orientation = tuple(v + 0.0 for v in header.orientation)
    matrix = (header.pixels.rows, header.pixels.columns)
    return header.study, matrix, header.spacing or (), orientation


def _in_plane(header: Header, shared: Mapping[_Plane, _Plane]) -> Header:
    plane = _stated_plane(header)
    if plane is None:
        return header
    *_, spacing, orientation = shared[plane]
    return replace(header, spacing=spacing, orientation=orientation)


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


def slice_distance(offsets: FloatArray) -> float:
    """Return the usual distance of neighbouring positions, mm, whatever number of slices stands at each.

    It is the largest gap so that gaps of at least its size fill three quarters of the stack: small ones lie
    between slices of one position, and few are larger where slices are missing.
    """
    gaps = np.sort(np.diff(np.sort(offsets)))[::-1]
    extent = float(gaps.sum())
    if not gaps.size or extent <= 0.0:
        return 0.0
    return float(gaps[np.searchsorted(np.cumsum(gaps), _MOST_OF_EXTENT * extent)])


def cluster_offsets(offsets: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """Group offsets that are one position: closer than `GRID_TOLERANCE` of the slice distance.

    Returns
    -------
    positions : ndarray, shape (n_positions,)
        Ascending, mm.
    labels : ndarray of int, shape (n,)
        Index of the position of each offset.
    """
    order = np.argsort(offsets, kind="stable")
    reach = GRID_TOLERANCE * slice_distance(offsets)
    new = np.diff(offsets[order], prepend=-np.inf) > reach
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
        Shape (n_slices, rows, columns), DICOM patient coordinates. Where slices jitter, the grid is the one
        that lies nearest to them.

    Raises
    ------
    InputError
        ``dicom.geometry`` if slices differ in matrix, spacing or orientation, are shifted against each other,
        or if fewer than two slices are there; ``dicom.tilted`` if the slices are not stacked along their
        normal (a tilted gantry, a sheared stack); ``dicom.slice_gap`` if slices lie further than
        `GRID_TOLERANCE` of their distance from even places.
    """
    first = stack[0]
    if len(stack) < 2:
        raise InputError("one slice is no volume", code="dicom.geometry", where=where)
    if not all(v > 0.0 for v in first.spacing or (0.0,)):
        raise InputError("pixel spacing is zero or negative", code="dicom.geometry", where=where)
    positions = np.array([h.position for h in stack], dtype=np.float64)
    offsets = positions @ slice_normal(first)
    step = _even_step(offsets, where)
    for header in stack[1:]:
        _require_same_plane(first, header, where)
    normal = slice_normal(first)
    places = np.arange(len(stack)) - (len(stack) - 1) / 2
    centre = positions.mean(axis=0)
    if np.abs(np.diff(offsets) - step).max() <= ROUNDING * abs(step):
        origin = positions[0]
    else:
        origin = centre + places[0] * step * normal
    straight = origin + np.arange(len(stack))[:, None] * step * normal
    _require_upright(first, positions - straight, where)
    along_row, along_column = _directions(first)
    row_spacing, column_spacing = first.spacing or (1.0, 1.0)
    affine = np.eye(4)
    affine[:3, 0] = step * normal
    affine[:3, 1] = along_column * row_spacing
    affine[:3, 2] = along_row * column_spacing
    affine[:3, 3] = origin
    rows, columns = (first.pixels.rows, first.pixels.columns) if first.pixels else (0, 0)
    return Geometry((len(stack), rows, columns), affine)


def jitter_mm(stack: Sequence[Header]) -> float:
    """Return how much the distances of neighbouring slices differ from their mean; 0 if by rounding."""
    distances = np.diff(slice_offsets(stack))
    mean = float(distances.mean())
    largest = float(np.abs(distances - mean).max())
    return largest if largest > ROUNDING * abs(mean) else 0.0


def _even_step(offsets: FloatArray, where: str) -> float:
    """Return the signed slice distance of the even places nearest to the slices, mm."""
    n = len(offsets)
    distances = np.diff(offsets)
    usual = float(np.median(distances))
    if usual == 0.0 or np.ptp(offsets) <= 0.0:
        raise InputError("slices lie at one position", code="dicom.geometry", where=where)
    if np.abs(distances - usual).max() <= ROUNDING * abs(usual):
        return float(offsets[-1] - offsets[0]) / (n - 1)
    places = np.arange(n) - (n - 1) / 2
    step = float(places @ offsets) / float(places @ places)
    off = np.abs(offsets - offsets.mean() - places * step)
    if off.max() <= GRID_TOLERANCE * abs(step):
        return step
    wrong = np.argsort(-np.abs(distances - usual), kind="stable")
    wrong = np.sort(wrong[np.abs(distances[wrong] - usual) > GRID_TOLERANCE * abs(usual)][:5])
    named = ", ".join(f"{k + 1} and {k + 2} ({abs(distances[k]):.3f} mm)" for k in wrong)
    between = f", but between slices {named}" if named else f", and up to {off.max():.3f} mm off even places"
    raise InputError(
        f"slices are missing or unevenly spaced: usually {abs(usual):.3f} mm{between}",
        code="dicom.slice_gap",
        where=where,
        hint="export the whole series again",
    )


def _require_upright(first: Header, off: FloatArray, where: str) -> None:
    """Refuse slices that do not lie one above the other along their normal."""
    along_row, along_column = _directions(first)
    row_spacing, column_spacing = first.spacing or (1.0, 1.0)
    shifts = np.column_stack([off @ along_column, off @ along_row])
    limit = GRID_TOLERANCE * np.array([row_spacing, column_spacing])
    if (np.ptp(shifts, axis=0) <= 2 * limit).all():
        return
    steps = np.diff(shifts, axis=0)
    shift = float(np.linalg.norm(np.ptp(shifts, axis=0)))
    if (np.abs(steps - steps.mean(axis=0)) <= 2 * limit).all():
        each = float(np.linalg.norm(steps.mean(axis=0)))
        raise InputError(
            f"the slices are stacked at a slant: each is shifted by {each:.3f} mm within its plane, "
            f"{shift:.2f} mm in all (a tilted gantry, or a sheared volume)",
            code="dicom.tilted",
            where=where,
            hint="resample the exam onto a grid whose slices lie one above the other",
        )
    raise InputError(
        f"slices are shifted against each other by up to {shift:.3f} mm within their plane",
        code="dicom.geometry",
        where=where,
        hint="an oblique or mixed stack; name the files of each phase in a manifest",
    )


def _directions(header: Header) -> tuple[FloatArray, FloatArray]:
    values = np.asarray(header.orientation, dtype=np.float64)
    along_row, along_column = values[:3], values[3:]
    lengths = np.linalg.norm(along_row), np.linalg.norm(along_column)
    if (
        abs(lengths[0] - 1) > SQUARE
        or abs(lengths[1] - 1) > SQUARE
        or abs(np.dot(along_row, along_column)) > SQUARE
    ):
        raise InputError(
            "the row and column directions of a slice are not two perpendicular unit vectors",
            code="dicom.geometry",
            hint="export the series again from its archive",
        )
    along_row = along_row / lengths[0]
    upright = along_column - np.dot(along_column, along_row) * along_row
    return along_row, upright / np.linalg.norm(upright)


def _require_same_plane(first: Header, other: Header, where: str) -> None:
    problem = plane_difference(first, other)
    if problem:
        raise InputError(
            f"slices of two geometries stand in one series: {problem} differ",
            code="dicom.geometry",
            where=where,
            hint="name the files of each phase in a manifest",
        )


def plane_difference(first: Header, other: Header) -> str:
    """Name what two slices do not share: pixels, matrices, pixel spacing or orientation; empty if all."""
    if first.pixels is None or other.pixels is None:
        return "pixels"
    size = np.array([first.pixels.rows, first.pixels.columns])
    if (other.pixels.rows, other.pixels.columns) != tuple(size):
        return "matrices"
    spacing = np.array([first.spacing or (0.0, 0.0), other.spacing or (0.0, 0.0)])
    if not (np.abs(spacing[1] / spacing[0] - 1.0) * size <= GRID_TOLERANCE).all():
        return "pixel spacing"
    turned = np.array(first.orientation or ()) - np.array(other.orientation or ())
    if not (np.abs(turned).max() * size <= GRID_TOLERANCE).all():
        return "orientation"
    return ""
