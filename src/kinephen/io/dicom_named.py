"""Phases that a manifest names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kinephen.errors import InputError
from kinephen.io.dicom_discovery import Dynamic, series_numbers
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_kind import Kind
from kinephen.io.dicom_phases import Phase, aligned, split_series, time_groups
from kinephen.io.dicom_series import Series
from kinephen.io.dicom_sorting import Sorting
from kinephen.io.manifest import Manifest, PhaseEntry


def from_manifest(series: Sequence[Series], sorting: Sorting, manifest: Manifest, root: Path) -> Dynamic:
    """Return the phases in the order in which the manifest names them.

    A series or a pattern stands for those of its images that can be phases; for all of them if none can; for
    those of the stated ImageType, whatever else they are.

    Parameters
    ----------
    series : sequence of Series
        All series in the folder.
    sorting : Sorting
        Of these series.
    manifest : Manifest
    root : Path
        The exam's folder, which file patterns start from.

    Returns
    -------
    Dynamic

    Raises
    ------
    InputError
        ``manifest.series`` or ``manifest.files`` if an entry fits nothing, several series, or no single
        phase.
    """
    phases: list[Phase] = []
    for number, entry in enumerate(manifest.phases, start=1):
        phases += (
            _from_series(series, sorting, entry, number)
            if entry.series
            else [_from_files(series, sorting, entry, number, root)]
        )
    return Dynamic(aligned(phases), "manifest", "manifest", series_numbers(phases), choice_rule="manifest")


def _from_series(series: Sequence[Series], sorting: Sorting, entry: PhaseEntry, number: int) -> list[Phase]:
    found = [s for s in series if s.images and entry.series in (str(s.number), s.uid)]
    if len(found) != 1:
        numbers = ", ".join(sorted({str(s.number) for s in series if s.images}, key=lambda n: (len(n), n)))
        raise InputError(
            f"phase {number}: {len(found)} series of images fit; series numbers here: {numbers}",
            code="manifest.series",
            where="manifest",
            hint="name the series by its UID if two share a number",
        )
    images = _meant(found[0].images, sorting, entry)
    if not images:
        raise InputError(
            f"phase {number}: no image of {found[0].label} has the image type that is asked for",
            code="manifest.series",
            where="manifest",
        )
    if entry.part is None:
        return list(split_series(images, where=found[0].label).phases)
    return [_part(images, entry.part, number, found[0].label)]


def _part(images: Sequence[Header], part: int, number: int, where: str) -> Phase:
    """Return one phase of a series, of which other phases need not be whole or on the same grid."""
    try:
        parts: Sequence[Sequence[Header]] = [p.slices for p in split_series(images, where=where).phases]
    except InputError as error:
        parts = time_groups(images)
        if len(parts) < 2:
            raise error
    if part > len(parts):
        raise InputError(
            f"phase {number}: part {part} is asked for, the series holds {len(parts)} phase(s)",
            code="manifest.series",
            where="manifest",
        )
    return split_series(parts[part - 1], where=f"part {part} of {where}").phases[0]


def _from_files(
    series: Sequence[Series], sorting: Sorting, entry: PhaseEntry, number: int, root: Path
) -> Phase:
    base = root.resolve()
    images = [h for s in series for h in s.images]
    chosen = [h for h in images if any(_fits(h, base, pattern) for pattern in entry.files)]
    chosen = _meant(chosen, sorting, entry)
    if chosen:
        phases = split_series(chosen, where=f"phase {number} of the manifest").phases
        if len(phases) == 1:
            return phases[0]
    raise InputError(
        f"phase {number}: {len(chosen)} image(s) fit its file patterns, and they are not one phase",
        code="manifest.files",
        where="manifest",
        hint="patterns are relative to the exam's folder, for example post1/*.dcm",
    )


def _meant(images: Sequence[Header], sorting: Sorting, entry: PhaseEntry) -> list[Header]:
    """Return those of the images of a series, or of files, that an entry stands for."""
    if not entry.image_type:
        usable = sorting.images
        return [h for h in images if h.uid in usable] or list(images)
    return [
        h
        for h in images
        if entry.image_type in (value.upper() for value in h.image_type)
        and sorting.kinds.get(h.uid) is not Kind.COPY
    ]


def _fits(header: Header, base: Path, pattern: str) -> bool:
    return header.path.is_relative_to(base) and header.path.relative_to(base).match(pattern)
