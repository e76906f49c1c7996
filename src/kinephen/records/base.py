"""What all records share: strict frozen models of plain values, and their digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, model_validator

from kinephen.core.cohort import Issue
from kinephen.core.plain import hash_json, plain_fields

Number: TypeAlias = float | None
"""A number; None where it is undefined, with a ``reason`` beside it."""
Numbers: TypeAlias = tuple[float | None, ...]


class Record(BaseModel):
    """Base of all records.

    Unknown fields are refused; numpy values are accepted and become plain; a number that is not finite
    becomes None, so that every record can be written as JSON; what was read from outside is not quoted in
    messages.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _plain_values(cls, data: object) -> object:
        return plain_fields(data) if isinstance(data, Mapping) else data

    def digest(self) -> str:
        """Return the SHA-256 of the record's content, independent of the order of keys."""
        return hash_json(self.model_dump(mode="json"))


class IssueRecord(Record):
    """Something to know about a result; see `kinephen.core.cohort.Issue`."""

    code: str
    message: str
    where: str = ""
    count: int = 1


def issue_records(issues: Iterable[Issue]) -> tuple[IssueRecord, ...]:
    """Return what was noticed as records."""
    return tuple(IssueRecord(code=i.code, message=i.message, where=i.where, count=i.count) for i in issues)


class Interval(Record):
    """An estimate with its limits; a part that is None is undefined, `reason` says why."""

    value: Number
    low: Number = None
    high: Number = None
    reason: str = ""
