"""The files of one folder that are an exam's phases by the names of a layout."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.bids_timing import clock_seconds
from kinephen.io.dicom_phases import unwrapped
from kinephen.io.layout import Layout
from kinephen.io.nifti import nifti_stem, same_voxels, sidecar_path
from kinephen.io.nifti_file import NiftiFile, open_nifti
from kinephen.io.sidecar import read_sidecar
from kinephen.io.sources import opened

WHERE = "exam folder"
_LOST = ("nifti.unreadable", "nifti.truncated", "path.not_fetched", "path.broken_link", "path.permission")
"""Why a file cannot be read that may be a phase all the same: it must not be passed over."""
_DERIVED = frozenset({"DERIVED", "SUBTRACT", "SUBTRACTION", "MIP", "PROJECTION IMAGE", "LOCALIZER"})
"""Words of ``ImageType`` in a sidecar of an image that is no phase."""


@dataclass(frozen=True)
class PhaseSet:
    """The files of one exam.

    Parameters
    ----------
    layout : Layout
    files : tuple of Path
        In the order of the phases; or one 4-D file.
    exam : str
        What the names of the files share; may be empty. Not for showing.
    issues : tuple of Issue
    """

    layout: Layout
    files: tuple[Path, ...]
    exam: str = ""
    issues: tuple[Issue, ...] = ()


def matches(images: Sequence[Path], layout: Layout) -> list[PhaseSet]:
    """Return the exams that a layout finds among the NIfTI files of one folder.

    Raises
    ------
    InputError
        ``nifti.layout`` if numbers of phases are missing, or two files stand for one.
    """
    if layout.parent and (not images or images[0].parent.parent.name.lower() != layout.parent):
        return []
    if layout.whole:
        return _whole(images, layout)
    return _by_clock(images, layout) if layout.clock else _by_name(images, layout)


def _whole(images: Sequence[Path], layout: Layout) -> list[PhaseSet]:
    found = [path for path in images if dimensions(path) == 4]
    derived = {path for path, content in _with_sidecars(found) if _is_derived(content)}
    kept = [path for path in found if path not in derived] or found
    others = len(images) - len(kept)
    text = "image(s) beside the 4-D file are not used; if one is a phase, name all phases in a manifest"
    notes = (Issue("nifti.unused", text, WHERE, others, level="warning"),) if others else ()
    return [PhaseSet(layout, (path,), nifti_stem(path), notes) for path in kept]


def dimensions(path: Path) -> int:
    """Return how many dimensions a NIfTI file has (0 if it cannot be read: reading it says why)."""
    file = header_of(path)
    return 0 if file is None else len(file.shape)


def header_of(path: Path, *, strict: Collection[str] = ()) -> NiftiFile | None:
    """Return a file's checked header; None if it cannot be read, unless for a reason in `strict`."""
    try:
        return open_nifti(path)
    except InputError as error:
        if error.code in strict:
            raise
        return None


def _by_name(images: Sequence[Path], layout: Layout) -> list[PhaseSet]:
    patterns = [re.compile(pattern) for pattern in layout.phases]
    exams: dict[tuple[str, ...], dict[int, list[Path]]] = {}
    for path in images:
        found = next((m for p in patterns if (m := p.fullmatch(nifti_stem(path)))), None)
        if found is None:
            continue
        groups = found.groupdict()
        key = tuple(value or "" for name, value in groups.items() if name.startswith("exam"))
        exams.setdefault(key, {}).setdefault(_number(groups), []).append(path)
    # Numbers may belong to patients: only files of which one is before contrast are phases.
    return [
        PhaseSet(layout, _in_order(numbered), key[0] if key else "")
        for key, numbered in exams.items()
        if 0 in numbered
    ]


def _number(groups: Mapping[str, str | None]) -> int:
    if groups.get("pre") is not None:
        return 0
    return int(groups.get("post") or groups.get("index") or 0)


def _in_order(numbered: Mapping[int, Sequence[Path]]) -> tuple[Path, ...]:
    if any(len(paths) > 1 for paths in numbered.values()):
        raise layout_error("two files stand for the same phase by their names", "keep one of them")
    indices = sorted(numbered)
    if indices != list(range(len(indices))):
        raise layout_error(f"phase files must be numbered without gaps; found {indices}")
    return tuple(numbered[i][0] for i in indices)


@dataclass(frozen=True)
class _Timed:
    """An image whose sidecar tells its clock, with the delay of a trigger; s since midnight."""

    clock: float
    path: Path
    geometry: Geometry


def _by_clock(images: Sequence[Path], layout: Layout) -> list[PhaseSet]:
    """Return images that agree in grid and protocol, ordered by the clock of their sidecars."""
    alike: dict[tuple[str, ...], list[_Timed]] = {}
    derived = 0
    for path, content in _with_sidecars(images):
        clock = clock_seconds(content.get(layout.clock))
        file = header_of(path, strict=_LOST) if clock is not None else None
        if clock is None or file is None or len(file.shape) != 3:
            continue
        if _is_derived(content):
            derived += 1
            continue
        key = tuple(str(content.get(name)) for name in layout.alike)
        alike.setdefault(key, []).append(_Timed(clock + _delay(content), path, file.geometry))
    text = "image(s) that are derived from others by their sidecars are not used"
    notes = (Issue("nifti.unused", text, WHERE, derived),) if derived else ()
    return [found for timed in alike.values() for found in _on_one_grid(timed, layout, notes)]


def _delay(content: Mapping[str, object]) -> float:
    """Return the trigger delay, s: GE gives all phases of a series one clock; 0 is not written."""
    found = content.get("TriggerDelayTime")
    if isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found):
        return float(found) / 1000.0
    return 0.0


def _on_one_grid(timed: Sequence[_Timed], layout: Layout, notes: tuple[Issue, ...]) -> list[PhaseSet]:
    """Return the exams among images of one protocol; what is left of them goes with each as a warning."""
    grids: list[list[_Timed]] = []
    for image in timed:
        own = next((g for g in grids if same_voxels(image.geometry, g[0].geometry)), None)
        if own is None:
            grids.append([image])
        else:
            own.append(image)
    several = [g for g in grids if len({image.clock for image in g}) == len(g) > 1]
    left = [image for g in grids if g not in several for image in g]
    if several and left:
        _require_other_images(left, several)
        text = "image(s) of the same protocol lie on another grid than the phases and are not used"
        notes = (*notes, Issue("nifti.unused", text, WHERE, len(left), level="warning"))
    return [PhaseSet(layout, _in_order_of_time(g), issues=notes) for g in several]


def _require_other_images(left: Sequence[_Timed], several: Sequence[Sequence[_Timed]]) -> None:
    """Refuse to leave out what may be a phase: as many voxels as the phases have, but elsewhere."""
    for image in left:
        for phases in several:
            if sorted(image.geometry.shape) == sorted(phases[0].geometry.shape):
                difference = image.geometry.difference(phases[0].geometry) or "two of one time"
                raise layout_error(
                    f"an image of the protocol and the size of the {len(phases)} phases is not on their grid "
                    f"({difference}): it may be a phase",
                    "name the file of each phase in a manifest ([[phase]] files = ...), or move the image "
                    "elsewhere; a phase on another grid must be resampled onto that of the others",
                )


def _in_order_of_time(found: Sequence[_Timed]) -> tuple[Path, ...]:
    times = unwrapped([image.clock for image in found])  # an exam may pass midnight
    return tuple(found[i].path for i in np.argsort(times))


def _with_sidecars(images: Iterable[Path]) -> Iterable[tuple[Path, dict[str, object]]]:
    for path in images:
        beside = sidecar_path(path)
        opened(beside)
        if beside.is_file():
            yield path, read_sidecar(beside)


def _is_derived(content: Mapping[str, object]) -> bool:
    words = content.get("ImageType")
    return isinstance(words, list) and any(str(word).upper() in _DERIVED for word in words)


def layout_error(text: str, hint: str = "") -> InputError:
    """Return the error for names that make no exam."""
    return InputError(
        text,
        code="nifti.layout",
        where=WHERE,
        hint=hint or "name the file of each phase in a manifest ([[phase]] files = ...)",
    )
