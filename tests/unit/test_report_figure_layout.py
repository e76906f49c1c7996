"""Where things stand on a picture: all of it inside, no part over another, no text over a text."""

from __future__ import annotations

from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from tests.drawn_figures import drawn_sample

from kinephen.report import schema as s
from kinephen.report.figures import draw_flow_figure

SLACK = 2.0
"""Pixels by which rounding may move something."""


FLOWS = {"of one": (), "left": ("first",), "right": ("second",), "both": ("first", "second")}
"""Cohorts of which patients left, of two beside each other."""


def flow_of(*leaving):
    """Return a report with two cohorts side by side, and why patients left some of them."""
    gone = [s.Exclusion(reason="the change of a feature of the model is undefined", n=3)]
    steps = [s.FlowStep(key="listed", label="Patients listed", n=90)]
    for key, n in (("first", 60), ("second", 30)):
        steps.append(s.FlowStep(key=key, label=f"The {key} cohort", n=n, parent="listed"))
        left = gone if key in leaving else []
        steps.append(s.FlowStep(key=f"{key}_in", label="Analysed", n=n - 3, parent=key, excluded=left))
    study = s.Study(name="x", end_point="RFS", time_unit="years", seed=1)
    return s.Report(study=study, preset="p", flow=steps)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Return each figure of the sample with its renderer."""
    report, figures = drawn_sample(tmp_path_factory.mktemp("images"))
    figures["cohort_flow"] = draw_flow_figure(report)
    figures |= {f"flow {name}": draw_flow_figure(flow_of(*names)) for name, names in FLOWS.items()}
    found = {}
    for name, figure in figures.items():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        found[name] = (figure, canvas.get_renderer())
    return found


def shown_texts(figure, renderer):
    """Yield words and box of each text that is drawn: ticks beyond the end of an axis are not."""
    beyond = {id(label) for axes in figure.axes for label in ticks_beyond(axes)}
    for text in figure.findobj(Text):
        box = text.get_window_extent(renderer)
        if text.get_visible() and text.get_text().strip() and box.width > 0 and id(text) not in beyond:
            yield text.get_text(), box


def ticks_beyond(axes):
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        slack = 1e-6 * (high - low)
        for tick in axis.get_major_ticks():
            if not low - slack <= tick.get_loc() <= high + slack:
                yield from (tick.label1, tick.label2)


def common(a, b):
    """Return the width and height of what two boxes share, below 0 where they are apart."""
    return min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)


def test_all_of_a_picture_is_inside_it(pictures):
    for name, (figure, renderer) in pictures.items():
        page = figure.bbox
        for axes in figure.axes:
            box = axes.get_window_extent(renderer)
            assert box.x0 >= -SLACK, name
            assert box.y0 >= -SLACK, name
            assert box.x1 <= page.width + SLACK, name
            assert box.y1 <= page.height + SLACK, name
        for words, box in shown_texts(figure, renderer):
            assert box.x0 >= -SLACK, (name, words)
            assert box.y0 >= -SLACK, (name, words)
            assert box.x1 <= page.width + SLACK, (name, words)
            assert box.y1 <= page.height + SLACK, (name, words)


def test_no_part_of_a_picture_lies_over_another(pictures):
    for name, (figure, renderer) in pictures.items():
        boxes = [a.get_window_extent(renderer) for a in figure.axes]
        for a, b in combinations(boxes, 2):
            width, height = common(a, b)
            assert min(width, height) <= SLACK, name


def test_no_text_lies_over_another(pictures):
    bad = []
    for name, (figure, renderer) in pictures.items():
        for (first, a), (second, b) in combinations(list(shown_texts(figure, renderer)), 2):
            width, height = common(a, b)
            if min(width, height) > SLACK:
                bad.append((name, first, second, round(width), round(height)))
    assert not bad
