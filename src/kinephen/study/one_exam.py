"""One exam by itself: the steps of a run, with the options and the further numbers of ``kinephen ftv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import numpy as np
from pydantic import ValidationError

from kinephen.config.exams import FeatureSettings
from kinephen.config.schema import Settings
from kinephen.core.cohort import CODE, Issue
from kinephen.core.options import MotionCorrection
from kinephen.errors import UsageError
from kinephen.imaging.field import Check
from kinephen.imaging.ftv import FtvResult
from kinephen.imaging.kinetics import KineticMaps
from kinephen.imaging.qc import QualityRecord, quality_record
from kinephen.io.exam import Exam, read_exam
from kinephen.io.segmentation import read_mask
from kinephen.records.one_exam import (
    BiasUsed,
    MapInLesion,
    MapRuleRecord,
    MapsRecord,
    OneExam,
    Quality,
    SerClass,
)
from kinephen.records.plausibility import Plausibility, finding_records
from kinephen.study.exam_checks import check_exam, require_believable
from kinephen.study.exam_comparison import compare_with_archive, stated_issues
from kinephen.study.review_gate import MaskChoice
from kinephen.study.steps.bias import BiasOutcome, corrected_frames
from kinephen.study.steps.features import exam_maps
from kinephen.study.steps.lesion import MeasuredLesion, measure_lesion, tissue_of_region, tissue_to_map
from kinephen.study.steps.motion import aligned
from kinephen.types import BoolVolume, FloatArray, FrameStack


def exam_settings(
    *,
    ftv: Mapping[str, object] | None = None,
    maps: Mapping[str, object] | None = None,
    bias: Mapping[str, object] | None = None,
    motion: MotionCorrection = "none",
    accept: Sequence[str] = (),
) -> Settings:
    """Return the settings of one exam; neither bias field nor motion are corrected by default.

    `accept` holds codes of findings that would stop it.

    Raises
    ------
    UsageError
        ``ftv.option`` that names the value which is out of range.
    """
    wrong = [code for code in accept if not CODE.fullmatch(code)]
    if wrong:
        raise UsageError(
            f"accept: expected the code of a finding, such as roles.reversed, found {', '.join(wrong)}",
            code="ftv.option",
            where="accept",
            hint="`kinephen inspect EXAM` shows the codes",
        )
    correction = {"method": "none", "fallback": "none", **(bias or {})}
    try:
        return Settings.model_validate(
            {
                "exam": {"accept": tuple(accept)},
                "ftv": ftv or {},
                "motion": {"correct": motion},
                "maps": maps or {},
                "bias": correction,
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(p) for p in first["loc"][1:])
        raise UsageError(
            f"{name}: {first['msg']}",
            code="ftv.option",
            where=name,
            hint="`kinephen ftv --help` shows the options",
        ) from error


@dataclass(frozen=True, kw_only=True)
class Request:
    """One exam and how it is measured.

    Parameters
    ----------
    exam : Path
    settings : Settings
        Its sections ftv, motion, bias and maps are read; see `exam_settings`.
    mask : MaskChoice
        By default the largest component of the volume.
    manifest : Path, optional
    tissue_threshold : float, optional
        Scanner units; stands over the percentage.
    omitted_as_zero : bool
        Set omitted voxels to 0 before the percentile.
    bias_mask : Path, optional
        Where the field is estimated.
    """

    exam: Path
    settings: Settings = field(default_factory=exam_settings)
    mask: MaskChoice = field(default_factory=MaskChoice)
    manifest: Path | None = None
    tissue_threshold: float | None = None
    omitted_as_zero: bool = False
    bias_mask: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Arrays of an exam, and the record that goes with them.

    Parameters
    ----------
    exam : Exam
    voi, lesion : ndarray of bool, shape (nz, ny, nx)
    ftv : FtvResult
    maps : KineticMaps
        In all tissue of the box and in the lesion.
    frames : ndarray of float32, shape (n_phases, nz, ny, nx)
        That the maps are of.
    bias : BiasOutcome
    record : OneExam
    """

    exam: Exam
    voi: BoolVolume
    ftv: FtvResult
    lesion: BoolVolume
    maps: KineticMaps
    frames: FrameStack
    bias: BiasOutcome
    record: OneExam


def measure(request: Request) -> Measured:
    """Read an exam and compute its volume, lesion, maps and quality, by the steps of a run."""
    settings = request.settings
    read = check_exam(read_exam(request.exam, manifest=request.manifest))
    require_believable(read.plausibility, settings.exam.accept)
    checked = aligned(read, settings.motion)
    exam, series = checked.exam, checked.exam.series
    raw = series.frames
    found = measure_lesion(
        checked,
        settings.ftv,
        request.mask,
        tissue_threshold=request.tissue_threshold,
        omitted_as_zero=request.omitted_as_zero,
    )
    given = None if request.bias_mask is None else read_mask(request.bias_mask, series.geometry).array
    frames, bias = corrected_frames(
        series,
        settings.bias,
        given=given,
        breast=checked.breast.mask,
        lesion=found.mask,
        checks=get_args(Check),
    )
    # The surroundings of the lesion help a reader, so the maps cover all tissue of the box.
    maps = exam_maps(frames, tissue_to_map(found, raw[0]), series, FeatureSettings.of(settings))
    quality = quality_record(raw, voi=found.region.voi, ftv=found.ftv, lesion=found.component)
    # The archive's maps are of the frames as acquired, moved or not.
    comparison, not_compared = compare_with_archive(read.exam, tissue_of_region(found, raw[0]), found.ftv)
    noticed = (
        *_unneeded(settings.exam.accept, read.plausibility),
        *bias.issues,
        *quality.issues,
        *not_compared,
        *stated_issues(comparison),
    )
    record = OneExam(
        **{name: getattr(found.record, name) for name in type(found.record).model_fields if name != "issues"},
        issues=(*found.record.issues, *finding_records(noticed)),
        source_hash=series.source_hash,
        ser_classes=_ser_classes(raw, found.ftv),
        ser_above_classes=found.ftv.above_classes,
        quality=_quality(quality),
        maps=_maps(maps, found),
        bias=BiasUsed.model_validate(bias.record.model_dump()),
        comparison=comparison,
    )
    return Measured(
        exam=exam,
        voi=found.region.voi,
        ftv=found.ftv,
        lesion=found.mask,
        maps=maps,
        frames=frames,
        bias=bias,
        record=record,
    )


def _unneeded(accepted: Sequence[str], checks: Plausibility) -> list[Issue]:
    """Return a note for each accepted code that stops nothing here: it may be misspelt."""
    stops = {f.code for f in checks.stops}
    text = "accepted, but nothing of this code stops the exam"
    return [Issue("exam.accept_unneeded", text, where=code) for code in accepted if code not in stops]


def _ser_classes(frames: FrameStack, ftv: FtvResult) -> tuple[SerClass, ...]:
    """Return the classes of the volume with the enhancement of their voxels in the frames of the volume."""
    curves = frames[:, ftv.by_pe].astype(np.float64)
    relative: FloatArray = 100.0 * (curves - curves[0]) / curves[0]
    found = []
    for part in ftv.ser_classes:
        own = relative[:, (ftv.ser > part.lower) & (ftv.ser <= part.upper)]
        quartiles = np.percentile(own, [25.0, 50.0, 75.0], axis=1).T if own.shape[1] else ()
        enhancement = [dict(zip(("low", "middle", "high"), q, strict=True)) for q in quartiles]
        found.append(SerClass.model_validate({**part.__dict__, "enhancement": enhancement}))
    return tuple(found)


def _quality(found: QualityRecord) -> Quality:
    return Quality(
        lesion_on_faces=found.lesion_on_faces,
        box_touches_border=found.box_touches_border,
        lesion_curve=found.lesion_curve,
        tissue_curve=found.tissue_curve,
        signal_levels=found.signal_levels,
        issues=finding_records(found.issues),
    )


def _maps(maps: KineticMaps, found: MeasuredLesion) -> MapsRecord:
    inside = {name: array[found.mask] for name, array in maps.arrays.items()}
    known = {name: values[np.isfinite(values)] for name, values in inside.items()}
    return MapsRecord(
        rule=MapRuleRecord.model_validate(maps.rule.to_dict()),
        lesion={
            name: MapInLesion(
                unit=maps.units[name],
                voxels=values.size,
                undefined=inside[name].size - values.size,
                mean=float(values.mean()) if values.size else None,
                median=float(np.median(values)) if values.size else None,
            )
            for name, values in known.items()
        },
        undefined=maps.undefined,
    )
