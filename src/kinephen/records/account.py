"""The account of a validation: who is in, who left, where and why; a study has its `records.flow`."""

from __future__ import annotations

from collections import Counter
from typing import Literal, TypeAlias

from pydantic import model_validator

from kinephen.records.base import Record

AccountStep: TypeAlias = Literal["visits", "exams", "features", "covariates", "outcome"]
"""What a patient has to have, in this order: an exam at both visits, both analysed, every feature of the
model, every covariate of a Cox model, a known outcome."""
STEPS: tuple[AccountStep, ...] = ("visits", "exams", "features", "outcome")
"""Steps that all analyses of a flow share; covariates are a matter of each Cox model."""


class LeftOut(Record):
    """A patient who left, at the first step that they do not pass.

    Parameters
    ----------
    case : str
    step : str
    reason : str
        In words; what follows a colon is particular to the patient.
    """

    case: str
    step: AccountStep
    reason: str

    @property
    def kind(self) -> str:
        """The reason without what is particular to the patient."""
        return self.reason.partition(":")[0]


class Account(Record):
    """The one account of an analysis: every number of patients and events comes from it.

    Parameters
    ----------
    given : int
        Patients that were listed.
    left_out : tuple of LeftOut
        Each patient who is not analysed, once.
    analysed, events : int
        Patients with features of both visits and a known outcome, and their events.
    """

    given: int
    left_out: tuple[LeftOut, ...]
    analysed: int
    events: int

    @model_validator(mode="after")
    def _adds_up(self) -> Account:
        if len({entry.case for entry in self.left_out}) != len(self.left_out):
            raise ValueError("a patient leaves once")
        if self.given != self.analysed + len(self.left_out):
            raise ValueError("patients given are those analysed and those left out")
        if not 0 <= self.events <= self.analysed:
            raise ValueError("events of more patients than are analysed")
        return self

    def after(self, step: AccountStep) -> int:
        """Return how many patients pass a step and those before it."""
        passed = STEPS[: STEPS.index(step) + 1]
        return self.given - sum(entry.step in passed for entry in self.left_out)

    def reasons(self, step: AccountStep) -> dict[str, int]:
        """Return for how many patients each reason holds to leave at a step, the commonest first."""
        found = Counter(entry.kind for entry in self.left_out if entry.step == step)
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
