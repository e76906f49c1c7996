"""The words and numbers of the first page."""

from __future__ import annotations

import string
from typing import Literal, Self

from pydantic import Field, model_validator

from kinephen.report.schema.base import Format, Model, Text


class Number(Model):
    """A number that stands in no table or figure."""

    value: bool | int | float | None
    label: Text
    unit: Text = ""
    format: Format = "sig3"
    reason: Text = ""


class StatementRef(Model):
    """Which number a placeholder stands for, and how it is shown."""

    pointer: str
    format: Format = "sig3"


class Sentence(Model):
    """A sentence in plain words with placeholders for numbers.

    Parameters
    ----------
    text : str
        For example ``"The C-statistic rose from {before} to {after}."``; a literal brace is doubled.
    refs : dict of str to StatementRef
        One for each placeholder.
    """

    text: Text
    refs: dict[str, StatementRef] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _placeholders(self) -> Self:
        names = {name for _, name in self.pieces() if name is not None}
        if names != set(self.refs):
            odd = sorted(names ^ set(self.refs))[0]
            raise ValueError(f"placeholder and reference do not match: {odd!r}")
        return self

    def pieces(self) -> list[tuple[str, str | None]]:
        """Return the text in pieces, each with the placeholder that follows it, or None."""
        return [(literal, name) for literal, name, _, _ in string.Formatter().parse(self.text)]


class Statement(Sentence):
    """A sentence of the first page or of the limits.

    Parameters
    ----------
    text, refs
        As in `Sentence`.
    kind : {"finding", "caution", "limit"}
        Findings and cautions stand on the summary page; limits in the section on what cannot be concluded.
    """

    kind: Literal["finding", "caution", "limit"] = "finding"


class Headline(Model):
    """A number that the top of the page shows large."""

    label: Text
    pointer: str
    format: Format = "sig3"
    unit: Text = ""
    note: Text = ""
