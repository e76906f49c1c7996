"""A reason for caution about one patient."""

from __future__ import annotations

from kinephen.records.base import Record


class Flag(Record):
    """One reason for caution: a stable code, and words without identifiers."""

    code: str
    text: str
