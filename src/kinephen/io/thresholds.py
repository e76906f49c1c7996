"""What an exam states about its own analysis: thresholds and boxes, each with the place where it was read."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from kinephen.core.cohort import Issue
from kinephen.core.dynamic import Box, ExamHeader
from kinephen.core.enhancement import USUAL_PE_PERCENT
from kinephen.core.volume import Geometry
from kinephen.io.ucsf_header import PrivateRecord

_IN_LABEL = re.compile(r"PEearly\s*>=?\s*(\d+(?:\.\d+)?)\s*%", re.IGNORECASE)
_IN_DESCRIPTION = re.compile(r"thresh\s*=\s*(\d+(?:\.\d+)?)", re.IGNORECASE)


@dataclass(frozen=True)
class SiteRule:
    """Enhancement threshold that one scanner and protocol used in the public collections."""

    collection: str
    manufacturer: str
    description: re.Pattern[str]
    percent: float


@cache
def site_rules() -> tuple[SiteRule, ...]:
    """Return the site table in order; the first rule that fits counts."""
    table = files("kinephen.io").joinpath("data/pe_thresholds.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in table.splitlines() if not line.startswith("#"))
    return tuple(
        SiteRule(
            r["collection"], r["manufacturer"], re.compile(r["pattern"], re.IGNORECASE), float(r["percent"])
        )
        for r in rows
    )


def site_threshold(collection: str, manufacturer: str, description: str) -> float | None:
    """Return the threshold that the site table gives, percent, or None.

    Parameters
    ----------
    collection : str
        ``"ispy1"`` or ``"pilot"``: one description means different protocols in the two, so that exams of
        neither find nothing here.
    manufacturer, description : str
        Of the dynamic series.
    """
    for rule in site_rules():
        fits = rule.collection == collection and manufacturer.upper().startswith(rule.manufacturer)
        if fits and rule.description.search(description):
            return rule.percent
    return None


def exam_header(
    records: Sequence[tuple[str, PrivateRecord]],
    *,
    seg_descriptions: Sequence[str],
    manufacturer: str,
    description: str,
    collection: str,
    geometry: Geometry,
) -> tuple[ExamHeader, tuple[Issue, ...]]:
    """Bring together what the exam says of its analysis.

    Parameters
    ----------
    records : sequence of (str, PrivateRecord)
        Private headers with the kind of object they stand in, the most trusted first.
    seg_descriptions : sequence of str
        Series descriptions of the segmentations.
    manufacturer, description : str
        Of the dynamic series.
    collection : str
        Public collection of the exam, or an empty text.
    geometry : Geometry
        Of the dynamic series, for boxes given in voxels.

    Returns
    -------
    header : ExamHeader
    issues : tuple of Issue
    """
    issues = [issue for _, record in records for issue in record.issues]
    sources: dict[str, str] = {}

    def parameter(name: str, field: str) -> float | None:
        stated = [(kind, _number(r.parameters[name])) for kind, r in records if name in r.parameters]
        found = [(kind, v) for kind, v in stated if v is not None]
        if len(found) < len(stated):
            issues.append(Issue("ucsf.element", f"private UCSF header: {name} is no number and was ignored"))
        if len({v for _, v in found}) > 1:
            issues.append(
                Issue("ucsf.conflict", f"private UCSF headers state different values of {name}", field)
            )
        if not found:
            return None
        sources[field] = f"private header ({found[0][0]})"
        return found[0][1]

    threshold = parameter("PE_threshold", "pe_threshold_percent")
    if threshold is None:
        labels = [v.label for _, r in records for v in r.volumes]
        threshold, sources["pe_threshold_percent"] = _threshold(
            labels, seg_descriptions, collection, manufacturer, description
        )
    neighbours = parameter("minimum_neighbor_count", "minimum_neighbours")
    boxes, where = _boxes(records, geometry)
    if len({record.boxes for _, record in records if record.boxes}) > 1:
        issues.append(
            Issue("ucsf.conflict", f"private UCSF headers state different boxes; those of {where} count")
        )
    if boxes:
        sources["boxes"] = where
    volumes = max((r.volumes for _, r in records), key=len, default=())
    if volumes:
        sources["stated_volumes"] = "private header"
    header = ExamHeader(
        pe_threshold_percent=threshold,
        background_percent=parameter("PCT_background_threshold", "background_percent"),
        pre_contrast_threshold=parameter("pre_contrast_threshold", "pre_contrast_threshold"),
        minimum_neighbours=None if neighbours is None else int(neighbours),
        boxes=boxes,
        stated_volumes=volumes,
        sources=sources,
    )
    return header, tuple(dict.fromkeys(issues))


def _threshold(
    labels: Sequence[str], descriptions: Sequence[str], collection: str, manufacturer: str, description: str
) -> tuple[float, str]:
    for texts, pattern, source in (
        (labels, _IN_LABEL, "private header, label of a volume"),
        (descriptions, _IN_DESCRIPTION, "segmentation description"),
    ):
        numbers = {float(m[1]) for m in map(pattern.search, texts) if m}
        if len(numbers) == 1:
            return numbers.pop(), source
    site = site_threshold(collection, manufacturer, description)
    if site is not None:
        return site, f"site table ({collection})"
    return USUAL_PE_PERCENT, "default"


def _boxes(records: Sequence[tuple[str, PrivateRecord]], geometry: Geometry) -> tuple[tuple[Box, ...], str]:
    for kind, record in records:
        if any(not b.omit for b in record.boxes):
            return record.boxes, f"private header ({kind})"
    for kind, record in records:
        if record.voxel_box is not None:
            first, last = record.voxel_box
            return (box_of_voxels(first[::-1], last[::-1], geometry, source="private header, voxels"),), (
                f"private header ({kind}), voxel indices"
            )
    return (), ""


def box_of_voxels(first: Sequence[int], last: Sequence[int], geometry: Geometry, *, source: str) -> Box:
    """Return the box around the voxels ``first`` to ``last`` (slice, row, column), both inclusive."""
    low, high = (tuple(float(v) for v in c) for c in (first, last))
    matrix = geometry.affine[:3, :3]
    middle = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
    centre = matrix @ middle + geometry.affine[:3, 3]
    half = [matrix[:, axis] * (high[axis] - low[axis] + 1) / 2 for axis in (2, 1, 0)]
    return Box(
        (float(centre[0]), float(centre[1]), float(centre[2])),
        tuple((float(v[0]), float(v[1]), float(v[2])) for v in half),  # type: ignore[arg-type]
        source=source,
    )


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None
