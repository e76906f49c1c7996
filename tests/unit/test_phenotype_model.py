"""The model: what it learns, applies, keeps and says."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.phenotype.evidence import phenotype_names
from kinephen.phenotype.fit import fit_model, fit_phenotypes
from kinephen.phenotype.settings import PhenotypeSettings
from kinephen.phenotype.solution import assign, ordered_by_mean
from kinephen.records.evidence import Evidence
from kinephen.stats.agreement import adjusted_rand_index
from kinephen.study.steps.phenotype_evidence import MATRIX_SIDE, _matrix, evidence_record

SMALL = {"k_max": 5, "resamples": 60, "null_sets": 25, "null_resamples": 40}
QUICK = {"groups": SMALL, "tumours": SMALL, "sigclust": {"simulations": 60}}


def two_groups(n=60, apart=2.5, seed=0):
    """Delta features of two groups of patients; all features rise together in the second."""
    rng = np.random.default_rng(seed)
    truth = np.repeat([1, 2], [n - n // 3, n // 3])
    factors = rng.normal(size=(n, 3)) * 0.6 + apart * (truth == 2)[:, None]
    values = np.hstack([factors[:, [g]] + 0.35 * rng.normal(size=(n, 5)) for g in range(3)])
    columns = [f"PE_F{g}_{j}" for g in range(3) for j in range(5)]
    return pd.DataFrame(values, index=[f"w{i:02d}" for i in range(n)], columns=columns), truth


@pytest.fixture(scope="module")
def both():
    """Return model, evidence, delta features and truth of two groups."""
    delta, truth = two_groups()
    found = fit_phenotypes(delta, PhenotypeSettings.from_plain(QUICK), rng=np.random.default_rng(1))
    return *found, delta, truth


@pytest.fixture(scope="module")
def fitted(both):
    model, _, delta, truth = both
    return model, delta, truth


@pytest.fixture(scope="module")
def evidence(both):
    return evidence_record(*both[:2])


def test_two_groups_are_found_and_ordered_by_their_mean_score(fitted, evidence):
    model, _, truth = fitted
    assert model.k == 2
    assert model.conclusion == "2 phenotype(s) by the rule null_pac"
    assert adjusted_rand_index(model.labels.to_numpy(), truth) == 1.0
    # Phenotype 2 is the increasing one: its patients' features rose.
    assert model.labels.to_numpy().tolist() == truth.tolist()
    low, high = evidence.phenotypes["2"].mean_score
    assert low < 0 < high


def test_prediction_of_the_discovery_patients_agrees_and_measures_distances(fitted):
    model, delta, truth = fitted
    table = model.predict(delta)
    assert list(table.columns) == [
        "phenotype",
        "distance_1",
        "distance_2",
        "margin",
        "features_outside",
        "out_of_range",
        "note",
    ]
    assert table["phenotype"].tolist() == truth.tolist()
    scores, centre = model.scores.to_numpy(), model.solutions[2].centroids
    np.testing.assert_allclose(table["distance_2"], np.linalg.norm(scores - centre[1], axis=1), atol=1e-10)
    np.testing.assert_allclose(table["margin"], (table["distance_1"] - table["distance_2"]).abs())
    assert not table["out_of_range"].any()
    assert (table["features_outside"] == 0).all()
    np.testing.assert_allclose(model.transform(delta), scores, atol=1e-12)


def test_patients_far_from_the_discovery_cohort_are_flagged(fitted):
    model, delta, _ = fitted
    far = model.predict(delta.iloc[:2] + 30.0)
    assert far["out_of_range"].all()
    assert (far["features_outside"] == len(model.features)).all()
    assert far["phenotype"].tolist() == [2, 2]


def test_a_patient_with_an_undefined_feature_has_no_phenotype_and_a_reason(fitted):
    model, delta, _ = fitted
    gap = delta.iloc[:3].copy()
    gap.iloc[1, 0] = np.nan
    table = model.predict(gap)
    assert table["phenotype"].isna().tolist() == [False, True, False]
    assert table["note"].tolist() == ["", "1 of the model's features undefined", ""]
    assert np.isnan(table["margin"].iloc[1])
    assert not table["out_of_range"].iloc[1]


def test_evidence_is_plain_and_complete(fitted, evidence):
    model, delta, _ = fitted
    assert Evidence.model_validate(json.loads(evidence.model_dump_json())) == evidence
    tumours = evidence.tumours
    by_k = tumours.consensus.by_k
    assert set(by_k) == {"2", "3", "4", "5"}
    assert len(by_k["2"].cdf) == 100
    matrix, classes = np.array(by_k["2"].matrix), np.array(by_k["2"].matrix_classes)
    assert classes.tolist() == sorted(by_k["2"].classes)
    assert matrix.shape == (60, 60)
    assert (matrix[classes[:, None] != classes[None, :]] == 0.0).all()
    assert by_k["3"].matrix is None
    assert by_k["2"].rand_tree_consensus == 1.0
    assert tumours.null_reference.p == pytest.approx(1 / 26)
    assert evidence.sigclust.headline == "sample"
    assert evidence.sigclust.p == evidence.sigclust.sample.two_means.p_normal
    assert evidence.shc.nodes[0].size == 60
    assert len(evidence.sam.table) == model.scores.shape[1]
    assert evidence.stability["2"].rand_mean == 1.0
    assert evidence.phenotypes["2"].sizes == (40, 20)
    assert evidence.features.names == model.features
    assert len(tumours.tree.order) == len(delta)


def test_the_tree_of_the_evidence_follows_the_rows_of_the_scores(fitted):
    _, delta, _ = fitted
    shuffled = delta.iloc[np.random.default_rng(5).permutation(len(delta))]
    model, found = fit_phenotypes(shuffled, PhenotypeSettings.from_plain(QUICK), rng=np.random.default_rng(1))
    evidence = evidence_record(model, found)
    assert list(model.scores.index) == list(shuffled.index)
    tree = evidence.tumours.tree
    assert tuple(found.tumours.tree.cut(2)) == evidence.tumours.consensus.by_k["2"].tree_labels
    labels = model.labels.to_numpy()
    assert adjusted_rand_index(found.tumours.tree.cut(2), labels) == 1.0
    assert adjusted_rand_index(np.array(evidence.shc.labels), labels) == 1.0
    # The first merge joins the two nearest patients.
    a, b = (-v - 1 for v in tree.merge[0])
    scores = model.scores.to_numpy()
    nearest = np.linalg.norm(scores[a] - scores[b])
    assert nearest == pytest.approx(tree.height[0])


def test_one_gaussian_gives_one_phenotype_and_still_the_forced_two():
    rng = np.random.default_rng(3)
    factors = rng.normal(size=(60, 3))
    values = np.hstack([factors[:, [g]] + 0.5 * rng.normal(size=(60, 5)) for g in range(3)])
    delta = pd.DataFrame(values, index=[f"w{i}" for i in range(60)], columns=[f"f{j}" for j in range(15)])
    model, found = fit_phenotypes(delta, PhenotypeSettings.from_plain(QUICK), rng=np.random.default_rng(1))
    evidence = evidence_record(model, found)
    assert model.k == 1
    assert "no evidence for more than one group" in model.conclusion
    assert set(model.labels) == {1}
    table = model.predict(delta)
    assert set(table["phenotype"]) == {1}
    assert table["margin"].isna().all()
    assert set(model.predict(delta, k=2)["phenotype"]) == {1, 2}
    assert evidence.phenotypes["2"].forced
    assert not evidence.phenotypes["1"].forced


def test_the_combined_rule_also_counts_significant_splits_of_the_tree():
    delta, truth = two_groups(40, apart=1.9, seed=4)
    plain = {**QUICK, "tumours": {**SMALL, "k_rule": "combined"}}
    model, found = fit_phenotypes(delta, PhenotypeSettings.from_plain(plain), rng=np.random.default_rng(2))
    tree_k, ambiguity_k = int(found.tumours.tree_test.labels.max()), found.tumours.reference.k_strict
    assert model.k == max(tree_k, ambiguity_k) == 2
    assert adjusted_rand_index(model.labels.to_numpy(), truth) > 0.8


def test_a_refit_without_evidence_gives_the_same_labels(fitted):
    model, delta, _ = fitted
    again = fit_model(delta, PhenotypeSettings.from_plain(QUICK), rng=np.random.default_rng(1))
    pd.testing.assert_series_equal(again.labels, model.labels)


def test_progress_is_told_from_nothing_to_all():
    delta, _ = two_groups(20)
    told = []
    fit_phenotypes(
        delta,
        PhenotypeSettings.from_plain(QUICK),
        rng=np.random.default_rng(0),
        progress=lambda step, share: told.append((step, share)),
    )
    shares = [share for _, share in told]
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert shares == sorted(shares)


def test_few_features_form_one_group(fitted):
    _, delta, _ = fitted
    model, found = fit_phenotypes(
        delta.iloc[:, :3], PhenotypeSettings.from_plain(QUICK), rng=np.random.default_rng(1)
    )
    assert len(model.components) == 1
    assert "phenotype.few_features" in [i.code for i in found.issues]


def test_one_feature_is_enough(fitted):
    _, delta, truth = fitted
    model = fit_model(delta.iloc[:, :1], PhenotypeSettings.from_plain(QUICK), rng=np.random.default_rng(1))
    assert model.scores.shape == (60, 1)
    assert adjusted_rand_index(model.predict(delta, k=2)["phenotype"].to_numpy(dtype=int), truth) > 0.5


def test_ordering_and_assignment_by_hand():
    scores = np.array([[3.0, 1.0], [-2.0, 0.0], [2.0, 2.0]])
    assert ordered_by_mean(scores, np.array([1, 2, 1])).tolist() == [2, 1, 2]
    from kinephen.phenotype.solution import Solution

    solution = Solution(pd.Series([1, 2]), np.array([[0.0, 0.0], [4.0, 0.0]]), np.array([1.0, 1.0]))
    frame = pd.DataFrame([[1.0, 0.0], [4.0, 3.0], [np.nan, 0.0]], index=list("abc"))
    table = assign(frame, solution)
    assert table["phenotype"].tolist()[:2] == [1, 2]
    assert table["phenotype"].isna().tolist() == [False, False, True]
    assert table["distance_1"].tolist()[:2] == [1.0, 5.0]
    assert table["margin"].tolist()[:2] == [2.0, 2.0]
    assert table["out_of_range"].tolist() == [False, True, False]


def test_names_of_phenotypes():
    assert phenotype_names(1) == ["all patients"]
    assert phenotype_names(2) == ["decreasing", "increasing"]
    assert phenotype_names(3) == ["decreasing", "intermediate 1", "increasing"]


def test_disagreement_of_the_tests_is_said():
    # One component and few patients: two far groups are no surprise to ambiguity, but to the tree.
    delta, _ = two_groups(24, apart=4.0)
    settings = PhenotypeSettings.from_plain({**QUICK, "groups": {**SMALL, "fixed_k": 1}})
    model, found = fit_phenotypes(delta, settings, rng=np.random.default_rng(3))
    reference, test = found.tumours.reference, found.tumours.tree_test
    assert test.labels.max() == 2
    said = [i for i in found.issues if i.code == "phenotype.tests_disagree"]
    assert bool(said) == (reference.k == 1)
    assert [i.model_dump() for i in evidence_record(model, found).issues] == [
        i.to_dict() for i in found.issues
    ]


def test_the_matrix_of_many_items_is_of_means_of_neighbours():
    rng = np.random.default_rng(2)
    n, classes = 150, rng.integers(1, 4, 150)
    whole = rng.random((n, n))
    found, owners = _matrix(whole, classes)
    assert found.shape == (MATRIX_SIDE, MATRIX_SIDE)
    order = sorted(range(n), key=lambda i: (classes[i], i))
    edges = [n * i // MATRIX_SIDE for i in range(MATRIX_SIDE + 1)]
    for i, j in ((0, 0), (3, 119), (60, 7)):
        rows, columns = order[edges[i] : edges[i + 1]], order[edges[j] : edges[j + 1]]
        assert found[i, j] == pytest.approx(np.mean([[whole[a, b] for b in columns] for a in rows]), abs=2e-4)
    assert owners.tolist() == [classes[order[e]] for e in edges[:-1]]
