"""JSON that people can read and compare: one line for each list of plain values."""

from __future__ import annotations

import json
from typing import Any


def json_text(value: Any, *, indent: int = 0) -> str:
    """Return `value` as JSON, keys in the order given, NaN refused.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    inner = " " * (indent + 1)
    if isinstance(value, dict) and value:
        lines = [f"{inner}{_scalar(str(k))}: {json_text(v, indent=indent + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    if isinstance(value, (list, tuple)) and any(isinstance(v, (dict, list, tuple)) for v in value):
        lines = [inner + json_text(v, indent=indent + 1) for v in value]
        return "[\n" + ",\n".join(lines) + "\n" + " " * indent + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
