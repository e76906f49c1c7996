"""The one entry: the response of an image to a filter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from kinephen.errors import InputError
from kinephen.radiomics.filters.base import Filter
from kinephen.types import FloatArray


def filtered(image: ArrayLike, spacing: Sequence[float], settings: Filter) -> FloatArray:
    """Return the response of an image to a filter, on the same grid.

    Parameters
    ----------
    image : array_like, shape (nz, ny, nx)
        Real numbers, finite everywhere: a filter mixes each voxel with its neighbours, so a voxel without a
        value would spread.
    spacing : sequence of float
        Distance of voxel centres along (slice, row, column), mm.
    settings : Filter
        Such as ``LaplacianOfGaussian(sigma_mm=3)``.

    Returns
    -------
    ndarray of float64, shape (nz, ny, nx)

    Raises
    ------
    InputError
        ``radiomics.filter_image`` for an image or spacing that cannot be filtered, ``radiomics.filter_reach``
        if the kernel is too large on this grid.
    """
    array = np.asarray(image)
    if array.ndim != 3 or array.size == 0:
        raise InputError(
            f"a filter needs an image of three axes, found the shape {array.shape}",
            code="radiomics.filter_image",
        )
    if array.dtype.kind not in "biuf":
        raise InputError(f"a filter needs real numbers, found {array.dtype}", code="radiomics.filter_image")
    values = array.astype(np.float64)
    absent = values.size - int(np.isfinite(values).sum())
    if absent:
        raise InputError(
            f"a filter needs a value in every voxel; {absent} of {values.size} have none",
            code="radiomics.filter_image",
            hint="continue it first, see kinephen.radiomics.filters.responses.continued",
        )
    sizes = tuple(float(size) for size in spacing)
    if len(sizes) != 3 or not all(np.isfinite(size) and size > 0 for size in sizes):
        raise InputError(
            f"expected three positive spacings in mm, found {sizes}", code="radiomics.filter_image"
        )
    return settings.response(values, (sizes[0], sizes[1], sizes[2]))
