"""Scanner and site effects on the delta features: how much of them there is, and ComBat where asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.config.schema import Harmonise
from kinephen.core.cohort import Issue
from kinephen.errors import CohortError, InputError, KinephenError
from kinephen.phenotype.harmonise import Combat, fit_combat, variance_by_batch
from kinephen.records.sites import Sites, SiteShare

Batches = Mapping[str, str]


@dataclass(frozen=True)
class SiteModel:
    """What was learned of the sites of the discovery cohort.

    Parameters
    ----------
    column : str
        Clinical column that names the batch.
    combat : Combat, optional
        None where features stay as they are.
    issues : tuple of Issue
    """

    column: str
    combat: Combat | None
    issues: tuple[Issue, ...]

    def apply(self, delta: pd.DataFrame, batch: Batches | None) -> pd.DataFrame:
        """Return the features without the batch effects that ComBat learned on discovery.

        Raises
        ------
        InputError
            ``combat.no_batch``, ``combat.unknown_batch``.
        """
        if self.combat is None:
            return delta
        found = _series(delta.index, batch, self.column)
        clean = self.combat.transform(delta, found)
        return delta.assign(**{str(c): clean[c] for c in clean.columns})

    def unknown(self, cases: Iterable[str], batch: Batches | None) -> dict[str, str]:
        """Return why ComBat cannot be applied to some patients, by case."""
        if self.combat is None:
            return {}
        known = batch or {}
        return {
            c: f"no {self.column}" if c not in known else f"{self.column} unknown to ComBat"
            for c in cases
            if known.get(c) not in self.combat.batches
        }

    def record(self, before: pd.DataFrame, after: pd.DataFrame, batch: Batches | None) -> Sites:
        """Return the share of the leading components that lies between sites, before and after."""
        combat = self.combat is not None
        known = [c for c in before.index if batch is not None and c in batch]
        names = pd.Series({c: (batch or {})[c] for c in known}, dtype=object)
        if names.nunique() < 2:
            return Sites(column=self.column, combat=combat, reason="fewer than two sites are known")
        try:
            first = _explained(before.loc[known], names)
            second = _explained(after.loc[known], names) if combat else ()
        except KinephenError as error:
            return Sites(column=self.column, combat=combat, reason=error.message)
        return Sites(
            column=self.column,
            combat=combat,
            patients=len(known),
            batches={str(k): int(v) for k, v in names.value_counts().sort_index().items()},
            before=first,
            after=second,
        )


def batches(frame: pd.DataFrame, column: str) -> Batches | None:
    """Return the batch of each patient in whom the clinical column tells it; None without the column."""
    if column not in frame.columns:
        return None
    known = frame[column].dropna()
    return {str(case): str(value) for case, value in known.items()}


def fit_sites(delta: pd.DataFrame, batch: Batches | None, settings: Harmonise) -> SiteModel:
    """Learn the batch effects of the discovery cohort, if ComBat is switched on.

    Features that are undefined for a patient or constant within every site stay as they are: the filters take
    out the first, and the second have no spread that could be shared out.

    Raises
    ------
    InputError
        ``combat.no_batch``.
    CohortError
        ``combat.no_exams``, ``combat.one_batch``, ``combat.single``, ``combat.features``.
    """
    if settings.method == "none":
        return SiteModel(settings.batch, None, ())
    if delta.empty:
        raise CohortError(
            "no patient of the discovery cohort has both exams",
            code="combat.no_exams",
            hint="`kinephen status` lists exams that are missing or failed",
        )
    names = _series(delta.index, batch, settings.batch)
    usable = _usable(delta, names)
    if len(usable) < 2:
        raise CohortError(
            f"{len(usable)} delta features vary within sites and are defined for every patient",
            code="combat.features",
            hint="switch harmonise.method off",
        )
    combat = fit_combat(delta[usable], names, mean_only=settings.mean_only)
    text = (
        f"ComBat by {settings.batch}, fitted on discovery: {len(usable)} of {delta.shape[1]} delta features"
    )
    note = Issue("combat.applied", text, where="phenotypes", count=len(usable))
    return SiteModel(settings.batch, combat, (note,))


def _usable(delta: pd.DataFrame, names: pd.Series) -> list[str]:
    defined = delta.columns[np.isfinite(delta.to_numpy(dtype=np.float64)).all(axis=0)]
    within = delta[defined].groupby(names).agg(np.ptp).max()
    size = delta[defined].abs().max()
    return [str(c) for c in defined if within[c] > 1e-9 * max(float(size[c]), 1e-300)]


def _series(index: pd.Index, batch: Batches | None, column: str) -> pd.Series:
    absent = [c for c in index if c not in (batch or {})]
    if absent:
        raise InputError(
            f"{len(absent)} of {len(index)} patients have no {column}",
            code="combat.no_batch",
            where=f"clinical column {column!r}",
            hint="fill the column, name another one (harmonise.batch), or set harmonise.method to none",
        )
    return pd.Series({c: (batch or {})[c] for c in index}, dtype=object)


def _explained(delta: pd.DataFrame, names: pd.Series) -> tuple[SiteShare, ...]:
    defined = delta.columns[np.isfinite(delta.to_numpy(dtype=np.float64)).all(axis=0)]
    if not len(defined):
        raise CohortError(
            "no delta feature is defined for every patient",
            code="combat.features",
            hint="leave out the exams whose features are undefined, or set harmonise.method to none",
        )
    table = variance_by_batch(delta[defined], names)
    return tuple(SiteShare(component=str(c), **row) for c, row in table.to_dict("index").items())
