"""Phenotypes of change: the frozen model, what speaks for it, and the phenotype of every patient."""

from __future__ import annotations

from kinephen.core.options import Cohort
from kinephen.records.base import Number, Numbers, Record
from kinephen.records.evidence import Evidence
from kinephen.records.phenotype_file import PhenotypeFile


class Assigned(Record):
    """One patient: the tree's label on discovery, the nearest centroid for others."""

    phenotype: int | None
    """1 to k; None where a feature of the model is undefined."""
    nearest: int | None
    """Phenotype of the nearest centroid."""
    distances: Numbers
    """To each centroid."""
    margin: Number
    """Second nearest minus nearest; None for one phenotype."""
    features_outside: int
    """Features whose z-score lies outside the range of discovery."""
    out_of_range: bool
    """Farther from the nearest phenotype than any patient of training in it was."""
    note: str
    """Why there is no phenotype."""
    scores: dict[str, Number]
    """Component scores."""
    z: dict[str, Number]
    """Component scores in means and standard deviations of the discovery cohort."""


class PatientGaps(Record):
    """Undefined changes of one patient of the discovery cohort, and what they cost."""

    case: str
    undefined: int
    """Features that are undefined in this patient, of those that could have been kept."""
    alone: int
    """Of them, those that are undefined in no other patient."""
    left_out: bool
    """The model was learned without this patient, who has no phenotype; otherwise the features went."""


class Phenotypes(Record):
    """What the phenotype step found."""

    model: PhenotypeFile
    assignment: dict[Cohort, dict[str, Assigned]]
    """By cohort and case; a cohort without patients is absent."""
    gaps: tuple[PatientGaps, ...]
    component_tree: tuple[tuple[int, int, float], ...] | None
    """Average linkage of the components on 1 - r: nodes from 0, components first, and height."""
    component_order: tuple[int, ...]
    """Components in the order of that tree."""

    @property
    def evidence(self) -> Evidence:
        """What speaks for the model."""
        assert self.model.evidence is not None  # the step always collects it
        return self.model.evidence

    @property
    def k(self) -> int:
        """Number of phenotypes that the rule chose."""
        return self.model.k

    @property
    def names(self) -> tuple[str, ...]:
        """What the phenotypes are called."""
        return self.evidence.phenotypes[str(self.k)].names

    @property
    def labels(self) -> dict[str, str]:
        """Number and name of each phenotype, by number."""
        return {str(i): f"{i} {name}" for i, name in enumerate(self.names, start=1)}

    def rows(self, cohort: Cohort) -> dict[str, Assigned]:
        """Return the patients of a cohort; empty where there are none."""
        return self.assignment.get(cohort, {})

    def learned(self) -> tuple[str, ...]:
        """Return the patients of the discovery cohort that the model was learned on, in its order."""
        return tuple(c for c, r in self.rows("discovery").items() if r.phenotype is not None)

    def all_rows(self) -> dict[str, Assigned]:
        """Return the patients of both cohorts."""
        return {case: row for rows in self.assignment.values() for case, row in rows.items()}
