"""Which components go with each other: the tree at the left of the heat map."""

from __future__ import annotations

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage

from kinephen.report.schema.clusters import Dendrogram
from kinephen.types import FloatArray


def component_tree(scores: FloatArray) -> tuple[Dendrogram | None, list[int]]:
    """Return average linkage on 1 - Pearson's correlation, and the components in its order.

    Parameters
    ----------
    scores : ndarray, shape (patients, components)

    Returns
    -------
    Dendrogram or None
        None for one component, or where one is the same in all patients and so has no correlation.
    list of int
        Positions of the components from top to bottom.
    """
    n = scores.shape[1]
    if n < 2 or len(scores) < 3 or not (np.ptp(scores, axis=0) > 0).all():
        return None, list(range(n))
    tree = linkage(scores.T, method="average", metric="correlation")
    # Rounding may put the distance of equal rows a hair below 0.
    merges = tuple((int(a), int(b), max(float(h), 0.0)) for a, b, h, _ in tree)
    return Dendrogram(merges=merges), [int(i) for i in leaves_list(tree)]
