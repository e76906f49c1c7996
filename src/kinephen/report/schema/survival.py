"""What the figures of survival and of models are drawn from."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from kinephen.report.schema.base import Estimate, Key, Model, Numbers, Text


class KMCurve(Model):
    """One Kaplan-Meier curve as a step function: `survival[i]` holds from `time[i]` on; 1 before.

    Parameters
    ----------
    label : str
    n, events : int
    time : tuple of float
        Times at which the curve changes or someone is censored, increasing.
    survival, low, high : tuple of float
        Probability and pointwise interval, within [0, 1].
    censor_time, censor_survival : tuple of float
    at_risk : tuple of int
        At each of the panel's `risk_times`.
    """

    label: Text
    n: int = Field(ge=0)
    events: int = Field(ge=0)
    time: Numbers
    survival: Numbers
    low: Numbers = ()
    high: Numbers = ()
    censor_time: Numbers = ()
    censor_survival: Numbers = ()
    at_risk: tuple[int, ...]

    @model_validator(mode="after")
    def _lengths(self) -> KMCurve:
        if len(self.time) != len(self.survival) or len(self.censor_time) != len(self.censor_survival):
            raise ValueError("each time needs one survival")
        if len(self.low) != len(self.high) or len(self.low) not in (0, len(self.time)):
            raise ValueError("the band needs a low and a high for each time")
        return self


class KMPanel(Model):
    """Curves of one set of patients.

    Parameters
    ----------
    title : str
    curves : tuple of KMCurve
    risk_times : tuple of float
    test : str
        For example ``"log-rank"``.
    p : float, optional
    reason : str
        Why `p` is None.
    hazard_ratio : Estimate, optional
        Second curve against the first.
    palette : {"phenotype", "other"}
        Other groups than phenotypes have other colours.
    key : str
        Name of the panel for programs, which stays when its title changes.
    """

    title: Text = ""
    curves: tuple[KMCurve, ...] = Field(min_length=1)
    risk_times: tuple[float, ...] = Field(min_length=1)
    test: Text = "log-rank"
    p: float | None = Field(default=None, ge=0, le=1)
    reason: Text = ""
    hazard_ratio: Estimate | None = None
    palette: Literal["phenotype", "other"] = "phenotype"
    key: str = ""

    @model_validator(mode="after")
    def _risk(self) -> KMPanel:
        if any(len(c.at_risk) != len(self.risk_times) for c in self.curves):
            raise ValueError("each curve needs one number at risk for each of risk_times")
        return self

    @property
    def events(self) -> int:
        """Events of all curves."""
        return sum(c.events for c in self.curves)


class KMData(Model):
    """One panel or a row of several, with one axis of time."""

    kind: Literal["km"] = "km"
    panels: tuple[KMPanel, ...] = Field(min_length=1)
    time_label: Text = "Time"
    time_unit: Text = "years"
    survival_label: Text = "Event-free survival"
    interval: Text = "95 % band"


class ConfusionData(Model):
    """Confusion matrices, one for each row of a table.

    The table's columns `tp`, `fp`, `fn`, `tn` hold counts; `measures` names its columns to print below.
    """

    kind: Literal["confusion"] = "confusion"
    table: Key
    label_column: Key = "marker"
    predicted: tuple[Text, Text] = ("high risk", "low risk")
    observed: tuple[Text, Text] = ("event", "no event")
    measures: tuple[Key, ...] = ("ppv", "npv", "sensitivity", "specificity")


class ForestInterval(Model):
    """One interval of each row: a table column of `Estimate` cells.

    `role` "honest" is drawn as a point with whiskers; "noise" as a pale bar that is named in the legend.
    """

    column: Key
    name: Text
    role: Literal["honest", "noise"] = "honest"


class ForestData(Model):
    """Forest of a table's rows."""

    kind: Literal["forest"] = "forest"
    table: Key
    label_column: Key
    intervals: tuple[ForestInterval, ...] = Field(min_length=1)
    axis_label: Text
    reference: float | None = None
    log_scale: bool = False


class CalibrationCurve(Model):
    """Observed against predicted risk in groups, with slope and calibration in the large where known.

    `smooth_predicted` and `smooth_observed` are a smooth curve through all patients, drawn as a line.
    """

    label: Text
    predicted: Numbers
    observed: Numbers
    low: Numbers = ()
    high: Numbers = ()
    n: tuple[int, ...] = ()
    smooth_predicted: Numbers = ()
    smooth_observed: Numbers = ()
    slope: Estimate | None = None
    intercept: Estimate | None = None


class CalibrationData(Model):
    """Calibration of one or more models at a horizon."""

    kind: Literal["calibration"] = "calibration"
    curves: tuple[CalibrationCurve, ...] = Field(min_length=1)
    horizon: float
    time_unit: Text = "years"


class Series(Model):
    """One line with an optional band."""

    label: Text
    x: Numbers
    y: Numbers
    low: Numbers = ()
    high: Numbers = ()
    role: Literal["model", "default"] = "model"


class LinesData(Model):
    """Lines over one axis: decision curves, AUC(t), Brier score."""

    kind: Literal["lines"] = "lines"
    series: tuple[Series, ...] = Field(min_length=1)
    x_label: Text
    y_label: Text
    y_reference: float | None = None
