"""What a fitted model says of one patient."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kinephen.core.options import DeltaForm
from kinephen.records.base import IssueRecord, Number, Record
from kinephen.records.flag import Flag
from kinephen.records.risk import LOG_LOG, LimitsKind, Risk


class Prediction(Record):
    """What the model says of one patient.

    Parameters
    ----------
    case : str
    phenotype : int, optional
        Of the nearest centroid, 1 to k; None with the reason in `note`.
    phenotype_name : str
    distances : tuple of float
        To each centroid, in component scores.
    margin : float, optional
        Second nearest minus nearest.
    features_outside : int, optional
        Delta features outside their training range.
    out_of_range : bool, optional
        Farther from the nearest phenotype than any patient of training in it was.
    note : str
    model : str
        Name of the Cox model that gave `risk`: that with most covariates of those that could be used.
    linear_predictor : float, optional
        Log hazard relative to a patient at the means of the fit.
    risk : tuple of Risk
    others : dict of str to tuple of Risk
        Risks by the other models that could be used.
    flags : tuple of Flag
        Where the patient, their exams or their covariates are not as in training.
    exams_compared : int
        Exams that were held against those of training; 0 from feature tables, and where the model holds none.
    notes : tuple of Flag
        What was noticed while their exams were read and measured.
    """

    case: str
    phenotype: int | None = None
    phenotype_name: str = ""
    distances: tuple[float, ...] = ()
    margin: Number = None
    features_outside: int | None = None
    out_of_range: bool | None = None
    note: str = ""
    model: str = ""
    linear_predictor: Number = None
    risk: tuple[Risk, ...] = ()
    others: dict[str, tuple[Risk, ...]] = Field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    exams_compared: int = 0
    notes: tuple[Flag, ...] = ()


class ModelSummary(Record):
    """The model behind predictions; ``phenotypes`` are names, ``cox`` holds titles by name."""

    checksum: str
    title: str
    kinephen: str
    preset: str
    not_for: str
    phenotypes: tuple[str, ...]
    cox: dict[str, str]
    delta_form: DeltaForm | None = None
    """How the change of features in ``delta_features.csv`` is measured."""
    reversed: tuple[str, ...] = ()
    """Features of the model whose change there is multiplied by -1."""


class PredictionsFile(Record):
    """``predictions.json``.

    Parameters
    ----------
    kind, schema : str, int
    kinephen : str
        Version.
    model : ModelSummary
    end_point, time_origin : str
        Of the model; the second is empty where it is not stated.
    time_unit : str
    horizons : tuple of float
    limits : str
        Kind of the 95 % limits of risks.
    issues : tuple of IssueRecord
        What concerns all patients.
    patients : tuple of Prediction
    """

    kind: Literal["kinephen.predictions"] = "kinephen.predictions"
    schema_version: Literal[1] = Field(default=1, serialization_alias="schema")
    kinephen: str
    model: ModelSummary
    end_point: str
    time_origin: str = ""
    time_unit: Literal["years"] = "years"
    horizons: tuple[float, ...]
    limits: LimitsKind = LOG_LOG
    issues: tuple[IssueRecord, ...]
    patients: tuple[Prediction, ...]
