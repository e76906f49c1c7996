"""The phenotype model: everything that is learned on the discovery cohort and applied to anyone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from kinephen.core.options import DeltaForm, FeatureOrigin
from kinephen.errors import InputError
from kinephen.phenotype.components import GroupComponents, all_scores
from kinephen.phenotype.moments import Moments
from kinephen.phenotype.settings import PhenotypeSettings
from kinephen.phenotype.solution import Solution, assign
from kinephen.phenotype.tables import checked_features, require_columns

NO_EVIDENCE = "no evidence for more than one group"


@dataclass(frozen=True)
class Origin:
    """What the features of a model are, so that other patients' are made in the same way.

    Parameters
    ----------
    content : {"delta", "visit"}
        Changes between visits, or features of one visit.
    form : str, optional
        How the change was measured; None for changes that were given as such.
    scale : mapping of str to float, optional
        Divisor of every feature in form ``"difference"``.
    harmonised : str
        What took batch effects out of the features; empty if nothing did.
    """

    content: FeatureOrigin = "delta"
    form: DeltaForm | None = None
    scale: Mapping[str, float] | None = None
    harmonised: str = ""


@dataclass(frozen=True, kw_only=True)
class PhenotypeModel:
    """Phenotypes of change, learned on one cohort.

    Parameters
    ----------
    settings : PhenotypeSettings
    moments : Moments
        Of the kept delta features over the discovery cohort.
    ranges : DataFrame
        Smallest and largest z-score of every kept feature there (columns ``low``, ``high``).
    components : tuple of GroupComponents
    k : int
        Number of phenotypes that the rule chose; 1 means no evidence for more than one group.
    rule : str
        What chose it: a rule of `ClusterSettings` or ``"fixed"``.
    solutions : dict of int to Solution
        Labels and centroids for `k` and, always, for the forced k = 2.
    scores : DataFrame, shape (patients, components)
        Component scores of the discovery cohort; no rows in a model that holds no individual patients.
    patients : int
        Of the discovery cohort.
    origin : Origin
    """

    settings: PhenotypeSettings
    moments: Moments
    ranges: pd.DataFrame
    components: tuple[GroupComponents, ...]
    k: int
    rule: str
    solutions: dict[int, Solution]
    scores: pd.DataFrame
    patients: int
    origin: Origin = field(default_factory=Origin)

    @property
    def labels(self) -> pd.Series:
        """Phenotypes (1 to k) of the discovery cohort."""
        return self.solutions[self.k].labels

    @property
    def features(self) -> tuple[str, ...]:
        """Delta features that the model uses."""
        return tuple(str(c) for c in self.moments.mean.index)

    @property
    def conclusion(self) -> str:
        """What the rule concluded, in words."""
        if self.k == 1 and self.rule != "fixed":
            return f"{NO_EVIDENCE}; all patients carry phenotype 1"
        return f"{self.k} phenotype(s) by the rule {self.rule}"

    def transform(self, delta: pd.DataFrame) -> pd.DataFrame:
        """Return component scores from the stored means, SDs and loadings; NaN where a feature is undefined.

        Raises
        ------
        InputError
            A feature of the model is missing; it is named.
        """
        return all_scores(self.components, self._zscored(delta))

    def predict(self, delta: pd.DataFrame, *, k: int | None = None) -> pd.DataFrame:
        """Assign patients to the nearest phenotype of the discovery cohort.

        Parameters
        ----------
        delta : DataFrame
            Patients in rows; further columns are ignored.
        k : int, optional
            The chosen number of phenotypes by default, or the forced 2.

        Returns
        -------
        DataFrame
            ``phenotype`` (whole number or NA), ``distance_1`` ... ``distance_k`` to the centroids, ``margin``
            (second nearest minus nearest; NaN for k = 1), ``features_outside`` (z-scores outside the range of
            discovery), ``out_of_range`` (farther from the nearest centroid than any patient of discovery was
            from their own), ``note`` (why there is no phenotype).

        Raises
        ------
        InputError
            A feature of the model is missing (it is named), or `k` was not fitted.
        """
        wanted = self.k if k is None else k
        if wanted not in self.solutions:
            have = ", ".join(str(s) for s in sorted(self.solutions))
            raise InputError(f"k = {wanted} was not fitted; the model holds k = {have}", code="phenotype.k")
        z = self._zscored(delta)
        outside = (z.lt(self.ranges["low"]) | z.gt(self.ranges["high"])).sum(axis=1)
        result = assign(all_scores(self.components, z), self.solutions[wanted])
        result.insert(result.columns.get_loc("out_of_range"), "features_outside", outside)
        undefined = z.isna().sum(axis=1)
        result["note"] = [f"{m} of the model's features undefined" if m else "" for m in undefined]
        return result

    def _zscored(self, delta: pd.DataFrame) -> pd.DataFrame:
        require_columns(delta, self.features, what="table")
        return self.moments.transform(checked_features(delta[list(self.features)], what="table"))
