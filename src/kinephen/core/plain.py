"""Plain values: the one way from results to JSON and back, and the one hash of values and of files.

Plain are dict, list, str, int, float, bool and None. What is undefined is None, since JSON has no NaN.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from kinephen.core.files import atomic_path

_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it; NaN and infinities become None, a path its last name.

    Records, dataclasses and whatever has ``to_dict`` become dicts; arrays, tuples and sets lists; a pandas
    table the list of its rows, without the index.

    Raises
    ------
    TypeError
        A value of another kind.
    """
    return _walk(value, _opened, _defined)


def plain_fields(value: Any) -> Any:
    """Return dicts and lists without numpy values or numbers that are not finite; other objects stay.

    For models that check their fields themselves.
    """
    return _walk(value, _kept, _defined)


def field_values(value: Any) -> Any:
    """Return dataclasses, arrays and tuples as dicts and lists, with numbers as they are, NaN too."""
    return _walk(value, _opened_or_kept, _kept)


def _walk(value: Any, other: Callable[[Any], Any], number: Callable[[float], Any]) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if hasattr(value, "tolist"):
        # Arrays, and numpy's numbers: a float64 is also a float.
        return _walk(value.tolist(), other, number)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return {str(k): _walk(v, other, number) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_walk(v, other, number) for v in value]
    found = other(value)
    return found if found is value else _walk(found, other, number)


def _defined(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _kept(value: Any) -> Any:
    return value


def _opened(value: Any) -> Any:
    if isinstance(value, Path):
        return value.name
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    found = _opened_or_kept(value)
    if found is value:
        raise TypeError(f"cannot write {type(value).__name__} as JSON")
    return found


def _opened_or_kept(value: Any) -> Any:
    if isinstance(value, type):
        return value
    if hasattr(value, "iterrows"):
        return value.astype(object).where(value.notna(), None).to_dict("records")
    for method in ("to_dict", "model_dump"):
        if hasattr(value, method):
            return getattr(value, method)()
    return {f.name: getattr(value, f.name) for f in fields(value) if f.repr} if is_dataclass(value) else value


def json_text(value: Any, *, indent: int = 0) -> str:
    """Return plain values as JSON that people can read and compare, keys in the order given.

    Each list of numbers and words takes one line.

    Raises
    ------
    ValueError
        If a number is not finite; see `plain`.
    """
    inner = " " * (indent + 1)
    if isinstance(value, dict) and value:
        lines = [f"{inner}{_ENCODE(str(k))}: {json_text(v, indent=indent + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    if isinstance(value, (list, tuple)) and any(isinstance(v, (dict, list, tuple)) for v in value):
        lines = [inner + json_text(v, indent=indent + 1) for v in value]
        return "[\n" + ",\n".join(lines) + "\n" + " " * indent + "]"
    return _ENCODE(value)


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON (`plain`, then `json_text`), whole or not at all."""
    text = json_text(plain(value)) + "\n"
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read JSON that kinephen wrote; for files from outside see `kinephen.io.strict_json`."""
    return json.loads(path.read_text(encoding="utf-8"))


def canonical_json(value: Any, *, ascii_only: bool = True) -> str:
    """Return plain values as JSON in one line with sorted keys: the same text for the same content.

    Parameters
    ----------
    value : plain value
    ascii_only : bool
        Write other characters as escapes.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=ascii_only, allow_nan=False)


def hash_json(value: Any) -> str:
    """Return the SHA-256 of a plain value, independent of the order of keys."""
    return hash_text(canonical_json(value))


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8."""
    return hash_bytes(text.encode())


def hash_bytes(data: bytes) -> str:
    """Return the SHA-256 of bytes as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's content, as ``sha256sum`` prints it."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
