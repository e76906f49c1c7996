"""Who is in and who left: the one account of patients that every number of patients and events comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, Self, TypeAlias

from pydantic import model_validator

from kinephen.core.options import Cohort
from kinephen.records.base import Record

GivenCohort: TypeAlias = Cohort | Literal[""]
"""Empty where the clinical table names neither or no cohort is known."""
Step: TypeAlias = Literal["visits", "exams", "outcome", "landmark", "features", "covariates"]
"""What a patient has to have: an exam at both visits (in a study also a clinical row of a known cohort), both
exams analysed, a known outcome, follow-up beyond the landmark; then every feature of the phenotype model, and
every covariate of the Cox models."""
STEPS: tuple[Step, ...] = ("visits", "exams", "outcome", "landmark", "features", "covariates")
"""In order. Who leaves at one of the first four is in no analysis of survival; at ``features``, has no
phenotype; at ``covariates``, is not in the Cox models."""
ANALYSED: Step = "landmark"
"""Whoever is left after this step is analysed."""
EARLY = STEPS[: STEPS.index(ANALYSED) + 1]


class Person(Record):
    """A patient who was given.

    Parameters
    ----------
    case : str
    cohort : {"discovery", "validation", ""}
    event : bool, optional
        As the clinical table has it; None where the outcome is not known.
    """

    case: str
    cohort: GivenCohort
    event: bool | None


class LeftOut(Record):
    """One patient who left at one step, and why.

    Parameters
    ----------
    case : str
    step : str
    reason : str
        In words; what follows a colon is particular to the patient.
    """

    case: str
    step: Step
    reason: str

    @property
    def kind(self) -> str:
        """The reason without what is particular to the patient."""
        return self.reason.partition(":")[0]


class Flow(Record):
    """Everybody who came in, and every leaving.

    Parameters
    ----------
    patients : tuple of Person
        Everybody who was listed: of a study, in the exam list or the clinical table.
    leaving : tuple of LeftOut
        At most one for a patient among the first four steps; the last two are judged apart.
    """

    patients: tuple[Person, ...]
    leaving: tuple[LeftOut, ...]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        cases = [p.case for p in self.patients]
        if len(set(cases)) != len(cases):
            raise ValueError("a patient stands twice in the flow")
        pairs = [(x.case, x.step) for x in self.leaving]
        if len(set(pairs)) != len(pairs) or not {c for c, _ in pairs} <= set(cases):
            raise ValueError("a leaving stands twice, or is of nobody")
        early = [c for c, step in pairs if step in EARLY]
        if len(set(early)) != len(early):
            raise ValueError("a patient left before the analysis twice")
        return self

    def of(self, cohort: str) -> Flow:
        """Return the flow of one cohort."""
        patients = tuple(p for p in self.patients if p.cohort == cohort)
        own = {p.case for p in patients}
        return Flow(patients=patients, leaving=tuple(x for x in self.leaving if x.case in own))

    def after(self, step: Step, cohort: str | None = None) -> tuple[Person, ...]:
        """Return who is left after a step, of one cohort or of all.

        After ``features`` or ``covariates`` come those analysed without the ones who left at that step.
        """
        gone = {x.case for x in self.leaving if x.step in _until(step)}
        return tuple(p for p in self.patients if p.case not in gone and cohort in (None, p.cohort))

    def left_out(self, step: Step, cohort: str | None = None) -> tuple[LeftOut, ...]:
        """Return who is not left after a step, each once, at the first step that they did not pass."""
        own = [p.case for p in self.patients if cohort in (None, p.cohort)]
        first = ((case, self._first(case, _until(step))) for case in own)
        return tuple(entry for _, entry in first if entry is not None)

    def left_out_kinds(self, step: Step, cohort: str | None = None) -> dict[str, int]:
        """Return how many are not left after a step, by reason, in the order of the patients."""
        return dict(Counter(entry.kind for entry in self.left_out(step, cohort)))

    def reasons(self, *steps: Step, cohort: str | None = None) -> dict[str, int]:
        """Return how many patients left at some steps, by reason; at a late step, of those analysed."""
        analysed = {p.case for p in self.after(ANALYSED)}
        of = {p.case: p.cohort for p in self.patients}
        found: dict[str, int] = {}
        for x in self.leaving:
            counts = x.step in EARLY or x.case in analysed
            if x.step in steps and counts and cohort in (None, of[x.case]):
                found[x.kind] = found.get(x.kind, 0) + 1
        return dict(sorted(found.items()))

    def why(self, case: str, *steps: Step) -> str:
        """Return why a patient left at the first of some steps that they did not pass, in short; else ""."""
        entry = self._first(case, steps)
        return "" if entry is None else entry.kind

    def n(self, step: Step = ANALYSED, cohort: str | None = None) -> int:
        """Return how many patients are left after a step."""
        return len(self.after(step, cohort))

    def events(self, step: Step = ANALYSED, cohort: str | None = None) -> int:
        """Return how many of those left after a step have the event."""
        return sum(p.event is True for p in self.after(step, cohort))

    def _first(self, case: str, steps: Iterable[Step]) -> LeftOut | None:
        own = {x.step: x for x in self.leaving if x.case == case}
        return next((own[s] for s in STEPS if s in own and s in steps), None)


def _until(step: Step) -> tuple[Step, ...]:
    """Return the steps that who is left after a step has passed."""
    return STEPS[: STEPS.index(step) + 1] if step in EARLY else (*EARLY, step)
