"""Volume and area of the surface half way between voxels inside and outside (marching cubes)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kinephen.core.options import Mesh
from kinephen.radiomics.region import Region
from kinephen.radiomics.shape.cells import CORNERS, Edge
from kinephen.radiomics.shape.lewiner import particular_pieces
from kinephen.types import FloatArray


@dataclass(frozen=True)
class Triangles:
    """Surface pieces of all 256 ways in which the corners of a cell can lie inside.

    Parameters
    ----------
    case : ndarray of int64, shape (triangles,)
        Bit c is set where corner c is inside.
    points : ndarray, shape (triangles, 3, 3)
        Corners in cell coordinates 0 .. 1, ordered so that the normal points outwards.
    weight : ndarray, shape (triangles,)
        Share with which a triangle counts.
    """

    case: NDArray[np.int64]
    points: FloatArray
    weight: FloatArray


def mesh_volume_area(
    region: Region, spacing: tuple[float, float, float], mesh: Mesh = "separated"
) -> tuple[float, float]:
    """Return the volume (mm3) and area (mm2) of the mesh at the level 0.5 of a region.

    Parameters
    ----------
    region : Region
        With a border of at least one voxel.
    spacing : tuple of float
        mm along (slice, row, column).
    mesh : {"separated", "lewiner"}
        Whether voxels that touch at an edge only are separate bodies, or are joined where Lewiner's marching
        cubes joins them in a mask of 0 and 1 (scikit-image, and so MIRP). IBSI leaves it open.

    Notes
    -----
    IBSI RNU0 and C0JK. The mesh is not built: cells are counted by the pattern of their corners, and each
    pattern contributes a known area and, by the divergence theorem, volume. On ambiguous faces the inside
    corners are separated or joined. A polygon of more than three corners can be cut into triangles in several
    ways: the cut of the largest area (in cell coordinates) counts, and of equal ones their mean, so that the
    result does not depend on the direction of the axes. This choice reproduces the IBSI reference values.

    References
    ----------
    Lorensen WE, Cline HE. Marching cubes. Computer Graphics 1987;21:163-169. Lewiner T, Lopes H, Vieira AW,
    Tavares G. Efficient implementation of marching cubes' cases with topological guarantees. Journal of
    Graphics Tools 2003;8:1-15.
    """
    counts = _case_counts(region)
    table = triangles(mesh)
    scaled = table.points * np.asarray(spacing)
    vector = np.cross(scaled[:, 1] - scaled[:, 0], scaled[:, 2] - scaled[:, 0]) * table.weight[:, None] / 2.0
    area = np.bincount(table.case, weights=np.linalg.norm(vector, axis=1), minlength=256)
    facing = np.bincount(table.case, weights=vector[:, 0], minlength=256)
    inner = np.bincount(table.case, weights=vector[:, 0] * scaled[:, :, 0].mean(axis=1), minlength=256)
    height = np.arange(len(counts)) * spacing[0]
    volume = height @ (counts @ facing) + (counts @ inner).sum()
    return float(volume), float((counts @ area).sum())


def _case_counts(region: Region) -> FloatArray:
    inside = region.inside.view(np.uint8)
    cells = tuple(n - 1 for n in inside.shape)
    case = np.zeros(cells, dtype=np.uint8)
    for corner, shift in enumerate(itertools.product((0, 1), repeat=3)):
        window = tuple(slice(s, s + n) for s, n in zip(shift, cells, strict=True))
        case |= inside[window] << np.uint8(corner)
    flat = case.ravel()
    cut = np.flatnonzero((flat != 0) & (flat != 255))
    key = (cut // (cells[1] * cells[2])) * 256 + flat[cut]
    return np.bincount(key, minlength=cells[0] * 256).reshape(cells[0], 256).astype(np.float64)


@lru_cache(maxsize=2)
def triangles(mesh: Mesh = "separated") -> Triangles:
    """Return the surface pieces of all cases."""
    joined = mesh == "lewiner"
    particular = particular_pieces() if joined else {}
    case, points, weight = [], [], []
    for code in range(256):
        pieces = particular.get(code) or _pieces(code, joined=joined)
        case += [code] * len(pieces)
        points += [triangle for triangle, _ in pieces]
        weight += [share for _, share in pieces]
    return Triangles(np.array(case), np.array(points), np.array(weight))


def _pieces(code: int, *, joined: bool) -> list[tuple[FloatArray, float]]:
    """Return the triangles of a case with their weights."""
    pieces: list[tuple[FloatArray, float]] = []
    for loop in _loops(code, joined=joined):
        cuts = _largest_cuts(_outward(loop, code))
        pieces += [(triangle, (len(loop) - 2) / len(cuts)) for triangle in cuts]
    return pieces


def _loops(code: int, *, joined: bool) -> list[list[Edge]]:
    """Follow the links on the faces of a cell round each closed curve of cut edges."""
    links: dict[Edge, list[Edge]] = {}
    for first, second in itertools.chain.from_iterable(_links(face, code, joined) for face in _faces()):
        links.setdefault(first, []).append(second)
        links.setdefault(second, []).append(first)
    loops = []
    while links:
        edge = next(iter(links))
        loop = []
        while edge in links:
            loop.append(edge)
            onward = links.pop(edge)
            edge = next((e for e in onward if e in links), edge)
        loops.append(loop)
    return loops


def _faces() -> list[list[int]]:
    """Return the corners of the six faces, each in order round the face."""
    faces = []
    for axis, side in itertools.product(range(3), (0, 1)):
        low, high = (bit for bit in (4, 2, 1) if bit != (4, 2, 1)[axis])
        base = side * (4, 2, 1)[axis]
        faces.append([base, base + low, base + low + high, base + high])
    return faces


def _links(face: list[int], code: int, joined: bool) -> list[tuple[Edge, Edge]]:
    """Return the pairs of cut edges that a face connects, each round an inside corner, or an outside one."""
    inside = [bool(code >> corner & 1) for corner in face]
    edges = [frozenset((face[k], face[(k + 1) % 4])) for k in range(4)]
    cut = [edges[k] for k in range(4) if inside[k] != inside[(k + 1) % 4]]
    if len(cut) == 4:
        return [(edges[k - 1], edges[k]) for k in range(4) if inside[k] != joined]
    return [(cut[0], cut[1])] if cut else []


def _outward(loop: list[Edge], code: int) -> FloatArray:
    """Return the edge mid-points of a loop, in the order whose normal points from inside to outside."""
    points = np.array([CORNERS[list(edge)].mean(axis=0) for edge in loop])
    normal = np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0)
    outwards = np.zeros(3)
    for a, b in (sorted(edge, key=lambda corner: not code >> corner & 1) for edge in loop):
        outwards += CORNERS[b] - CORNERS[a]
    return points if normal @ outwards > 0 else points[::-1]


def _largest_cuts(points: FloatArray) -> list[FloatArray]:
    """Return the triangles of all cuts of a polygon that have the largest area."""
    cuts = [[points[list(triangle)] for triangle in cut] for cut in _cuts(0, len(points) - 1)]
    areas = [sum(float(np.linalg.norm(np.cross(t[1] - t[0], t[2] - t[0]))) for t in cut) for cut in cuts]
    return [t for cut, area in zip(cuts, areas, strict=True) if area > max(areas) - 1e-9 for t in cut]


def _cuts(first: int, last: int) -> list[list[tuple[int, int, int]]]:
    """Return all ways to cut the polygon of the corners `first` to `last` into triangles."""
    if last - first < 2:
        return [[]]
    return [
        [*low, *high, (first, middle, last)]
        for middle in range(first + 1, last)
        for low in _cuts(first, middle)
        for high in _cuts(middle, last)
    ]
