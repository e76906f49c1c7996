"""Groups of correlated delta features."""

from __future__ import annotations

import numpy as np

from kinephen.types import FloatArray


def correlation_distance(items: FloatArray, *, absolute: bool = False) -> FloatArray:
    """Return 1 - r of all pairs of rows, condensed.

    Parameters
    ----------
    items : ndarray, shape (features, patients)
        One feature a row, none constant.
    absolute : bool
        1 - abs(r), which puts anti-correlated features together.

    Returns
    -------
    ndarray, shape (features (features - 1) / 2,)
        0 to 2.
    """
    centred = items - items.mean(axis=1, keepdims=True)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    r = np.clip(unit @ unit.T, -1.0, 1.0)
    pairs = r[np.triu_indices(len(items), 1)]
    distance: FloatArray = 1.0 - (np.abs(pairs) if absolute else pairs)
    return distance
