"""Which phenotype is called increasing: features with a heterogeneity sign decide, not the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kinephen.phenotype.fit import FeatureKnowledge, fit_model, fit_phenotypes
from kinephen.phenotype.order import heterogeneity
from kinephen.phenotype.settings import ClusterSettings, PhenotypeSettings, SigClustSettings


def planted(rng):
    """Two groups: the second grows more heterogeneous in 4 features, while 9 features without a sign fall."""
    group = np.repeat([0.0, 1.0], [16, 14])
    signed = {f"PE_GLCM_Entropy{i}": 4.0 * group + rng.normal(size=30) for i in range(4)}
    level = {f"PE_Intensity_Mean{i}": -4.0 * group + rng.normal(size=30) for i in range(9)}
    frame = pd.DataFrame({**signed, **level}, index=[f"w{i:02d}" for i in range(30)])
    return frame, group, {name: int(name in signed) for name in frame.columns}


SMALL = {"k_max": 3, "resamples": 10, "null_sets": 5, "null_resamples": 5}


def chosen(order):
    return PhenotypeSettings(
        groups=ClusterSettings(linkage="average", fixed_k=1, **SMALL),
        tumours=ClusterSettings(fixed_k=2, order=order, **SMALL),
        sigclust=SigClustSettings(simulations=20),
    )


def fit(frame, direction, order):
    known = FeatureKnowledge(direction=direction)
    return fit_model(frame, chosen(order), rng=np.random.default_rng(1), known=known)


def issues(frame, direction, order):
    known = FeatureKnowledge(direction=direction)
    _, evidence = fit_phenotypes(frame, chosen(order), rng=np.random.default_rng(1), known=known)
    return {i.code for i in evidence.issues}


@pytest.mark.parametrize("seed", range(5))
def test_the_group_that_grows_more_heterogeneous_is_the_second(seed):
    frame, group, direction = planted(np.random.default_rng(seed))
    model = fit(frame, direction, "signed_features")
    assert ((model.labels == 2).to_numpy() == (group == 1.0)).all()


def test_the_published_order_can_be_reversed_and_the_model_says_so():
    frame, group, direction = planted(np.random.default_rng(3))
    published = fit(frame, direction, "component_mean")
    assert ((published.labels == 1).to_numpy() == (group == 1.0)).all()
    assert "phenotype.order" in issues(frame, direction, "signed_features")
    assert "phenotype.order" not in issues(frame, direction, "component_mean")


def test_turning_a_feature_round_with_its_direction_changes_nothing():
    frame, _, direction = planted(np.random.default_rng(4))
    name = "PE_GLCM_Entropy0"
    turned = frame.assign(**{name: -frame[name]})
    first = fit(frame, direction, "signed_features")
    second = fit(turned, {**direction, name: -1}, "signed_features")
    pd.testing.assert_series_equal(first.labels, second.labels)


def test_without_directions_the_mean_component_score_decides():
    z = pd.DataFrame({"a": [1.0, -1.0], "b": [0.5, -0.5]})
    scores = pd.DataFrame({"C1PC1": [3.0, -3.0], "C2PC1": [1.0, -1.0]})
    np.testing.assert_array_equal(heterogeneity(z, scores, None, "signed_features"), [2.0, -2.0])
    np.testing.assert_array_equal(heterogeneity(z, scores, {"a": 1}, "signed_features"), [1.0, -1.0])
    np.testing.assert_array_equal(
        heterogeneity(z, scores, {"a": 1, "b": -1}, "signed_features"), [0.25, -0.25]
    )
