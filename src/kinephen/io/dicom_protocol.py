"""The acquisition protocol of an exam from the first image of each of its phases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pydicom
from pydicom.tag import Tag

from kinephen.core.machine import raise_machine_fault
from kinephen.io import dicom_values as values
from kinephen.io.dicom_headers import Header, quiet_pydicom
from kinephen.io.dicom_open import read_dataset
from kinephen.io.protocol import NUMBERS, TEXTS, protocol_from, protocol_of_phases
from kinephen.records.protocol import Protocol

_ENHANCED = {
    "EchoTime": ("EffectiveEchoTime",),
    "InversionTime": ("InversionTimes",),
    "EchoTrainLength": ("RFEchoTrainLength", "GradientEchoTrainLength"),
    "SequenceName": ("PulseSequenceName",),
}
"""Keywords of enhanced MR objects for what single images call otherwise."""
_SHARED, _PER_FRAME = int(Tag("SharedFunctionalGroupsSequence")), int(Tag("PerFrameFunctionalGroupsSequence"))
_AGENTS, _ROUTES = (
    int(Tag("ContrastBolusAgentSequence")),
    int(Tag("ContrastBolusAdministrationRouteSequence")),
)
_MEANING = int(Tag("CodeMeaning"))
_READ = [
    *(int(Tag(name)) for name in (*NUMBERS, *TEXTS)),
    *(int(Tag(name)) for names in _ENHANCED.values() for name in names),
    *(_SHARED, _PER_FRAME, _AGENTS, _ROUTES),
]


def read_protocol(firsts: Sequence[Header]) -> Protocol:
    """Return the protocol of a dynamic series.

    Parameters
    ----------
    firsts : sequence of Header
        The first image of each phase, in order of time.
    """
    by_file: dict[Path, Header] = {}
    for header in firsts:
        by_file.setdefault(header.path, header)
    frames = [(h.path, 0 if h.pixels is None else h.pixels.frame) for h in by_file.values()]
    return protocol_of_phases([_read(path, frame) for path, frame in frames])


def _read(path: Path, frame: int) -> Protocol:
    with quiet_pydicom():
        try:
            data = read_dataset(path, tags=_READ)
        except Exception as error:  # a file whose protocol cannot be read states none; its image may be sound
            raise_machine_fault(error)
            return Protocol()
        places = [data, *_groups(data, frame)]
        stated: dict[str, object] = {name: _first(places, name, number=True) for name in NUMBERS}
        stated |= {name: _first(places, name, number=False) for name in TEXTS}
        stated["ContrastBolusAgent"] = stated["ContrastBolusAgent"] or _agent(data)
        stated["ContrastBolusRoute"] = stated["ContrastBolusRoute"] or _route(data)
    return protocol_from(stated)


def _groups(data: pydicom.Dataset, frame: int) -> list[pydicom.Dataset]:
    """Return the functional groups of a frame, its own before the shared ones."""
    own, shared = _items(data, _PER_FRAME), _items(data, _SHARED)
    found = []
    for holder in (*own[frame : frame + 1], *shared[:1]):
        for tag in holder.keys():  # noqa: SIM118 - iterating over the data set would convert every element
            found += _items(holder, int(tag))[:1]
    return found


def _items(data: pydicom.Dataset, tag: int) -> list[pydicom.Dataset]:
    """Return the items of a sequence; an empty list for any other element."""
    try:
        element = data.get(tag)
        return list(element.value) if element is not None and element.VR == "SQ" else []
    except Exception as error:  # a malformed element in someone's file is "absent" to us
        raise_machine_fault(error)
        return []


def _first(places: Sequence[pydicom.Dataset], name: str, *, number: bool) -> Any:
    """Return the first value that is neither empty nor 0, under each name that DICOM has for it."""
    for keyword in (name, *_ENHANCED.get(name, ())):
        tag = int(Tag(keyword))
        for data in places:
            value = _number(data, tag) if number else values.text(data, tag)
            if value not in (None, "", 0.0):
                return value
    return None


def _number(data: pydicom.Dataset, tag: int) -> float | None:
    """Return the first number of an element of text or binary type."""
    try:
        value: Any = data[tag].value if tag in data else None
        several = isinstance(value, (list, tuple, pydicom.multival.MultiValue))
        return values.number_of(str(value[0] if several else value))
    except Exception as error:  # text in a number, a value of another type
        raise_machine_fault(error)
        return None


def _agent(data: pydicom.Dataset) -> str:
    return next((values.text(item, _MEANING) for item in _items(data, _AGENTS)), "")


def _route(data: pydicom.Dataset) -> str:
    routes = (r for item in _items(data, _AGENTS) for r in _items(item, _ROUTES))
    return next((values.text(route, _MEANING) for route in routes), "")
