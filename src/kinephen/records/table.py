"""A table of numbers as plain columns and rows."""

from __future__ import annotations

import pandas as pd
from pydantic import model_validator

from kinephen.records.base import Numbers, Record


class NumberTable(Record):
    """Numbers of patients: one row a case, one column a quantity; None where undefined."""

    cases: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[Numbers, ...]

    @model_validator(mode="after")
    def _whole(self) -> NumberTable:
        if len(self.values) != len(self.cases) or any(len(r) != len(self.columns) for r in self.values):
            raise ValueError("rows or columns and their names differ in number")
        return self

    @classmethod
    def of(cls, frame: pd.DataFrame) -> NumberTable:
        """Return the table of a frame with the cases as index."""
        values = frame.to_numpy(dtype="float64")
        return cls(
            cases=tuple(str(i) for i in frame.index),
            columns=tuple(str(c) for c in frame.columns),
            values=values,
        )

    def frame(self) -> pd.DataFrame:
        """Return cases x columns as float64, index ``case``; NaN where undefined."""
        index = pd.Index(self.cases, name="case", dtype=object)
        return pd.DataFrame(list(self.values), index=index, columns=list(self.columns), dtype="float64")
