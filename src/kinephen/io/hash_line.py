"""One line of a hash chain: the fields of a frozen dataclass as JSON, with their hash."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from kinephen.core.plain import canonical_json, hash_text

T = TypeVar("T")


def to_line(entry: Any, *, number: int, previous: str) -> tuple[str, str]:
    """Return the line of an entry (a dataclass), without a line end, and its hash."""
    content = {**asdict(entry), "line": number, "previous": previous}
    own = digest(content)
    return json.dumps({**content, "hash": own}, ensure_ascii=False, allow_nan=False), own


def parse_line(text: str, kind: type, former: Mapping[str, str]) -> dict[str, object]:
    """Return the fields of a line as they stand there; ``ValueError`` says what is wrong with it.

    Parameters
    ----------
    text : str
    kind : type
        Frozen dataclass of plain fields.
    former : mapping of str to str
        Names that earlier versions wrote, and what they are called now. The hash is of what was written.
    """
    try:
        record = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON, perhaps cut off while it was written") from error
    if not isinstance(record, dict):
        raise ValueError(f"not a {kind.__name__.lower()}")
    fields = {*get_type_hints(kind), "line", "previous", "hash"}
    named = [former.get(k, k) for k in record]
    if set(named) != fields or len(named) != len(fields):
        odd = ", ".join(sorted(map(str, set(named) ^ fields))[:3])
        raise ValueError(f"missing or unknown field(s): {odd}")
    # Hashes are of the content; this finds what parsing hides, such as a field that is given twice.
    if json.dumps(record, ensure_ascii=False) != text:
        raise ValueError("not written as kinephen writes it")
    return record


def entry_of(line: Mapping[str, object], kind: type[T], former: Mapping[str, str]) -> T:
    """Return the entry of a parsed line; ``ValueError`` if a field has a wrong type."""
    record = {former.get(k, k): v for k, v in line.items()}
    hints = get_type_hints(kind)
    for name, hint in hints.items():
        kinds = (list,) if get_origin(hint) is list else get_args(hint) or (hint,)
        value = record[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise ValueError(f"field {name} has a value of the wrong type")
    return kind(**{name: record[name] for name in hints})


def digest(content: Mapping[str, object]) -> str:
    """Return the SHA-256 of the fields of a line without its own hash."""
    return hash_text(canonical_json(content, ascii_only=False))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
