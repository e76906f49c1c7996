"""From results of the science rooms to records."""

from __future__ import annotations

from typing import TypeVar

from kinephen.core.printable import Printable
from kinephen.records.base import Record

R = TypeVar("R", bound=Record)


def recorded(kind: type[R], result: Printable, **further: object) -> R:
    """Return a result's fields, and `further` ones, as a record of that kind.

    Raises
    ------
    ValidationError
        The record knows other fields than the result has: one of the two was changed alone.
    """
    return kind.model_validate({**result.to_dict(), **further})


def recorded_or_none(kind: type[R], result: Printable | None) -> R | None:
    """Return `recorded`, and None for None."""
    return None if result is None else recorded(kind, result)
