"""What all records share: strict frozen models of plain values, and their digest."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, model_validator

Number: TypeAlias = float | None
"""A number; None where it is undefined, with a ``reason`` beside it."""
Numbers: TypeAlias = tuple[float | None, ...]


def plain(value: Any) -> Any:
    """Return numpy scalars and arrays as Python numbers and lists, and what is not finite as None."""
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class Record(BaseModel):
    """Base of all records.

    Unknown fields are refused; numpy values are accepted and become plain; a number that is not finite
    becomes None, so that every record can be written as JSON; what was read from outside is not quoted in
    messages.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _plain_values(cls, data: Any) -> Any:
        return plain(data) if isinstance(data, Mapping) else data

    def digest(self) -> str:
        """Return the SHA-256 of the record's content, independent of the order of keys."""
        text = json.dumps(
            self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), allow_nan=False
        )
        return hashlib.sha256(text.encode()).hexdigest()


class IssueRecord(Record):
    """Something to know about a result; see `kinephen.core.cohort.Issue`."""

    code: str
    message: str
    where: str = ""
    count: int = 1


class Interval(Record):
    """An estimate with its limits; a part that is None is undefined, `reason` says why."""

    value: Number
    low: Number = None
    high: Number = None
    reason: str = ""
