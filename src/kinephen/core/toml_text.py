"""TOML from outside, read within limits."""

from __future__ import annotations

import re
import tomllib

MAX_DEPTH = 40
"""Tables and lists in each other; what is nested deeper is no file of settings."""

MAX_DOTS = 200
"""Between two of ``= , { } [ ]`` or line ends; long keys such as ``a.b.c`` take time with their square."""
_PIECES = re.compile(r"[=,{}\[\]\n]")


def parse_toml(text: str) -> dict[str, object]:
    """Return the content of a TOML text: plain values whose keys and types its reader checks.

    Raises
    ------
    ValueError
        With what is wrong as text: the syntax, a number out of range, or nested deeper than `MAX_DEPTH`.
    """
    if any(piece.count(".") > MAX_DOTS for piece in _PIECES.split(text)):
        raise ValueError(_too_deep())
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise ValueError(_too_deep()) from None
    if deeper_than(content, MAX_DEPTH):
        raise ValueError(_too_deep())
    return content


def deeper_than(value: object, limit: int) -> bool:
    """Tell whether dicts and lists are nested deeper than `limit` levels."""
    level = [value]
    for _ in range(limit):
        level = [child for v in level if isinstance(v, (dict, list)) for child in _children(v)]
        if not level:
            return False
    return any(isinstance(v, (dict, list)) for v in level)


def _children(value: dict[str, object] | list[object]) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else value


def _too_deep() -> str:
    return f"nested deeper than {MAX_DEPTH} levels"
