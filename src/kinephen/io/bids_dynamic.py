"""Dynamic exams of BIDS-like folders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.dynamic import DynamicSeries, ExamHeader
from kinephen.core.volume import Geometry, require_same_grid
from kinephen.errors import InputError
from kinephen.io.bids_layout import BidsExam
from kinephen.io.bids_masks import found_masks
from kinephen.io.bids_names import BidsName
from kinephen.io.bids_phases import PhaseFiles, choose_phases
from kinephen.io.bids_protocol import Acquired, sidecar_acquired
from kinephen.io.bids_sidecars import read_sidecars
from kinephen.io.dicom_exam import Exam
from kinephen.io.dicom_pixels import source_hash
from kinephen.io.manifest import Manifest
from kinephen.io.nifti import read_nifti_grid
from kinephen.io.nifti_file import open_nifti
from kinephen.io.nifti_frames import Part, read_parts
from kinephen.io.nifti_times import (
    UNKNOWN,
    PhaseTimes,
    named_early_and_late,
    phase_times,
    phases_named,
    stated_terms,
)
from kinephen.io.privacy import shown
from kinephen.io.segmentation import FoundSegmentation
from kinephen.types import FrameStack

_HEADER = "sidecar"


@dataclass(frozen=True)
class BidsOutline:
    """What the names, sidecars and headers of an exam tell, before its values are read.

    Parameters
    ----------
    files : tuple of BidsName
        In the order of the phases.
    count : int
        Number of phases.
    geometry : Geometry
    timing : PhaseTimes
    phase_rule : str
    early : int
    late : int, optional
    header : ExamHeader
    acquired : Acquired
    masks : tuple of FoundSegmentation
    issues : tuple of Issue
    """

    files: tuple[BidsName, ...]
    count: int
    geometry: Geometry
    timing: PhaseTimes
    phase_rule: str
    early: int
    late: int | None
    header: ExamHeader
    phases_named: bool
    acquired: Acquired
    masks: tuple[FoundSegmentation, ...]
    issues: tuple[Issue, ...]


def outline_bids_exam(
    exam: BidsExam, *, manifest: Manifest, nominal_times_s: tuple[float, ...] | None = None
) -> BidsOutline:
    """Find phases, times, grid and masks of a BIDS-like exam.

    Raises
    ------
    InputError
        ``nifti.*``, ``geometry.mismatch`` between phases, ``manifest.value``.
    """
    chosen = choose_phases(exam)
    count, geometry = _grid(chosen.names)
    sidecars = [read_sidecars(name) for name in chosen.names]
    timing = phase_times(sidecars, count, manifest=manifest, nominal=nominal_times_s)
    order, note = _order(chosen, timing, count)
    times = None if timing.times_s is None else tuple(timing.times_s[i] for i in order)
    files = chosen.names if len(chosen.names) == 1 else tuple(chosen.names[i] for i in order)
    stated = stated_terms(sidecars)
    early, late, guessed = named_early_and_late(times, count, manifest, stated)
    masks, mask_issues = found_masks(exam, geometry)
    outline = BidsOutline(
        files=files,
        count=count,
        geometry=geometry,
        timing=replace(timing, times_s=times, issues=()),
        phase_rule=chosen.rule,
        early=early,
        late=late,
        header=manifest.over(stated.over(ExamHeader(), _HEADER), "manifest"),
        phases_named=phases_named(manifest, stated),
        acquired=sidecar_acquired([sidecars[i] for i in order] if len(files) > 1 else sidecars),
        masks=masks,
        issues=(*chosen.issues, *_headers(files), *timing.issues, *guessed, *note, *mask_issues),
    )
    # The checks of a series (enough phases, times that increase) do not depend on its values.
    _series(outline, np.broadcast_to(np.float32(0.0), (count, *geometry.shape)), "")
    return outline


def read_bids_exam(
    exam: BidsExam, *, manifest: Manifest, nominal_times_s: tuple[float, ...] | None = None
) -> Exam:
    """Read a BIDS-like exam; raises as `outline_bids_exam`."""
    outline = outline_bids_exam(exam, manifest=manifest, nominal_times_s=nominal_times_s)
    parts = tuple(Part(name.path) for name in outline.files)
    frames = read_parts(parts, whole=len(parts) == 1)
    return Exam(
        _series(outline, frames.values, source_hash(frames.values, frames.geometry)),
        issues=tuple(dict.fromkeys((*outline.issues, *frames.issues))),
        visit_label=shown(exam.images[0].written("ses")),
        manufacturer=outline.acquired.manufacturer,
        scanner_model=outline.acquired.scanner_model,
        field_strength_t=outline.acquired.field_strength_t,
        protocol=outline.acquired.protocol,
        segmentations=outline.masks,
    )


def _headers(files: Sequence[BidsName]) -> tuple[Issue, ...]:
    """Return what was noticed in the headers of the files; once what holds for several."""
    return tuple(dict.fromkeys(issue for name in files for issue in open_nifti(name.path).issues))


def _series(outline: BidsOutline, frames: FrameStack, digest: str) -> DynamicSeries:
    return DynamicSeries(
        frames=frames,
        geometry=outline.geometry,
        times_s=outline.timing.times_s,
        timing_rule=outline.timing.rule,
        phase_rule=outline.phase_rule,
        early=outline.early,
        late=outline.late,
        header=outline.header,
        injection_assumed=outline.timing.injection_assumed,
        phases_named=outline.phases_named,
        source_hash=digest,
    )


def _grid(names: Sequence[BidsName]) -> tuple[int, Geometry]:
    grids = [read_nifti_grid(name.path) for name in names]
    for i, (_, geometry) in enumerate(grids):
        require_same_grid(grids[0][1], geometry, what=f"phases 0 and {i}")
    return (grids[0][0] if len(names) == 1 else len(names)), grids[0][1]


def _order(chosen: PhaseFiles, timing: PhaseTimes, count: int) -> tuple[tuple[int, ...], tuple[Issue, ...]]:
    """Return the phases in the order of time, where the names do not forbid it."""
    by_name = tuple(range(count))
    by_time = (
        by_name if timing.times_s is None else tuple(map(int, np.argsort(timing.times_s, kind="stable")))
    )
    given = timing.rule in ("manifest", "nominal", UNKNOWN)
    if given and not chosen.ordered:
        raise _unordered("nothing orders its phase files: their names do not, and sidecars tell no times")
    if by_time == by_name or given or len(chosen.names) == 1:
        return by_name, ()
    if chosen.firm:
        raise _unordered(f"times put its phase files in the order {list(by_time)}, against their names")
    if not chosen.ordered:
        return by_time, ()
    text = "the numbers in the names do not follow the times; the times count"
    return by_time, (Issue("nifti.order", text, "exam folder"),)


def _unordered(text: str) -> InputError:
    return InputError(
        text,
        code="nifti.order",
        where="exam folder",
        hint="name the file of each phase in a manifest ([[phase]] files = ...), and times_s",
    )
