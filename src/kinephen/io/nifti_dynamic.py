"""Dynamic exams as NIfTI: files that a layout knows, or that a manifest names, and their times.

The sidecar is JSON::

    {"times_s": [-230, 177, 531], "pe_threshold_percent": 70, "early": 1, "late": 2,
     "box": [{"centre_mm": [...], "half_vectors_mm": [[...], [...], [...]], "omit": false}]}

``times_s`` are middles of acquisitions, seconds after injection. Times that count from the image before
contrast, such as those of MAMA-MIA, are given as ``acquisition_times_s`` and converted. Fields of BIDS and
dcm2niix count too, see `kinephen.io.bids_timing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinephen.core.cohort import Issue
from kinephen.core.dynamic import DynamicSeries, ExamHeader
from kinephen.io.dicom_pixels import source_hash
from kinephen.io.layout import Layout
from kinephen.io.layout_masks import masks_beside
from kinephen.io.layout_match import PhaseSet
from kinephen.io.manifest import Manifest
from kinephen.io.nifti_frames import Part, read_parts
from kinephen.io.nifti_layout import exam_phases
from kinephen.io.nifti_named import named_files
from kinephen.io.nifti_times import (
    Sidecars,
    named_early_and_late,
    phase_times,
    phases_named,
    read_exam_sidecars,
    stated_terms,
)
from kinephen.io.segmentation import FoundSegmentation

_NAMED = Layout(name="manifest")


@dataclass(frozen=True)
class NiftiDynamic:
    """What was read of an exam in NIfTI.

    Parameters
    ----------
    series : DynamicSeries
    issues : tuple of Issue
    sidecars : tuple of dict
        Fields of the sidecars, for each file.
    masks : tuple of FoundSegmentation
    """

    series: DynamicSeries
    issues: tuple[Issue, ...]
    sidecars: tuple[dict[str, object], ...]
    masks: tuple[FoundSegmentation, ...] = ()


def read_nifti_dynamic(
    path: Path, *, manifest: Manifest | None = None, nominal_times_s: tuple[float, ...] | None = None
) -> NiftiDynamic:
    """Read a dynamic exam from NIfTI.

    Parameters
    ----------
    path : Path
        A folder whose files fit a layout, the file of one phase, which stands for all, or one 4-D file.
    manifest : Manifest, optional
        Overrules the sidecars.
    nominal_times_s : tuple of float, optional
        Used only where nothing tells the times. Without them only the order of the phases is known.

    Raises
    ------
    InputError
        ``nifti.*``, ``geometry.mismatch`` between phases, ``dynamic.*``.
    """
    given = manifest if manifest is not None else Manifest()
    named = named_files(path, given)
    found = PhaseSet(_NAMED, tuple(n.path for n in named)) if named else exam_phases(path)
    parts = named or tuple(Part(p) for p in found.files)
    frames = read_parts(parts, whole=not named and len(parts) == 1)
    sidecars = Sidecars(({},)) if named else read_exam_sidecars(found)
    stated = stated_terms(sidecars.contents)
    count = len(frames.values)
    times = phase_times(sidecars.contents, count, manifest=given, nominal=nominal_times_s, found=found)
    early, late, guessed = named_early_and_late(times.times_s, count, given, stated)
    masks, mask_issues = masks_beside(found, frames.geometry)
    series = DynamicSeries(
        frames=frames.values,
        geometry=frames.geometry,
        times_s=times.times_s,
        timing_rule=times.rule,
        phase_rule=_rule(found),
        early=early,
        late=late,
        header=given.over(stated.over(ExamHeader(), "sidecar"), "manifest"),
        injection_assumed=times.injection_assumed,
        phases_named=phases_named(given, stated),
        source_hash=source_hash(frames.values, frames.geometry),
    )
    issues = (*found.issues, *frames.issues, *sidecars.issues, *times.issues, *guessed, *mask_issues)
    return NiftiDynamic(series, issues, sidecars.contents, masks)


def read_dynamic(
    path: Path, *, manifest: Manifest | None = None, nominal_times_s: tuple[float, ...] | None = None
) -> DynamicSeries:
    """Return the frames of `read_nifti_dynamic`."""
    return read_nifti_dynamic(path, manifest=manifest, nominal_times_s=nominal_times_s).series


def _rule(found: PhaseSet) -> str:
    if found.layout is _NAMED:
        return "manifest"
    if found.layout.whole:
        return "NIfTI, fourth dimension"
    return f"NIfTI, one file a phase ({found.layout.name})"
