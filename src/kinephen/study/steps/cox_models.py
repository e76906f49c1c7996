"""The Cox models of the ladder, frozen: those that predict, are validated and are written to a model file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from kinephen.core.options import FirthChoice, Ties
from kinephen.errors import InternalError
from kinephen.records.covariate import Covariate
from kinephen.records.ladder import LadderRecord
from kinephen.records.names import model_title
from kinephen.study.steps.covariates import describe_covariate
from kinephen.survival.cox import cox_fit
from kinephen.survival.design import Term, coded, design_matrix
from kinephen.survival.frozen import FrozenCox
from kinephen.survival.outcome import complete_rows
from kinephen.types import FloatArray

SAME = 1e-6
"""Two fits of one model differ by less than this share of a coefficient's standard error."""


@dataclass(frozen=True, kw_only=True)
class FittedCox:
    """One Cox model of the ladder.

    Parameters
    ----------
    name, title : str
    terms : tuple of Term
        Of the columns of its design.
    frozen : FrozenCox
    method : str
    ties : {"efron", "breslow"}
    n, events : int
        Of the patients that it was fitted to.
    """

    name: str
    title: str
    terms: tuple[Term, ...]
    frozen: FrozenCox
    method: str
    ties: Ties
    n: int
    events: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Covariates that the model needs."""
        return tuple(dict.fromkeys(t.column for t in self.terms))

    def design(self, covariates: pd.DataFrame) -> FloatArray:
        """Return the design of patients, shape (patients, terms); NaN where a covariate is missing."""
        return coded(covariates, self.terms)

    def lacking(self, covariates: pd.DataFrame) -> dict[str, tuple[str, ...]]:
        """Return, by case, the covariates of the model that a patient lacks; only of those who lack any."""
        known = covariates.reindex(columns=list(self.columns)).notna()
        rows = zip(map(str, covariates.index), known.to_numpy(), strict=True)
        return {case: tuple(known.columns[~row]) for case, row in rows if not row.all()}


@dataclass(frozen=True, kw_only=True)
class FrozenLadder:
    """The Cox models of a study, fitted once: for its patients' risks, its validation and its model file.

    Parameters
    ----------
    rows : DataFrame
        The patients that they were fitted to.
    models : dict of str to FittedCox
    known : dict of str to Covariate
        What the fit has seen of each covariate.
    """

    rows: pd.DataFrame
    models: dict[str, FittedCox]
    known: dict[str, Covariate]


def frozen_ladder(
    discovery: pd.DataFrame, columns: Mapping[str, Sequence[str]], firth: FirthChoice
) -> FrozenLadder:
    """Fit the models of a ladder to the patients of discovery who are complete for all of them.

    Parameters
    ----------
    discovery : DataFrame
        ``time`` (years), ``event``, covariates.
    columns : mapping of str to sequence of str
        Covariates of each model.
    firth : {"auto", "never"}
        Of the settings of Cox models.
    """
    rows = complete_for_all(discovery, columns)
    models = fit_models(rows, columns, firth)
    known = {c: describe_covariate(rows[c]) for m in models.values() for c in m.columns}
    return FrozenLadder(rows=rows, models=models, known=known)


def require_same_fits(frozen: FrozenLadder, ladder: LadderRecord) -> None:
    """Hold that the models that predict are those whose hazard ratios are shown.

    Raises
    ------
    InternalError
        ``survival.two_fits`` where a coefficient differs by more than a millionth of its standard error, or
        number of patients, events or method differ.
    """
    for name, shown in ladder.models.items():
        model = frozen.models[name]
        same = (model.n, model.events, model.method) == (ladder.n, ladder.events, shown.method)
        known = [(c.coef or 0.0, c.se or 0.0) for c in shown.coefficients]
        coef, se = np.array(known).reshape(-1, 2).T
        if not same or coef.shape != model.frozen.coef.shape or _differ(coef, model.frozen.coef, se):
            raise InternalError(
                f"{shown.title}: the model that predicts has other coefficients than the one that is shown",
                code="survival.two_fits",
                hint="remove the study's store and run again; please report this if it happens again",
            )


def _differ(first: FloatArray, second: FloatArray, se: FloatArray) -> bool:
    return bool((np.abs(first - second) > SAME * np.maximum(se, SAME)).any())


def complete_for_all(discovery: pd.DataFrame, columns: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return the patients that are complete for all models, so that these can be compared.

    Parameters
    ----------
    discovery : DataFrame
    columns : mapping of str to sequence of str
        Covariates of each model.
    """
    return discovery[
        complete_rows(discovery, list(dict.fromkeys(c for own in columns.values() for c in own)))
    ]


def fit_models(
    rows: pd.DataFrame, columns: Mapping[str, Sequence[str]], firth: FirthChoice
) -> dict[str, FittedCox]:
    """Fit each model of the ladder on the same patients.

    Parameters
    ----------
    rows : DataFrame
        Of `complete_for_all`: ``time`` (years), ``event``, covariates.
    columns : mapping of str to sequence of str
        Covariates of each model.
    firth : {"auto", "never"}
        Of the settings of Cox models.
    """
    return {name: _fitted(name, rows, own, firth) for name, own in columns.items()}


def _fitted(name: str, rows: pd.DataFrame, columns: Sequence[str], firth: FirthChoice) -> FittedCox:
    design = design_matrix(rows, columns)
    penalty: Literal["auto"] | bool = "auto" if firth == "auto" else False
    fit = cox_fit(design.x, rows["time"], rows["event"], names=design.names, firth=penalty, profile=False)
    return FittedCox(
        name=name,
        title=model_title(name, columns),
        terms=design.terms,
        frozen=FrozenCox.of(fit),
        method=fit.method,
        ties="efron",
        n=fit.n,
        events=fit.events,
    )
