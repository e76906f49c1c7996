"""What UCSF's analysis left in private group 0117 of its maps and segmentations.

The block is found through its creator element, as DICOM PS3.5 section 7.8 asks, never by a literal address.
The meaning of the elements was established on the public Breast-MRI-NACT-Pilot collection (doi
10.7937/K9/TCIA.2016.QHsyhJKy).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
from pydicom.datadict import add_private_dict_entries

from kinephen.core.cohort import Issue
from kinephen.core.dynamic import Box, StatedVolume
from kinephen.core.machine import raise_machine_fault
from kinephen.io import dicom_values as values
from kinephen.io.dicom_headers import quiet_pydicom
from kinephen.io.dicom_open import read_dataset

CREATOR = "UCSF BIRP PRIVATE CREATOR 011710xx"
GROUP = 0x0117

_PARAMETERS, _REGIONS, _VOLUMES = 0x10, 0x20, 0xB0
_NAME, _INTEGER_VALUE, _STRING_VALUE = 0x14, 0x19, 0x1A
_N_PHASES, _DURATION, _INJECTION, _TIMES, _INDICES = 0x30, 0x31, 0x33, 0x34, 0x35
_CENTRE, _HALF_VECTORS, _REGION_TYPE = 0x42, (0x43, 0x44, 0x45), 0x46
_FIRST_VOXEL, _LAST_VOXEL = 0xA1, 0xA2
_SER_MIN, _SER_MAX, _VOXELS, _CC, _LABEL = 0xB1, 0xB2, 0xB3, 0xB4, 0xB5

# Implicit little endian carries no VR; pydicom can open the three sequences only if it knows them.
add_private_dict_entries(
    CREATOR,
    {
        0x01171000 | offset: ("SQ", "1", name)
        for offset, name in ((_PARAMETERS, "Parameters"), (_REGIONS, "Regions"), (_VOLUMES, "Volumes"))
    },
)


@dataclass(frozen=True)
class PrivateRecord:
    """The private elements of one object; empty or None where it is silent.

    Parameters
    ----------
    parameters : dict of str to str
        Named parameters, for example ``PE_threshold``.
    boxes : tuple of Box
    voxel_box : tuple of two tuples of int, optional
        First and last voxel (column, row, slice), 0-based, both inclusive, slices in acquisition order.
    n_phases : int, optional
    times_s : tuple of float, optional
        Middle of each phase, seconds after injection.
    duration_s : float, optional
        Duration of one phase.
    injection_s : float, optional
        Assumed start of injection, seconds since midnight.
    indices : tuple of int, optional
        Phases that the map used, 0 = before contrast.
    volumes : tuple of StatedVolume
    issues : tuple of Issue
    """

    parameters: dict[str, str] = field(default_factory=dict)
    boxes: tuple[Box, ...] = ()
    voxel_box: tuple[tuple[int, int, int], tuple[int, int, int]] | None = None
    n_phases: int | None = None
    times_s: tuple[float, ...] | None = None
    duration_s: float | None = None
    injection_s: float | None = None
    indices: tuple[int, ...] | None = None
    volumes: tuple[StatedVolume, ...] = ()
    issues: tuple[Issue, ...] = ()


def read_private_record(path: Path) -> PrivateRecord | None:
    """Read the private elements of one object.

    Parameters
    ----------
    path : Path
        A derived map or segmentation.

    Returns
    -------
    PrivateRecord or None
        None if the object has no such block. Elements of the wrong type are left out and named in `issues`.
    """
    with quiet_pydicom():
        try:
            data = read_dataset(path)
            block = _block(data)
            return None if block is None else _Reader(block).record(data)
        except Exception as error:  # a damaged private group must not stop the exam; it is reported instead
            raise_machine_fault(error)
            return PrivateRecord(issues=(_unreadable("the group"),))


def _block(data: pydicom.Dataset) -> int | None:
    for element in range(0x10, 0x100):
        tag = (GROUP << 16) | element
        if tag in data and values.text(data, tag).startswith("UCSF BIRP PRIVATE CREATOR"):
            return element << 8
    return None


def _unreadable(what: str) -> Issue:
    return Issue("ucsf.element", f"private UCSF header: {what} cannot be read and was ignored")


class _Reader:
    """Reads one object's block, collecting what could not be read."""

    def __init__(self, block: int) -> None:
        self.block = block
        self.issues: list[Issue] = []

    def record(self, data: pydicom.Dataset) -> PrivateRecord:
        times = self._numbers(data, _TIMES, "phase times")
        duration = self._numbers(data, _DURATION, "phase duration")
        indices = self._numbers(data, _INDICES, "phase indices")
        n_phases = self._numbers(data, _N_PHASES, "number of phases")
        injection = values.time_of_day(values.text(data, self._tag(data, _INJECTION)))
        return PrivateRecord(
            parameters=self._parameters(data),
            boxes=tuple(self._boxes(data)),
            voxel_box=self._voxel_box(data),
            n_phases=int(n_phases[0]) if n_phases else None,
            times_s=times,
            duration_s=duration[0] if duration and duration[0] > 0 else None,
            injection_s=injection,
            indices=tuple(int(v) for v in indices) if indices else None,
            volumes=tuple(self._volumes(data)),
            issues=tuple(self.issues),
        )

    def _tag(self, data: pydicom.Dataset, offset: int) -> int:
        own = _block(data)
        return (GROUP << 16) | (self.block if own is None else own) | offset

    def _numbers(self, data: pydicom.Dataset, offset: int, what: str) -> tuple[float, ...] | None:
        tag = self._tag(data, offset)
        if not values.text(data, tag):
            return None
        found = values.numbers(data, tag)
        if found is None:
            self.issues.append(_unreadable(what))
        return found

    def _items(self, data: pydicom.Dataset, offset: int, what: str) -> list[pydicom.Dataset]:
        tag = self._tag(data, offset)
        if tag not in data:
            return []
        try:
            items = list(data[tag].value or ())
        except Exception as error:
            raise_machine_fault(error)
            items = ["not a sequence"]
        if not all(isinstance(item, pydicom.Dataset) for item in items):
            self.issues.append(_unreadable(what))
            return []
        return items

    def _parameters(self, data: pydicom.Dataset) -> dict[str, str]:
        found = {}
        for item in self._items(data, _PARAMETERS, "parameters"):
            name = values.text(item, self._tag(item, _NAME))
            value = values.text(item, self._tag(item, _INTEGER_VALUE)) or values.text(
                item, self._tag(item, _STRING_VALUE)
            )
            if name and value:
                found[name] = value
        return found

    def _boxes(self, data: pydicom.Dataset) -> Iterator[Box]:
        for item in self._items(data, _REGIONS, "regions"):
            centre = self._vector(item, _CENTRE)
            half = [self._vector(item, offset) for offset in _HALF_VECTORS]
            full = [v for v in half if v is not None]
            if centre is None or len(full) != 3 or abs(np.linalg.det(np.array(full))) < 1e-6:
                self.issues.append(_unreadable("a region's box"))
                continue
            omit = values.text(item, self._tag(item, _REGION_TYPE)).upper() == "OMIT"
            yield Box(centre, (full[0], full[1], full[2]), omit=omit, source="private header")

    def _vector(self, item: pydicom.Dataset, offset: int) -> tuple[float, float, float] | None:
        found = values.numbers(item, self._tag(item, offset))
        return (found[0], found[1], found[2]) if found and len(found) in (3, 4) else None

    def _voxel_box(self, data: pydicom.Dataset) -> tuple[tuple[int, int, int], tuple[int, int, int]] | None:
        first, last = (self._voxel(data, offset) for offset in (_FIRST_VOXEL, _LAST_VOXEL))
        if first is None or last is None:
            return None
        return (first, last) if all(a <= b for a, b in zip(first, last, strict=True)) else None

    def _voxel(self, data: pydicom.Dataset, offset: int) -> tuple[int, int, int] | None:
        tag = self._tag(data, offset)
        if tag not in data:
            return None
        found = values.unsigned_shorts(data, tag)
        if found is None or len(found) != 3:
            self.issues.append(_unreadable("voxel indices of the box"))
            return None
        return found[0], found[1], found[2]

    def _volumes(self, data: pydicom.Dataset) -> Iterator[StatedVolume]:
        for item in self._items(data, _VOLUMES, "volumes"):
            voxels = values.number(item, self._tag(item, _VOXELS))
            cc = values.number(item, self._tag(item, _CC))
            if voxels is None or cc is None:
                self.issues.append(_unreadable("a volume"))
                continue
            yield StatedVolume(
                label=values.text(item, self._tag(item, _LABEL)),
                voxels=int(voxels),
                cc=cc,
                ser_min=values.number(item, self._tag(item, _SER_MIN)),
                ser_max=values.number(item, self._tag(item, _SER_MAX)),
            )
