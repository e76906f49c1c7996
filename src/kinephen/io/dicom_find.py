"""The phases of an exam, by the first rule that finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.io.dicom_discovery import Dynamic
from kinephen.io.dicom_maps import from_source_images
from kinephen.io.dicom_named import from_manifest
from kinephen.io.dicom_names import from_map_name
from kinephen.io.dicom_series import Series
from kinephen.io.dicom_sorting import Sorting
from kinephen.io.dicom_unmapped import without_maps
from kinephen.io.manifest import Manifest
from kinephen.io.ucsf_header import PrivateRecord


def find_phases(
    series: Sequence[Series],
    sorting: Sorting,
    records: Sequence[tuple[str, PrivateRecord]],
    manifest: Manifest,
    root: Path,
) -> Dynamic:
    """Find the phases by the first rule that answers.

    The order: manifest; source images of the derived maps; name and number of the SER map (with posts under
    other names); the one set of series that can be dynamic.

    Raises
    ------
    InputError
        ``dicom.no_dynamic`` if no rule finds at least two phases; ``dicom.ambiguous`` if several sets fit.
    """
    if manifest.phases:
        return from_manifest(series, sorting, manifest, root)
    n_phases = next((r.n_phases for _, r in records if r.n_phases), None)
    notes: list[Issue] = []
    for rule in (
        from_source_images,
        lambda s: from_map_name(s, n_phases=n_phases),
        without_maps,
    ):
        dynamic, issues = rule(sorting)
        notes += issues
        if dynamic is not None:
            return replace(dynamic, issues=(*notes, *dynamic.issues))
    raise _no_dynamic(series, sorting)


def _no_dynamic(series: Sequence[Series], sorting: Sorting) -> InputError:
    listing = "; ".join(
        f"{s.label}: " + ", ".join(f"{n} {kind}" for kind, n in sorting.counts(s).items())
        for s in series
        if s.images
    )
    return InputError(
        "no dynamic series (one phase before contrast, at least one after) was found among the images of "
        + (listing or "no series"),
        code="dicom.no_dynamic",
        where="exam folder",
        hint="add the images after contrast, or name the series or files of each phase in a manifest",
    )
