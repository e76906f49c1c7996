"""Principal components of each feature group, and their scores for any patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.core.options import SignRule
from kinephen.types import FloatArray, IntArray


@dataclass(frozen=True)
class GroupComponents:
    """The components that are kept of one feature group.

    Parameters
    ----------
    group : int
        From 1.
    features : tuple of str
    centre : ndarray, shape (features,)
        Means of the z-scores in the cohort of the fit (zero up to rounding).
    loadings : ndarray, shape (features, components)
    explained : ndarray, shape (all components,)
        Share of the group's variance, of all components.
    """

    group: int
    features: tuple[str, ...]
    centre: FloatArray
    loadings: FloatArray
    explained: FloatArray

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the components that are kept, for example ``C1PC2``."""
        return tuple(f"C{self.group}PC{j + 1}" for j in range(self.loadings.shape[1]))

    def scores(self, z: pd.DataFrame) -> pd.DataFrame:
        """Return the scores of patients from their z-scored features.

        The sum runs over the features in their order, one after the other: a patient's scores then depend
        neither on who else is in the table nor on the machine's linear algebra.
        """
        centred = z[list(self.features)].to_numpy(dtype=np.float64) - self.centre
        values = np.zeros((len(z), self.loadings.shape[1]))
        for column, loading in zip(centred.T, self.loadings, strict=True):
            values += column[:, None] * loading
        return pd.DataFrame(values, index=z.index, columns=list(self.names))


def fit_components(
    z: pd.DataFrame, groups: IntArray, *, variance: float = 0.85, sign_rule: SignRule = "sum_of_loadings"
) -> tuple[GroupComponents, ...]:
    """Return the principal components of every feature group.

    Parameters
    ----------
    z : DataFrame, shape (patients, features)
        Z-scored delta features without NaN.
    groups : ndarray of int, shape (features,)
        1 to the number of groups.
    variance : float
        Components are kept until their cumulative share of the group's variance exceeds this.
    sign_rule : {"sum_of_loadings", "largest_loading"}
        Orientation: the sum of loadings is not negative ("higher is more heterogeneous" where most features
        are oriented so), or the largest absolute loading is positive.
    """
    return tuple(
        _fit_group(g, z.loc[:, groups == g], variance, sign_rule) for g in range(1, int(groups.max()) + 1)
    )


def _fit_group(group: int, z: pd.DataFrame, variance: float, sign_rule: SignRule) -> GroupComponents:
    values = z.to_numpy(dtype=np.float64)
    centre = values.mean(axis=0)
    _, singular, rotation = np.linalg.svd(values - centre, full_matrices=False)
    explained = singular**2 / (singular**2).sum()
    kept = min(int(np.searchsorted(np.cumsum(explained), variance, side="right")) + 1, len(explained))
    loadings = _oriented(rotation[:kept].T, sign_rule)
    return GroupComponents(group, tuple(z.columns), centre, loadings, explained)


def _oriented(loadings: FloatArray, rule: SignRule) -> FloatArray:
    largest = loadings[np.abs(loadings).argmax(axis=0), np.arange(loadings.shape[1])]
    total = loadings.sum(axis=0)
    # A sum of zero decides nothing; the largest loading then does.
    by_sum = np.where(np.abs(total) > 1e-12, total, largest)
    return loadings * np.where((by_sum if rule == "sum_of_loadings" else largest) < 0.0, -1.0, 1.0)


def all_scores(groups: tuple[GroupComponents, ...], z: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of all groups side by side."""
    return pd.concat([g.scores(z) for g in groups], axis=1)


def loadings_table(groups: tuple[GroupComponents, ...]) -> pd.DataFrame:
    """Return one row a feature and component: group, component, feature, loading, explained share."""
    rows = [
        (g.group, name, feature, float(g.loadings[i, j]), float(g.explained[j]))
        for g in groups
        for j, name in enumerate(g.names)
        for i, feature in enumerate(g.features)
    ]
    return pd.DataFrame(rows, columns=["group", "component", "feature", "loading", "explained"])


def component_summary(groups: tuple[GroupComponents, ...]) -> pd.DataFrame:
    """Return one row a component: share of variance, cumulative share, share of positive loadings."""
    rows = [
        (
            name,
            g.group,
            len(g.features),
            float(g.explained[j]),
            float(g.explained[: j + 1].sum()),
            float((g.loadings[:, j] > 0.0).mean()),
        )
        for g in groups
        for j, name in enumerate(g.names)
    ]
    columns = ["component", "group", "features", "explained", "cumulative", "positive_loadings"]
    return pd.DataFrame(rows, columns=columns)
