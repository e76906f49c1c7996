"""Words of a text header (NRRD, MetaImage) as numbers, and the grid that they give."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kinephen.core.counted import counted
from kinephen.core.volume import Geometry
from kinephen.io.annexed import require_fetched
from kinephen.io.nifti_place import REVERSE
from kinephen.io.raw_values import header_error
from kinephen.io.sources import opened
from kinephen.types import FloatArray

MAX_HEADER = 4_000_000
"""Slicer writes a few kilobytes; many segments with their names stay below this."""


def read_head(path: Path) -> bytes:
    """Return the first bytes of a file, in which its header must end; raises as `require_fetched`."""
    opened(path)
    require_fetched(path)
    if not path.is_file():
        raise header_error("no such file")
    with path.open("rb") as stream:
        return stream.read(MAX_HEADER)


def numbers(text: str, count: int, what: str) -> list[float]:
    """Return `count` finite numbers; raises ``InputError`` (``volume.header``) for anything else."""
    words = re.split(r"[\s,]+", text.strip())
    try:
        found = [float(word) for word in words]
    except ValueError:
        found = []
    if len(found) != count or not all(map(math.isfinite, found)):
        raise header_error(f"its header: {what} must be {counted(count, 'finite number')}")
    return found


def whole(text: str, what: str, count: int = 1) -> list[int]:
    """Return `count` whole numbers from -1 on; raises as `numbers`."""
    found = numbers(text, count, what)
    if any(v != int(v) or v < -1 or v > 2**40 for v in found):
        raise header_error(f"its header: {what} must be whole numbers")
    return [int(v) for v in found]


def volume_shape(sizes: Sequence[int]) -> tuple[int, int, int]:
    """Return three sizes; a flat image has one slice. Raises ``volume.header`` for more dimensions."""
    shape = [int(n) for n in sizes]
    while len(shape) > 3 and shape[-1] == 1:
        shape.pop()
    shape += [1] * (3 - len(shape))
    if len(shape) != 3 or min(shape) < 1:
        raise header_error(
            f"expected three dimensions, found sizes {list(sizes)[:8]}",
            "save the volume or layer that is wanted as a file of its own",
        )
    return shape[0], shape[1], shape[2]


def grid(shape: tuple[int, int, int], axes: FloatArray, origin: Sequence[float]) -> Geometry:
    """Return the grid of axes (columns: steps of x, y, z in DICOM patient coordinates, mm) and an origin."""
    affine = np.eye(4)
    affine[:3, :3] = axes
    affine[:3, 3] = origin
    return Geometry((shape[2], shape[1], shape[0]), affine @ REVERSE)
