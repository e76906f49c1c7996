"""Delta features, moments, filters, groups and components against R."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.phenotype.components import all_scores, fit_components
from kinephen.phenotype.delta import delta_features, filter_features
from kinephen.phenotype.groups import correlation_distance
from kinephen.phenotype.moments import fit_moments, interquartile_range, skewness
from kinephen.phenotype.trees import build_tree, euclidean
from kinephen.stats.agreement import adjusted_rand_index


@pytest.fixture
def table(reference):
    return lambda name: pd.read_csv(reference(f"oracles/{name}"), index_col=0)


@pytest.fixture
def literal(table):
    return delta_features(table("inputs/disc_T1.csv"), table("inputs/disc_T2.csv"), form="literal")


@pytest.fixture
def groups(reference):
    return json.loads(reference("oracles/expected/pca_groups.json").read_text())


def test_literal_delta_equals_r_and_its_infinity_is_undefined(literal, table):
    expected = table("expected/delta.csv")
    finite = np.isfinite(expected)
    assert literal.delta.shape == expected.shape
    np.testing.assert_allclose(literal.delta.to_numpy()[finite], expected.to_numpy()[finite], atol=1e-10)
    assert literal.delta.isna().to_numpy().sum() == (~finite).to_numpy().sum() == 1
    assert literal.features.loc["f47", "reason"] == "zero baseline"


def test_moments_skewness_and_iqr_equal_r(literal, table):
    expected = table("expected/delta_filter.csv")
    whole = expected.index[(expected["n_nonfinite"] == 0) & (expected["sd"] > 0)]
    values = literal.delta[whole].to_numpy()
    for kind in (1, 2, 3):
        np.testing.assert_allclose(
            skewness(values, kind), expected.loc[whole, f"skew_type{kind}"], atol=1e-10
        )
    moments = fit_moments(literal.delta[whole])
    np.testing.assert_allclose(moments.mean, expected.loc[whole, "mean"], rtol=1e-10)
    np.testing.assert_allclose(moments.sd, expected.loc[whole, "sd"], rtol=1e-10)
    z = moments.transform(literal.delta[whole]).to_numpy()
    np.testing.assert_allclose(interquartile_range(z), expected.loc[whole, "iqr_z"], atol=1e-10)


@pytest.mark.parametrize(("absolute", "column"), [(False, "keep_skew1_iqrz"), (True, "keep_absskew1_iqrz")])
def test_filter_decisions_equal_r(literal, table, absolute, column):
    found = filter_features(
        literal.delta, absolute=absolute, iqr_limit=1.0, drop_duplicates=False, mask_only_copies="keep"
    )
    expected = table("expected/delta_filter.csv")[column]
    assert found.table["kept"].to_dict() == expected.to_dict()


def test_planted_features_are_reported_with_their_reasons(literal):
    found = filter_features(literal.delta, absolute=True, iqr_limit=1.0).table["reason"]
    assert found["f43"] in {"skewness", "iqr"}
    assert found["f44"] == "skewness"
    assert found["f45"] in {"skewness", "iqr"}
    assert found["f46"] == "constant"
    assert found["f47"] == "undefined"
    assert literal.features.loc["f43", "negative_baseline"] > 0
    listed = {i.where for i in literal.issues if i.code == "delta.baseline_not_positive"}
    assert listed == {"f43", "f47"}


def test_kept_z_scores_equal_r(literal, table):
    expected = table("expected/delta_z_kept.csv")
    kept = literal.delta[list(expected.columns)]
    np.testing.assert_allclose(fit_moments(kept).transform(kept), expected, atol=1e-10)


def _same_tree(tree, oracle, first_k):
    np.testing.assert_allclose(tree.height, oracle["height"], atol=1e-10)
    assert tree.merge.tolist() == oracle["merge"]
    if "order" in oracle:
        assert (tree.order + 1).tolist() == oracle["order"]
    for k, labels in enumerate(oracle["cut"], start=first_k):
        assert tree.cut(k).tolist() == labels


@pytest.mark.parametrize(
    ("linkage", "name"), [("average",) * 2, ("complete",) * 2, ("single",) * 2, ("ward", "ward.D2")]
)
def test_feature_trees_equal_r(reference, table, linkage, name):
    oracle = json.loads(reference("oracles/expected/feature_hclust.json").read_text())
    items = table("expected/delta_z_kept.csv").to_numpy().T
    _same_tree(build_tree(correlation_distance(items), linkage), oracle[name], 2)


def test_absolute_correlation_tree_equals_r(reference, table):
    oracle = json.loads(reference("oracles/expected/feature_hclust.json").read_text())["average_absolute"]
    items = table("expected/delta_z_kept.csv").to_numpy().T
    _same_tree(build_tree(correlation_distance(items, absolute=True), "average"), oracle, 2)


@pytest.mark.parametrize(
    ("linkage", "name"), [("ward", "ward.D2"), ("average", "average"), ("complete", "complete")]
)
def test_tumour_trees_equal_r(reference, table, linkage, name):
    oracle = json.loads(reference("oracles/expected/tumour_hclust.json").read_text())
    distance = euclidean(table("expected/pc_scores.csv").to_numpy())
    np.testing.assert_allclose(distance[:20], oracle["dist_first20"], atol=1e-10)
    _same_tree(build_tree(distance, linkage), oracle[name], 2)


def test_components_and_scores_equal_r(table, groups):
    z = table("expected/delta_z_kept.csv")
    labels = np.array([groups["groups"][f] for f in z.columns])
    fitted = fit_components(z, labels, variance=0.85, sign_rule="largest_loading")
    for part in fitted:
        oracle = groups[f"group{part.group}"]
        assert list(part.features) == oracle["features"]
        assert part.loadings.shape[1] == oracle["n_keep"]
        np.testing.assert_allclose(part.explained, oracle["explained"], atol=1e-10)
        expected = np.array(oracle["rotation_sign_fixed"])[:, : oracle["n_keep"]]
        np.testing.assert_allclose(part.loadings, expected, atol=1e-10)
    scores, expected = all_scores(fitted, z), table("expected/pc_scores.csv")
    assert list(scores.columns) == list(expected.columns)
    np.testing.assert_allclose(scores, expected, atol=1e-10)


def test_feature_groups_are_those_of_r(table, groups):
    z = table("expected/delta_z_kept.csv")
    labels = build_tree(correlation_distance(z.to_numpy().T), "average").cut(4)
    assert adjusted_rand_index(labels, np.array(list(groups["groups"].values()))) == 1.0


def test_tree_and_components_of_the_real_baseline_table(reference):
    from kinephen.io.feature_tables import read_feature_table

    table = read_feature_table(reference("data/ispy1/captk_baseline_features.csv.gz"))
    values = table.frames[0].to_numpy()
    assert (table.content, values.shape) == ("visit", (161, 370))
    labels = build_tree(euclidean(values), "ward").cut(2)
    assert sorted(np.bincount(labels)[1:]) == [32, 129]
    frame = pd.DataFrame(values, columns=table.frames[0].columns)
    (group,) = fit_components(fit_moments(frame).transform(frame), np.ones(370, dtype=int))
    assert group.explained[0] == pytest.approx(0.330, abs=5e-4)
