"""The discovery phenotype applied to the validation cohort, and ComBat, against R."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.phenotype.components import all_scores, fit_components
from kinephen.phenotype.delta import delta_features
from kinephen.phenotype.fit import fit_model
from kinephen.phenotype.harmonise import fit_combat
from kinephen.phenotype.moments import fit_moments
from kinephen.phenotype.settings import PhenotypeSettings
from kinephen.phenotype.sigclust import sigclust
from kinephen.phenotype.solution import assign, solve
from kinephen.phenotype.trees import build_tree, euclidean
from kinephen.stats.agreement import adjusted_rand_index

ARTICLE = {
    "filters": {
        "skewness_absolute": False,
        "iqr_limit": 1.0,
        "drop_duplicates": False,
        "mask_only_copies": "keep",
        "gaps": "features",
    },
    "groups": {"linkage": "average", "fixed_k": 4, "resamples": 50, "null_sets": 5, "null_resamples": 20},
    "components": {"sign_rule": "largest_loading"},
    "tumours": {"fixed_k": 2, "resamples": 50, "null_sets": 5, "null_resamples": 20},
}


@pytest.fixture
def table(reference):
    return lambda name: pd.read_csv(reference(f"oracles/{name}"), index_col=0)


@pytest.fixture
def external(reference):
    return json.loads(reference("oracles/expected/external_phenotype.json").read_text())


def _delta(table, cohort):
    return delta_features(
        table(f"inputs/{cohort}_T1.csv"), table(f"inputs/{cohort}_T2.csv"), form="literal"
    ).delta


def test_projection_centroids_and_assignment(table, external):
    discovery, validation = _delta(table, "disc"), _delta(table, "val")
    kept = table("expected/delta_z_kept.csv").columns
    moments = fit_moments(discovery[kept])
    z = moments.transform(discovery[kept])
    groups = np.array(list(json_groups(table).values()))
    parts = fit_components(z, groups, sign_rule="largest_loading")
    scores = table("expected/pc_scores.csv")
    solution = solve(
        scores, build_tree(euclidean(scores.to_numpy()), "ward"), 2, scores.to_numpy().mean(axis=1)
    )
    order = _order(solution.centroids, np.array(external["centroids"]))
    np.testing.assert_allclose(solution.centroids[order], external["centroids"], atol=1e-9)
    projected = all_scores(parts, moments.transform(validation[kept]))
    expected = table("expected/val_pc_scores.csv")
    np.testing.assert_allclose(projected, expected[projected.columns], atol=1e-9)
    result = assign(projected, solution)
    distance = result[["distance_1", "distance_2"]].to_numpy()[:, order]
    np.testing.assert_allclose(distance, external["distances"], atol=1e-9)
    np.testing.assert_allclose(result["margin"], external["margin"], atol=1e-9)
    assert (np.argmin(distance, axis=1) + 1).tolist() == external["assignment"]


def json_groups(table):
    z = table("expected/delta_z_kept.csv")
    from kinephen.phenotype.groups import correlation_distance

    labels = build_tree(correlation_distance(z.to_numpy().T), "average").cut(4)
    return dict(zip(z.columns, labels, strict=True))


def _order(ours, expected):
    """Positions of our phenotypes in R's order, which is that of the tree and not of the mean score."""
    near = [int(np.linalg.norm(ours - e, axis=1).argmin()) for e in expected]
    assert sorted(near) == [0, 1]
    return near


def test_the_model_gives_the_same_phenotypes_end_to_end(table, external):
    model = fit_model(
        _delta(table, "disc"),
        PhenotypeSettings.from_plain(ARTICLE),
        rng=np.random.default_rng(0),
    )
    assert set(model.features) == set(table("expected/delta_z_kept.csv").columns)
    np.testing.assert_allclose(model.scores, table("expected/pc_scores.csv"), atol=1e-9)
    predicted = model.predict(_delta(table, "val"))
    ours = predicted["phenotype"].to_numpy(dtype=np.int64)
    assert adjusted_rand_index(ours, np.array(external["assignment"])) == 1.0
    assert sorted(np.bincount(ours)[1:]) == sorted(external["sizes"])


def test_sigclust_on_the_validation_split(table, external):
    scores = table("expected/val_pc_scores.csv")
    labels = scores.pop("assigned").to_numpy()
    expected = external["sigclust_icov2"]
    ours = sigclust(
        scores.to_numpy(), labels=labels, simulations=2000, null_starts=1, rng=np.random.default_rng(2)
    )
    assert ours.cluster_index == pytest.approx(expected["cindex"], abs=1e-9)
    assert ours.null_mean == pytest.approx(expected["null_mean"], abs=0.003)
    assert ours.p_normal == pytest.approx(expected["pvalnorm"], abs=0.05)


@pytest.mark.parametrize(
    ("file", "settings"),
    [
        ("parametric", {}),
        ("nonparametric", {"parametric_prior": False}),
        ("param_covar", {"covariates": ["age", "pcr"]}),
        ("meanonly", {"mean_only": True}),
    ],
)
def test_combat(table, file, settings):
    frame = table("inputs/combat_in.csv")
    batch = frame.pop("batch")
    options = dict(settings)
    if "covariates" in options:
        options["covariates"] = table("inputs/disc_clin.csv")[options["covariates"]]
    fitted = fit_combat(frame, batch, **options)
    clean = fitted.transform(frame, batch, covariates=options.get("covariates"))
    np.testing.assert_allclose(clean, table(f"expected/combat_{file}.csv"), atol=1e-9)
