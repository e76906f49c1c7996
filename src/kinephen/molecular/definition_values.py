"""Checks of single values in a signature file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from kinephen.errors import InputError


def error(code: str, found: str, hint: str, where: str) -> InputError:
    """Return an error about a signature file."""
    return InputError(f"signature definition: {found}", code=code, hint=hint, where=where)


def choice(document: Mapping[str, object], key: str, allowed: Sequence[str], where: str) -> Any:
    """Return one of the allowed values, by default the first."""
    value = document.get(key, allowed[0])
    if not isinstance(value, str) or value not in allowed:
        raise error(f"signature.{key}", f"{key} is {value!r}", f"use one of {', '.join(allowed)}", where)
    return value


def number(value: Any, what: str, where: str) -> float:
    """Return a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise error(
            "signature.value",
            f"{what} is {value!r}, expected a finite number",
            "write the number with a decimal point",
            where,
        )
    return float(value)


def share(value: Any, where: str) -> float:
    """Return a share above 0 and up to 1."""
    found = number(value, "min_coverage", where)
    if not 0 < found <= 1:
        raise error("signature.value", f"min_coverage is {found}", "give a share above 0 and up to 1", where)
    return found


def texts(value: Any, what: str, where: str) -> tuple[str, ...]:
    """Return one text or a list of texts as a tuple."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, (list, tuple)) or not all(isinstance(v, str) for v in found):
        raise error("signature.value", f"{what} is {value!r}", "write a list of texts", where)
    return tuple(found)


def numbers(document: Mapping[str, object], key: str, where: str) -> tuple[float, ...]:
    """Return a list of finite numbers, empty by default."""
    found = document.get(key, ())
    if not isinstance(found, (list, tuple)):
        raise error("signature.value", f"{key} is {found!r}", "write a list of numbers", where)
    return tuple(number(v, key, where) for v in found)


def tables(document: Mapping[str, object], key: str, where: str) -> list[Mapping[str, object]]:
    """Return a list of tables, empty by default."""
    found = document.get(key, ())
    if not isinstance(found, (list, tuple)) or not all(isinstance(v, Mapping) for v in found):
        raise error("signature.value", f"{key} is {str(found)[:60]}", "write a list of tables", where)
    return list(found)
