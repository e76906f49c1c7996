"""Dynamic exams of BIDS-like folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

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
from kinephen.io.bids_timing import BidsTiming, bids_timing
from kinephen.io.dicom_exam import Exam
from kinephen.io.dicom_pixels import source_hash
from kinephen.io.dicom_timing import choose_early_late
from kinephen.io.manifest import Manifest
from kinephen.io.nifti import read_nifti_grid
from kinephen.io.nifti_dynamic import no_times, read_frames
from kinephen.io.nifti_file import open_nifti
from kinephen.io.privacy import shown
from kinephen.io.segmentation import FoundSegmentation
from kinephen.io.sidecar import own_terms
from kinephen.types import FrameStack

_HEADER = "sidecar"


@dataclass(frozen=True)
class BidsOutline:
    """What the names, sidecars and headers of an exam tell, before its values are read.

    Parameters
    ----------
    files : tuple of BidsName
        In the order of the phases.
    geometry : Geometry
    timing : BidsTiming
    phase_rule : str
    early, late : int
    header : ExamHeader
    acquired : Acquired
    masks : tuple of FoundSegmentation
    issues : tuple of Issue
    """

    files: tuple[BidsName, ...]
    geometry: Geometry
    timing: BidsTiming
    phase_rule: str
    early: int
    late: int
    header: ExamHeader
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
    timing = _timing(chosen, sidecars, manifest, nominal_times_s, count)
    order, note = _order(chosen, timing, count)
    times = tuple(timing.times_s[i] for i in order)
    files = chosen.names if len(chosen.names) == 1 else tuple(chosen.names[i] for i in order)
    stated = _stated(sidecars)
    early, late = choose_early_late(times)
    early = manifest.early or stated.early or early
    late = manifest.late or stated.late or max(late, early + 1)
    masks, mask_issues = found_masks(exam, geometry)
    outline = BidsOutline(
        files=files,
        geometry=geometry,
        timing=BidsTiming(times, timing.rule),
        phase_rule=chosen.rule,
        early=early,
        late=late,
        header=manifest.over(stated.over(ExamHeader(), _HEADER), "manifest"),
        acquired=sidecar_acquired([sidecars[i] for i in order] if len(files) > 1 else sidecars),
        masks=masks,
        issues=(*chosen.issues, *_headers(files), *timing.issues, *note, *mask_issues),
    )
    # The checks of a series (enough phases, times that increase) do not depend on its values.
    _series(outline, np.broadcast_to(np.float32(0.0), (count, *geometry.shape)), "")
    return outline


def read_bids_exam(
    exam: BidsExam, *, manifest: Manifest, nominal_times_s: tuple[float, ...] | None = None
) -> Exam:
    """Read a BIDS-like exam; raises as `outline_bids_exam`."""
    outline = outline_bids_exam(exam, manifest=manifest, nominal_times_s=nominal_times_s)
    frames, geometry = read_frames(tuple(name.path for name in outline.files))
    return Exam(
        _series(outline, frames, source_hash(frames, geometry)),
        issues=outline.issues,
        visit_label=shown(exam.images[0].written("ses")),
        manufacturer=outline.acquired.manufacturer,
        scanner_model=outline.acquired.scanner_model,
        field_strength_t=outline.acquired.field_strength_t,
        protocol=outline.acquired.protocol,
        segmentations=outline.masks,
    )


def _stated(sidecars: Sequence[Mapping[str, object]]) -> Manifest:
    """Return what the sidecars say in kinephen's own terms; one may be silent where another speaks."""
    terms = [own_terms(s) for s in sidecars]
    found = Manifest()
    for field in (f.name for f in fields(Manifest) if f.name != "times_s"):
        values = {v for t in terms if (v := getattr(t, field)) not in (None, ())}
        if len(values) > 1:
            raise InputError(
                f"the sidecars of the phases disagree on {field}",
                code="nifti.sidecar",
                where="sidecar",
                hint="mend them, or give it in a manifest",
            )
        found = replace(found, **dict.fromkeys([field], *values)) if values else found
    return found


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
        source_hash=digest,
    )


def _grid(names: Sequence[BidsName]) -> tuple[int, Geometry]:
    grids = [read_nifti_grid(name.path) for name in names]
    for i, (_, geometry) in enumerate(grids):
        require_same_grid(grids[0][1], geometry, what=f"phases 0 and {i}")
    return (grids[0][0] if len(names) == 1 else len(names)), grids[0][1]


def _timing(
    chosen: PhaseFiles,
    sidecars: Sequence[Mapping[str, object]],
    manifest: Manifest,
    nominal: tuple[float, ...] | None,
    count: int,
) -> BidsTiming:
    if manifest.times_s is not None:
        return BidsTiming(_fitting(manifest.times_s, count), "manifest")
    found = bids_timing(sidecars, count)
    if found is not None:
        return found
    if nominal is None:
        raise no_times(count)
    return BidsTiming(_fitting(nominal, count), "nominal")


def _fitting(times_s: tuple[float, ...], count: int) -> tuple[float, ...]:
    if len(times_s) != count:
        raise InputError(
            f"{len(times_s)} times are given for {count} phases",
            code="nifti.times",
            where="exam folder",
            hint="give one time for each phase, seconds after injection",
        )
    return times_s


def _order(chosen: PhaseFiles, timing: BidsTiming, count: int) -> tuple[tuple[int, ...], tuple[Issue, ...]]:
    """Return the phases in the order of time, where the names do not forbid it."""
    by_name = tuple(range(count))
    by_time = tuple(int(i) for i in np.argsort(timing.times_s, kind="stable"))
    given = timing.rule in ("manifest", "nominal")
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
