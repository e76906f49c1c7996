"""The checks of an exam as rows of a table: what was looked at, what was found, and what it means."""

from __future__ import annotations

from kinephen.records.plausibility import (
    PhaseGain,
    PhaseLikeness,
    PhaseOrder,
    PhaseTimes,
    Plausibility,
    Region,
    Shift,
)

Row = tuple[str, str, str]
"""What, value, remark."""

VERDICTS = {
    "right": "as the header has it",
    "several_pre": "several phases before contrast",
    "reversed": "reversed",
    "swapped": "early and late swapped",
    "lost": "contrast gone in a later phase",
    "identical": "two phases are the same image",
    "no_arrival": "no contrast seen",
}


def plausibility_rows(checks: Plausibility) -> list[Row]:
    """Return what the checks measured; empty where the images were not looked at."""
    rows: list[Row] = []
    if checks.times is not None:
        rows += _times(checks.times)
    if checks.order is not None:
        rows += _order(checks.order)
    rows += [_likeness(number, seen) for number, seen in enumerate(checks.likeness) if number]
    rows += [_gain(number, gain) for number, gain in enumerate(checks.gains) if number]
    rows += [_shift(s) for s in checks.shifts]
    if checks.edge_residual is not None:
        found = f"{100 * checks.edge_residual:.0f} %"
        rows.append(("Edges that do not enhance, early", found, "difference from before contrast"))
    if checks.region is not None:
        rows += _region(checks.region)
    return rows


def _times(times: PhaseTimes) -> list[Row]:
    where = [
        ("starts", times.attribute),
        ("durations", times.durations_from),
        ("injection", times.injection_from),
    ]
    remark = "; ".join(f"{what}: {source}" for what, source in where if source)
    rows: list[Row] = [("Times of the phases", times.rule, remark)]
    if times.checked_against and times.difference_s is not None:
        verdict = "agrees" if times.agreed else "contradicts"
        differs = f"largest difference {times.difference_s:.1f} s"
        rows.append((f"Times against {times.checked_against}", verdict, differs))
    return rows


def _order(order: PhaseOrder) -> list[Row]:
    arrival = "not seen" if order.first_post is None else f"phase {order.first_post}"
    seen = order.first_post or max(range(1, len(order.rises)), key=lambda i: order.rises[i])
    remark = f"{100 * order.rises[seen]:.1f} % of the tissue rises, asymmetry {order.asymmetry[seen]:.2f}"
    drift = "undefined" if order.drift is None else f"{100 * order.drift:+.1f} %"
    return [
        (
            "Order of the phases",
            VERDICTS.get(order.verdict, order.verdict),
            "by the signal, against the header",
        ),
        ("Contrast arrives in", arrival, remark),
        ("Normal tissue, early to late", drift, "7 to 19 % in most exams; falls if they are swapped"),
    ]


def _likeness(number: int, seen: PhaseLikeness) -> Row:
    parts = [("mean", seen.mean_ratio), ("correlation", seen.correlation), ("zeros", seen.zeros)]
    remark = ", ".join(f"{name} {value:.2f}" for name, value in parts if value is not None)
    return f"Phase {number} against phase 0", seen.verdict.replace("_", " "), remark


def _gain(number: int, gain: PhaseGain) -> Row:
    parts = [("air", gain.air), ("quiet tissue", gain.tissue)]
    found = ", ".join(f"{name} {value:.2f}" for name, value in parts if value is not None)
    return f"Gain of phase {number}", found or "undefined", "of phase 0; 1 where contrast changes nothing"


def _shift(shift: Shift) -> Row:
    what = f"Shift of phase {shift.frame}"
    if shift.shift_mm is None or shift.size_mm is None:
        return what, "undefined", shift.reason
    along = ", ".join(f"{v:+.2f}" for v in shift.shift_mm)
    checks = [("closure", shift.closure_mm), ("halves", shift.halves_mm)]
    remark = ", ".join(f"{name} {value:.2f} mm" for name, value in checks if value is not None)
    return what, f"{shift.size_mm:.2f} mm", f"slice, row, column {along}; {remark}".rstrip("; ")


def _region(region: Region) -> list[Row]:
    plane = (
        ""
        if region.plane_scatter_mm is None
        else f"plane of the chest within {region.plane_scatter_mm:.1f} mm"
    )
    return [
        ("Body", f"{100 * region.body_share:.0f} % of the image", "20 to 70 % are usual"),
        ("Breast", f"{100 * region.breast_share:.0f} % of the image", region.reason or plane),
    ]
