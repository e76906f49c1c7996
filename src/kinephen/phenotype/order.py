"""Which phenotype is called decreasing and which increasing.

The published order is by the mean component score, each component oriented so that its loadings do not
sum to less than zero. Features without a heterogeneity sign (levels, percentiles) outnumber those with one,
so the sum can be theirs, and the words come out reversed. The order by signed features looks only at the
change of features whose larger value means more heterogeneity.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kinephen.core.options import OrderRule
from kinephen.types import FloatArray


def heterogeneity(
    z: pd.DataFrame, scores: pd.DataFrame, direction: Mapping[str, int] | None, rule: OrderRule
) -> FloatArray:
    """Return how far each patient's tumour changed towards heterogeneity, by one rule; shape (patients,).

    Parameters
    ----------
    z : DataFrame, shape (patients, features)
        Z-scored delta features.
    scores : DataFrame, shape (patients, components)
    direction : mapping of str to int, optional
        For each feature +1 or -1 where a larger (smaller) value in the table means a change towards
        heterogeneity; 0 and absent features do not count.
    rule : {"signed_features", "component_mean"}
        The mean of the z-scores of features with a direction, or the mean component score. Without any such
        feature the first falls back on the second.
    """
    known = {c: s for c, s in (direction or {}).items() if s and c in z.columns}
    if rule == "component_mean" or not known:
        mean: FloatArray = scores.to_numpy().mean(axis=1)
        return mean
    weighted: FloatArray = z[list(known)].to_numpy() @ np.array(list(known.values()), dtype=np.float64)
    return weighted / len(known)
