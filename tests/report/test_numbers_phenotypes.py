"""Figure 1 and what stands behind it: every number again from the records."""

from __future__ import annotations

import pytest
from tests.light_results import (
    COMPONENTS,
    FEATURES,
    KEPT,
    LABELS,
    MERGE,
    ORDER,
    PHENOTYPE,
    box,
    clustering,
    delta,
    evidence,
    phenotypes,
    preset,
    with_settings,
)

from kinephen.records.associations import AssociationsRecord
from kinephen.report.numbers.feature_list import feature_list
from kinephen.report.numbers.phenotypes import phenotype_figures, phenotype_tables
from kinephen.report.schema import Missing

LEARNED = tuple(f"case-0{i}" for i in range(1, 7))


def named(case):
    return f"P{case[-2:]}"


def with_evidence(**changed):
    return preset(phenotypes=phenotypes(evidence(**changed)))


@pytest.fixture(scope="module")
def figures():
    return phenotype_figures(preset(), named)


@pytest.fixture(scope="module")
def tables():
    return phenotype_tables(preset())


def test_each_figure_and_table_stands_under_its_name(figures, tables):
    assert {name: f.title for name, f in figures.items()} == {
        "phenotype_heatmap": "Components of change in the discovery cohort",
        "phenotype_cdf": "Number of phenotypes",
        "consensus_matrix": "Consensus of the tumours at k = 2",
        "group_cdf": "Number of feature groups",
        "loadings": "What the first components are made of",
        "associations": "Phenotypes and covariates",
    }
    assert list(tables) == ["filters", "components", "sigclust", "associations", "sam", "shc"]
    assert list(phenotype_tables(with_evidence(sam=None))) == [*list(tables)[:4], "shc"]
    assert list(phenotype_tables(with_evidence(shc=None))) == list(tables)[:5]
    none = with_evidence(
        tumours=clustering(consensus=None),
        features=evidence().features.model_copy(update={"readings": None}),
    )
    assert list(phenotype_figures(none, named)) == ["phenotype_heatmap", "loadings", "associations"]
    unread = with_evidence(tumours=clustering(readings=None))
    assert "phenotype_cdf" not in phenotype_figures(unread, named)
    assert "consensus_matrix" in phenotype_figures(unread, named)


def test_the_heat_map_draws_each_patient_and_component_in_the_order_of_its_tree(figures):
    data, found = figures["phenotype_heatmap"].data, phenotypes()
    drawn = [LEARNED[i] for i in ORDER]
    shown = ("C1PC2", "C1PC1", "C2PC1")
    assert data.row_labels == shown
    assert data.column_labels == tuple(named(c) for c in drawn)
    rows = found.rows("discovery")
    assert data.values == tuple(tuple(rows[c].z[name] for c in drawn) for name in shown)
    assert data.row_tree.merges == ((0, 2, 0.25), (1, 3, 0.75))
    assert (data.row_leaves, data.column_leaves) == ((1, 0, 2), ORDER)
    assert data.annotations[0].values == tuple(LABELS[str(PHENOTYPE[c])] for c in drawn)
    assert data.annotations[1].name == "event"
    bare = phenotype_figures(preset(phenotypes=phenotypes(component_tree=None)), named)
    assert (bare["phenotype_heatmap"].data.row_tree, bare["phenotype_heatmap"].data.row_leaves) == (None, ())


def leaves(merges, node, n):
    """Return the leaves below a node of a tree in SciPy's numbering."""
    if node < n:
        return {node}
    first, second, _ = merges[node - n]
    return leaves(merges, first, n) | leaves(merges, second, n)


def leaves_of_r(node):
    """Return the leaves below a node of the tree as R writes it."""
    if node < 0:
        return {-node - 1}
    return leaves_of_r(MERGE[node - 1][0]) | leaves_of_r(MERGE[node - 1][1])


def test_the_tree_of_patients_joins_the_same_patients_at_the_same_heights(figures):
    merges = figures["phenotype_heatmap"].data.column_tree.merges
    assert [h for _, _, h in merges] == [0.5, 0.75, 1.0, 2.5, 4.0]
    for i in range(5):
        assert leaves(merges, 6 + i, 6) == leaves_of_r(i + 1)
        assert merges[i][0] < merges[i][1]


def test_the_heat_map_says_how_far_higher_means_more_heterogeneous(figures):
    # Of the four features that were kept three have a sign; the literal form turns none round.
    assert "positive; higher reads" in figures["phenotype_heatmap"].caption
    assert "on the 3 of 4 features" in figures["phenotype_heatmap"].caption
    literal = phenotype_figures(preset(delta=delta(form="literal")), named)["phenotype_heatmap"]
    assert "on the 1 of 4 features" in literal.caption
    largest = with_settings(preset(), "components", sign_rule="largest_loading")
    caption = phenotype_figures(largest, named)["phenotype_heatmap"].caption
    assert "where its largest loading is positive" in caption


def test_curves_of_consensus_have_their_k_their_area_and_their_gain(figures):
    data, step = figures["phenotype_cdf"].data, clustering()
    assert data.grid == tuple(pytest.approx(i / 100) for i in range(1, 101))
    assert (data.grid[0], data.grid[-1], len(data.grid)) == (0.01, 1.0, 100)
    assert [(c.k, c.area, c.gain) for c in data.curves] == [
        (2, 0.625, 0.75),
        (3, 0.6875, 0.25),
        (4, 0.75, None),
    ]
    assert [c.cdf for c in data.curves] == [c.cdf for c in step.consensus.by_k.values()]
    assert [(c.rule, c.k) for c in data.chosen] == [
        ("this run (null_pac)", 2),
        ("last k that gained 10 % (the article's)", 3),
        ("first k below 10 %", 4),
        ("first k below 10 %, shifted gain", None),
        ("ambiguity against Gaussian sets", 6),
    ]
    assert data.item == "tumours"
    groups = figures["group_cdf"].data
    assert (groups.item, groups.chosen[0].rule, groups.chosen[0].k) == (
        "delta features",
        "this run (last_gain)",
        5,
    )
    without = with_evidence(tumours=clustering(null_reference=None))
    assert len(phenotype_figures(without, named)["phenotype_cdf"].data.chosen) == 4


def test_the_matrix_is_that_of_the_number_of_phenotypes(figures):
    data = figures["consensus_matrix"].data
    assert (data.k, data.items, data.values) == (2, 6, ((1.0, 0.25), (0.25, 1.0)))
    assert data.clusters == ("cluster 2", "cluster 1")


def of_one_phenotype():
    rows = {c: r.model_copy(update={"phenotype": 1}) for c, r in phenotypes().rows("discovery").items()}
    del rows["case-07"]
    event = preset().associations.event.model_copy(update={"groups": ("1",), "counts": ((5, 2),)})
    return preset(
        labels={"1": "1 all"},
        phenotypes=phenotypes(assignment={"discovery": rows}),
        associations=AssociationsRecord(tests=(event,), comparisons=0),
    )


def of_three_phenotypes():
    event = AssociationsRecord(tests=(preset().associations.event,), comparisons=1)
    return preset(labels={**LABELS, "3": "3 other"}, associations=event)


def test_one_phenotype_shows_the_matrix_of_two_and_three_that_of_three():
    for own, shown, corner in ((of_one_phenotype(), 2, 0.25), (of_three_phenotypes(), 3, 0.375)):
        figure = phenotype_figures(own, named)["consensus_matrix"]
        assert (figure.title[-1], figure.data.k, figure.data.values[0][1]) == (str(shown), shown, corner)


@pytest.mark.parametrize("gone", ["matrix", "matrix_classes", "k"])
def test_without_a_matrix_there_is_none(gone):
    step = clustering()
    by_k = dict(step.consensus.by_k)
    if gone == "k":
        del by_k["2"]
    else:
        by_k["2"] = by_k["2"].model_copy(update={gone: None})
    own = with_evidence(tumours=clustering(consensus=step.consensus.model_copy(update={"by_k": by_k})))
    assert "consensus_matrix" not in phenotype_figures(own, named)


def test_loadings_are_the_largest_of_each_of_the_first_components(figures):
    groups = {g.title: list(zip(g.labels, g.values, strict=True)) for g in figures["loadings"].data.groups}
    assert groups == {
        "C1PC1": [(KEPT[1], -0.875), (KEPT[0], 0.375)],
        "C1PC2": [(KEPT[0], -0.625), (KEPT[1], 0.125)],
        "C2PC1": [(KEPT[2], 0.75)],
    }
    assert figures["loadings"].caption == ("The 12 largest loadings of each of the first 3 components.")
    found = evidence()
    many = tuple(found.components[0].model_copy(update={"component": f"C{i}PC1"}) for i in range(1, 9))
    weights = tuple(
        found.loadings[0].model_copy(update={"feature": f"F{i}", "loading": 0.5 - 0.01 * i})
        for i in range(15)
    )
    figure = phenotype_figures(
        preset(phenotypes=phenotypes(evidence(loadings=weights)), associations=preset().associations), named
    )["loadings"]
    assert figure.data.groups[0].labels == tuple(f"F{i}" for i in range(12))
    own = phenotypes(evidence(components=(*found.components, *many[3:])))
    drawn = phenotype_figures(preset(phenotypes=own), named)["loadings"]
    assert [g.title for g in drawn.data.groups] == [*COMPONENTS, "C4PC1", "C5PC1", "C6PC1"]
    assert drawn.caption.endswith("first 6 components.")


def test_associations_draw_counts_or_boxes_of_their_groups(figures, tables):
    age, receptor, event = figures["associations"].data.panels
    assert (age.variable, age.groups, age.categories, age.counts) == (
        "age, years",
        tuple(LABELS.values()),
        (),
        (),
    )
    assert [b.model_dump() for b in age.boxes] == [box(40.0).model_dump(), box(50.0).model_dump()]
    assert (receptor.counts, receptor.categories) == (((0, 2, 1), (1, 0, 0)), ("no", "yes", "borderline"))
    assert (receptor.boxes, event.boxes) == ((), ())
    assert (age.test, receptor.test, event.test) == ("Wilcoxon", "too few", "Fisher")
    few = Missing(missing="too few")
    rows = [(r["covariate"], r["n"], r["test"], r["p"], r["adjusted"]) for r in tables["associations"].rows]
    assert rows == [
        ("age, years", 5, "Wilcoxon", 0.2, 0.6),
        ("hormone receptor", 4, "", few, few),
        ("event", 6, "Fisher", 0.4, 0.7),
    ]
    assert tables["associations"].keys == ("age", "hr", "event")
    assert tables["associations"].caption == "Corrected by Holm over the 2 tests of this table."
    other = phenotype_tables(with_settings(preset(), "inference", multiplicity="bonferroni_table"))[
        "associations"
    ]
    assert (other.rows[0]["adjusted"], other.rows[2]["adjusted"]) == (Missing(missing="not tested"), 0.8)


def test_one_group_has_one_box():
    own = preset()
    (age, *_) = own.associations.tests
    alone = age.model_copy(update={"groups": ("2",)})
    figure = phenotype_figures(
        preset(associations=own.associations.model_copy(update={"tests": (alone,)})), named
    )["associations"]
    assert figure.data.panels[0].groups == ("2 increasing",)
    assert [b.low for b in figure.data.panels[0].boxes] == [50.0]


def test_filters_and_components_have_their_counts_and_shares(tables):
    assert [(r["reason"], r["features"]) for r in tables["filters"].rows] == [
        ("kept", 4),
        ("dropped: low spread", 1),
        ("dropped: mask only copy", 3),
    ]
    assert list(tables["components"].rows) == [c.model_dump() for c in evidence().components]
    assert {c.key: c.format for c in tables["components"].columns} == {
        "component": "text",
        "group": "int",
        "features": "int",
        "explained": "percent",
        "cumulative": "percent",
        "positive_loadings": "percent",
    }


def test_columns_stand_in_their_order(tables):
    heads = {name: [c.key for c in table.columns] for name, table in tables.items()}
    assert heads == {
        "filters": ["reason", "features"],
        "components": ["component", "group", "features", "explained", "cumulative", "positive_loadings"],
        "sigclust": ["covariance", "split", "index", "null", "p", "p_empirical", "headline"],
        "associations": ["covariate", "n", "test", "p", "adjusted"],
        "sam": ["component", "d", "q_percent"],
        "shc": ["size", "cluster_index", "level", "p_normal", "significant"],
    }
    listed = [c.key for c in feature_list(preset()).columns]
    assert listed == ["feature", "sign", "kept", "reason", "group", "component", "loading"]


def test_sigclust_has_every_null_and_marks_the_test_that_counts(tables):
    shown = [tuple(r.values()) for r in tables["sigclust"].rows]
    expected = []
    for words, start in (("sample", 0.1), ("soft threshold", 0.3), ("hard threshold", 0.5)):
        for split, more in (("best two-means split", 0.0), ("the Ward tree's split", 0.1)):
            first = start + more
            used = (words, split) == ("soft threshold", "the Ward tree's split")
            expected.append((words, split, first, first + 0.01, first + 0.02, first + 0.03, used))
    assert shown == expected


def test_nodes_and_components_of_shc_and_sam(tables):
    assert [tuple(r.values()) for r in tables["shc"].rows] == [
        (n.size, n.cluster_index, n.level, n.p_normal, n.significant) for n in evidence().shc.nodes
    ]
    undefined = Missing(missing="not defined")
    assert [tuple(r.values()) for r in tables["sam"].rows] == [
        ("C1PC1", 1.5, 2.5),
        ("C1PC2", -3.5, 4.5),
        ("C2PC1", undefined, undefined),
    ]


def test_the_list_of_features_tells_sign_decision_and_largest_loading():
    table = feature_list(preset())
    shown = {r["feature"]: tuple(r.get(c.key) for c in table.columns[1:]) for r in table.rows}
    assert shown == {
        FEATURES[0]: (1, True, "", 1, "C1PC2", -0.625),
        FEATURES[1]: (-1, True, "", 1, "C1PC1", -0.875),
        FEATURES[2]: (0, False, "low spread", None, None, None),
        FEATURES[3]: (-1, True, "", 2, "C2PC1", 0.75),
        FEATURES[4]: (0, True, "", None, None, None),
        FEATURES[5]: (1, False, "a copy", None, None, None),
    }
    assert table.caption.startswith("Change is sign-adjusted: that of 2 of 6 features, whose lower")
    assert "for 4 of the 6 features; the others have no such" in table.caption
    assert "4 of 6 delta features were kept." in table.caption
    literal = feature_list(preset(delta=delta(form="literal"))).caption
    assert literal.startswith("Change is not sign-adjusted")
    assert "for 2 of the 6 features" in literal
