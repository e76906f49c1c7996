"""Who is in and who left: the one account of patients that every number of patients and events comes from."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from kinephen.records.base import Record

Step = Literal["plan", "exams", "outcome", "landmark", "phenotype", "models"]
STEPS: tuple[Step, ...] = ("plan", "exams", "outcome", "landmark", "phenotype", "models")
"""In order. Who leaves at one of the first four is in no analysis of survival; at ``phenotype``, has no
phenotype; at ``models``, lacks a covariate of the models alone."""
ANALYSED: Step = "landmark"
"""Whoever is left after this step is analysed."""


class Person(Record):
    """A patient of the study.

    Parameters
    ----------
    case : str
    cohort : {"discovery", "validation", ""}
        Empty where the clinical table names neither or no cohort is known.
    event : bool, optional
        None where the outcome is not known.
    """

    case: str
    cohort: Literal["discovery", "validation", ""]
    event: bool | None


class Leaving(Record):
    """One patient who left at one step, and why."""

    case: str
    step: Step
    reason: str


class Flow(Record):
    """Everybody who came in, and every leaving.

    Parameters
    ----------
    patients : tuple of Person
        In the exam list or the clinical table.
    leaving : tuple of Leaving
        At most one for a patient among the first four steps; ``phenotype`` and ``models`` are judged apart.
    """

    patients: tuple[Person, ...]
    leaving: tuple[Leaving, ...]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        cases = [p.case for p in self.patients]
        if len(set(cases)) != len(cases):
            raise ValueError("a patient stands twice in the flow")
        pairs = [(x.case, x.step) for x in self.leaving]
        if len(set(pairs)) != len(pairs) or not {c for c, _ in pairs} <= set(cases):
            raise ValueError("a leaving stands twice, or is of nobody")
        early = [c for c, step in pairs if STEPS.index(step) <= STEPS.index(ANALYSED)]
        if len(set(early)) != len(early):
            raise ValueError("a patient left before the analysis twice")
        return self

    def after(self, step: Step, cohort: str | None = None) -> tuple[Person, ...]:
        """Return who is left after a step, of one cohort or of all.

        After ``phenotype`` and after ``models`` come those analysed without the ones who left at that step.
        """
        steps = STEPS[: min(STEPS.index(step), STEPS.index(ANALYSED)) + 1]
        gone = {x.case for x in self.leaving if x.step in steps or x.step == step}
        return tuple(p for p in self.patients if p.case not in gone and cohort in (None, p.cohort))

    def reasons(self, *steps: Step, cohort: str | None = None) -> dict[str, int]:
        """Return how many patients left at some steps, by reason."""
        of = {p.case: p.cohort for p in self.patients}
        found: dict[str, int] = {}
        for x in self.leaving:
            if x.step in steps and cohort in (None, of[x.case]):
                found[x.reason] = found.get(x.reason, 0) + 1
        return dict(sorted(found.items()))

    def n(self, step: Step = ANALYSED, cohort: str | None = None) -> int:
        """Return how many patients are left after a step."""
        return len(self.after(step, cohort))

    def events(self, step: Step = ANALYSED, cohort: str | None = None) -> int:
        """Return how many of those left after a step have the event."""
        return sum(p.event is True for p in self.after(step, cohort))
