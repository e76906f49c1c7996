"""Grids, thresholds and boxes as the plain fields that ``kinephen inspect`` shows."""

from __future__ import annotations

import numpy as np

from kinephen.core.dynamic import Box, ExamHeader
from kinephen.core.volume import Geometry
from kinephen.io.inspection_document import BoxFacts, GridFacts, HeaderFacts
from kinephen.records.protocol import Protocol
from kinephen.types import BoolVolume


def geometry_facts(geometry: Geometry) -> GridFacts:
    """Return shape, spacing, voxel volume and first voxel of a grid as plain fields."""
    return {
        "slices_rows_columns": list(geometry.shape),
        "spacing_mm": [round(v, 6) for v in geometry.spacing],
        "voxel_mm3": round(geometry.voxel_volume_mm3, 6),
        "first_voxel_mm": [round(float(v), 4) for v in geometry.affine[:3, 3]],
    }


def header_facts(header: ExamHeader, geometry: Geometry) -> HeaderFacts:
    """Return thresholds, boxes (in voxels, both ends inclusive) and stated volumes as plain fields."""
    return {
        "pe_threshold_percent": header.pe_threshold_percent,
        "background_percent": header.background_percent,
        "pre_contrast_threshold": header.pre_contrast_threshold,
        "minimum_neighbours": header.minimum_neighbours,
        "boxes": [box_facts(b, geometry) for b in header.boxes],
        "stated_volumes": [{"voxels": v.voxels, "cc": v.cc} for v in header.stated_volumes],
        "sources": dict(header.sources),
    }


def protocol_facts(protocol: Protocol) -> dict[str, str | float | list[str]]:
    """Return what an exam states of its sequence and contrast agent."""
    return {
        name: value for name, value in protocol.model_dump(mode="json").items() if value not in (None, "", [])
    }


def box_facts(box: Box, geometry: Geometry) -> BoxFacts:
    """Return the voxel ranges a box covers, 0-based, both ends inclusive, slices in acquisition order."""
    inside = box.mask(geometry)
    slices, rows, columns = (_covered(inside, axis) for axis in range(3))
    return {
        "omit": box.omit,
        "source": box.source,
        "voxels": int(inside.sum()),
        "slices": slices,
        "rows": rows,
        "columns": columns,
    }


def _covered(inside: BoolVolume, axis: int) -> list[int] | None:
    covered = np.flatnonzero(inside.any(axis=tuple(a for a in range(3) if a != axis)))
    return [int(covered[0]), int(covered[-1])] if covered.size else None
