"""Restricted cubic splines: cubic between the knots, straight beyond the outer ones."""

from __future__ import annotations

import numpy as np

from kinephen.errors import CohortError, UsageError
from kinephen.types import FloatArray

QUANTILES: dict[int, tuple[float, ...]] = {
    3: (0.10, 0.50, 0.90),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.50, 0.725, 0.95),
}


def spline_knots(values: FloatArray, count: int) -> FloatArray:
    """Return knots at the usual quantiles.

    Raises
    ------
    UsageError
        ``survival.knots`` for a count other than 3, 4 or 5.
    CohortError
        ``survival.constant_risk`` when knots coincide.

    References
    ----------
    Harrell, Regression Modeling Strategies, table 2.3.
    """
    if count not in QUANTILES:
        raise UsageError(f"{count} knots; expected 3, 4 or 5", code="survival.knots", where="knots")
    knots = np.quantile(values, QUANTILES[count])
    if (np.diff(knots) <= 0).any() or np.unique(values).size <= count:
        raise CohortError(
            "too few distinct values for a smooth curve",
            code="survival.constant_risk",
            where="risk",
            hint="a model of one binary covariate has two predictions: compare the groups instead",
        )
    return np.asarray(knots, dtype=np.float64)


def restricted_cubic_spline(values: FloatArray, knots: FloatArray) -> FloatArray:
    """Return the spline basis, shape (n, number of knots - 1); the first column is `values`.

    References
    ----------
    Stone and Koo 1985; scaled as by Harrell (divided by the squared range of the knots).
    """
    first, last, before = knots[0], knots[-1], knots[-2]

    def cube(x: FloatArray) -> FloatArray:
        return np.asarray(np.maximum(x, 0.0) ** 3)

    columns = [values]
    for knot in knots[:-2]:
        bend = cube(values - knot) - cube(values - before) * (last - knot) / (last - before)
        bend += cube(values - last) * (before - knot) / (last - before)
        columns.append(bend / (last - first) ** 2)
    return np.column_stack(columns)
