"""All exams together: counts of classes, spread of numbers, kinds of issues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from types import MappingProxyType
from typing import TypeAlias, get_args

from kinephen.core.cohort import Level
from kinephen.imaging.maps import MAPS
from kinephen.io.contrast_agents import NOT_SHOWN
from kinephen.records.base import IssueRecord
from kinephen.records.exams import ClassCount, ExamsSummary, Noticed, Spread
from kinephen.records.features import Features
from kinephen.records.lesion import Lesion
from kinephen.records.plausibility import level_of
from kinephen.study.cases import CaseResults

ExamKey: TypeAlias = tuple[str, str]
"""Case and visit."""
Stated: TypeAlias = Sequence[float | None]


def _model(lesion: Lesion) -> str:
    # A model whose name cannot be shown is kept as a hash, which says nothing to a reader.
    return NOT_SHOWN if lesion.scanner_model.startswith("#") else lesion.scanner_model


def _drift(lesion: Lesion) -> float | None:
    order = lesion.plausibility.order
    return None if order is None or order.drift is None else 100.0 * order.drift


CLASSES: MappingProxyType[str, Callable[[Lesion], str | tuple[str, ...]]] = MappingProxyType(
    {
        "manufacturer": lambda r: r.manufacturer,
        "lesion_source": lambda r: r.lesion_source,
        "timing_rule": lambda r: r.timing_rule,
        "scanner_model": _model,
        "scanning_sequence": lambda r: r.protocol.scanning_sequence,
        "sequence_variant": lambda r: r.protocol.sequence_variant,
        "sequence_name": lambda r: r.protocol.sequence_name,
        "acquisition_type": lambda r: r.protocol.acquisition_type,
        "scan_options": lambda r: r.protocol.scan_options,
        "fat_suppression": lambda r: r.protocol.fat_suppression,
        "coil": lambda r: r.protocol.coil,
        "contrast_agent": lambda r: r.protocol.contrast_agent,
        "contrast_route": lambda r: r.protocol.contrast_route,
    }
)
"""Texts and codes that are counted over the exams."""
NUMBERS: MappingProxyType[str, Callable[[Lesion], Stated]] = MappingProxyType(
    {
        "slice_distance_mm": lambda r: r.spacing_mm[:1],
        "in_plane_mm": lambda r: r.spacing_mm[1:],
        "frames": lambda r: (r.phases,),
        "early_s": lambda r: (r.early_s,),
        "late_s": lambda r: (r.late_s,),
        "largest_shift_mm": lambda r: (r.plausibility.largest_shift_mm,),
        "drift_percent": lambda r: (_drift(r),),
        "pe_threshold": lambda r: (r.thresholds.pe_threshold,),
        "background_percent": lambda r: (r.thresholds.background_percent,),
        "field_strength_t": lambda r: (r.field_strength_t,),
        "repetition_ms": lambda r: (r.protocol.repetition_ms,),
        "echo_ms": lambda r: (r.protocol.echo_ms,),
        "inversion_ms": lambda r: (r.protocol.inversion_ms,),
        "flip_degrees": lambda r: (r.protocol.flip_degrees,),
        "echo_train": lambda r: (r.protocol.echo_train,),
        "averages": lambda r: (r.protocol.averages,),
        "slice_thickness_mm": lambda r: (r.protocol.slice_thickness_mm,),
        "parallel_factor": lambda r: (r.protocol.parallel_factor,),
        "contrast_volume_ml": lambda r: (r.protocol.contrast_volume_ml,),
        "contrast_dose_ml": lambda r: (r.protocol.contrast_dose_ml,),
    }
)
"""Numbers of one exam, of which the spread over the exams is taken."""


def summarise_exams(cases: CaseResults, preset: str) -> ExamsSummary:
    """Return the exams of a run together, with the issues of the features of one preset."""
    lesions = list(cases.lesions.values())
    features = cases.features.get(preset, {})
    return ExamsSummary(
        analysed=len(lesions),
        failed=len(cases.failures),
        confirmed=sum(r.confirmed for r in lesions),
        given=sum(r.given for r in lesions),
        classes={name: _counted(of(r) for r in lesions) for name, of in CLASSES.items()},
        numbers={
            name: spread
            for name, of in NUMBERS.items()
            if (spread := _spread([of(r) for r in lesions])) is not None
        },
        noticed=_noticed(
            (exam, issue)
            for records in (_issues(cases.lesions), _issues(features))
            for exam, issues in records
            for issue in issues
        ),
    )


def _counted(stated: Iterable[str | tuple[str, ...]]) -> tuple[ClassCount, ...]:
    values = [(v,) if isinstance(v, str) else v for v in stated]
    counts = Counter(tuple(text for text in v if text) for v in values)
    ordered = sorted(counts.items(), key=lambda c: (-c[1], not c[0], c[0]))
    return tuple(ClassCount(values=v, exams=n) for v, n in ordered)


def _spread(stated: Sequence[Stated]) -> Spread | None:
    known = [[v for v in values if v is not None] for values in stated]
    numbers = [float(v) for values in known for v in values]
    if not numbers:
        return None
    exams = sum(bool(values) for values in known)
    return Spread(exams=exams, median=median(numbers), low=min(numbers), high=max(numbers))


def _issues(
    records: Mapping[ExamKey, Lesion] | Mapping[ExamKey, Features],
) -> list[tuple[ExamKey, tuple[IssueRecord, ...]]]:
    return [(exam, record.noticed) for exam, record in records.items()]


def _noticed(issues: Iterable[tuple[ExamKey, IssueRecord]]) -> tuple[Noticed, ...]:
    exams: dict[tuple[str, str], set[ExamKey]] = {}
    examples: dict[tuple[str, str], str] = {}
    levels: dict[tuple[str, str], set[Level]] = {}
    for exam, issue in issues:
        kind = (issue.code, issue.where if issue.where in MAPS else "")
        exams.setdefault(kind, set()).add(exam)
        examples.setdefault(kind, issue.message)
        levels.setdefault(kind, set()).add(level_of(issue))
    return tuple(
        Noticed(
            code=code,
            where=where,
            level=max(levels[code, where], key=get_args(Level).index),
            exams=len(found),
            example=examples[code, where],
        )
        for (code, where), found in sorted(exams.items())
    )
