"""One exam of one patient: anatomy of the day, contrast over time, and what the scanner stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kinephen.core.dynamic import Box
from kinephen.core.streams import stream
from kinephen.core.volume import Geometry
from kinephen.simulate.anatomy import Breast, breast_tissue, draw_breast, tissue_maps
from kinephen.simulate.fields import Coordinates
from kinephen.simulate.kinetics import ArterialInput
from kinephen.simulate.lesion import LesionMaps, LesionPlan, place_lesion, plan_lesion
from kinephen.simulate.scanner import (
    PROTOCOLS,
    Imperfections,
    Protocol,
    Vendor,
    acquire,
    bias_field,
    true_signal,
)
from kinephen.simulate.settings import ImageSettings
from kinephen.simulate.tumour import LesionState
from kinephen.types import BoolArray

BOX_MARGIN_MM = 6.0


@dataclass(frozen=True)
class SimulatedExam:
    """An exam with its truth.

    Parameters
    ----------
    stored : ndarray of uint16, shape (n_phases, nz, ny, nx)
        Integers as the scanner stores them.
    geometry : Geometry
    protocol : Protocol
    lesion : ndarray of bool, shape (nz, ny, nx)
        Every voxel of the lesion.
    viable : ndarray of bool, shape (nz, ny, nx)
        Voxels of the lesion that are not necrotic.
    box_first, box_last : tuple of int
        Region of interest, (slice, row, column), both inclusive.
    """

    stored: NDArray[np.uint16]
    geometry: Geometry
    protocol: Protocol
    lesion: BoolArray
    viable: BoolArray
    box_first: tuple[int, int, int]
    box_last: tuple[int, int, int]

    @property
    def box(self) -> Box:
        """Return the region of interest in the patient."""
        first, last = np.array(self.box_first), np.array(self.box_last)
        affine = self.geometry.affine
        centre = affine @ np.array([*(first + last) / 2, 1.0])
        half = affine[:3, :3] * ((last - first + 1) / 2)
        vectors = [(float(v[0]), float(v[1]), float(v[2])) for v in half.T]
        return Box(
            (float(centre[0]), float(centre[1]), float(centre[2])),
            (vectors[0], vectors[1], vectors[2]),
            source="simulated",
        )


def exam_geometry(image: ImageSettings, *, laterality: str) -> Geometry:
    """Return the grid of a sagittal exam: slices to the left, rows to the feet, columns to the back."""
    step = image.field_of_view_mm / image.matrix
    thick = image.coverage_mm / image.slices
    affine = np.eye(4)
    affine[:3, 0] = (-thick, 0.0, 0.0)
    affine[:3, 1] = (0.0, 0.0, -step)
    affine[:3, 2] = (0.0, step, 0.0)
    middle = 80.0 if laterality == "L" else -80.0
    affine[:3, 3] = (
        middle + thick * (image.slices - 1) / 2,
        -20.0 - step * (image.matrix - 1) / 2,
        10.0 + step * (image.matrix - 1) / 2,
    )
    return Geometry((image.slices, image.matrix, image.matrix), affine)


def grid_coordinates(image: ImageSettings) -> Coordinates:
    """Return positions of voxel centres along each axis, mm from the middle of the field of view."""

    def axis(n: int, extent: float) -> NDArray[np.float64]:
        positions: NDArray[np.float64] = (np.arange(n, dtype=np.float64) - (n - 1) / 2) * (extent / n)
        return positions

    return Coordinates(
        axis(image.slices, image.coverage_mm),
        axis(image.matrix, image.field_of_view_mm),
        axis(image.matrix, image.field_of_view_mm),
    )


def simulate_exam(
    image: ImageSettings,
    state: LesionState,
    *,
    vendor: Vendor,
    names: tuple[str, str],
    laterality: str,
    seed: int,
) -> SimulatedExam:
    """Simulate one exam.

    Parameters
    ----------
    image : ImageSettings
    state : LesionState
        The lesion at this visit.
    vendor : {"ge", "siemens", "philips"}
    names : tuple of str
        Patient and visit: streams are drawn by these names, so that anatomy stays over visits.
    laterality : {"L", "R"}
    seed : int
    """
    protocol = PROTOCOLS[vendor]
    plan, breast = _anatomy(seed, names[0])
    day = stream(seed, *names, "day")
    where = grid_coordinates(image).moved(_offset(day.standard_normal(3) * image.day_shift_mm))
    geometry = exam_geometry(image, laterality=laterality)
    lesion = place_lesion(
        plan, state, where, voxel_mm3=geometry.voxel_volume_mm3, allowed=breast_tissue(breast, where)
    )
    maps = tissue_maps(breast, where, lesion)
    arterial = ArterialInput()
    signals = [true_signal(maps, protocol, t, arterial=arterial) for t in protocol.middles_s]
    scanner = stream(seed, *names, "scanner")
    stored = acquire(signals, protocol, _imperfections(image, protocol, scanner), scanner)
    return _with_truth(stored, geometry, protocol, lesion)


@lru_cache(maxsize=2)  # the visits of a patient follow each other
def _anatomy(seed: int, patient: str) -> tuple[LesionPlan, Breast]:
    plan = plan_lesion(stream(seed, patient, "lesion"))
    return plan, draw_breast(stream(seed, patient, "anatomy"), lesion_centre_mm=plan.centre_mm)


def _imperfections(image: ImageSettings, protocol: Protocol, rng: np.random.Generator) -> Imperfections:
    thick, step = image.coverage_mm / image.slices, image.field_of_view_mm / image.matrix
    gain = float(np.exp(0.10 * rng.standard_normal()))
    amplitude = image.bias * float(rng.uniform(0.6, 1.4))
    per_mm = image.motion_mm / np.array([thick, step, step])
    later = [_offset(rng.standard_normal(3) * per_mm) for _ in protocol.starts_s[1:]]
    field = bias_field(grid_coordinates(image), amplitude=amplitude)
    return Imperfections(image.noise, field, ((0.0, 0.0, 0.0), *later), gain)


def _with_truth(
    stored: NDArray[np.uint16], geometry: Geometry, protocol: Protocol, lesion: LesionMaps
) -> SimulatedExam:
    whole = np.zeros(geometry.shape, dtype=np.uint8)
    whole[lesion.box] = lesion.regions
    inside = whole > 0
    first, last = _bounds(inside, geometry)
    return SimulatedExam(stored, geometry, protocol, inside, inside & (whole != 3), first, last)


def _bounds(mask: BoolArray, geometry: Geometry) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    first, last = [], []
    for axis, (n, step) in enumerate(zip(geometry.shape, geometry.spacing, strict=True)):
        hit = np.flatnonzero(mask.any(axis=tuple(a for a in range(3) if a != axis)))
        margin = int(np.ceil(BOX_MARGIN_MM / step))
        first.append(max(0, int(hit[0]) - margin))
        last.append(min(n - 1, int(hit[-1]) + margin))
    return (first[0], first[1], first[2]), (last[0], last[1], last[2])


def _offset(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
