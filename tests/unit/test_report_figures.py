"""Every figure has a title and axes with units; curves have numbers at risk; strange data are drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from scipy.cluster.hierarchy import dendrogram, leaves_list, linkage
from tests.drawn_figures import drawn_sample

from kinephen.report import schema as s
from kinephen.report.figures import draw_figure, draw_flow_figure
from kinephen.report.figures.dendrogram import dendrogram_segments
from kinephen.report.figures.heatmap import categories, runs
from kinephen.report.figures.style import (
    GROUPS,
    MISSING_FILL,
    PAPER,
    THEME_VARIABLES,
    house_style,
    light_on,
    short,
)
from kinephen.report.figures.svg import inline_svg, standalone_svg, svg_tree
from kinephen.report.formats import format_value
from kinephen.report.schema import figures as f

UNITLESS = ("confusion", "tumours")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return drawn_sample(tmp_path_factory.mktemp("images"))


def texts(figure):
    root = svg_tree(figure, "x")
    return ["".join(t.itertext()) for t in root.iter() if t.tag.endswith("}text")]


def draw_one(data, tables=None, title="T"):
    study = s.Study(name="x", end_point="RFS", time_unit="years", seed=1)
    entry = s.FigureEntry(title=title, data=data)
    report = s.Report(study=study, preset="p", figures={"one": entry}, tables=tables or {})
    return draw_figure(report, "one")


def test_every_kind_of_figure_is_in_the_sample(drawn):
    report, figures = drawn
    kinds = set(
        s.report_json_schema()["$defs"]["FigureEntry"]["properties"]["data"]["discriminator"]["mapping"]
    )
    assert {report.figures[n].data.kind for n in figures} == kinds


def test_titles_and_axes_with_units(drawn):
    report, figures = drawn
    for name, figure in figures.items():
        shown = texts(figure)
        assert any(report.figures[name].title in t for t in shown), name
        for axes in figure.axes:
            if report.figures[name].data.kind in UNITLESS or not axes.get_xaxis().get_ticklocs().size:
                continue
            labels = axes.get_xlabel() + axes.get_title() + axes.get_title(loc="right") + axes.get_ylabel()
            assert "(" in labels, (name, labels)


def test_survival_curves_have_their_numbers_at_risk(drawn):
    report, figures = drawn
    data = report.figures["km_subtypes"].data
    shown = texts(figures["km_subtypes"])
    assert shown.count("At risk") == len(data.panels)
    assert "Time (years)" in shown
    for panel in data.panels:
        assert panel.title in shown
        for curve in panel.curves:
            assert f"{curve.label} (n = {curve.n}, {curve.events} events)" in shown
            for count in curve.at_risk:
                assert str(count) in shown


def test_a_survival_curve_is_drawn_at_its_own_values(drawn):
    report, figures = drawn
    curve = report.figures["km_phenotype"].data.panels[0].curves[0]
    line = figures["km_phenotype"].axes[0].get_lines()[0]
    x, y = line.get_xdata(), line.get_ydata()
    assert line.get_drawstyle() == "steps-post"
    assert (x[0], y[0]) == (0.0, 1.0)
    np.testing.assert_array_equal(x[1 : len(curve.time) + 1], curve.time)
    np.testing.assert_array_equal(y[1 : len(curve.time) + 1], curve.survival)
    axes = figures["km_phenotype"].axes[0]
    assert axes.get_xlim()[1] >= max(curve.time)
    assert axes.get_axisbelow() is True  # lines of the grid never cross a curve
    assert axes.get_legend().get_frame_on()


def test_noise_and_honest_intervals_look_different(drawn):
    report, figures = drawn
    shown = texts(figures["c_forest"])
    assert any("split noise: not sampling error" in t for t in shown)
    axes = figures["c_forest"].axes[0]
    rows = report.tables["cox"].rows
    assert len(axes.patches) == len(rows)
    for patch, row in zip(axes.patches, rows, strict=True):
        assert patch.get_x() == row["c_split"].low
        assert patch.get_width() == pytest.approx(row["c_split"].high - row["c_split"].low)
    whiskers = [line.get_xdata() for line in axes.get_lines() if line.get_color() == GROUPS[0]]
    ends = [list(x) for x in whiskers if len(x) == 2]
    assert [rows[0]["c"].low, rows[0]["c"].high] in ends


def test_ids_of_two_figures_never_meet(drawn):
    _, figures = drawn
    ids = [
        element.get("id")
        for name, figure in figures.items()
        for element in svg_tree(figure, f"f-{name}").iter()
        if element.get("id")
    ]
    assert len(ids) == len(set(ids))
    assert all(i.startswith("f-") for i in ids)


def test_an_inline_figure_follows_the_theme_and_a_file_does_not(drawn):
    _, figures = drawn
    tree = svg_tree(figures["km_phenotype"], "x")
    inline, alone = inline_svg(tree, 'a "name" <', "caption"), standalone_svg(tree, "title & <")
    assert "var(--group-1, #0072b2)" in inline
    assert "xmlns" not in inline
    assert 'role="img"' in inline
    assert "a &quot;name&quot; &lt;" in inline
    assert b"var(--" not in alone
    assert ET.fromstring(alone)[0].text == "title & <"
    assert alone == standalone_svg(svg_tree(figures["km_phenotype"], "x"), "title & <")


def test_a_page_does_not_print_the_title_twice(drawn):
    report, figures = drawn
    tree = svg_tree(figures["hr_forest"], "x")
    title = report.figures["hr_forest"].title
    assert title.encode() in standalone_svg(tree, "other")
    assert title not in inline_svg(tree, "other", "caption")


def test_the_host_programs_settings_stay():
    before = mpl.rcParams["font.size"], mpl.rcParams["svg.fonttype"]
    with house_style():
        assert mpl.rcParams["svg.fonttype"] == "none"
    assert (mpl.rcParams["font.size"], mpl.rcParams["svg.fonttype"]) == before


def test_the_flow_shows_who_left(drawn):
    report, _ = drawn
    shown = texts(draw_flow_figure(report))
    words = " ".join(shown)
    for step in report.flow:
        assert f"n = {step.n}" in shown
        assert step.label in words
        for item in step.excluded:
            assert item.reason in shown


def test_the_flow_shows_long_labels_in_lines():
    study = s.Study(name="x", end_point="RFS", time_unit="years", seed=1)
    steps = [s.FlowStep(key="a", label="word " * 30, n=1), s.FlowStep(key="b", label="B", n=1, parent="a")]
    shown = texts(draw_flow_figure(s.Report(study=study, preset="p", flow=steps)))
    assert "n = 1" in shown
    assert "B" in shown
    assert sum("word" in t for t in shown) > 2


@pytest.mark.parametrize("n", [2, 3, 17])
def test_dendrograms_have_the_brackets_of_scipy(n):
    tree = linkage(np.random.default_rng(n).normal(size=(n, 4)), "ward")
    merges = [(int(a), int(b), h) for a, b, h, _ in tree]
    ours = dendrogram_segments(merges, leaves_list(tree).tolist())
    theirs = dendrogram(tree, no_plot=True)
    # SciPy puts leaf i at 5 + 10 i.
    wanted = sorted(
        (tuple((x - 5) / 10 for x in xs), tuple(ys))
        for xs, ys in zip(theirs["icoord"], theirs["dcoord"], strict=True)
    )
    for (x, y), (u, v) in zip(sorted(_ordered(b) for b in ours), wanted, strict=True):
        np.testing.assert_allclose(x, u)
        np.testing.assert_allclose(y, v)


def _ordered(bracket):
    x, y = bracket
    return (x, y) if x[0] < x[3] else (x[::-1], y[::-1])


def test_runs_join_equal_neighbours():
    assert runs(["a", "a", "b", None, "a"], "a") == [(0, 2), (4, 1)]
    assert runs(["a", None, None], None) == [(1, 2)]


def points(line):
    """Return the points of a line that are drawn."""
    xy = np.column_stack([np.asarray(v, dtype=np.float64) for v in line.get_data()])
    return xy[np.isfinite(xy).all(axis=1)].tolist()


@pytest.mark.parametrize(("known", "colour_of_zero"), [(1.5, False), (None, False), (0.0, True)])
def test_undefined_cells_of_a_heatmap_have_the_colour_of_none(known, colour_of_zero):
    data = f.HeatmapData(row_labels=["a"], column_labels=["x", "y"], values=[[None, known]])
    (image,) = (i for axes in draw_one(data).axes for i in axes.images)
    unknown, other = (mpl.colors.to_hex(c) for c in image.to_rgba(image.get_array())[0])
    assert unknown == mpl.colors.to_hex(MISSING_FILL)
    assert (other == unknown) == (known is None)
    assert (other == mpl.colors.to_hex(image.cmap(0.5))) == colour_of_zero


def test_undefined_bars_have_no_length_and_no_number():
    groups = [f.BarGroup(title="g", labels=["a", "b"], values=[None, 2.0])]
    figure = draw_one(f.BarsData(axis_label="b (x)", groups=groups, format="f2"))
    assert [bar.get_width() for bar in figure.axes[0].patches] == [0.0, 2.0]
    assert [t.get_text() for t in figure.axes[0].texts] == [format_value(None, "f2"), "2.00"]
    assert "0" not in format_value(None, "f2")


def test_bars_end_at_their_values_and_numbers_stand_beyond_their_intervals():
    group = f.BarGroup(
        title="g",
        labels=["a", "b", "c"],
        values=[-1.5, 2.0, 0.5],
        low=[-1.75, 1.0, None],
        high=[-0.25, 3.5, 0.75],
    )
    (axes,) = draw_one(f.BarsData(axis_label="b (x)", groups=[group], format="f2")).axes
    assert [bar.get_width() for bar in axes.patches] == [-1.5, 2.0, 0.5]
    whiskers = [points(line) for line in axes.lines[:-1]]  # the last one is the reference at 0
    assert whiskers == [[[-1.75, 0.0], [-0.25, 0.0]], [[1.0, 1.0], [3.5, 1.0]]]
    assert [t.xy for t in axes.texts] == [(-1.75, 0), (3.5, 1), (0.5, 2)]
    assert [t.get_text() for t in axes.texts] == [format_value(v, "f2") for v in group.values]
    assert [t.get_horizontalalignment() for t in axes.texts] == ["right", "left", "left"]


def test_a_forest_is_drawn_at_its_values_and_rows():
    columns = [s.Column(key="term", label="Term"), s.Column(key="hr", label="HR", format="f2")]
    columns.append(s.Column(key="c", label="C", format="f2"))
    cells = [s.Estimate(value=2.0, low=1.25, high=3.0), s.Missing(missing="no"), s.Estimate(value=0.5)]
    other = s.Estimate(value=1.5, low=1.0, high=1.75)
    rows = [{"term": t, "hr": cell, "c": other} for t, cell in zip("abd", cells, strict=True)]
    table = s.Table(title="t", columns=columns, rows=rows)
    spec = [f.ForestInterval(column="hr", name="95%"), f.ForestInterval(column="c", name="jackknife")]
    data = f.ForestData(table="t", label_column="term", intervals=spec, axis_label="HR (ratio)")
    axes = draw_one(data, {"t": table}).axes[0]
    drawn = [(np.asarray(x.get_xdata()).tolist(), np.asarray(x.get_ydata()).tolist()) for x in axes.lines]
    for (x, low, high), y in {(2.0, 1.25, 3.0): -0.11, (0.5, 0.5, 0.5): 1.89}.items():
        assert ([low, high], pytest.approx([y, y])) in drawn
        assert ([x], pytest.approx([y])) in drawn
    for y in (0.11, 1.11, 2.11):
        assert ([1.0, 1.75], pytest.approx([y, y])) in drawn
        assert ([1.5], pytest.approx([y])) in drawn


def test_a_confusion_matrix_has_each_count_in_the_row_of_the_prediction():
    keys = ("marker", "tp", "fp", "fn", "tn", "ppv", "npv", "sensitivity", "specificity")
    columns = [s.Column(key=k, label=k) for k in keys]
    row = {"marker": "m", "tp": 11, "fp": 5, "fn": 3, "tn": 17, **dict.fromkeys(keys[5:], 0.5)}
    data = f.ConfusionData(table="t")
    axes = draw_one(data, {"t": s.Table(title="t", columns=columns, rows=[row])}).axes[0]
    at = {t.get_text(): t.get_position() for t in axes.texts}
    rows = {round(at[word][1], 1): word for word in ("high risk", "low risk")}
    assert rows == {0.5: "high risk", 1.5: "low risk"}
    assert at["event"][0] < at["no event"][0]
    assert {word: at[word] for word in ("11", "5", "3", "17")} == {
        "11": (0.5, 0.5),
        "5": (1.5, 0.5),
        "3": (0.5, 1.5),
        "17": (1.5, 1.5),
    }


def test_undefined_points_are_gaps():
    pairs = f.TruthPoints(title="p", truth=[None, 1.0, 3.0], found=[2.0, None, 5.0])
    (axes,) = draw_one(f.TruthData(points=[pairs])).axes
    assert points(axes.lines[1]) == [[3.0, 5.0]]
    assert axes.get_xlim()[0] < 1.0 < 5.0 < axes.get_xlim()[1]
    assert draw_one(f.TruthData()).axes == []
    curve = f.CalibrationCurve(label="m", predicted=[None, 0.2, 0.3], observed=[0.1, None, 0.4])
    (axes,) = draw_one(f.CalibrationData(horizon=5, curves=[curve])).axes
    assert points(axes.lines[1]) == [[0.3, 0.4]]


def test_the_axes_of_a_calibration_end_above_the_largest_risk():
    curve = f.CalibrationCurve(
        label="m", predicted=[0.1, 0.2], observed=[0.05, 0.25], low=[0.0, 0.1], high=[0.2, 0.4]
    )
    (axes,) = draw_one(f.CalibrationData(horizon=5, curves=[curve])).axes
    assert axes.get_xlim() == axes.get_ylim() == (0.0, pytest.approx(0.424))
    wide = f.CalibrationCurve(label="m", predicted=[0.97], observed=[0.5])
    (axes,) = draw_one(f.CalibrationData(horizon=5, curves=[wide])).axes
    assert axes.get_xlim() == (0.0, 1.0)


def test_a_curve_of_nobody_is_its_beginning_alone():
    empty = f.KMCurve(label="nobody", n=0, events=0, time=[], survival=[], at_risk=[0])
    axes = draw_one(f.KMData(panels=[f.KMPanel(curves=[empty], risk_times=[0])])).axes[0]
    assert {tuple(p) for p in points(axes.lines[0])} == {(0.0, 1.0)}
    assert axes.get_legend_handles_labels()[1] == ["nobody (n = 0, 0 events)"]


def test_a_test_that_is_impossible_says_why():
    empty = f.KMCurve(label="all", n=1, events=0, time=[1.0], survival=[1.0], at_risk=[1])
    data = f.KMData(panels=[f.KMPanel(curves=[empty], risk_times=[0], reason="one group only")])
    assert "no log-rank test: one group only" in texts(draw_one(data))


def test_association_panels_say_what_is_known():
    box = f.BoxGroup(low=1, q1=2, median=3, q3=4, high=5)
    panels = [
        f.AssociationPanel(variable="a (x)", groups=["g"], boxes=[box], test="Kruskal-Wallis", p=0.02),
        f.AssociationPanel(variable="b (x)", groups=["g"], boxes=[box], test="Kruskal-Wallis"),
        f.AssociationPanel(variable="c (x)", groups=["g"], boxes=[box], reason="one group only"),
    ]
    shown = texts(draw_one(f.AssociationData(panels=panels)))
    assert {"Kruskal-Wallis p = 0.020", "Kruskal-Wallis", "no test: one group only"} <= set(shown)


def test_the_smallest_k_has_no_gain():
    curves = [f.CDFCurve(k=k, cdf=[0.5, 1.0], area=0.4, gain=g) for k, g in ((2, 0.41), (3, 0.07))]
    shown = texts(draw_one(f.ConsensusCDFData(grid=[0.5, 1.0], curves=curves)))
    assert "0.07" in shown
    assert "0.41" not in shown


def test_categories_keep_phenotypes_first_and_negatives_last():
    bar = f.Annotation(name="event", values=["no", "yes", None, "no"])
    assert categories(bar) == ["yes", "no"]
    assert categories(f.Annotation(name="p", values=["increasing", "decreasing"])) == [
        "decreasing",
        "increasing",
    ]


def test_infinite_hazard_ratios_keep_the_axis_finite():
    column = s.Column
    table = s.Table(
        title="t",
        columns=[column(key="term", label="Term"), column(key="hr", label="HR", format="f2")],
        rows=[
            {"term": "separated", "hr": s.Estimate(value=9e8, low=0.0, high=None, reason="separation")},
            {"term": "undefined", "hr": s.Missing(missing="not fitted")},
        ],
    )
    spec = [f.ForestInterval(column="hr", name="95%")]
    data = f.ForestData(
        table="t", label_column="term", intervals=spec, axis_label="HR (ratio)", log_scale=True
    )
    figure = draw_one(data, {"t": table})
    low, high = figure.axes[0].get_xlim()
    assert 0 < low < high <= 1200
    assert "1000" in texts(figure)


def test_an_interval_beyond_the_axis_has_an_arrow_head():
    columns = [s.Column(key="term", label="Term"), s.Column(key="hr", label="HR", format="f2")]
    cell = s.Estimate(value=2.0, low=1.1, high=None, reason="separation")
    table = s.Table(title="t", columns=columns, rows=[{"term": "a", "hr": cell}])
    spec = [f.ForestInterval(column="hr", name="95%")]
    figure = draw_one(
        f.ForestData(table="t", label_column="term", intervals=spec, axis_label="HR (ratio)"), {"t": table}
    )
    markers = [line.get_marker() for line in figure.axes[0].get_lines()]
    assert ">" in markers
    assert "<" not in markers


def test_dollars_and_long_texts_are_only_text():
    data = f.BarsData(
        axis_label="$\\frac{1}{$ (x)", groups=[f.BarGroup(title="$", labels=["x" * 500], values=[1.0])]
    )
    shown = texts(draw_one(data, title="$ & <b> " * 90))
    assert "$\\frac{1}{$ (x)" in shown
    assert max(map(len, shown)) < 200


def test_every_script_can_be_shown():
    title = "\u4e73\u304c\u3093 \U0001f397 \u0638\u0647\u0631"
    data = f.BarsData(axis_label="b (x)", groups=[f.BarGroup(title=title, labels=[title], values=[1.0])])
    assert title in texts(draw_one(data, title=title))


def test_short_texts_are_kept_and_long_ones_cut():
    assert short("a\nb  c", 10) == "a b c"
    assert short("abcdefgh", 5) == "abcd\u2026"


def test_text_on_a_cell_can_be_read():
    assert light_on((0.03, 0.19, 0.42, 1)) == "#fffffe"
    assert light_on((0.97, 0.98, 1.0, 1)) == "#000001"


def contrast(first, second):
    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_can_be_seen_in_both_themes():
    style = (Path(s.__file__).parents[1] / "templates" / "style.css").read_text("utf-8")
    dark = dict(
        part.strip().split(": ")
        for part in style.split('[data-theme="dark"] {')[1].split("}")[0].split(";")
        if part.strip().startswith("--")
    )
    assert set(THEME_VARIABLES.values()) <= set(dark)
    for colour in GROUPS[:3]:
        assert contrast(colour, PAPER) >= 3, colour
    for name in (f"--group-{i}" for i in range(1, 9)):
        assert contrast(dark[name], dark["--paper"]) >= 3, name
    assert contrast(dark["--ink"], dark["--paper"]) > 7
    assert contrast(dark["--muted"], dark["--paper"]) > 4.5
