"""Tables of the quality page: what each rule decided, and what was counted."""

from __future__ import annotations

from kinephen.core.counted import counted
from kinephen.records.one_exam import OneExam, SegmentationOverlap, StatedVolumeFound
from kinephen.report.exam_page_facts import ExamFacts
from kinephen.report.formats import format_value

Row = tuple[str, str, str]
"""What, value, source or remark."""

STEPS = {
    "box": "in the box, outside omitted regions",
    "tissue": "signal before contrast at or above the tissue threshold",
    "enhancing": "early enhancement at or above its threshold",
    "positive_ser": "late signal above that before contrast",
    "neighbours": "enough neighbours pass too: FTV by enhancement",
    "ser": "enhancement ratio at or above its limit: FTV by SER",
}
NUMBERS = {
    "longest_mm": ("Longest diameter", "mm", "in space, between centres of voxels"),
    "longest_in_plane_mm": ("Longest diameter in a slice", "mm", "as acquired"),
    "sphere_mm": ("Diameter of the sphere of its volume", "mm", ""),
    "sphericity": ("Sphericity", "", "mesh of the mask as it is, holes kept"),
    "surface_mm2": ("Surface", "mm²", "of the same mesh"),
    "surface_per_volume": ("Surface by volume", "1/mm", "of the same mesh"),
    "skin_mm": ("Distance to the skin", "mm", "least, to the air in front"),
    "nipple_mm": ("Distance to the nipple", "mm", "most forward point of the breast"),
    "bpe_percent": ("Background enhancement", "%", "early, gland of the other breast; experimental"),
}
"""Numbers of the lesion: label, unit and remark."""
MOST_FOCI = 8
"""Foci whose volumes are written out."""
REGIONS = {"exam": "box of the exam", "mask": "given mask"}
KINDS = {"voi_pe": "FTV", "voi_tissue": "tissue in the box"}


def step_rows(facts: ExamFacts) -> list[tuple[str, int, float]]:
    """Return each step of the volume: description, voxels left, share of those at the step before."""
    counts = facts.record.voxels_after_step
    shares = counts.shares()
    return [(text, counts.done()[name], shares[name]) for name, text in STEPS.items() if name in shares]


def decision_rows(facts: ExamFacts) -> list[Row]:
    """Return what was decided and by which rule."""
    record, limits = facts.record, facts.record.thresholds
    sources = limits.sources
    late = "none" if facts.late is None else str(facts.late)
    return [
        ("Phases", str(record.phases), record.phase_rule),
        ("Times after injection", _times(facts.times_s), record.timing_rule),
        ("Early and late phase", f"{facts.early} and {late}", facts.sources.get("early_late", "")),
        ("Region", REGIONS.get(record.region, record.region), facts.sources.get("boxes", "")),
        ("Enhancement threshold", f"{limits.pe_threshold:g} %", sources["pe_threshold_percent"]),
        ("Tissue threshold", f"{limits.tissue_threshold:.4g}", limits.tissue_origin),
        ("Neighbours of 26", str(limits.min_neighbours), sources["minimum_neighbours"]),
        ("Lower limit of the ratio", f"{limits.ser_min:g}", "FTV by SER"),
        ("Lesion", counted(record.lesion_voxels, "voxel"), record.lesion_source),
        ("Formulas of the maps", record.maps.rule.variant, _map_remark(record)),
        ("Bias field", record.bias.method, _bias_remark(record)),
        ("Motion", *_motion(record)),
    ]


def _motion(record: OneExam) -> tuple[str, str]:
    if record.motion is None:
        return "not corrected", ""
    moved = [m for m in record.motion if m.applied]
    if not moved:
        return "no frame moved", "none would fit better"
    how = "registered rigidly" if moved[0].method == "rigid" else "moved back"
    sizes = ", ".join(
        f"phase {record.plausibility.phase_as_read(m.frame)} by {m.largest_mm:.1f} mm"
        for m in moved
        if m.largest_mm is not None
    )
    return how, sizes


def _times(times_s: tuple[float, ...] | None) -> str:
    if times_s is None:
        return "not known"
    return ", ".join(format_value(t, "sig3") for t in times_s) + " s"


def lesion_rows(facts: ExamFacts) -> list[Row]:
    """Return size, form and place of the lesion, and the foci of the volume."""
    numbers, foci = facts.record.numbers, facts.record.foci
    rows = [
        (label, _measured(getattr(numbers, name), unit), numbers.reasons.get(name, remark))
        for name, (label, unit, remark) in NUMBERS.items()
    ]
    sizes = ", ".join(f"{f.cc:.2f}" for f in foci.foci[:MOST_FOCI])
    more = f" and {len(foci.foci) - MOST_FOCI} more" if len(foci.foci) > MOST_FOCI else ""
    rows.append(("Foci of at least 0.1 cm³", str(len(foci.foci)), f"{sizes} cm³{more}" if sizes else ""))
    rows.append(("Foci of at least 0.5 cm³", str(foci.large), f"{foci.left_out} smaller than 0.1 cm³"))
    if foci.spread_mm:
        rows.append(("Largest distance of two foci", f"{foci.spread_mm:.1f} mm", "between their centres"))
    return rows


def _measured(value: float | None, unit: str) -> str:
    if value is None:
        return "undefined"
    return f"{value:.1f} {unit}" if unit in ("mm", "mm²", "%") else f"{value:.3f} {unit}".strip()


def quality_rows(facts: ExamFacts) -> list[Row]:
    """Return components, box and signals."""
    record, quality = facts.record, facts.record.quality
    return [
        ("Components of the FTV", str(record.components), "joined by corners, edges or faces"),
        ("Share of the largest", _percent(record.largest_share), ""),
        ("Lesion voxels on the faces of the box", str(quality.lesion_on_faces), ""),
        ("Box touches the image border", "yes" if quality.box_touches_border else "no", ""),
        ("Signal of the lesion", _curve(quality.lesion_curve), "median of each phase"),
        ("Signal of the tissue in the box", _curve(quality.tissue_curve), "median of each phase"),
        ("Distinct signals before contrast", str(quality.signal_levels), "in the box"),
        ("Voxel", " x ".join(f"{s:.4g}" for s in facts.geometry.spacing) + " mm", "slice, row, column"),
        ("Matrix", " x ".join(str(n) for n in facts.geometry.shape), "slices, rows, columns"),
    ]


FIELD_CHECKS = {
    "lesion_ratio": "fields of single frames in the lesion, against quiet tissue: 1 is neutral",
    "two_masks": "difference of the field from another mask, in the breast",
    "fat": "rise of the unevenness of fat",
    "steepness": "steepest change in the breast, percent a centimetre",
}
"""Checks of a bias field that hold for any method."""


def field_check_rows(facts: ExamFacts) -> list[Row]:
    """Return the checks of the bias field that was tried: what, value with its limit, verdict."""
    return [
        (
            FIELD_CHECKS[c.name],
            "undefined" if c.value is None else f"{c.value:.3g} (limit {c.limit:g})",
            c.verdict,
        )
        for c in facts.record.bias.checks
    ]


def comparison_rows(facts: ExamFacts) -> list[Row]:
    """Return how the result compares with what the exam's own analysis left."""
    found = facts.record.comparison
    rows: list[Row] = [_stated(volume) for volume in found.stated_volumes]
    rows += [
        (f"Segmentation of {KINDS[s.kind]}", f"Dice {format_value(s.dice, 'f4')}", _differing(s))
        for s in found.segmentations
    ]
    ser = found.ser_map
    if ser is not None and ser.largest_difference is not None:
        value = format_value(ser.largest_difference, "sig3")
        rows.append(("Map of the ratio", f"at most {value}", f"difference in {counted(ser.voxels, 'voxel')}"))
    return rows


def _stated(volume: StatedVolumeFound) -> Row:
    # The label in the header is free text, so the range of the ratio names the volume.
    name = f"Stated volume, SER {volume.ser_min or 0:.2g} to {volume.ser_max or 0:.2g}"
    if volume.found_voxels is None:
        return name, counted(volume.voxels, "voxel"), "of a range that is not measured here"
    return name, counted(volume.voxels, "voxel"), f"found {volume.found_voxels}"


def _differing(overlap: SegmentationOverlap) -> str:
    return f"{counted(overlap.first_only, 'voxel')} only here, {overlap.second_only} only there"


def _map_remark(record: OneExam) -> str:
    parts = [f"{name} {count}" for name, count in record.maps.undefined_voxels.items() if count]
    return f"undefined voxels: {', '.join(parts)}" if parts else "defined in every voxel"


def _bias_remark(record: OneExam) -> str:
    if record.bias.method == "none":
        return "frames as acquired"
    return "maps from corrected frames" if record.bias.corrected else "not corrected, see below"


def _percent(share: float | None) -> str:
    return "undefined" if share is None else f"{100 * share:.1f} %"


def _curve(values: tuple[float | None, ...]) -> str:
    return ", ".join("undefined" if v is None else f"{v:.4g}" for v in values)
