"""JSON pointers (RFC 6901): how the page names the number that it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kinephen.core.result_table import Value


def make_pointer(*parts: str | int) -> str:
    """Return the pointer to `parts`, for example ``/tables/cox/rows/0/hr``."""
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in parts)


def resolve(document: object, pointer: str) -> object:
    """Return what `pointer` names in `document` (plain dicts and lists).

    Raises
    ------
    KeyError
        If there is no such place.
    """
    place = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(place, Mapping) and key in place:
            place = place[key]
        elif isinstance(place, Sequence) and not isinstance(place, str) and _index(key) < len(place):
            place = place[_index(key)]
        else:
            raise KeyError(pointer)
    return place


def value_at(document: object, pointer: str) -> Value:
    """Return the number or word that `pointer` names in `document`.

    Raises
    ------
    KeyError
        If there is no such place.
    TypeError
        If a table, a list or another part of the report stands there.
    """
    found = resolve(document, pointer)
    if found is None or isinstance(found, (str, int, float)):
        return found
    raise TypeError(f"no number or word at {pointer}")


def _index(key: str) -> int:
    if not key.isdecimal():
        raise KeyError(key)
    return int(key)
