"""Other patients, from whatever they come: what a fitted model is applied to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.records.base import IssueRecord
from kinephen.records.flow import LeftOut
from kinephen.records.lesion import Lesion


@dataclass(frozen=True, kw_only=True)
class NewPatients:
    """Features, covariates and exams of patients whom a model has not seen.

    Parameters
    ----------
    ids : dict of str to str
        Running case number to the identifier that was given.
    frame : DataFrame
        Index ``case``: covariates, and ``time`` (years), ``event`` and ``cohort`` where known.
    visits : tuple of DataFrame, optional
        Features at the first and the second visit.
    delta : DataFrame, optional
        Delta features, where these were given.
    lesions : mapping of (case, visit) to Lesion
        Of each exam that was analysed.
    notes : mapping of (case, visit) to tuple of IssueRecord
        What was noticed in an exam's features.
    gaps : dict of str to LeftOut
        Where and why a patient has no features of both visits.
    issues : tuple of Issue
    end_point, time_origin : str
        Empty where not stated.
    simulated : bool
        The study names what a simulation planted.
    """

    ids: dict[str, str]
    frame: pd.DataFrame
    visits: tuple[pd.DataFrame, pd.DataFrame] | None = None
    delta: pd.DataFrame | None = None
    lesions: Mapping[tuple[str, str], Lesion] = field(default_factory=dict)
    notes: Mapping[tuple[str, str], tuple[IssueRecord, ...]] = field(default_factory=dict)
    gaps: dict[str, LeftOut] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    end_point: str = ""
    time_origin: str = ""
    simulated: bool = False

    @property
    def failed(self) -> int:
        """Patients of whom an exam failed."""
        return sum(gap.step == "exams" for gap in self.gaps.values())

    def only(self, cases: list[str]) -> NewPatients:
        """Return some of the patients."""
        wanted = set(cases)

        def rows(frame: pd.DataFrame) -> pd.DataFrame:
            return frame.loc[[c for c in frame.index if c in wanted]]

        return NewPatients(
            ids={c: i for c, i in self.ids.items() if c in wanted},
            frame=rows(self.frame),
            visits=None if self.visits is None else (rows(self.visits[0]), rows(self.visits[1])),
            delta=None if self.delta is None else rows(self.delta),
            lesions={k: v for k, v in self.lesions.items() if k[0] in wanted},
            notes={k: v for k, v in self.notes.items() if k[0] in wanted},
            gaps={c: g for c, g in self.gaps.items() if c in wanted},
            issues=self.issues,
            end_point=self.end_point,
            time_origin=self.time_origin,
            simulated=self.simulated,
        )
