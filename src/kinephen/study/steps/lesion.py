"""The lesion step: from an exam to its functional tumour volume and lesion mask."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from kinephen.config.schema import Ftv
from kinephen.core.cohort import Issue
from kinephen.core.dynamic import DynamicSeries
from kinephen.core.enhancement import USUAL_PE_PERCENT
from kinephen.core.plain import hash_bytes, read_json, write_json
from kinephen.core.volume import Geometry
from kinephen.imaging.foci import LARGE_FOCUS_CC, Foci, find_foci
from kinephen.imaging.ftv import FtvResult, FtvRule, functional_tumour_volume
from kinephen.imaging.lesion import PrimaryLesion, lesion_issues, primary_lesion
from kinephen.io.segmentation import mask_issues, read_mask
from kinephen.records.lesion import (
    LARGE_COMPONENTS,
    LARGEST_COMPONENT,
    MM3_PER_CC,
    FociRecord,
    FocusRecord,
    Lesion,
    RegionSource,
    Thresholds,
    VoxelsAfterStep,
)
from kinephen.records.plausibility import finding_records
from kinephen.study.exam_checks import CheckedExam
from kinephen.study.review_gate import MaskChoice
from kinephen.study.steps.lesion_numbers import lesion_numbers
from kinephen.types import BoolVolume, FloatVolume

VERSION = 13
RECORD = "lesion.json"
DEFAULT_BACKGROUND = 60.0
DEFAULT_NEIGHBOURS = 4


@dataclass(frozen=True)
class Region:
    """Where the volume is measured."""

    voi: BoolVolume
    omit: BoolVolume | None
    source: RegionSource


def resolve_rule(settings: Ftv, series: DynamicSeries) -> tuple[FtvRule, dict[str, str]]:
    """Return the thresholds of an exam and where each came from.

    A setting stands over the exam's own value, which stands over the default.
    """
    header, sources = series.header, {}

    def pick(name: str, setting: float | None, stated: float | None, default: float) -> float:
        if setting is not None:
            sources[name] = "setting"
            return setting
        if stated is not None:
            sources[name] = header.sources.get(name, "header")
            return stated
        sources[name] = "default"
        return default

    pe = pick("pe_threshold_percent", settings.pe_threshold, header.pe_threshold_percent, USUAL_PE_PERCENT)
    background = pick(
        "background_percent", settings.background_percent, header.background_percent, DEFAULT_BACKGROUND
    )
    neighbours = pick(
        "minimum_neighbours", settings.min_neighbours, header.minimum_neighbours, DEFAULT_NEIGHBOURS
    )
    # A background percentage that the user sets must not be overruled by the exam's recorded threshold.
    tissue = header.pre_contrast_threshold if settings.background_percent is None else None
    if tissue is not None:
        sources["tissue_threshold"] = header.sources.get("pre_contrast_threshold", "header")
    return FtvRule(tissue, background, pe, int(neighbours), settings.ser_min), sources


def find_region(series: DynamicSeries, mask: BoolVolume | None) -> tuple[Region, list[Issue]]:
    """Return the exam's box; a given mask, or the whole image, where it states none."""
    geometry = series.geometry
    boxes = [b.mask(geometry) for b in series.header.boxes if not b.omit]
    omits = [b.mask(geometry) for b in series.header.boxes if b.omit]
    omit = np.logical_or.reduce(omits) if omits else None
    if boxes:
        return Region(np.logical_or.reduce(boxes), omit, "exam"), []
    if mask is not None and mask.any():
        return Region(mask, omit, "mask"), [
            Issue(
                "ftv.no_box", "the exam states no box: the given mask is used as the region", level="warning"
            )
        ]
    return Region(np.ones(geometry.shape, dtype=np.bool_), omit, "whole image"), [
        Issue(
            "ftv.no_box",
            "the exam states no box: the whole image is used, so other tissue may count",
            level="warning",
        )
    ]


def measure_volume(series: DynamicSeries, region: Region, rule: FtvRule) -> FtvResult:
    """Return the functional tumour volume of an exam's early and late phase in a region.

    Parameters
    ----------
    series : DynamicSeries
    region : Region
    rule : FtvRule
    """
    return functional_tumour_volume(
        series.frames[0],
        series.frames[series.early],
        None if series.late is None else series.frames[series.late],
        voxel_volume_mm3=series.geometry.voxel_volume_mm3,
        voi=region.voi,
        omit=region.omit,
        rule=rule,
    )


@dataclass(frozen=True, kw_only=True)
class MeasuredLesion:
    """The record of the step, and the arrays that it was counted from.

    Parameters
    ----------
    record : Lesion
    mask : ndarray of bool, shape (nz, ny, nx)
        The lesion.
    region : Region
    ftv : FtvResult
    component : PrimaryLesion
        Largest component of the volume, also where a mask was given.
    """

    record: Lesion
    mask: BoolVolume
    region: Region
    ftv: FtvResult
    component: PrimaryLesion


def find_lesion(checked: CheckedExam, settings: Ftv, choice: MaskChoice) -> tuple[Lesion, BoolVolume]:
    """Return every number of the step, and the lesion's mask, shape (nz, ny, nx)."""
    found = measure_lesion(checked, settings, choice)
    return found.record, found.mask


def measure_lesion(
    checked: CheckedExam,
    settings: Ftv,
    choice: MaskChoice,
    *,
    tissue_threshold: float | None = None,
    omitted_as_zero: bool = False,
) -> MeasuredLesion:
    """Measure the functional tumour volume and the lesion of an exam.

    Parameters
    ----------
    checked : CheckedExam
    settings : Ftv
    choice : MaskChoice
    tissue_threshold : float, optional
        Scanner units; stands over the exam's own and the percentage.
    omitted_as_zero : bool
        Set omitted voxels to 0 before the percentile, as UCSF's extension does.
    """
    exam = checked.exam
    series = exam.series
    given = None if choice.path is None else read_mask(choice.path, series.geometry, segment=choice.label)
    region, issues = find_region(series, None if given is None else given.array)
    if choice.path is not None:
        issues += mask_issues(choice.path, exam.frames_of_reference)
    rule, sources = resolve_rule(settings, series)
    if tissue_threshold is not None:
        rule, sources["tissue_threshold"] = replace(rule, tissue_threshold=tissue_threshold), "setting"
    if omitted_as_zero:
        rule, sources["omitted_as_zero"] = replace(rule, omitted_as_zero=True), "setting"
    ftv = measure_volume(series, region, rule)
    component = primary_lesion(ftv.by_pe, connectivity=settings.connectivity)
    foci = find_foci(ftv.by_pe, series.geometry)
    mask, source = _lesion_of(ftv.by_pe, component, series.geometry, settings)
    if given is not None:
        mask, source = given.array, choice.source
    voxel = series.geometry.voxel_volume_mm3
    automatic = component if source == LARGEST_COMPONENT else None
    noticed = lesion_issues(mask, automatic, voi=region.voi, voxel_volume_mm3=voxel)
    voxels = int(np.count_nonzero(mask))
    record = Lesion(
        ftv_pe_voxels=ftv.pe_voxels,
        ftv_pe_cc=ftv.pe_cc,
        ftv_ser_voxels=ftv.ser_voxels,
        ftv_ser_cc=ftv.ser_cc,
        voxels_after_step=VoxelsAfterStep.model_validate(ftv.voxels),
        voxel_volume_mm3=ftv.voxel_volume_mm3,
        thresholds=_thresholds(ftv, sources),
        region=region.source,
        phases=series.n_phases,
        phase_times_s=series.times_s,
        timing_rule=series.timing_rule,
        phase_rule=series.phase_rule,
        early=series.early,
        late=series.late,
        shape=series.geometry.shape,
        spacing_mm=series.geometry.spacing,
        lesion_voxels=voxels,
        lesion_cc=voxels * voxel / MM3_PER_CC,
        lesion_source=source,
        review=choice.review,
        components=component.components,
        largest_share=component.share,
        foci=_foci(foci),
        numbers=lesion_numbers(mask, checked),
        plausibility=checked.plausibility,
        motion=checked.motion,
        issues=finding_records((*checked.motion_issues, *issues, *ftv.issues, *noticed, *choice.issues)),
        manufacturer=exam.manufacturer,
        scanner_model=exam.scanner_model,
        field_strength_t=exam.field_strength_t,
        protocol=exam.protocol,
    )
    return MeasuredLesion(record=record, mask=mask, region=region, ftv=ftv, component=component)


def _lesion_of(
    volume: BoolVolume, component: PrimaryLesion, geometry: Geometry, settings: Ftv
) -> tuple[BoolVolume, str]:
    """Return what of the volume is the lesion where no mask is given, and how it is called."""
    if settings.lesion == "largest":
        return component.mask, LARGEST_COMPONENT
    return find_foci(volume, geometry, least_cc=settings.piece_cc).mask, LARGE_COMPONENTS


def _foci(found: Foci) -> FociRecord:
    return FociRecord(
        foci=tuple(FocusRecord.model_validate(asdict(f)) for f in found.foci),
        large=found.at_least(LARGE_FOCUS_CC),
        left_out=found.left_out,
        largest_share=found.largest_share,
        spread_mm=found.spread_mm,
    )


def tissue_to_map(found: MeasuredLesion, first: FloatVolume) -> BoolVolume:
    """Return where maps for a reader's eye are computed: all tissue of the region, and the lesion.

    Parameters
    ----------
    found : MeasuredLesion
    first : ndarray, shape (nz, ny, nx)
        The frame before contrast that the volume was measured on.
    """
    tissue: BoolVolume = tissue_of_region(found, first) | found.mask
    return tissue


def tissue_of_region(found: MeasuredLesion, first: FloatVolume) -> BoolVolume:
    """Return the voxels of the region that are tissue before contrast; parameters as `tissue_to_map`."""
    tissue: BoolVolume = found.region.voi & (first >= found.ftv.tissue_threshold)
    return tissue


def compute_lesion(folder: Path, checked: CheckedExam, settings: Ftv, choice: MaskChoice) -> None:
    """Write ``lesion.npz`` (the mask) and ``lesion.json`` (every number of the step) into `folder`."""
    record, mask = find_lesion(checked, settings, choice)
    np.savez_compressed(folder / "lesion.npz", mask=np.packbits(mask), shape=np.array(mask.shape))
    write_json(folder / RECORD, record)


def read_lesion(folder: Path) -> Lesion:
    """Read the record that `compute_lesion` wrote."""
    return Lesion.model_validate(read_json(folder / RECORD))


def load_lesion(folder: Path) -> BoolVolume:
    """Read the mask that `compute_lesion` wrote, shape (nz, ny, nx)."""
    with np.load(folder / "lesion.npz", allow_pickle=False) as data:
        shape = tuple(int(n) for n in data["shape"])
        bits = np.unpackbits(data["mask"], count=int(np.prod(shape)))
    mask: BoolVolume = bits.reshape(shape).astype(np.bool_)
    return mask


def lesion_hash(folder: Path) -> str:
    """Return the hash of the mask of a stored lesion, by which later steps know it."""
    mask = load_lesion(folder)
    shape = repr(mask.shape).encode()
    return hash_bytes(shape + np.packbits(mask).tobytes())


def _thresholds(ftv: FtvResult, sources: dict[str, str]) -> Thresholds:
    rule = ftv.rule
    return Thresholds(
        tissue_threshold=ftv.tissue_threshold,
        background_percent=rule.background_percent,
        pe_threshold=rule.pe_threshold,
        min_neighbours=rule.min_neighbours,
        ser_min=rule.ser_min,
        omitted_as_zero=rule.omitted_as_zero,
        tissue_source=ftv.tissue_source,
        sources=sources,
    )
