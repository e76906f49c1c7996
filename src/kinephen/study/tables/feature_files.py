"""Maps and labels of a case with the values that their files hold: no rounding, no joining of labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kinephen.core.cohort import Issue
from kinephen.core.volume import Geometry, require_same_grid
from kinephen.errors import InputError, UsageError
from kinephen.io.array_volume import read_array_volume
from kinephen.io.label_values import labels_of, listed
from kinephen.io.label_volume import read_label_volume
from kinephen.types import AnyArray, BoolVolume, FloatVolume

EXACT_UP_TO = 2**53
"""Larger whole numbers are not all represented in double precision."""
MOST_LABELS = 10_000
WHERE = "mask file"


@dataclass(frozen=True)
class Images:
    """The maps of a case on one grid.

    Parameters
    ----------
    arrays : dict of str to ndarray, shape (nz, ny, nx)
        Types as stored.
    geometry : Geometry
    issues : dict of str to tuple of Issue
        What was noticed of each map.
    """

    arrays: dict[str, FloatVolume]
    geometry: Geometry
    issues: dict[str, tuple[Issue, ...]]


def read_maps(paths: Mapping[str, Path]) -> Images:
    """Read the maps of a case.

    Raises
    ------
    InputError
        As `kinephen.io.array_volume.read_array_volume`; ``geometry.mismatch``.
    """
    volumes = {name: read_array_volume(path) for name, path in paths.items()}
    geometry = next(iter(volumes.values())).geometry
    for volume in volumes.values():
        require_same_grid(geometry, volume.geometry, what="the maps")
    return Images(
        arrays={name: volume.array for name, volume in volumes.items()},
        geometry=geometry,
        issues={
            name: (*_named(volume.issues, name), *_rounded(volume.array, name))
            for name, volume in volumes.items()
        },
    )


def _named(issues: tuple[Issue, ...], name: str) -> tuple[Issue, ...]:
    return tuple(replace(issue, where=name) for issue in issues)


def _rounded(array: AnyArray, name: str) -> tuple[Issue, ...]:
    if array.dtype.kind not in "ui" or array.dtype.itemsize < 8 or not array.size:
        return ()
    if max(int(array.max()), -int(array.min())) <= EXACT_UP_TO:
        return ()
    text = "whole numbers beyond 2^53 are rounded to double precision"
    return (Issue("radiomics.rounded", text, where=name, level="warning"),)


def read_labels(path: Path, geometry: Geometry, wanted: str) -> Iterator[tuple[int, BoolVolume]]:
    """Yield label and voxels on `geometry` for the wanted label, the only one, or all, one at a time.

    Raises
    ------
    InputError
        ``features.label`` if the label is absent, there are several and none was named, or all of very many
        were asked for; ``mask.values`` for values that are not whole numbers from 0 on;
        ``geometry.mismatch``; as `kinephen.io.label_volume.read_label_volume`.
    UsageError
        ``features.label`` if the label is no whole number from 1 on.
    """
    named = None if wanted in ("", "all") else _number(wanted)
    array = read_label_volume(path, geometry, only=named).array
    for label in _chosen(labels_of(array), wanted):
        yield label, array == label


def _chosen(labels: list[int], wanted: str) -> list[int]:
    held = listed(labels)
    if wanted == "all":
        if len(labels) > MOST_LABELS:
            raise InputError(
                f"the mask holds {len(labels):,} labels; at most {MOST_LABELS:,} are computed at once",
                code="features.label",
                where=WHERE,
                hint="this may be an image and no mask; else name a label with --label N",
            )
        return labels or [1]
    if not wanted:
        if len(labels) > 1:
            raise InputError(
                f"the mask holds several labels ({held})",
                code="features.label",
                where=WHERE,
                hint="name one with --label N, or take each with --label all",
            )
        return labels or [1]
    label = _number(wanted)
    if labels and label not in labels:
        raise InputError(
            f"the mask does not hold label {label}; it holds {held}",
            code="features.label",
            where=WHERE,
        )
    return [label]


def _number(wanted: str) -> int:
    if len(wanted) > 20 or not (wanted.isascii() and wanted.isdigit()) or int(wanted) < 1:
        raise UsageError(
            f"a label is a whole number from 1 on, or all; found {wanted[:24]!r}",
            code="features.label",
            hint="for example --label 1",
        )
    return int(wanted)
