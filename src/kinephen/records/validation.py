"""Frozen models held against the outcome of other patients."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from pydantic import Field

from kinephen.records.associations import AssociationsRecord
from kinephen.records.base import Interval, Number, Record
from kinephen.records.curves import PanelRecord
from kinephen.records.flow import Flow, LeftOut
from kinephen.records.performance import CalibrationGroup, DecisionCurve


class BrierRecord(Record):
    """Mean squared error of predicted risks, of the Kaplan-Meier risk given to everyone, and the index."""

    brier: Number
    null_brier: Number
    ipa: Number
    n: int


class FrozenPerformance(Record):
    """How one frozen Cox model does in the patients that are analysed and have its covariates.

    Parameters
    ----------
    model, title : str
    n, events : int
        Of the patients that every number below was computed on.
    left_out : tuple of LeftOut
        Analysed patients who lack a covariate of the model.
    reason : str
        Why nothing can be said.
    c, slope, in_the_large : Interval, optional
        Harrell's C; calibration slope (1 is right); observed over expected events.
    horizon : float, optional
        Years, of the three below.
    at_horizon : Interval, optional
        Observed over mean predicted risk.
    brier : BrierRecord, optional
    calibration : tuple of CalibrationGroup
    """

    model: str
    title: str
    n: int
    events: int
    left_out: tuple[LeftOut, ...] = ()
    reason: str = ""
    c: Interval | None = None
    slope: Interval | None = None
    in_the_large: Interval | None = None
    horizon: Number = None
    at_horizon: Interval | None = None
    brier: BrierRecord | None = None
    calibration: tuple[CalibrationGroup, ...] = ()

    @property
    def lacking(self) -> dict[str, int]:
        """How many analysed patients lack a covariate, by what they lack."""
        return dict(sorted(Counter(entry.reason for entry in self.left_out).items()))


class PhenotypeCounts(Record):
    """Patients with one phenotype.

    Parameters
    ----------
    label : str
        Number and name.
    n, events, out_of_range : int
        Among the analysed; the last: farther from the nearest phenotype than any patient of training in it
        was.
    training : int, optional
        Patients of training; None where it was not written down (fewer than 5).
    """

    label: str
    n: int
    events: int
    out_of_range: int
    training: int | None = None


class SplitTest(Record):
    """SigClust of the assigned split; a test of given labels, which is conservative."""

    p: Number = None
    p_empirical: Number = None
    cluster_index: Number = None
    covariance: str = ""
    reason: str = ""


class CaseMix(Record):
    """One covariate (or one class of it) in training and here.

    Parameters
    ----------
    label : str
    kind : {"share", "number"}
    n, of : int
        Who has it, among those in whom it is known; of a number ``of`` alone.
    training, training_sd : float, optional
        Mean (or share) and SD of training.
    mean, sd : float, optional
        Here.
    outside : int, optional
        Values outside the training range.
    """

    label: str
    kind: Literal["share", "number"]
    of: int
    n: int | None = None
    training: Number = None
    training_sd: Number = None
    mean: Number = None
    sd: Number = None
    outside: int | None = None


class FlagCount(Record):
    """How many patients carry a flag, with an example in words."""

    code: str
    n: int
    example: str


class Decision(Record):
    """Decision curves of all models on the same patients.

    Parameters
    ----------
    n, events : int
        Analysed patients who are complete for all models.
    lines : tuple of DecisionCurve
    """

    n: int
    events: int
    lines: tuple[DecisionCurve, ...] = Field(min_length=1)


class ValidationRecord(Record):
    """The validation cohort of a study under the frozen phenotypes and Cox models of its discovery cohort.

    Parameters
    ----------
    flow : Flow
        That of the study, of its validation cohort.
    phenotypes : tuple of PhenotypeCounts
        Of the patients analysed, who have a phenotype.
    panel : PanelRecord
        Survival by phenotype.
    sigclust : SplitTest
    associations : AssociationsRecord
    models : tuple of FrozenPerformance
    """

    flow: Flow
    phenotypes: tuple[PhenotypeCounts, ...]
    panel: PanelRecord
    sigclust: SplitTest
    associations: AssociationsRecord
    models: tuple[FrozenPerformance, ...]

    @property
    def out_of_range(self) -> int:
        """Patients farther from the nearest phenotype than any patient of training in it was."""
        return sum(p.out_of_range for p in self.phenotypes)


class ExternalRecord(Record):
    """A model file held against the outcome of other patients.

    Parameters
    ----------
    flow : Flow
    horizon : float, optional
        Years.
    phenotypes : tuple of PhenotypeCounts
    panel : PanelRecord
    models : tuple of FrozenPerformance
    training_c : dict of str to Interval
        Cross-validated C in training, by model.
    decision : Decision, optional
    case_mix : tuple of CaseMix
    flags : tuple of FlagCount
    """

    flow: Flow
    horizon: Number
    phenotypes: tuple[PhenotypeCounts, ...]
    panel: PanelRecord
    models: tuple[FrozenPerformance, ...]
    training_c: dict[str, Interval]
    decision: Decision | None
    case_mix: tuple[CaseMix, ...]
    flags: tuple[FlagCount, ...]
