"""Neighbourhood grey tone difference: a voxel against the mean of its neighbours (IBSI section 3.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinephen.radiomics.boxes import box_sum
from kinephen.radiomics.region import Levels, Positions, Region
from kinephen.radiomics.undefined import NO_PAIR, ONE_LEVEL, Undefined, Value, ratio
from kinephen.types import FloatArray

FEATURES = ("coarseness", "contrast", "busyness", "complexity", "strength")
NO_DIFFERENCE = Undefined("every voxel equals the mean of its neighbours")


@dataclass(frozen=True)
class ToneTable:
    """For each occupied grey level the number of voxels n and the sum of differences s.

    Parameters
    ----------
    level, n, s : ndarray, shape (occupied levels,)
        `level` ascending, `n` > 0.
    """

    level: FloatArray
    n: FloatArray
    s: FloatArray

    @classmethod
    def of_sums(cls, n: NDArray[np.integer], s: FloatArray) -> ToneTable:
        """Return the table of the occupied levels; index 0 stands for the outside."""
        used = np.flatnonzero(n)
        return cls(used.astype(np.float64), n[used].astype(np.float64), s[used])

    @classmethod
    def of(cls, level: NDArray[np.integer], difference: FloatArray) -> ToneTable:
        """Return the table of voxels with these levels and absolute differences, shape (voxels,)."""
        if not level.size:
            return cls(*np.zeros((3, 0)))
        s = np.bincount(level, weights=difference).astype(np.float64)
        return cls.of_sums(np.bincount(level), s)


def tone_tables(
    region: Region,
    levels: Levels,
    n_levels: int,
    *,
    neighbours: NDArray[np.int32],
    radii: tuple[int, int, int],
    bounds: Positions,
) -> list[ToneTable]:
    """Return one table for each group of voxels; voxels without neighbours are left out.

    Parameters
    ----------
    region : Region
    levels : ndarray of uint16
        Flat padded crop.
    n_levels : int
    neighbours : ndarray of int32, shape (region.size,)
        Number of neighbours of each voxel.
    radii : tuple of int
        Of the neighbourhood along (slice, row, column).
    bounds : ndarray of int32
        Groups of voxels.
    """
    from kinephen.radiomics.kernels.tones import tone_sums

    counts = np.zeros((bounds.size - 1, n_levels + 1), dtype=np.int64)
    differences = np.zeros(counts.shape)
    sums = box_sum(levels.reshape(region.inside.shape), radii).ravel()
    tone_sums(levels, sums, region.positions, neighbours, bounds, counts, differences)
    return [ToneTable.of_sums(n, s) for n, s in zip(counts, differences, strict=True)]


def mean_features(tables: Sequence[ToneTable]) -> dict[str, Value]:
    """Return the features averaged over the tables (slices, or one volume) that define them."""
    found = [ngtdm_features(table) for table in tables]
    if len(found) == 1:
        return found[0]
    means: dict[str, Value] = {}
    for name in FEATURES:
        numbers = [value for value in (part[name] for part in found) if not isinstance(value, Undefined)]
        means[name] = float(np.mean(numbers)) if numbers else found[0][name]
    return means


def ngtdm_features(table: ToneTable) -> dict[str, Value]:
    """Return coarseness QCDE, contrast 65HE, busyness NQ30, complexity HDEZ and strength 1X9X.

    Parameters
    ----------
    table : ToneTable

    Notes
    -----
    With probabilities ``p = n / N`` over the G occupied levels: coarseness ``1 / sum p s``; contrast
    ``sum_ij p_i p_j (i - j)^2 / (G (G - 1)) * sum s / N``; busyness ``sum p s / sum_ij abs(i p_i - j p_j)``;
    complexity ``sum_ij abs(i - j) (p_i s_i + p_j s_j) / (p_i + p_j) / N``; strength
    ``sum_ij (p_i + p_j) (i - j)^2 / sum s``.
    """
    if not table.n.size:
        return dict.fromkeys(FEATURES, NO_PAIR)
    total = float(table.n.sum())
    p, level, s = table.n / total, table.level, table.s
    weighted, s_sum, used = float(p @ s), float(s.sum()), p.size
    gap = np.subtract.outer(level, level)
    p_sum = np.add.outer(p, p)
    spread = float(p @ gap**2 @ p)
    jump = float(np.abs(np.subtract.outer(level * p, level * p)).sum())
    return {
        "coarseness": ratio(1.0, weighted, NO_DIFFERENCE),
        "contrast": spread / (used * (used - 1)) * s_sum / total if used > 1 else ONE_LEVEL,
        "busyness": ratio(weighted, jump, ONE_LEVEL),
        "complexity": float((np.abs(gap) * np.add.outer(p * s, p * s) / p_sum).sum()) / total,
        "strength": ratio(float((p_sum * gap**2).sum()), s_sum, NO_DIFFERENCE),
    }
