"""The document that ``kinephen inspect`` prints: its fields, by what lies in a folder."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from kinephen.core.cohort import Issue, Level


class IssueFacts(TypedDict):
    """One thing that was noticed."""

    code: str
    message: str
    where: str
    count: int
    level: Level


class GridFacts(TypedDict):
    """A grid: slices, rows and columns; mm and mm3."""

    slices_rows_columns: list[int]
    spacing_mm: list[float]
    voxel_mm3: float
    first_voxel_mm: list[float]


class BoxFacts(TypedDict):
    """Voxels that a box covers, both ends inclusive; None along an axis where it covers none."""

    omit: bool
    source: str
    voxels: int
    slices: list[int] | None
    rows: list[int] | None
    columns: list[int] | None


class StatedVolumeFacts(TypedDict):
    """A volume that the exam's own analysis left."""

    voxels: int
    cc: float


class HeaderFacts(TypedDict):
    """Thresholds, boxes and volumes that an exam states; None where it is silent."""

    pe_threshold_percent: float | None
    background_percent: float | None
    pre_contrast_threshold: float | None
    minimum_neighbours: int | None
    boxes: list[BoxFacts]
    stated_volumes: list[StatedVolumeFacts]
    sources: dict[str, str]


class SeriesFacts(TypedDict):
    """One series of DICOM images; `images` counts them by kind."""

    number: int | None
    modality: str
    description: str
    instances: int
    kind: str
    images: dict[str, int]


class PhaseFacts(TypedDict):
    """One phase; role, series and slices only of DICOM."""

    phase: int
    role: NotRequired[str]
    series: NotRequired[int | None]
    slices: NotRequired[int]
    time_s: float | None


class SegmentationFacts(TypedDict):
    """A segmentation that belongs to the exam."""

    kind: str
    refers_to_series: bool | None


class ExamFacts(TypedDict, total=False):
    """One exam. One that is not `readable` has its `error` and nothing of what would be read."""

    exam: int
    subject: str
    visit: str
    series: list[SeriesFacts]
    readable: bool
    error: dict[str, str]
    manufacturer: str
    field_strength_t: float | None
    protocol: dict[str, str | float | list[str]]
    phase_rule: str
    timing_rule: str
    times: dict[str, object]
    times_in_words: list[tuple[str, str]]
    early_late_rule: str
    phases: list[PhaseFacts]
    early: int
    late: int | None
    geometry: GridFacts
    header: HeaderFacts
    segmentations: list[SegmentationFacts]
    maps: list[str]
    missing: list[str]
    issues: list[IssueFacts]


class FolderFacts(TypedDict):
    """A folder of exams."""

    kind: Literal["dicom", "nifti"]
    exams: list[ExamFacts]
    issues: list[IssueFacts]


class ColumnFacts(TypedDict):
    """One column of a clinical table."""

    column: str
    known: int
    meaning: str


class TableFacts(TypedDict):
    """A clinical table."""

    kind: Literal["clinical table"]
    rows: int
    end_point: str
    time_unit: str
    events: int | None
    columns: list[ColumnFacts]
    issues: list[IssueFacts]


def issue_facts(issue: Issue) -> IssueFacts:
    """Return what was noticed as plain fields."""
    return {
        "code": issue.code,
        "message": issue.message,
        "where": issue.where,
        "count": issue.count,
        "level": issue.level,
    }
