"""ComBat: scanner and site effects, estimated on one cohort and removed from any other."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.errors import CohortError, InputError
from kinephen.phenotype.combat_priors import posterior
from kinephen.phenotype.moments import RELATIVE_ZERO
from kinephen.phenotype.tables import checked_features, listed, require_columns
from kinephen.types import FloatArray, IntArray


@dataclass(frozen=True)
class Combat:
    """Location and scale of every batch, learned on one cohort.

    Parameters
    ----------
    features : tuple of str
    batches : tuple of hashable
        Names of the batches that are known.
    covariates : tuple of str
        Effects that are kept.
    grand_mean, pooled_sd : ndarray, shape (features,)
    effects : ndarray, shape (covariates, features)
    shift, scale : ndarray, shape (batches, features)
        Posterior of the standardised location (gamma) and variance (delta).
    reference : hashable or None
    """

    features: tuple[str, ...]
    batches: tuple[Hashable, ...]
    covariates: tuple[str, ...]
    grand_mean: FloatArray
    pooled_sd: FloatArray
    effects: FloatArray
    shift: FloatArray
    scale: FloatArray
    reference: Hashable | None = None

    def transform(
        self, frame: pd.DataFrame, batch: pd.Series, *, covariates: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Return the features with the batch effects removed.

        Raises
        ------
        InputError
            A batch that was not in the cohort of the fit, a missing feature or covariate.
        """
        require_columns(frame, self.features, what="table to harmonise")
        values = checked_features(frame[list(self.features)], what="table to harmonise").to_numpy()
        code = self._codes(batch.loc[frame.index])
        kept = _design(covariates, frame.index, self.covariates) @ self.effects + self.grand_mean
        z = (values - kept) / self.pooled_sd
        clean = (z - self.shift[code]) / np.sqrt(self.scale[code]) * self.pooled_sd + kept
        if self.reference is not None:
            own = code == self.batches.index(self.reference)
            clean[own] = values[own]
        return pd.DataFrame(clean, index=frame.index, columns=list(self.features))

    def _codes(self, batch: pd.Series) -> IntArray:
        position = {name: i for i, name in enumerate(self.batches)}
        unknown = [b for b in batch.unique() if b not in position]
        if unknown:
            raise InputError(
                f"batch {listed(unknown)} was not in the cohort that ComBat was fitted on",
                code="combat.unknown_batch",
                hint=f"known batches: {listed(self.batches)}; fit with that batch's patients or leave it out",
            )
        return np.array([position[b] for b in batch], dtype=np.int64)


def fit_combat(
    frame: pd.DataFrame,
    batch: pd.Series,
    *,
    covariates: pd.DataFrame | None = None,
    parametric_prior: bool = True,
    mean_only: bool = False,
    reference: Hashable | None = None,
) -> Combat:
    """Learn the batch effects of a cohort (training patients only).

    Parameters
    ----------
    frame : DataFrame, shape (patients, features)
        Without undefined values; no feature constant within the cohort.
    batch : Series
        Scanner or site of every patient; at least two batches.
    covariates : DataFrame, optional
        Numeric columns whose effects are kept.
    parametric_prior : bool
        Normal and inverse-gamma priors over features, or their empirical distributions.
    mean_only : bool
        Remove locations only; the only mode for a batch of one patient.
    reference : hashable, optional
        Batch that is left as it is and to which the others are brought.

    Returns
    -------
    Combat

    Raises
    ------
    CohortError
        One batch, a batch of one patient without `mean_only`, or covariates confounded with batch.
    InputError
        Undefined values, or an unknown reference.

    References
    ----------
    Johnson, Li and Rabinovic 2007, Biostatistics 8:118; stopping rule as in the R package sva.
    """
    values = checked_features(frame, what="table to harmonise").to_numpy()
    if values.shape[1] < 2:
        raise InputError("ComBat pools over features and needs at least two", code="combat.features")
    if np.isnan(values).any():
        raise InputError(
            f"{int(np.isnan(values).any(axis=0).sum())} feature(s) have undefined values; ComBat needs all",
            code="combat.undefined",
            hint="filter the features first",
        )
    names, code = _batches(batch.loc[frame.index], mean_only, reference)
    columns = () if covariates is None else tuple(str(c) for c in covariates.columns)
    design = np.hstack([np.eye(len(names))[code], _design(covariates, frame.index, columns)])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise CohortError("the covariates are confounded with the batches", code="combat.confounded")
    coefficients = np.linalg.lstsq(design, values, rcond=None)[0]
    base = None if reference is None else names.index(reference)
    grand_mean, pooled_sd = _location_scale(values, design, coefficients, code, base)
    # Least squares leaves rounding behind, not zero.
    if not (pooled_sd > RELATIVE_ZERO * np.abs(values).max(axis=0)).all():
        raise InputError("a feature is constant within every batch", code="combat.constant")
    effects = coefficients[len(names) :]
    z = (values - grand_mean - design[:, len(names) :] @ effects) / pooled_sd
    shift, scale = np.zeros((len(names), z.shape[1])), np.ones((len(names), z.shape[1]))
    for b in (b for b in range(len(names)) if b != base):
        shift[b], scale[b] = posterior(z[code == b], parametric_prior=parametric_prior, mean_only=mean_only)
    features = tuple(str(c) for c in frame.columns)
    return Combat(features, tuple(names), columns, grand_mean, pooled_sd, effects, shift, scale, reference)


def _batches(
    batch: pd.Series, mean_only: bool, reference: Hashable | None
) -> tuple[list[Hashable], IntArray]:
    counts = batch.value_counts(dropna=False)
    names: list[Hashable] = sorted(counts.index, key=str)
    if batch.isna().any():
        raise InputError(f"{int(batch.isna().sum())} patients have no batch", code="combat.no_batch")
    if len(names) < 2:
        raise CohortError("ComBat needs at least two batches, found one", code="combat.one_batch")
    single = [b for b in names if counts[b] == 1]
    if single and not mean_only:
        raise CohortError(
            f"batch {listed(single)} holds one patient; its spread cannot be estimated",
            code="combat.single",
            hint="use mean_only, or join it with another batch",
        )
    if reference is not None and reference not in names:
        raise InputError(f"reference batch {reference!r} not found", code="combat.reference")
    position = {name: i for i, name in enumerate(names)}
    return names, np.array([position[b] for b in batch], dtype=np.int64)


def _design(covariates: pd.DataFrame | None, index: pd.Index, columns: tuple[str, ...]) -> FloatArray:
    if not columns:
        return np.zeros((len(index), 0))
    if covariates is None:
        raise InputError(f"covariates {listed(columns)} are missing", code="combat.covariates")
    require_columns(covariates, columns, what="covariates of ComBat")
    table: FloatArray = covariates.loc[index, list(columns)].to_numpy(dtype=np.float64)
    if not np.isfinite(table).all():
        raise InputError("covariates of ComBat hold undefined values", code="combat.covariates")
    return table


def _location_scale(
    values: FloatArray, design: FloatArray, coefficients: FloatArray, code: IntArray, base: int | None
) -> tuple[FloatArray, FloatArray]:
    """Return grand mean and pooled SD (divisor n), of the reference batch alone if there is one."""
    residual = values - design @ coefficients
    if base is not None:
        return coefficients[base], np.sqrt((residual[code == base] ** 2).mean(axis=0))
    share = np.bincount(code) / len(code)
    grand_mean: FloatArray = share @ coefficients[: len(share)]
    return grand_mean, np.sqrt((residual**2).mean(axis=0))


def variance_by_batch(frame: pd.DataFrame, batch: pd.Series, *, components: int = 5) -> pd.DataFrame:
    """Return how much of the leading principal components the batch explains.

    Parameters
    ----------
    frame : DataFrame, shape (patients, features)
        Features; they are z-scored first.
    batch : Series
    components : int

    Returns
    -------
    DataFrame
        One row a component: ``explained`` (share of all variance), ``by_batch`` (share of the component's
        variance between batches, eta squared), ``expected`` (its mean without any batch effect,
        (batches - 1) / (patients - 1)).

    Raises
    ------
    CohortError
        ``combat.features`` if no feature varies.
    """
    values = checked_features(frame, what="features by site").to_numpy()
    spread = values.std(axis=0, ddof=1)
    usable = np.isfinite(spread) & (spread > 0.0)
    if not usable.any():
        raise CohortError("no feature varies between patients", code="combat.features")
    z = (values[:, usable] - values[:, usable].mean(axis=0)) / spread[usable]
    left, singular, _ = np.linalg.svd(z, full_matrices=False)
    kept = min(components, int((singular > 1e-10 * singular[0]).sum()))
    codes = pd.factorize(batch.loc[frame.index])[0]
    means = pd.DataFrame(left[:, :kept]).groupby(codes).transform("mean").to_numpy()
    table = pd.DataFrame(
        {
            "explained": (singular**2 / (singular**2).sum())[:kept],
            "by_batch": (means**2).sum(axis=0) / (left[:, :kept] ** 2).sum(axis=0),
            "expected": (len(np.unique(codes)) - 1) / (len(z) - 1),
        }
    )
    table.index = pd.Index([f"PC{j + 1}" for j in range(kept)], name="component")
    return table
