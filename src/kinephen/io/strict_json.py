"""JSON from outside: limits on size, depth and numbers, and no key twice."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from kinephen.core.toml_text import deeper_than
from kinephen.errors import InputError

MAX_DEPTH = 40
MAX_WHOLE = 2**63


def read_strict_json(path: Path, *, max_bytes: int, code: str, what: str) -> tuple[Any, str]:
    """Read a JSON file whose numbers are all defined.

    Parameters
    ----------
    path : Path
    max_bytes : int
    code : str
        Code of the error.
    what : str
        What the file should be, for messages.

    Returns
    -------
    value : dict, list, str, float, int, bool or None
    text : str
        The file as it stands.

    Raises
    ------
    InputError
        ``path.missing``, or `code`: too large, no UTF-8, no JSON, NaN or infinities, numbers out of range, a
        key that stands twice, or nested deeper than `MAX_DEPTH`.
    """
    if not path.is_file():
        raise InputError("no such file", code="path.missing", where=path.name)
    size = path.stat().st_size

    def wrong(found: str) -> InputError:
        return InputError(found, code=code, where=path.name, hint=f"give {what}")

    if size > max_bytes:
        raise wrong(f"{size} bytes; {what} has at most {max_bytes}")
    try:
        text = path.read_bytes().decode("utf-8")
        value = json.loads(
            text,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
            object_pairs_hook=_once,
        )
    except (ValueError, RecursionError) as error:
        raise wrong(f"no JSON that is used here: {_reason(error)}") from None
    if deeper_than(value, MAX_DEPTH):
        raise wrong(f"nested deeper than {MAX_DEPTH} levels")
    return value, text


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8 text"
    return str(error)[:200]


def _no_constant(name: str) -> float:
    raise ValueError(f"the number {name} is not defined")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:30]} is out of range")
    return value


def _whole(text: str) -> int:
    value = int(text) if len(text) <= 20 else MAX_WHOLE
    if abs(value) >= MAX_WHOLE:
        raise ValueError(f"the number {text[:30]} is out of range")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [k for k, _ in pairs]
        twice = next(n for n in names if names.count(n) > 1)
        raise ValueError(f"the key {twice[:40]!r} stands twice")
    return found
