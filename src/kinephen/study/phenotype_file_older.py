"""Phenotype files of earlier versions, brought to today's schema."""

from __future__ import annotations

from collections.abc import Mapping

from kinephen.records.phenotype_file import SCHEMA

SENTENCES = {
    ("tumours", "readings"): "meaning",
    ("features", "readings"): "meaning",
    ("sigclust",): "given_note",
    ("sam",): "caveat",
}


def upgraded(data: Mapping[str, object]) -> dict[str, object]:
    """Return the content of a file of schema 1 as today's, without checksum.

    Schema 1 said ``women`` for ``patients``, had an empty evidence where there was none, and kept sentences
    beside the numbers.
    """
    content = {k: v for k, v in data.items() if k != "checksum"}
    content |= {"schema": SCHEMA, "discovery": _patients(_mapping(data["discovery"]))}
    evidence = _mapping(data["evidence"])
    content["evidence"] = _evidence(evidence) if evidence else None
    return content


def _mapping(part: object) -> Mapping[str, object]:
    if not isinstance(part, Mapping):
        raise TypeError("a part that is not an object")
    return part


def _patients(part: Mapping[str, object]) -> dict[str, object]:
    return {"patients" if k == "women" else k: v for k, v in part.items()}


def _evidence(part: Mapping[str, object]) -> dict[str, object]:
    found = _patients(part)
    for path, key in SENTENCES.items():
        _drop(found, path, key)
    _drop(found, ("sigclust",), "wording")
    return found


def _drop(found: dict[str, object], path: tuple[str, ...], key: str) -> None:
    """Leave out a key below a path, copying what lies on the way."""
    name, *rest = path
    part = found.get(name)
    if not isinstance(part, Mapping):
        return
    copy = dict(part)
    if rest:
        _drop(copy, tuple(rest), key)
    else:
        copy.pop(key, None)
    found[name] = copy
