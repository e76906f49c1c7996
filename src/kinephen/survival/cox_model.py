"""What a fitted Cox model is: coefficients, tests, baseline hazard, and predictions from them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.cohort import Issue
from kinephen.core.p_values import p_text
from kinephen.core.plain import field_values
from kinephen.core.printable import Printable
from kinephen.core.result_table import ResultTable
from kinephen.errors import InputError
from kinephen.survival.outcome import Outcome
from kinephen.survival.results import ChiSquareTest, exp_limit, ratio_table
from kinephen.survival.risk_sets import RiskSets
from kinephen.types import FloatArray, IntArray


@dataclass(frozen=True)
class CoxData:
    """What a model was fitted to; `x` keeps all columns, also those that could not be estimated."""

    x: FloatArray
    outcome: Outcome
    strata: IntArray
    weights: FloatArray
    offset: FloatArray
    sets: tuple[RiskSets, ...]


@dataclass(frozen=True)
class BaselineHazard:
    """Cumulative hazard at all covariates 0 (uncentred) of one stratum.

    Parameters
    ----------
    time : ndarray, shape (g,)
        Event times, ascending.
    cumulative : ndarray, shape (g,)
    """

    time: FloatArray
    cumulative: FloatArray

    def at(self, times: ArrayLike) -> FloatArray:
        """Return the cumulative hazard at `times` (0 before the first event)."""
        position = np.searchsorted(self.time, np.asarray(times, dtype=np.float64), side="right")
        return np.asarray(np.concatenate([[0.0], self.cumulative])[position])


@dataclass(frozen=True)
class CoxResult(Printable):
    """A fitted proportional-hazards model.

    Parameters
    ----------
    names : tuple of str
    coef, se, z, p, hr, hr_lower, hr_upper : ndarray, shape (p,)
        NaN for a covariate that is constant or a combination of others (see `issues`).
    robust_se : ndarray, shape (p,)
        Sandwich standard errors.
    interval : str
        ``"Wald"`` or ``"profile penalised likelihood"``; p values are of the same kind.
    vcov : ndarray, shape (p, p)
    loglik, loglik_null : float
        Penalised values when `method` is ``"firth"``.
    df : float
        Coefficients estimated (effective number with ridge).
    lrt, wald, score : ChiSquareTest
        Against the null model.
    aic, bic : float
        BIC counts events.
    means : ndarray, shape (p,)
        Covariates of the person whom the centred linear predictor is relative to: the mean, and 0 for 0/1
        indicators (as R survival >= 3.2).
    n, events : int
    ties, method : str
        ``"efron"`` or ``"breslow"``; ``"partial likelihood"``, ``"firth"`` or ``"ridge"``.
    iterations : int
    baseline : tuple of BaselineHazard
        One a stratum with events.
    issues : tuple of Issue
    data : CoxData
    """

    names: tuple[str, ...]
    coef: FloatArray
    se: FloatArray
    z: FloatArray
    p: FloatArray
    hr_lower: FloatArray
    hr_upper: FloatArray
    robust_se: FloatArray
    interval: str
    vcov: FloatArray
    loglik: float
    loglik_null: float
    df: float
    lrt: ChiSquareTest
    wald: ChiSquareTest
    score: ChiSquareTest
    means: FloatArray
    n: int
    events: int
    ties: str
    method: str
    iterations: int
    baseline: tuple[BaselineHazard, ...]
    issues: tuple[Issue, ...]
    data: CoxData = field(repr=False)

    @property
    def hr(self) -> FloatArray:
        """Hazard ratios."""
        return np.asarray(exp_limit(self.coef))

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return -2.0 * self.loglik + 2.0 * self.df

    @property
    def bic(self) -> float:
        """Schwarz's criterion with the number of events as sample size (Volinsky and Raftery 2000)."""
        return -2.0 * self.loglik + self.df * float(np.log(self.events))

    @property
    def usable_coef(self) -> FloatArray:
        """Coefficients with 0 where none could be estimated."""
        return np.where(np.isnan(self.coef), 0.0, self.coef)

    def linear_predictor(self, x: ArrayLike | None = None, *, centred: bool = True) -> FloatArray:
        """Return the log relative hazard.

        Parameters
        ----------
        x : array_like, shape (m, p), optional
            New covariates; by default those of the fit (with their offset).
        centred : bool
            Relative to `means`.

        Raises
        ------
        InputError
            ``survival.length`` when `x` has another number of columns.
        """
        own = x is None
        values = self.data.x if own else np.atleast_2d(np.asarray(x, dtype=np.float64))
        if values.shape[1] != len(self.names):
            raise InputError(
                f"{values.shape[1]} columns for {len(self.names)} coefficients",
                code="survival.length",
                where="x",
            )
        shift = float(self.means @ self.usable_coef) if centred else 0.0
        lp = values @ self.usable_coef - shift
        return np.asarray(lp + self.data.offset if own else lp)

    def survival(self, x: ArrayLike, times: ArrayLike, *, stratum: int = 0) -> FloatArray:
        """Return predicted survival, shape (m, number of times), each in [0, 1]."""
        relative = np.exp(self.linear_predictor(x, centred=False))
        return np.asarray(np.exp(-np.outer(relative, self.baseline[stratum].at(times))))

    def to_dict(self) -> dict[str, object]:
        """Return plain fields (without the patients' rows)."""
        fields = {k: field_values(v) for k, v in self.__dict__.items() if k != "data"}
        return {**fields, "hr": self.hr.tolist(), "aic": self.aic, "bic": self.bic}

    def table(self) -> ResultTable:
        """Return the coefficients; the tests of the whole model stand among the notes."""
        found = ratio_table(self, ("HR", self.hr, self.hr_lower, self.hr_upper))
        tests = tuple(str(t) for t in (self.lrt, self.wald, self.score))
        return replace(found, notes=(*tests, *found.notes))

    def __str__(self) -> str:
        head = f"Cox model ({self.method}, {self.ties} ties): n = {self.n}, events = {self.events}"
        width = max((len(n) for n in self.names), default=4)
        rows = [
            f"  {name:<{width}}  HR {h:.3f} ({lo:.3f} to {hi:.3f}), {p_text(float(p))}"
            for name, h, lo, hi, p in zip(
                self.names, self.hr, self.hr_lower, self.hr_upper, self.p, strict=True
            )
        ]
        notes = [f"  note: {i.message}" for i in self.issues]
        return "\n".join([head, *rows, f"  {self.lrt}", *notes])
