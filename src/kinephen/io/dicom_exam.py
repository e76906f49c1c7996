"""Reading one exam from DICOM: phases, times, header and segmentations brought together and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.counted import counted
from kinephen.core.dynamic import DynamicSeries, ExamHeader
from kinephen.core.phase_times import TimeEvidence
from kinephen.core.volume import Geometry, require_same_grid
from kinephen.errors import InputError
from kinephen.io.dicom_discovery import Dynamic
from kinephen.io.dicom_find import find_phases
from kinephen.io.dicom_headers import Header
from kinephen.io.dicom_one_exam import one_exam_issues, order_issues, shared_time_issues
from kinephen.io.dicom_pixels import read_frames, source_hash
from kinephen.io.dicom_place_checks import place_issues
from kinephen.io.dicom_protocol import read_protocol
from kinephen.io.dicom_scan import Scan
from kinephen.io.dicom_series import Series, group_series
from kinephen.io.dicom_sorting import sort_images
from kinephen.io.dicom_stack import stack_geometry
from kinephen.io.dicom_timing import Timing, early_and_late, given_times, phase_timing
from kinephen.io.dicom_value_checks import value_issues
from kinephen.io.manifest import Manifest
from kinephen.io.privacy import shown, shown_or_hashed
from kinephen.io.reference_maps import ReferenceMap, reference_maps
from kinephen.io.segmentation import FoundSegmentation, read_archive_mask, refers_elsewhere, segmentation_kind
from kinephen.io.sources import ExamSources
from kinephen.io.thresholds import box_of_voxels, exam_header
from kinephen.io.ucsf_header import PrivateRecord, read_private_record
from kinephen.records.protocol import Protocol

MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
"""A DICOMDIR, which is part of no study."""


@dataclass(frozen=True)
class Exam:
    """One exam, read and checked.

    Parameters
    ----------
    series : DynamicSeries
    issues : tuple of Issue
        What was noticed and did not stop the reading.
    visit_label : str
        The trial's description of the visit, else its code, else empty. Codes differ between collections (the
        archive of I-SPY 1 counts from T0, its pilot from T1); name visits by description and day. Words that
        are not of imaging or visits are masked.
    manufacturer : str
        Masked likewise.
    scanner_model : str
        Hashed where it holds other words.
    field_strength_t : float, optional
        Tesla.
    protocol : Protocol
        Sequence and contrast agent, as far as the files state them.
    segmentations : tuple of FoundSegmentation
    reference_maps : tuple of ReferenceMap
    accepted : tuple of str
        Codes of stops that the manifest accepts.
    times : TimeEvidence, optional
        What the times of the phases rest on.
    retimed : tuple of Timing
        The times that its headers tell if contrast arrives in phase 2, 3, ... and not in phase 1.
    sources : ExamSources
        What was opened and listed.
    frames_of_reference : frozenset of str
        UIDs of the coordinate systems of its images, which are never shown; empty if they state none.
    """

    series: DynamicSeries
    issues: tuple[Issue, ...] = ()
    visit_label: str = ""
    manufacturer: str = ""
    scanner_model: str = ""
    field_strength_t: float | None = None
    protocol: Protocol = field(default_factory=Protocol)
    segmentations: tuple[FoundSegmentation, ...] = ()
    reference_maps: tuple[ReferenceMap, ...] = ()
    accepted: tuple[str, ...] = ()
    times: TimeEvidence | None = None
    retimed: tuple[Timing, ...] = ()
    sources: ExamSources = field(default_factory=ExamSources)
    frames_of_reference: frozenset[str] = frozenset()


def one_study(scan: Scan) -> tuple[Series, ...]:
    """Return the series of the one study in a folder.

    Raises
    ------
    InputError
        ``dicom.none`` without DICOM images, ``dicom.several_studies`` with more than one study of images.
    """
    images = [h for h in scan.headers if h.is_image]
    if not images:
        notes = "; ".join(i.message for i in scan.issues)
        raise InputError(
            f"no DICOM MR images found ({notes or 'the folder is empty'})",
            code="dicom.none",
            where="exam folder",
            hint="give the folder that holds the exam's DICOM files",
        )
    studies = {h.study for h in images}
    if len(studies) > 1:
        patients = len({h.patient for h in images})
        of = f" of {patients} patients" if patients > 1 else ""
        raise InputError(
            f"images of {len(studies)} studies{of} are in one folder",
            code="dicom.several_studies",
            where="exam folder",
            hint=_one_study_hint(images),
        )
    return group_series(h for h in scan.headers if h.study in studies)


def _one_study_hint(images: Sequence[Header]) -> str:
    folders: dict[Path, set[str]] = {}
    for image in images:
        folders.setdefault(image.path.parent, set()).add(image.study)
    if all(len(found) == 1 for found in folders.values()):
        return "each study lies in a folder of its own: give that of one visit (see `kinephen inspect`)"
    return (
        "the files of several visits or patients are mixed: move those of each study (StudyInstanceUID, "
        "0020,000D) to a folder of their own, and give one of these"
    )


def private_records(series: Sequence[Series]) -> list[tuple[str, PrivateRecord]]:
    """Return the private UCSF headers of maps and segmentations, SER first, one for each series."""
    order = {"SER": 0, "PE1": 1, "PE2": 1}
    carriers = [(s.map_kind or "SEG", s) for s in series if s.map_kind or s.first.modality == "SEG"]
    carriers.sort(key=lambda c: order.get(c[0], 2))
    read = [(kind, read_private_record(s.first.path)) for kind, s in carriers]
    return [(kind, record) for kind, record in read if record is not None]


@dataclass(frozen=True)
class Outline:
    """An exam as its headers describe it, checked, before any pixel is read."""

    series: tuple[Series, ...]
    dynamic: Dynamic
    geometry: Geometry
    timing: Timing
    early: int
    late: int | None
    choice_rule: str
    header: ExamHeader
    segmentations: tuple[FoundSegmentation, ...]
    maps: tuple[ReferenceMap, ...]
    retimed: tuple[Timing, ...]
    issues: tuple[Issue, ...]


def outline_exam(
    scan: Scan, root: Path, *, manifest: Manifest, nominal_times_s: tuple[float, ...] | None = None
) -> Outline:
    """Find the phases, times, grid and header of the exam whose headers were scanned.

    Parameters
    ----------
    scan : Scan
    root : Path
        The folder that was scanned.
    manifest : Manifest
    nominal_times_s : tuple of float, optional

    Returns
    -------
    Outline

    Raises
    ------
    InputError
        As `one_study`, `find_phases`, `common_geometry` and `kinephen.io.dicom_timing.phase_timing`.
    """
    scan.require_one_of_each()
    series = one_study(scan)
    records = private_records(series)
    sorting = sort_images(series)
    try:
        found = find_phases(series, sorting, records, manifest, root)
        geometry = common_geometry(found)
    except InputError as error:
        raise _with_notes(error, scan.issues) from None
    timing = _timing(found, manifest, records, nominal_times_s)
    segmentations = _segmentations(series, found)
    header, notes = _header(found, records, segmentations, geometry)
    early, late, rule = _early_late(found, manifest, timing)
    header = _overruled(header, manifest, rule)
    return Outline(
        series=series,
        dynamic=found,
        geometry=geometry,
        timing=timing,
        early=early,
        late=late,
        choice_rule=rule,
        header=header,
        segmentations=segmentations,
        maps=reference_maps(series),
        retimed=_retimed(found, manifest, records),
        issues=(
            *scan.issues,
            *_other_studies(scan, series),
            *sorting.issues({h.uid for phase in found.phases for h in phase.slices}),
            *found.issues,
            *one_exam_issues(found.phases),
            *order_issues(found.phases),
            *shared_time_issues(found.phases, found.key),
            *place_issues(found.phases, geometry),
            *value_issues(found.phases),
            *timing.issues,
            *notes,
            *refers_elsewhere(segmentations),
        ),
    )


def _other_studies(scan: Scan, series: Sequence[Series]) -> tuple[Issue, ...]:
    others = [h for h in scan.headers if h.sop_class != MEDIA_DIRECTORY]
    left = len(others) - sum(len(s.headers) for s in series)
    text = f"{counted(left, 'object')} of another study than the images left out"
    return (Issue("dicom.other_study", text, "exam folder", left, level="warning"),) if left else ()


def _with_notes(error: InputError, issues: tuple[Issue, ...]) -> InputError:
    """Add to an error the files that were left out of the scan: they may be what is missing."""
    lost = [i.message for i in issues if i.code in ("dicom.truncated", "dicom.damaged", "dicom.absurd")]
    if not lost:
        return error
    message = f"{error.message}; {'; '.join(lost)}"
    return InputError(message, code=error.code, hint=error.hint, where=error.where)


def read_dicom_exam(
    scan: Scan, root: Path, *, manifest: Manifest, nominal_times_s: tuple[float, ...] | None = None
) -> Exam:
    """Read the exam whose headers were scanned; parameters and errors as `outline_exam` and `read_frames`."""
    outline = outline_exam(scan, root, manifest=manifest, nominal_times_s=nominal_times_s)
    frames = read_frames(outline.dynamic.phases, outline.geometry)
    first = outline.dynamic.phases[0].slices[0]
    return Exam(
        series=DynamicSeries(
            frames=frames,
            geometry=outline.geometry,
            times_s=outline.timing.times_s,
            timing_rule=outline.timing.rule,
            phase_rule=outline.dynamic.rule,
            early=outline.early,
            late=outline.late,
            header=outline.header,
            injection_assumed=outline.timing.assumed,
            phases_named=outline.choice_rule in ("manifest", outline.dynamic.choice_rule),
            source_hash=source_hash(frames, outline.geometry),
        ),
        issues=outline.issues,
        visit_label=shown(first.time_point_description or first.time_point),
        manufacturer=shown(first.manufacturer),
        scanner_model=shown_or_hashed(first.model),
        field_strength_t=first.field_strength_t,
        protocol=read_protocol([phase.slices[0] for phase in outline.dynamic.phases]),
        segmentations=outline.segmentations,
        reference_maps=outline.maps,
        times=outline.timing.evidence,
        retimed=outline.retimed,
        frames_of_reference=_frames_of_reference(outline.dynamic),
    )


def common_geometry(found: Dynamic) -> Geometry:
    """Return the grid of the first phase after checking that all phases lie on it, slice by slice.

    Raises
    ------
    InputError
        ``dicom.phases`` for fewer than two phases; as `stack_geometry`; ``geometry.mismatch`` naming the
        phase.
    """
    if len(found.phases) < 2:
        raise InputError(
            f"found {len(found.phases)} phase(s) ({found.rule}); one before, one after contrast are needed",
            code="dicom.phases",
            where="exam folder",
            hint="name the files of the missing phases in a manifest",
        )
    grids = [stack_geometry(p.slices, where=f"phase {i}") for i, p in enumerate(found.phases)]
    for i, grid in enumerate(grids[1:], start=1):
        require_same_grid(grids[0], grid, what=f"phases 0 and {i}")
    return grids[0]


def _timed_record(records: Sequence[tuple[str, PrivateRecord]]) -> PrivateRecord | None:
    """Return the first private record that tells times or the injection."""
    return next((r for _, r in records if r.times_s or r.injection_s is not None), None)


def _timing(
    found: Dynamic,
    manifest: Manifest,
    records: Sequence[tuple[str, PrivateRecord]],
    nominal_times_s: tuple[float, ...] | None,
) -> Timing:
    record = _timed_record(records)
    if manifest.times_s is not None:
        stated = phase_timing(found.phases, record=record, dropped=found.dropped)
        return given_times(manifest.times_s, stated=stated)
    return phase_timing(found.phases, record=record, dropped=found.dropped, nominal_times_s=nominal_times_s)


def _retimed(
    found: Dynamic, manifest: Manifest, records: Sequence[tuple[str, PrivateRecord]]
) -> tuple[Timing, ...]:
    """Return the times for every later first phase after contrast; none where they were given."""
    if manifest.times_s is not None:
        return ()
    record = _timed_record(records)
    return tuple(
        phase_timing(found.phases, record=record, dropped=found.dropped, first_post=first_post)
        for first_post in range(2, len(found.phases))
    )


def _early_late(found: Dynamic, manifest: Manifest, timing: Timing) -> tuple[int, int | None, str]:
    early, late, rule = early_and_late(timing.times_s, len(found.phases))
    if found.early is not None and found.early < len(found.phases) - 1:
        early, rule = found.early, found.choice_rule
    if found.late is not None:
        late = found.late
    elif late is not None and late <= early:
        late = len(found.phases) - 1
    if manifest.early or manifest.late:
        early, late, rule = manifest.early or early, manifest.late or late, "manifest"
    return early, late, rule


def _header(
    found: Dynamic,
    records: Sequence[tuple[str, PrivateRecord]],
    segmentations: Sequence[FoundSegmentation],
    geometry: Geometry,
) -> tuple[ExamHeader, tuple[Issue, ...]]:
    first = found.phases[0].slices[0]
    header, issues = exam_header(
        records,
        seg_descriptions=[s.description for s in segmentations],
        collection=first.collection,
        manufacturer=first.manufacturer,
        description=first.description,
        geometry=geometry,
    )
    if header.boxes:
        return header, issues
    return _box_from_tissue(header, segmentations, geometry, issues)


def _box_from_tissue(
    header: ExamHeader,
    segmentations: Sequence[FoundSegmentation],
    geometry: Geometry,
    issues: tuple[Issue, ...],
) -> tuple[ExamHeader, tuple[Issue, ...]]:
    """Take the region's extent from the tissue inside it; the enhancing part of it may be empty."""
    for found in segmentations:
        if found.kind != "voi_tissue" or not found.of_exam:
            continue
        try:
            mask, notes = read_archive_mask(found, geometry)
        except InputError as error:
            text = f"VOI Breast Tissue Segmentation cannot be placed: {error.message}"
            issues = (*issues, Issue("seg.unusable", text, "segmentations", level="warning"))
            continue
        issues = (*issues, *notes)
        inside = np.argwhere(mask.array)
        if inside.size:
            box = box_of_voxels(
                inside.min(axis=0), inside.max(axis=0), geometry, source="VOI Breast Tissue Segmentation"
            )
            return replace(header, boxes=(box,), sources={**header.sources, "boxes": box.source}), issues
    return header, issues


def _overruled(header: ExamHeader, manifest: Manifest, choice_rule: str) -> ExamHeader:
    header = replace(header, sources={**header.sources, "early_late": choice_rule})
    return manifest.over(header, "manifest")


def _frames_of_reference(found: Dynamic) -> frozenset[str]:
    return frozenset(h.frame_of_reference for phase in found.phases for h in phase.slices) - {""}


def _segmentations(series: Sequence[Series], found: Dynamic) -> tuple[FoundSegmentation, ...]:
    own = {uid for phase in found.phases for h in phase.slices for uid in (h.uid, h.object_uid)}
    frames = _frames_of_reference(found)
    return tuple(
        FoundSegmentation(
            path=h.path,
            kind=segmentation_kind(h.description),
            content_label=h.content_label,
            description=h.description,
            refers_to_series=_refers(h, own),
            same_frame_of_reference=h.frame_of_reference in frames
            if h.frame_of_reference and frames
            else None,
        )
        for s in series
        for h in s.headers
        if h.modality == "SEG"
    )


def _refers(header: Header, own: set[str]) -> bool | None:
    return bool(own.intersection(header.sources)) if header.sources else None
