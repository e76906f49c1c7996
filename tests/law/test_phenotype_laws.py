"""Laws of the phenotype step."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinephen.phenotype.components import all_scores, fit_components
from kinephen.phenotype.consensus import consensus_cluster, draw_subsets
from kinephen.phenotype.delta import delta_features
from kinephen.phenotype.fit import fit_model, fit_phenotypes
from kinephen.phenotype.harmonise import fit_combat, variance_by_batch
from kinephen.phenotype.settings import PhenotypeSettings
from kinephen.phenotype.sigclust import cluster_index, null_eigenvalues, two_means
from kinephen.phenotype.trees import build_tree, euclidean
from kinephen.study.phenotype_file import file_content, phenotype_model, read_phenotypes, write_phenotypes

SMALL = {"k_max": 4, "resamples": 30, "null_sets": 10, "null_resamples": 20}
QUICK = PhenotypeSettings.from_plain({"groups": SMALL, "tumours": SMALL, "sigclust": {"simulations": 20}})
seeds = st.integers(0, 2**32 - 1)


def _delta(seed, n=24, p=9):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 3))[:, rng.integers(0, 3, size=p)] + 0.6 * rng.normal(size=(n, p))
    return pd.DataFrame(values, index=[f"w{i:02d}" for i in range(n)], columns=[f"f{j}" for j in range(p)])


def _fit(delta, seed=7):
    return fit_model(delta, QUICK, rng=np.random.default_rng(seed))


def _file(delta, seed=7):
    return write_phenotypes(*fit_phenotypes(delta, QUICK, rng=np.random.default_rng(seed)), identifiers=True)


@settings(max_examples=6)
@given(seeds)
def test_order_of_rows_and_columns_changes_nothing(seed):
    delta = _delta(seed)
    rng = np.random.default_rng(seed)
    moved = delta.iloc[rng.permutation(len(delta)), rng.permutation(delta.shape[1])]
    one, two = _file(delta).evidence, _file(moved).evidence
    first, second = _fit(delta), _fit(moved)
    pd.testing.assert_frame_equal(second.scores.loc[delta.index], first.scores, check_exact=True)
    pd.testing.assert_series_equal(second.labels.loc[delta.index], first.labels)
    assert one.sigclust == two.sigclust
    assert one.sam == two.sam
    assert one.tumours.null_reference == two.tumours.null_reference


@settings(max_examples=3)
@given(seeds)
def test_same_seed_same_model(seed):
    delta = _delta(seed)
    assert _file(delta) == _file(delta)


@settings(max_examples=10)
@given(seeds)
def test_a_model_survives_json(seed):
    delta, other = _delta(seed), _delta(seed + 1)
    model, evidence = fit_phenotypes(delta, QUICK, rng=np.random.default_rng(7))
    file = write_phenotypes(model, evidence if seed % 2 == 0 else None, identifiers=True)
    read = read_phenotypes(json.loads(json.dumps(file_content(file), allow_nan=False)))
    again = phenotype_model(read)
    for k in model.solutions:
        pd.testing.assert_frame_equal(again.predict(other, k=k), model.predict(other, k=k), check_exact=True)
    pd.testing.assert_series_equal(again.labels, model.labels)
    assert again.settings == model.settings
    assert again.conclusion == model.conclusion
    assert read == file
    assert write_phenotypes(again, identifiers=True).solutions == file.solutions


@settings(max_examples=10)
@given(seeds, st.floats(-100, 100), st.floats(0.01, 100))
def test_shift_and_scale_of_a_feature_change_nothing(seed, shift, scale):
    delta = _delta(seed)
    changed = delta.copy()
    changed["f3"] = changed["f3"] * scale + shift
    first, second = _fit(delta), _fit(changed)
    np.testing.assert_allclose(second.scores, first.scores, atol=1e-6)
    pd.testing.assert_series_equal(second.labels, first.labels)


@settings(max_examples=15)
@given(seeds)
def test_duplicated_tumours_cluster_together(seed):
    x = np.random.default_rng(seed).normal(size=(15, 4))
    twice = np.repeat(x, 2, axis=0)
    for linkage in ("ward", "average", "complete", "single"):
        for k in (2, 3, 5):
            labels = build_tree(euclidean(twice), linkage).cut(k)
            assert (labels[::2] == labels[1::2]).all()
    subsets = draw_subsets(30, resamples=25, fraction=0.8, rng=np.random.default_rng(seed))
    consensus = consensus_cluster(euclidean(twice), subsets, k_max=4, linkage="ward").matrix(3)
    pairs = consensus[np.arange(0, 30, 2), np.arange(1, 30, 2)]
    assert set(np.unique(pairs)) <= {0.0, 1.0}


@given(seeds)
def test_consensus_lies_between_zero_and_one_and_its_counts_are_nested(seed):
    x = np.random.default_rng(seed).normal(size=(14, 3))
    subsets = draw_subsets(14, resamples=20, fraction=0.8, rng=np.random.default_rng(seed))
    consensus = consensus_cluster(euclidean(x), subsets, k_max=5, linkage="average")
    # More clusters never put more pairs together in one subset's tree.
    assert (consensus.together[1:] <= consensus.together[:-1]).all()
    for k in consensus.ks:
        full = consensus.matrix(k)
        assert full.min() >= 0.0
        assert full.max() <= 1.0
        assert consensus.exact_area(k) == pytest.approx(1 - consensus.pairs(k).mean())
        assert (np.diff(consensus.cdf(k)) >= 0).all()
        assert consensus.cdf(k)[-1] == 1.0


@settings(max_examples=10)
@given(seeds)
def test_symmetric_change_is_antisymmetric_and_signed_change_ignores_units(seed):
    rng = np.random.default_rng(seed)
    a, b = (pd.DataFrame(rng.normal(size=(7, 8)), columns=list("abcdefgh")) for _ in range(2))
    there = delta_features(a, b, form="symmetric").delta
    np.testing.assert_allclose(there, -delta_features(b, a, form="symmetric").delta)
    for form in ("signed", "symmetric", "literal"):
        scaled = delta_features(a * 1000.0, b * 1000.0, form=form).delta
        np.testing.assert_allclose(scaled, delta_features(a, b, form=form).delta, rtol=1e-9)
    flipped = delta_features(a, b, form="signed", signs={"a": -1}).delta
    np.testing.assert_allclose(flipped["a"], -delta_features(a, b, form="signed").delta["a"])


@settings(max_examples=15)
@given(seeds)
def test_flipping_features_before_the_literal_ratio_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    a, b = (pd.DataFrame(rng.normal(size=(7, 3)), columns=list("abc")) for _ in range(2))
    np.testing.assert_allclose(
        delta_features(-a, -b, form="literal").delta, delta_features(a, b, form="literal").delta
    )


@given(seeds)
def test_components_explain_what_was_asked_and_point_the_same_way(seed):
    z = _delta(seed)
    z = (z - z.mean()) / z.std(ddof=1)
    for rule in ("sum_of_loadings", "largest_loading"):
        (group,) = fit_components(z, np.ones(9, dtype=int), variance=0.7, sign_rule=rule)
        m = group.loadings.shape[1]
        assert group.explained[:m].sum() > 0.7
        assert m == 1 or group.explained[: m - 1].sum() <= 0.7
        np.testing.assert_allclose(group.loadings.T @ group.loadings, np.eye(m), atol=1e-10)
        scores = all_scores((group,), z)
        np.testing.assert_allclose(scores.mean(), 0.0, atol=1e-10)
        total = z.var(ddof=1).sum()
        np.testing.assert_allclose(scores.var(ddof=1) / total, group.explained[:m], atol=1e-10)
        if rule == "sum_of_loadings":
            assert (group.loadings.sum(axis=0) >= -1e-12).all()
        else:
            assert (
                np.take_along_axis(group.loadings, np.abs(group.loadings).argmax(axis=0)[None], 0) > 0
            ).all()


@given(seeds)
def test_two_means_is_a_local_optimum_and_its_index_is_invariant(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(18, 3))
    labels, index = two_means(x, starts=8, rng=np.random.default_rng(seed))
    assert 0.0 < index < 1.0
    for i in range(len(x)):
        moved = labels.copy()
        moved[i] = 3 - moved[i]
        if len(np.unique(moved)) == 2:
            assert cluster_index(x, moved) >= index - 1e-12
    assert cluster_index(x * 7.0 + 3.0, labels) == pytest.approx(index)


@given(seeds, st.floats(0.01, 5.0))
def test_null_eigenvalues_never_fall_below_their_floor(seed, variance):
    eigen = np.sort(np.random.default_rng(seed).gamma(1.0, size=9))[::-1]
    soft = null_eigenvalues(eigen, variance, "soft")
    hard = null_eigenvalues(eigen, variance, "hard")
    assert (np.diff(soft) <= 1e-12).all()
    assert (hard >= soft - 1e-12).all()
    assert soft.min() >= variance - 1e-12
    if (eigen > variance).all():
        np.testing.assert_allclose(soft, eigen)


@settings(max_examples=20)
@given(seeds)
def test_combat_removes_planted_batches_and_leaves_the_reference(seed):
    rng = np.random.default_rng(seed)
    base = pd.DataFrame(rng.normal(size=(60, 8)), columns=[f"f{j}" for j in range(8)])
    batch = pd.Series(np.repeat(["A", "B", "C"], 20))
    shifted = base + batch.map({"A": 0.0, "B": 3.0, "C": -2.0}).to_numpy()[:, None]
    fitted = fit_combat(shifted, batch)
    clean = fitted.transform(shifted, batch)
    gap = clean.groupby(batch.to_numpy()).mean()
    assert (gap.max() - gap.min()).max() < 0.7
    assert (
        variance_by_batch(clean, batch)["by_batch"].iloc[0]
        < variance_by_batch(shifted, batch)["by_batch"].iloc[0]
    )
    kept = fit_combat(shifted, batch, reference="A").transform(shifted, batch)
    pd.testing.assert_frame_equal(kept[batch == "A"], shifted[batch == "A"], check_exact=True)
