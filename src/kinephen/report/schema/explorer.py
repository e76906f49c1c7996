"""What the explorer of features by phenotype shows: values over patients, and five numbers a group."""

from __future__ import annotations

from pydantic import model_validator

from kinephen.report.schema.base import Model, Numbers, Pseudonym, Text
from kinephen.report.schema.patients_figures import BoxGroup


class Variable(Model):
    """One quantity that may be chosen.

    Parameters
    ----------
    label, unit : str
    heading : str
        Under which it stands in the list of choices.
    values : tuple of float
        One a patient, to five significant digits.
    boxes : tuple of BoxGroup
        One a phenotype, over the patients of the discovery cohort.
    """

    label: Text
    heading: Text
    unit: Text = ""
    values: Numbers
    boxes: tuple[BoxGroup, ...]


class Explorer(Model):
    """Values of patients with a phenotype.

    Parameters
    ----------
    patients : tuple of str
    groups : tuple of str
        Phenotypes.
    group : tuple of int
        Position in `groups`, one a patient.
    discovery : tuple of bool
        False for a patient of the validation cohort.
    variables : tuple of Variable
    left_out : int
        Further features, left out so that the page stays small; they stand in ``data/``.
    """

    patients: tuple[Pseudonym, ...]
    groups: tuple[Text, ...]
    group: tuple[int, ...]
    discovery: tuple[bool, ...]
    variables: tuple[Variable, ...]
    left_out: int = 0

    @model_validator(mode="after")
    def _lengths(self) -> Explorer:
        n, k = len(self.patients), len(self.groups)
        if (
            len(self.group) != n
            or len(self.discovery) != n
            or any(len(v.values) != n for v in self.variables)
        ):
            raise ValueError(f"{n} patients need {n} groups, cohorts and values")
        if any(not 0 <= g < k for g in self.group) or any(len(v.boxes) != k for v in self.variables):
            raise ValueError(f"{k} groups need {k} boxes, and patients of no other")
        return self
