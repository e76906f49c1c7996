"""How the features of every patient changed between the visits: what the phenotype model sees."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import pandas as pd
from pydantic import model_validator

from kinephen.core.options import Cohort, DeltaForm, Sign
from kinephen.records.base import IssueRecord, Number, Record
from kinephen.records.flow import LeftOut
from kinephen.records.sites import Sites
from kinephen.records.table import NumberTable


class StopRecord(Record):
    """Why a step over patients is impossible."""

    kind: Literal["input", "cohort"]
    code: str
    message: str
    where: str = ""
    hint: str = ""


class Delta(Record):
    """Change of every feature of every patient with both exams, as the phenotype model sees it.

    Whatever shows the change of a feature reads it here: data/, patients' pages, exports, the explorer.
    """

    form: DeltaForm
    scale: dict[str, Number] | None = None
    """Divisor of each feature in form ``difference``: the SD of the first visit over the discovery cohort."""
    scale_reason: str = ""
    """Why values of form ``difference`` are not divided by a scale."""
    harmonised: str = ""
    """What took batch effects out of the values, for example ``combat by site``; empty if nothing did."""
    stopped: StopRecord | None = None
    """Why the settings' harmonisation is impossible; the values are as before it."""
    cohorts: dict[str, Cohort]
    """Cohort of each patient of the table who belongs to one."""
    table: NumberTable
    signs: dict[str, Sign]
    """Heterogeneity sign of each feature of the table: +1 (-1) where a higher (lower) value means a more
    heterogeneous lesion, 0 for neither."""
    left_out: tuple[LeftOut, ...] = ()
    """Patients of whom there is no row, or whose row cannot be in the model."""
    sites: Sites
    issues: tuple[IssueRecord, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Delta:
        if set(self.cohorts) - set(self.table.cases):
            raise ValueError("a cohort of patients without a row")
        if list(self.signs) != list(self.table.columns):
            raise ValueError("signs of other features than those of the table")
        return self

    @property
    def adjusted(self) -> bool:
        """Whether values are multiplied by a sign of -1; in the literal form the sign cancels."""
        return self.form != "literal"

    @property
    def reversed(self) -> tuple[str, ...]:
        """Features whose change is multiplied by -1."""
        return tuple(f for f, s in self.signs.items() if s == -1) if self.adjusted else ()

    @property
    def oriented(self) -> tuple[str, ...]:
        """Features of which a higher value, as it stands in the table, means a more heterogeneous lesion."""
        return tuple(f for f, s in self.signs.items() if s == 1 or (s == -1 and self.adjusted))

    def directions(self, columns: Iterable[str]) -> dict[str, int]:
        """Return which way the values of each feature, as they stand in the table, point to heterogeneity."""
        return {c: abs(self.signs[c]) if self.adjusted else self.signs[c] for c in columns}

    def sign_table(self) -> pd.DataFrame:
        """Return one row a feature: its sign, and by what its change is multiplied."""
        rows = [(f, s, -1 if s == -1 and self.adjusted else 1) for f, s in self.signs.items()]
        return pd.DataFrame(rows, columns=["feature", "sign", "multiplied_by"])

    def frame(self) -> pd.DataFrame:
        """Return all patients x features; NaN where undefined."""
        return self.table.frame()

    def members(self, cohort: Cohort) -> tuple[str, ...]:
        """Return the patients of a cohort who can be in the model, in the order of the table."""
        out = {entry.case for entry in self.left_out}
        return tuple(c for c in self.table.cases if self.cohorts.get(c) == cohort and c not in out)

    def of(self, cohort: Cohort) -> pd.DataFrame:
        """Return the rows that the model sees of a cohort: patients x features."""
        return self.frame().loc[list(self.members(cohort))]
