"""What all parts of a report share: strict models, clean text, cells with a reason for what is undefined."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from kinephen.core.plain import plain_fields

NO_REASON = "not defined; no reason was recorded"

# Control characters break XML, and direction overrides and lone surrogates make text read as what it is not.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean_text(value: object) -> object:
    """Return text with each character that XML or a reader cannot bear replaced by U+FFFD."""
    return _UNSAFE.sub("\ufffd", value) if isinstance(value, str) else value


Text: TypeAlias = Annotated[str, BeforeValidator(clean_text)]
Key: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
"""Name of a table, figure, column or number, as it stands in JSON pointers and file names."""
Pseudonym: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$")]
"""A study's own name for a patient. Blanks and carets, as in patients' names, are refused."""
Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Section: TypeAlias = Literal[
    "summary",
    "cohort",
    "phenotypes",
    "molecular",
    "survival",
    "models",
    "validation",
    "truth",
    "supplement",
]
Format: TypeAlias = Literal["text", "int", "f1", "f2", "f3", "f4", "sig3", "p", "percent", "bool"]
"""How a number is shown: decimals (f1..f4), 3 significant digits, p-value, fraction as percent, yes/no."""


Numbers: TypeAlias = tuple[float | None, ...]
"""A list of numbers; None where one is undefined."""


class Model(BaseModel):
    """Base of all parts: unknown keys are refused, numpy values accepted, inputs kept out of messages."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _plain_values(cls, data: object) -> object:
        return plain_fields(data) if isinstance(data, Mapping) else data


class Missing(Model):
    """A cell without a value, and why: shown as an en dash with a note."""

    missing: Text = NO_REASON


class Estimate(Model):
    """A value with its interval; a bound that is None is not known or not finite.

    Parameters
    ----------
    value, low, high : float, optional
    reason : str
        Why a part is None, shown as a note.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: Text = ""


class Share(Model):
    """A count out of a total; shown as ``n (percent)``, which is reckoned from the two when shown."""

    n: int = Field(ge=0)
    of: int = Field(ge=0)


def _cell(value: object) -> object:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float) and math.isnan(value):
        return Missing()
    if isinstance(value, float) and math.isinf(value):
        return Missing(missing="infinite" if value > 0 else "minus infinite")
    return clean_text(value)


Cell: TypeAlias = Annotated[
    bool | int | float | str | Missing | Estimate | Share | None,
    BeforeValidator(_cell),
]
"""One cell of a table. None means that nothing belongs here; what is undefined is `Missing`."""


class Column(Model):
    """One column of a table.

    Parameters
    ----------
    key : str
        Name in the rows, in the twins (CSV, Parquet) and in JSON pointers.
    label : str
        Heading.
    unit : str
        Shown after the heading; empty for a number without unit.
    format : Format
        How numbers are shown; the twins keep full precision.
    align : {"left", "right", "center"}, optional
        Text to the left and numbers to the right unless set.
    description : str
        A sentence for those who do not know the term.
    """

    key: Key
    label: Text
    unit: Text = ""
    format: Format = "text"
    align: Literal["left", "right", "center"] | None = None
    description: Text = ""


class Table(Model):
    """A table of the report.

    Parameters
    ----------
    title, caption : str
    label : str
        For example ``"Table 4"``.
    section : Section
        Where in the page it stands.
    columns : tuple of Column
    rows : tuple of dict
        From column key to cell; a key that is left out is an empty cell.
    notes : tuple of str
        Foot notes.
    keys : tuple of str
        Name of each row for programs, which stays when its words change; empty where rows have none.
    """

    title: Text
    label: Text = ""
    caption: Text = ""
    section: Section = "supplement"
    columns: tuple[Column, ...] = Field(min_length=1)
    rows: tuple[dict[str, Cell], ...] = ()
    notes: tuple[Text, ...] = ()
    keys: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _plain_values(cls, data: object) -> object:
        # Cells are made plain one by one, because a NaN cell becomes `Missing` and not None.
        return data

    @model_validator(mode="after")
    def _known_columns(self) -> Table:
        keys = [c.key for c in self.columns]
        if len(set(keys)) != len(keys):
            raise ValueError("two columns have the same key")
        if self.keys and len(self.keys) != len(self.rows):
            raise ValueError("keys need one name for each row")
        known = set(keys)
        for number, row in enumerate(self.rows):
            unknown = sorted(set(row) - known)
            if unknown:
                raise ValueError(f"row {number} has no column {unknown[0]!r}; columns are {', '.join(keys)}")
        return self

    def by_key(self) -> dict[str, dict[str, Cell]]:
        """Return the rows by their names; empty where rows have none."""
        return dict(zip(self.keys, self.rows, strict=bool(self.keys)))

    def column(self, key: str) -> Column:
        """Return the column with this key, or raise ``KeyError``."""
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(key)
