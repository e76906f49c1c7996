"""The enhancement of one patient's lesion over time at each visit, drawn as a small SVG without a library.

A drawing library takes a third of a second a figure, and a study has thousands of patients.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape
from matplotlib.ticker import MaxNLocator

from kinephen.report.formats import format_value
from kinephen.report.schema.patient_detail import Curve, Visit

WIDTH, HEIGHT = 520, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 90, 12, 42
LINE = 14.0
"""Height of a line of names."""
_DASHES = ("", "7 4", "2 3", "9 3 2 3")

Point = tuple[float, float]


def curves_svg(visits: Sequence[Visit]) -> Markup:
    """Return median and quartiles of each visit's enhancement; empty when no visit has a curve."""
    known = [(i, v) for i, v in enumerate(visits) if _points(v.curve, v.curve.median)]
    if not known:
        return Markup("")
    scale = _Scale([v.curve for _, v in known])
    words = " and ".join(escape(v.name) for _, v in known)
    parts = [
        Markup(
            '<svg class="curves" viewBox="0 0 {} {}" role="img" '
            'aria-label="Enhancement of the lesion over time at {}">'
        ).format(WIDTH, HEIGHT, words)
    ]
    parts += _axes(scale)
    for i, visit in known:
        parts += _curve(visit, i, scale)
    parts += _names([v for _, v in known], scale)
    return Markup("").join([*parts, Markup("</svg>")])


def _points(curve: Curve, values: Sequence[float | None]) -> list[Point]:
    """Return the defined points; before the injection nothing enhances, so the curve starts at 0 there."""
    found = [(t, v) for t, v in zip(curve.minutes, values, strict=True) if t is not None and v is not None]
    if len(found) > 1 and found[0][0] < 0.0 < found[1][0]:
        found.insert(1, (0.0, 0.0))
    return found


class _Scale:
    """From minutes and percent to places in the drawing."""

    def __init__(self, curves: Sequence[Curve]) -> None:
        points = [p for c in curves for line in (c.low, c.median, c.high) for p in _points(c, line)]
        self.x_ticks = _ticks([p[0] for p in points])
        self.y_ticks = _ticks([*(p[1] for p in points), 0.0])

    def x(self, minutes: float) -> float:
        low, high = self.x_ticks[0], self.x_ticks[-1]
        return _LEFT + (minutes - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)

    def y(self, percent: float) -> float:
        low, high = self.y_ticks[0], self.y_ticks[-1]
        return HEIGHT - _BOTTOM - (percent - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)

    def path(self, points: Sequence[Point]) -> str:
        return " ".join(f"{self.x(t):.1f},{self.y(v):.1f}" for t, v in points)


def _ticks(values: Sequence[float]) -> list[float]:
    low, high = min(values), max(values)
    if high <= low:
        low, high = low - 1.0, high + 1.0
    return [float(t) for t in MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]


def _axes(scale: _Scale) -> list[Markup]:
    base, middle = HEIGHT - _BOTTOM, (_LEFT + WIDTH - _RIGHT) / 2
    line = Markup('<path class="grid" d="M{} {:.1f}H{}"/>')
    text = Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>')
    upright = Markup('<text transform="translate(13 {:.1f}) rotate(-90)" text-anchor="middle">{}</text>')
    levels = [(scale.y(t), format_value(t, "f1" if t % 1 else "int")) for t in scale.y_ticks]
    times = [(scale.x(t), format_value(t, "f1" if t % 1 else "int")) for t in scale.x_ticks]
    return [
        *(line.format(_LEFT, y, WIDTH - _RIGHT) for y, _ in levels),
        *(text.format(_LEFT - 6, y + 4, "end", words) for y, words in levels),
        *(text.format(x, base + 16, "middle", words) for x, words in times),
        text.format(middle, HEIGHT - 8, "middle", "minutes after injection"),
        upright.format((base + _TOP) / 2, "enhancement, %"),
    ]


def _curve(visit: Visit, index: int, scale: _Scale) -> list[Markup]:
    curve, colour = visit.curve, f"var(--group-{index % 8 + 1})"
    low, high = _points(curve, curve.low), _points(curve, curve.high)
    middle = _points(curve, curve.median)
    dots = Markup("").join(
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3" fill="{}"/>').format(scale.x(t), scale.y(v), colour)
        for t, v in middle
        if (t, v) != (0.0, 0.0)
    )
    return [
        Markup('<polygon points="{}" fill="{}" opacity="0.14"/>').format(
            scale.path([*low, *reversed(high)]), colour
        ),
        Markup(
            '<polyline points="{}" fill="none" stroke="{}" stroke-width="2" stroke-dasharray="{}"/>'
        ).format(scale.path(middle), colour, _DASHES[index % len(_DASHES)]),
        dots,
    ]


def _names(visits: Sequence[Visit], scale: _Scale) -> list[Markup]:
    """Return the names at the ends of the curves, from the highest down, each on a line of its own."""
    ends = [(scale.y(v), scale.x(t), visit.name) for visit in visits for t, v in _last(visit.curve)]
    drawn, above = [], -LINE
    for y, x, name in sorted(ends):
        above = max(y, above + LINE)
        text = Markup('<text x="{:.1f}" y="{:.1f}" class="name">{}</text>')
        drawn.append(text.format(x + 8, above + 4, name[:12]))
    return drawn


def _last(curve: Curve) -> list[Point]:
    return _points(curve, curve.median)[-1:]
