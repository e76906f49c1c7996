"""Tables and figures of survival: every cell again from the records."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.patients_sample import LABELS, patients_frame, survival_by_hand
from tests.survival_sample import preset

from kinephen.records.names import TITLES
from kinephen.report.numbers.at_horizon import horizon_tables
from kinephen.report.numbers.end_points import end_point_figures, end_point_tables
from kinephen.report.numbers.performance import performance_figures, performance_tables
from kinephen.report.numbers.phenotypes import _association_table, _associations
from kinephen.report.numbers.survival import km_figure, survival_figures, survival_tables
from kinephen.report.schema import Estimate, Missing
from kinephen.report.words.end_point import EndPointWords
from kinephen.report.words.panel import panel_sentence

FRAME = patients_frame()
END_POINT = EndPointWords("recurrence-free survival (event: recurrence)", "start of treatment")


@pytest.fixture(scope="module")
def tables():
    own = preset()
    return {
        **survival_tables(own),
        **performance_tables(own, END_POINT),
        **horizon_tables(own),
        **end_point_tables(own, END_POINT),
    }


@pytest.fixture(scope="module")
def figures():
    own = preset()
    return {
        **survival_figures(own, END_POINT),
        **performance_figures(own, END_POINT),
        **end_point_figures(own, END_POINT),
    }


def triple(cell):
    assert isinstance(cell, Estimate)
    return cell.value, cell.low, cell.high


def limits(interval):
    return interval.value, interval.low, interval.high


def test_words_stand_in_the_first_column_and_a_p_value_after_what_it_tests(tables):
    for name, table in tables.items():
        assert table.columns[0].format == "text", name
        keys = [c.key for c in table.columns]
        if "p" in keys:
            assert all(keys.index(k) < keys.index("p") for k in ("hr", "chi", "df") if k in keys), name


def test_a_model_that_was_not_fitted_says_why_in_its_own_row():
    own = preset()
    ladder = own.survival.ladder
    kept = {n: m for n, m in ladder.models.items() if n in ("m1", "m2")}
    fewer = ladder.model_copy(update={"models": kept, "comparisons": (), "absent": {"m4": "no phenotype"}})
    changed = replace(own, survival=own.survival.model_copy(update={"ladder": fewer}))
    rows = {r["model"]: r["c"] for r in survival_tables(changed)["table4"].rows}
    assert rows[TITLES["m4"]].missing == "no phenotype"
    assert rows[TITLES["m5"]].missing == "not fitted"
    assert rows[TITLES["m2"]].value == kept["m2"].cross_validated.interval.value


def test_table4_has_each_models_own_numbers_in_its_own_columns(tables):
    ladder = preset().survival.ladder
    assert [r["model"] for r in tables["table4"].rows] == list(TITLES.values())
    for row, (name, model) in zip(tables["table4"].rows, ladder.models.items(), strict=True):
        assert row["model"] == TITLES[name]
        assert triple(row["c"]) == limits(model.cross_validated.interval)
        noise = model.cross_validated.fold_mean
        assert triple(row["noise"]) == (noise.mean, noise.t_lower, noise.t_upper)
        assert row["apparent"] == model.apparent.c
        assert row["p_null"] == model.lrt.p
        assert row["epv"] == FRAME["event"].sum() / len(model.coefficients)
    nested = {r["model"][:7]: (r["against"], r["p_nested"]) for r in tables["table4"].rows}
    tests = {(c.smaller, c.larger): c.test.p for c in ladder.comparisons}
    for larger, smaller in (("m2", "m1"), ("m3", "m2"), ("m4", "m2"), ("m5", "m3")):
        assert nested[f"Model {larger[1]}"] == (f"Model {smaller[1]}", tests[smaller, larger])
    assert nested["Model 1"] == (None, None)
    assert f"{len(FRAME)} patients with {FRAME['event'].sum():.0f} events" in tables["table4"].caption


@pytest.mark.parametrize("interval", ["split_noise", "jackknife", "nadeau_bengio"])
def test_table4_shows_the_interval_that_the_settings_name(interval):
    own = preset(interval=interval)
    for row, model in zip(
        survival_tables(own)["table4"].rows, own.survival.ladder.models.values(), strict=True
    ):
        cv = model.cross_validated
        noise = (cv.fold_mean.mean, cv.fold_mean.t_lower, cv.fold_mean.t_upper)
        expected = {
            "split_noise": noise,
            "jackknife": limits(cv.jackknife),
            "nadeau_bengio": limits(cv.nadeau_bengio),
        }
        assert triple(row["c"]) == expected[interval]


def test_comparisons_name_the_larger_model_first(tables):
    models = {TITLES[n]: m for n, m in preset().survival.ladder.models.items()}
    for row in tables["comparisons"].rows:
        large, small = models[row["larger"]], models[row["smaller"]]
        assert len(large.columns) > len(small.columns)
        assert row["chi"] == pytest.approx(large.lrt.statistic - small.lrt.statistic)
        assert row["df"] == len(large.coefficients) - len(small.coefficients)
        gain = large.cross_validated.interval.value - small.cross_validated.interval.value
        assert row["gain"].value == pytest.approx(gain)
        assert row["p"] is not None


def test_hazard_ratios_are_the_exponentials_of_the_coefficients(tables):
    coefficients = {
        (TITLES[n], c.name): c for n, m in preset().survival.ladder.models.items() for c in m.coefficients
    }
    assert len(tables["hazard_ratios"].rows) == len(coefficients)
    for row in tables["hazard_ratios"].rows:
        c = coefficients[row["model"], row["covariate"]]
        assert triple(row["hr"]) == pytest.approx(
            tuple(np.exp([c.coef, c.coef - 1.959964 * c.se, c.coef + 1.959964 * c.se])), rel=1e-5
        )
        assert row["p"] == c.p
        assert row["label"] == f"{row['model'].split(':')[0]} · {c.name}"


def test_hazard_ratios_say_the_unit_of_each_covariate_that_the_models_have(tables):
    own = preset()
    caption = tables["hazard_ratios"].caption
    assert f"on the same {own.survival.ladder.n} patients" in caption
    assert "age in years; FTV2 in cm³; hr and her2 positive against negative; signatures as scores" in caption
    assert caption.endswith(f"each phenotype against phenotype {LABELS['1']}.")
    ladder = own.survival.ladder
    fewer = ladder.model_copy(update={"models": {"m2": ladder.models["m2"]}, "comparisons": ()})
    alone = replace(own, survival=own.survival.model_copy(update={"ladder": fewer}))
    words = survival_tables(alone)["hazard_ratios"].caption
    assert "signatures" not in words
    assert "phenotype" not in words


def test_a_hazard_ratio_of_two_groups_names_them(figures):
    panel = figures["km_phenotype"].data.panels[0]
    text, refs = panel_sentence(panel, "/figures/km_phenotype/data/panels/0")
    assert "hazard ratio {value} ({last} against {first}), 95 % CI {low} to {high}" in text
    assert refs["last"].pointer.endswith("/curves/1/label")
    assert refs["first"].pointer.endswith("/curves/0/label")
    assert [c.label for c in panel.curves] == [LABELS["1"], LABELS["2"]]
    assert "named second against the first" in figures["km_phenotype"].caption


def test_proportional_hazards_have_one_row_a_coefficient_and_one_for_all(tables):
    checks = preset().survival.proportional_hazards
    rows = tables["proportional_hazards"].rows
    assert [r["covariate"] for r in rows] == [*checks.tests, "all together"]
    for row, test in zip(rows, (*checks.tests.values(), checks.overall), strict=True):
        assert (row["chi"], row["df"], row["p"]) == (test.statistic, test.df, test.p)


def test_confusion_counts_are_those_of_the_patients(tables):
    high = {
        "70-gene signature, high risk": FRAME["gene70_class"] == "high",
        "ROR-S, high risk": FRAME["ror_s_group"] == "high",
        "p53 signature, mutant": FRAME["p53_class"] == "mutant",
        "phenotype, increasing": FRAME["phenotype"] == "2",
    }
    event = FRAME["event"] == 1
    assert [r["marker"] for r in tables["confusion"].rows] == list(high)
    for row in tables["confusion"].rows:
        side = high[row["marker"]]
        counts = [(a & b).sum() for a, b in ((side, event), (side, ~event), (~side, event), (~side, ~event))]
        assert [row[k] for k in ("tp", "fp", "fn", "tn")] == counts
        tp, fp, fn, tn = counts
        assert row["ppv"].value == pytest.approx(tp / (tp + fp))
        assert row["npv"].value == pytest.approx(tn / (tn + fn))
        assert row["sensitivity"].value == pytest.approx(tp / (tp + fn))
        assert row["specificity"].value == pytest.approx(tn / (tn + fp))


def test_curves_are_drawn_in_years_with_numbers_at_risk_and_the_shown_p(figures):
    names = {"km_phenotype": 1, "km_subtypes": 3, "km_ftv2": 3, "km_risk": 3, "km_signatures": 3}
    assert {n: len(figures[n].data.panels) for n in names} == names
    panel = figures["km_phenotype"].data.panels[0]
    record = preset().survival.panels["phenotype"]
    assert panel.title == "all patients (n = 90)"
    assert [c.label for c in panel.curves] == list(LABELS.values())
    for curve, group in zip(panel.curves, "12", strict=True):
        rows = FRAME[FRAME["phenotype"] == group]
        time, event = rows["time"].to_numpy(), rows["event"].to_numpy()
        assert (curve.n, curve.events) == (len(rows), event.sum())
        assert list(curve.time) == sorted(time)
        np.testing.assert_allclose(curve.survival, [survival_by_hand(time, event, t) for t in curve.time])
        assert list(curve.at_risk) == [(time >= t).sum() for t in panel.risk_times]
    ratio = record.test.hazard_ratio
    assert triple(panel.hazard_ratio) == (ratio.value, ratio.low, ratio.high)
    assert ratio.value > 1
    few = min(c.events for c in panel.curves) < 10
    assert panel.test == ("permutation log-rank" if few else "log-rank")
    assert panel.p == (record.test.permutation_p if few else record.test.p)


def test_a_panel_without_a_test_says_why():
    record = preset().survival.panels["phenotype"]
    alone = record.model_copy(
        update={
            "curves": record.curves[:1],
            "test": record.test.model_copy(
                update={"p": None, "permutation_p": None, "hazard_ratio": None, "reason": "one group only"}
            ),
        }
    )
    panel = km_figure(
        {"phenotype": alone}, label="", title="", section="survival", end_point=END_POINT
    ).data.panels[0]
    assert (panel.p, panel.hazard_ratio, panel.reason) == (None, None, "one group only")


def test_prediction_at_the_horizon(tables, figures):
    record = preset().survival.additions.performance
    nested = {"m2": "m1", "m3": "m2", "m4": "m2", "m5": "m3"}
    for row, (name, model) in zip(tables["performance"].rows, record.models.items(), strict=True):
        assert row["model"] == TITLES[name]
        for key in ("auc", "uno", "slope", "ratio"):
            assert triple(row[key]) == limits(getattr(model.scores, key))
        assert (row["brier"], row["ipa"]) == (model.scores.brier, model.scores.ipa)
        if name in nested:
            small = record.models[nested[name]].scores
            assert row["gain"].value == pytest.approx(model.scores.auc.value - small.auc.value)
        else:
            assert row["gain"] is None
    at = (FRAME["time"] <= 3) & (FRAME["event"] == 1)
    assert f"{at.sum()} patients had the event by then" in tables["performance"].caption
    assert f"{(FRAME['time'] > 3).sum()} are followed beyond it" in tables["performance"].caption
    for row, model in zip(tables["optimism"].rows, record.models.values(), strict=True):
        size, boot = model.size, model.optimism
        assert (row["coefficients"], row["epv"], row["shrinkage"]) == (
            size.coefficients,
            size.events_per_coefficient,
            size.shrinkage,
        )
        assert (row["apparent"], row["optimism"], row["corrected"], row["slope"]) == (
            boot.apparent_c,
            boot.optimism_c,
            boot.corrected_c,
            boot.corrected_slope,
        )
        if size.needed_n is None:
            assert isinstance(row["needed"], Missing)
        else:
            assert (row["needed"], row["needed_events"]) == (size.needed_n, size.needed_events)
    curve = next(c for c in figures["calibration"].data.curves if c.label == "Model 4")
    groups = record.models["m4"].calibration.groups
    assert list(curve.predicted) == [g.predicted for g in groups]
    assert list(curve.observed) == [g.observed for g in groups]
    assert (list(curve.low), list(curve.high)) == ([g.lower for g in groups], [g.upper for g in groups])
    drawn = {s.label: s for s in figures["decision_curve"].data.series}
    own = next(c for c in record.decision if c.model == "m4")
    assert (drawn["Model 4"].x, drawn["Model 4"].y) == (own.threshold, own.benefit)
    lines = {s.label: s for s in figures["auc_over_time"].data.series}
    auc = next(c for c in record.auc_over_time if c.model == "m4")
    assert (lines["Model 4"].x, lines["Model 4"].y) == (auc.time, auc.auc)


def test_an_end_point_that_was_not_analysed_says_why():
    own = preset()
    additions = own.survival.additions
    cells = {}
    for reason in ("nobody died", ""):
        gone = additions.death.model_copy(update={"ladder": None, "reason": reason})
        survival = own.survival.model_copy(update={"additions": additions.model_copy(update={"death": gone})})
        rows = end_point_tables(replace(own, survival=survival), END_POINT)["end_points"].rows
        row = next(r for r in rows if r["end_point"] == additions.death.end_point)
        cells[reason] = (row["n"].missing, row["events"].missing)
    assert cells == {"nobody died": ("nobody died",) * 2, "": ("not run",) * 2}


def test_an_undefined_measure_says_why():
    own = preset()
    record = own.survival.additions.performance
    model = record.models["m4"]
    reasons = {k: f"no {k}" for k in ("auc", "uno", "slope", "ratio", "brier")}
    nothing = dict.fromkeys((*reasons, "ipa"))
    scores = model.scores.model_copy(update={**nothing, "undefined": reasons})
    models = {**record.models, "m4": model.model_copy(update={"scores": scores})}
    additions = own.survival.additions.model_copy(
        update={"performance": record.model_copy(update={"models": models})}
    )
    survival = own.survival.model_copy(update={"additions": additions})
    rows = performance_tables(replace(own, survival=survival), END_POINT)["performance"].rows
    row = next(r for r in rows if r["model"] == TITLES["m4"])
    assert {k: row[k].missing for k in reasons} == reasons
    assert row["ipa"].missing == "no brier"


def test_phenotypes_and_markers_at_the_horizon(tables):
    additions = preset().survival.additions
    first, second = tables["restricted_means"].rows
    for row, record in zip((first, second), additions.restricted_means, strict=True):
        assert (row["group"], row["n"], row["events"]) == (record.label, record.n, record.events)
        assert triple(row["mean"]) == limits(record.mean)
    assert first["difference"] is None
    assert second["difference"].value == pytest.approx(second["mean"].value - first["mean"].value)
    for row, test in zip(tables["phenotype_tests"].rows, additions.tests, strict=True):
        assert (row["what"], row["n"], row["events"]) == (test.label, test.n, test.events)
        assert (row["chi"], row["df"], row["p"]) == (test.statistic, test.df, test.p)
    for row, marker in zip(tables["markers_at_horizon"].rows, additions.markers, strict=True):
        assert (row["marker"], row["cases"], row["controls"], row["unknown"]) == (
            marker.marker,
            marker.cases,
            marker.controls,
            marker.unknown,
        )
        for key in ("ppv", "npv", "sensitivity", "specificity"):
            assert triple(row[key]) == limits(getattr(marker, key))


def test_end_points_beside_the_studys_own(tables, figures):
    additions = preset().survival.additions
    own, death, response, competing = tables["end_points"].rows
    assert (own["end_point"], own["n"], own["events"]) == (END_POINT.counted, 90, FRAME["event"].sum())
    assert (death["n"], death["events"]) == (90, FRAME["os_event"].sum())
    assert (response["n"], response["events"]) == (90, FRAME["pcr"].sum())
    assert (competing["n"], competing["events"]) == (90, (FRAME["event_type"] == 1).sum())
    assert "3 with the event and 5 without" in tables["end_points"].notes[0]
    for row, model in zip(tables["pcr_models"].rows, additions.response.ladder.models.values(), strict=True):
        assert row["model"] == model.title
        assert triple(row["value"]) == limits(model.cross_validated)
        assert (row["apparent"], row["p_null"]) == (model.apparent.auc, model.fit.lrt.p)
    for row, model in zip(tables["os_models"].rows, additions.death.ladder.models.values(), strict=True):
        assert row["model"] == model.title
        assert triple(row["value"]) == limits(model.cross_validated.interval)
        assert (row["apparent"], row["p_null"]) == (model.apparent.c, model.lrt.p)
        assert row["epv"] == FRAME["os_event"].sum() / len(model.coefficients)
    last = tables["os_models"].rows[-1]
    assert (last["against"], last["p_nested"]) == (
        "Model 3",
        additions.death.ladder.comparison("m3", "m5").test.p,
    )
    for row, group in zip(tables["competing"].rows, additions.competing.groups, strict=True):
        assert (row["group"], row["n"], row["recurrences"], row["deaths"], row["naive"]) == (
            group.label,
            group.n,
            group.recurrences,
            group.deaths,
            group.kaplan_meier,
        )
        at = group.recurrence.at
        assert triple(row["recurrence"]) == (at.estimate, at.lower, at.upper)
    gray, *models = tables["competing_tests"].rows
    assert gray["p"] == additions.competing.gray.p
    for row, model in zip(models, additions.competing.models, strict=True):
        assert triple(row["hr"]) == (model.hr, model.low, model.high)
        assert row["p"] == model.p
    drawn = {s.label: s for s in figures["incidence"].data.series}
    group = additions.competing.groups[1]
    line = drawn[f"{group.label}: recurrence"]
    assert line.x[1::2] == group.recurrence.time
    assert line.y[2::2] == group.recurrence.incidence
    assert (line.x[0], line.y[0]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("multiplicity", "kept"), [("bonferroni_table", "p_bonferroni"), ("holm_family", "p_holm")]
)
def test_associations_show_the_correction_that_is_asked_for(multiplicity, kept):
    own = preset(multiplicity=multiplicity)
    table, figure = _association_table(own), _associations(own)
    for row, test in zip(table.rows, own.associations.tests, strict=True):
        assert (row["covariate"], row["n"], row["p"]) == (test.label, test.n, test.p)
        assert row["adjusted"] == getattr(test, kept)
    assert multiplicity.partition("_")[0].capitalize() in table.caption
    for panel, test in zip(figure.data.panels, own.associations.tests, strict=True):
        assert (panel.variable, panel.categories, panel.counts) == (test.label, test.categories, test.counts)
        assert panel.groups == tuple(LABELS[g] for g in test.groups)
        boxes = own.by_phenotype.clinical[test.column] if test.column in ("age", "ftv2") else ()
        assert [b.model_dump() for b in panel.boxes] == [b.model_dump() for b in boxes]


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ("split_noise", "spread over replicates"),
        ("split_jackknife", "95 % interval (split jackknife)"),
        ("jackknife", "95 % interval (jackknife within folds)"),
        ("nadeau_bengio", "95 % interval (Nadeau-Bengio)"),
    ],
)
def test_the_forests_name_the_column_and_the_kind_of_their_whiskers(interval, words):
    figures = survival_figures(preset(interval=interval), END_POINT)
    forest = figures["model_forest"].data
    assert [(i.column, i.role) for i in forest.intervals] == [("c", "honest"), ("noise", "noise")]
    assert forest.intervals[0].name == words
    assert (forest.table, forest.label_column, forest.reference) == ("table4", "model", 0.5)
    ratios = figures["hazard_ratios"].data
    assert (ratios.table, ratios.intervals[0].column, ratios.reference) == ("hazard_ratios", "hr", 1.0)
    assert ratios.log_scale
    assert figures["confusion"].data.table == "confusion"
