"""What ``kinephen ftv`` computes: one exam in, every number and array of its imaging out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from pydantic import ValidationError

from kinephen.config.schema import Ftv
from kinephen.core.cohort import Issue
from kinephen.core.dynamic import DynamicSeries, StatedVolume
from kinephen.errors import UsageError
from kinephen.imaging.bias import BiasResult, correct_bias_field
from kinephen.imaging.compare import overlap
from kinephen.imaging.field import Check
from kinephen.imaging.ftv import FtvResult
from kinephen.imaging.kinetics import KineticMaps, MapRule, kinetic_maps
from kinephen.imaging.lesion import lesion_issues, primary_lesion
from kinephen.imaging.motion import correct_motion
from kinephen.imaging.qc import quality_record
from kinephen.io.exam import Exam, read_exam
from kinephen.io.segmentation import read_mask
from kinephen.study.steps.lesion import Region, find_region, measure_volume, resolve_rule
from kinephen.types import BoolVolume, FrameStack

SER_CLIP = 3.0
"""The archive stores larger ratios as 3."""


@dataclass(frozen=True)
class Request:
    """What the user asked for; values that were not given are absent."""

    exam: Path
    mask: Path | None = None
    manifest: Path | None = None
    ftv: dict[str, Any] = field(default_factory=dict)
    rule: dict[str, Any] = field(default_factory=dict)
    maps: dict[str, Any] = field(default_factory=dict)
    bias: dict[str, Any] = field(default_factory=dict)
    bias_mask: Path | None = None
    motion: bool = False


@dataclass(frozen=True)
class Measured:
    """Arrays to write, and the record that goes with them."""

    exam: Exam
    voi: BoolVolume
    ftv: FtvResult
    lesion: BoolVolume
    lesion_source: str
    maps: KineticMaps
    bias: BiasResult
    record: dict[str, Any]


def measure(request: Request) -> Measured:
    """Read an exam and compute its volume, lesion, maps and quality record."""
    settings = _settings(request.ftv)
    exam = read_exam(request.exam, manifest=request.manifest)
    geometry = exam.series.geometry
    given = None if request.mask is None else read_mask(request.mask, geometry).array
    region, region_issues = find_region(exam.series, given)
    motion = correct_motion(exam.series.frames, geometry.spacing) if request.motion else None
    frames = exam.series.frames if motion is None else motion.frames
    ftv, sources = _volume(exam.series, frames, region, settings, request)
    component = primary_lesion(ftv.by_pe, connectivity=settings.connectivity)
    lesion = component.mask if given is None else given
    bias = _bias(exam.series, frames, request)
    # The surroundings of the lesion help a reader, so the maps cover all tissue of the box.
    tissue = region.voi & (frames[0] >= ftv.tissue_threshold)
    maps = _maps(exam.series, bias.frames, tissue | lesion, request)
    quality = quality_record(frames, voi=region.voi, ftv=ftv, lesion=component)
    source = f"largest of {component.components} component(s)" if given is None else "reader's mask"
    comparison = compare_with_archive(exam, tissue, ftv)
    issues = [
        *(*exam.issues, *region_issues, *(() if motion is None else motion.issues)),
        *(*ftv.issues, *bias.issues, *quality.issues),
        *_stated_issues(comparison),
        *lesion_issues(component, voi=region.voi, voxel_volume_mm3=ftv.voxel_volume_mm3),
    ]
    voxels = int(np.count_nonzero(lesion))
    record = {
        **_volumes(ftv),
        "lesion_voxels": voxels,
        "lesion_cc": voxels * ftv.voxel_volume_mm3 / 1000.0,
        "lesion_source": source,
        "thresholds": _thresholds(ftv, sources),
        "region": region.source,
        **_timing(exam.series),
        "quality": quality.to_dict(),
        "maps": _map_record(maps, lesion),
        "bias": _bias_record(bias, request),
        "motion": None if motion is None else [m.to_dict() for m in motion.motions],
        "comparison": comparison,
        "issues": [i.to_dict() for i in issues],
    }
    return Measured(exam, region.voi, ftv, lesion, source, maps, bias, record)


def _volume(
    series: DynamicSeries, frames: FrameStack, region: Region, settings: Ftv, request: Request
) -> tuple[FtvResult, dict[str, str]]:
    rule, sources = resolve_rule(settings, series)
    ftv = measure_volume(series, frames, region, replace(rule, **request.rule))
    return ftv, sources | {name: "setting" for name, value in request.rule.items() if value}


def _bias(series: DynamicSeries, frames: FrameStack, request: Request) -> BiasResult:
    breast = None if request.bias_mask is None else read_mask(request.bias_mask, series.geometry).array
    return correct_bias_field(
        frames, series.geometry.spacing, mask=breast, checks=get_args(Check), **request.bias
    )


def _maps(series: DynamicSeries, frames: FrameStack, mask: BoolVolume, request: Request) -> KineticMaps:
    return kinetic_maps(
        frames,
        [t / 60.0 for t in series.times_s],
        mask=mask,
        early=series.early,
        late=series.late,
        rule=MapRule(**request.maps),
    )


def _timing(series: DynamicSeries) -> dict[str, Any]:
    return {
        "phase_times_s": list(series.times_s),
        "timing_rule": series.timing_rule,
        "phase_rule": series.phase_rule,
        "early": series.early,
        "late": series.late,
        "source_hash": series.source_hash,
    }


def _settings(values: dict[str, Any]) -> Ftv:
    try:
        return Ftv(**values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(p) for p in first["loc"])
        raise UsageError(f"{name}: {first['msg']}", code="ftv.option") from error


def _volumes(ftv: FtvResult) -> dict[str, Any]:
    return {
        "ftv_pe_voxels": ftv.pe_voxels,
        "ftv_pe_cc": ftv.pe_cc,
        "ftv_ser_voxels": ftv.ser_voxels,
        "ftv_ser_cc": ftv.ser_cc,
        "voxel_volume_mm3": ftv.voxel_volume_mm3,
        "ser_classes": [asdict(c) for c in ftv.ser_classes],
        "ser_above_classes": ftv.above_classes,
    }


def _thresholds(ftv: FtvResult, sources: dict[str, str]) -> dict[str, Any]:
    values = {**ftv.rule.to_dict(), "tissue_threshold": ftv.tissue_threshold}
    return {**values, "tissue_source": sources.get("tissue_threshold", ftv.tissue_source), "sources": sources}


def _map_record(maps: KineticMaps, lesion: BoolVolume) -> dict[str, Any]:
    inside = {name: array[lesion] for name, array in maps.arrays.items()}
    known = {name: values[np.isfinite(values)] for name, values in inside.items()}
    summary = {
        name: {
            "unit": maps.units[name],
            "voxels": int(values.size),
            "undefined": int(inside[name].size - values.size),
            "mean": float(values.mean()) if values.size else None,
            "median": float(np.median(values)) if values.size else None,
        }
        for name, values in known.items()
    }
    return {"rule": maps.rule.to_dict(), "lesion": summary, "undefined": maps.undefined}


def _bias_record(bias: BiasResult, request: Request) -> dict[str, Any]:
    return {
        **request.bias,
        "corrected": bias.corrected,
        "fields": [r.to_dict() for r in bias.records],
        "used_for": "maps",
    }


def compare_with_archive(exam: Exam, tissue: BoolVolume, ftv: FtvResult) -> dict[str, Any]:
    """Compare with what the exam's own analysis left: stated volumes, segmentations and maps."""
    geometry = exam.series.geometry
    own = {"voi_pe": ftv.by_pe, "voi_tissue": tissue}
    masks = [
        {
            "kind": found.kind,
            **overlap(
                own[found.kind],
                read_mask(found.path, geometry).array,
                voxel_volume_mm3=ftv.voxel_volume_mm3,
            ).to_dict(),
        }
        for found in exam.segmentations
        if found.kind in own
    ]
    stated = [
        {**asdict(volume), "found_voxels": _counterpart(volume, ftv)}
        for volume in exam.series.header.stated_volumes
    ]
    return {"stated_volumes": stated, "segmentations": masks, "ser_map": _compare_ser(exam, ftv)}


def _counterpart(stated: StatedVolume, ftv: FtvResult) -> int | None:
    """Return our count for a stated volume; None if its range of SER is another than ours."""
    if not stated.ser_min:
        return ftv.pe_voxels
    # The header holds single precision, so 0.9 reads 0.8999999762.
    return ftv.ser_voxels if abs(stated.ser_min - ftv.rule.ser_min) < 1e-6 else None


def _stated_issues(comparison: dict[str, Any]) -> list[Issue]:
    found = []
    for volume in comparison["stated_volumes"]:
        if volume["found_voxels"] not in (None, volume["voxels"]):
            text = f"the exam's own analysis states {volume['voxels']} voxels, found {volume['found_voxels']}"
            found.append(Issue("ftv.differs_from_exam", text, count=volume["voxels"]))
    return found


def _compare_ser(exam: Exam, ftv: FtvResult) -> dict[str, Any] | None:
    found = next((m for m in exam.reference_maps if m.kind == "SER"), None)
    if found is None:
        return None
    theirs = found.read(exam.series.geometry).array
    both = ftv.by_pe & (theirs > 0.0)
    # From the frames as acquired: a bias field of single frames would change the ratio.
    series = exam.series
    pre, early, late = (series.frames[i][both].astype(np.float64) for i in (0, series.early, series.late))
    difference = np.abs(np.minimum((early - pre) / (late - pre), SER_CLIP) - theirs[both])
    return {
        "voxels": ftv.pe_voxels,
        "largest_difference": float(difference.max()) if difference.size else None,
        "absent_in_archive": ftv.pe_voxels - difference.size,
    }
