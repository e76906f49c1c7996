"""Predicted risks: one number with one pair of limits for each patient, model and horizon."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from kinephen.records.base import Number, Record

LimitsKind: TypeAlias = Literal["log(-log)"]
"""How limits were found: on the scale of the logarithm of the cumulative hazard."""
LOG_LOG: LimitsKind = "log(-log)"


class Risk(Record):
    """Predicted probability of the event by a horizon.

    Parameters
    ----------
    model : str
        Name of the Cox model.
    horizon : float
        Years.
    value, low, high : float, optional
        Risk and its 95 % limits, 0 to 1; None with a `reason`.
    kind : str
        Of the limits.
    reason : str
    """

    model: str
    horizon: float
    value: Number
    low: Number
    high: Number
    kind: LimitsKind = LOG_LOG
    reason: str = ""


class PatientRisk(Record):
    """What the Cox models say of one patient.

    Parameters
    ----------
    model : str
        That with most covariates of those that could be used; empty if there is none.
    wanted : str
        The model that would be preferred.
    lacking : tuple of str
        Covariates that this one needs and the patient lacks.
    linear_predictor : float, optional
        Log hazard by `model`, relative to a patient at the means.
    risks : tuple of Risk
        By `model`, one a horizon.
    others : dict of str to tuple of Risk
        By the other models that could be used.
    """

    model: str = ""
    wanted: str = ""
    lacking: tuple[str, ...] = ()
    linear_predictor: Number = None
    risks: tuple[Risk, ...] = ()
    others: dict[str, tuple[Risk, ...]] = Field(default_factory=dict)


class Risks(Record):
    """Predicted risks of all patients of a study, by its own Cox models.

    Parameters
    ----------
    horizons : tuple of float
        Years.
    titles : dict of str to str
        Models in words, that with most covariates first.
    patients : dict of str to PatientRisk
        By case.
    reason : str
        Why there is no model.
    """

    horizons: tuple[float, ...] = ()
    titles: dict[str, str] = Field(default_factory=dict)
    patients: dict[str, PatientRisk] = Field(default_factory=dict)
    reason: str = ""
