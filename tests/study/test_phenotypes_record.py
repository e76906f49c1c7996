"""The record of phenotypes: every quantity again by plain code, and what swapped inputs would do to it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from tests.fitted_model import scores_by_hand

from kinephen.config.schema import Delta as DeltaSection
from kinephen.config.schema import Harmonise, Settings
from kinephen.errors import CohortError
from kinephen.records.delta import Delta
from kinephen.records.phenotypes import Phenotypes
from kinephen.records.stability import FeatureIcc, Stability
from kinephen.study.steps.by_phenotype import by_phenotype
from kinephen.study.steps.delta import DeltaInputs, DeltaSettings, compute_delta
from kinephen.study.steps.phenotypes import (
    PhenotypeInputs,
    PhenotypeStepSettings,
    compute_phenotypes,
    origin_of,
)
from kinephen.study.steps.stability import measure_stability

FEATURES = [f"{m}_{n}" for m in ("PE", "SER") for n in ("GLCM_Entropy", "GLCM_Contrast", "Intensity_Mean")]
CASES = [f"case-{i:02d}" for i in range(1, 27)]
DISCOVERY = 20
SMALL = {"k_max": 3, "resamples": 10, "null_sets": 5, "null_resamples": 10}


def settings(**filters):
    return Settings.model_validate(
        {
            "groups": {**SMALL, "fixed_k": 2},
            "tumours": {**SMALL, "fixed_k": 2},
            "sigclust": {"simulations": 20},
            "filters": filters,
            "features": {"perturbations": 2},
        }
    )


def visits(seed=2):
    """Return features of two visits: of 26 patients every third grows more heterogeneous."""
    rng = np.random.default_rng(seed)
    first = pd.DataFrame(rng.uniform(1, 2, (26, 6)) * np.arange(1, 7), CASES, FEATURES)
    rises = (np.arange(26) % 3 == 0)[:, None]
    second = first * np.where(rises, 1.6, 0.8) * rng.uniform(0.9, 1.1, (26, 6))
    return first, second


def delta_of(first, second, **changes):
    inputs = {
        "visits": ("T1", "T2"),
        "first": first,
        "second": second,
        "cohorts": {c: "discovery" if i < DISCOVERY else "validation" for i, c in enumerate(CASES)},
        "batch": {c: "ABC"[i % 3] for i, c in enumerate(CASES)},
    }
    return compute_delta(
        DeltaSettings(delta=DeltaSection(), harmonise=Harmonise()), DeltaInputs(**{**inputs, **changes})
    )


def phenotypes_of(delta, stability=None, **filters):
    chosen = PhenotypeStepSettings.of(settings(**filters))
    inputs = PhenotypeInputs(delta, stability or Stability(repeats=0))
    return compute_phenotypes(chosen, inputs, seed=1, name="quick")


@pytest.fixture(scope="module")
def delta():
    return delta_of(*visits())


@pytest.fixture(scope="module")
def found(delta):
    return phenotypes_of(delta)


def test_the_patient_who_rises_is_increasing(found):
    rising = {c for i, c in enumerate(CASES) if i % 3 == 0}
    assert found.labels == {"1": "1 decreasing", "2": "2 increasing"}
    assert {c for c, r in found.all_rows().items() if r.phenotype == 2} == rising
    assert (len(found.rows("discovery")), len(found.rows("validation"))) == (DISCOVERY, 6)


def test_means_and_spreads_are_those_of_discovery(found, delta):
    train = delta.frame().loc[CASES[:DISCOVERY]]
    for feature in found.model.features:
        values = list(train[feature.name])
        mean = sum(values) / len(values)
        assert feature.mean == pytest.approx(mean)
        assert feature.sd == pytest.approx(
            math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))
        )
        z = [(v - mean) / feature.sd for v in values]
        assert (feature.low, feature.high) == pytest.approx((min(z), max(z)))


def test_scores_distances_and_margins_of_every_patient(found, delta):
    model, frame = found.model, delta.frame()
    solution = model.solutions["2"]
    for case, row in found.all_rows().items():
        z, scores = scores_by_hand(model, frame.loc[case])
        assert row.scores == pytest.approx(scores)
        distances = [math.dist(scores.values(), centre) for centre in solution.centroids]
        assert row.distances == pytest.approx(distances)
        assert row.margin == pytest.approx(abs(distances[0] - distances[1]))
        assert row.nearest == 1 + int(distances[1] < distances[0])
        beyond = sum(not f.low - 1e-9 <= z[f.name] <= f.high + 1e-9 for f in model.features)
        assert row.features_outside == beyond
        assert row.out_of_range == (min(distances) > solution.radius[row.nearest - 1] * (1 + 1e-9))


def test_centroids_radius_sizes_and_standard_scores_come_from_discovery(found):
    rows, names = found.rows("discovery"), found.evidence.component_names
    at_two = found.evidence.phenotypes["2"]
    for p in (1, 2):
        own = [r for r in rows.values() if r.phenotype == p]
        assert at_two.sizes[p - 1] == len(own)
        centre = {n: sum(r.scores[n] for r in own) / len(own) for n in names}
        assert at_two.centroids[p - 1] == pytest.approx(centre)
        assert found.model.solutions["2"].radius[p - 1] == pytest.approx(max(r.distances[p - 1] for r in own))
    for name in names:
        values = [r.scores[name] for r in rows.values()]
        mean = sum(values) / len(values)
        spread = math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))
        for row in found.all_rows().values():
            assert row.z[name] == pytest.approx((row.scores[name] - mean) / spread)


def test_the_file_in_the_record_numbers_patients_in_the_order_of_discovery(found):
    assert found.learned() == tuple(CASES[:DISCOVERY])
    labels = found.model.solutions["2"].labels
    assert labels == tuple(found.rows("discovery")[c].phenotype for c in CASES[:DISCOVERY])
    assert found.model.discovery.ids is None


def test_the_record_survives_its_file(found):
    again = Phenotypes.model_validate_json(found.model_dump_json(by_alias=True))
    assert again == found
    assert again.digest() == found.digest()


def test_swapped_visits_and_swapped_cohorts_give_another_record(found, delta):
    first, second = visits()
    turned = phenotypes_of(delta_of(second, first))
    rising = {c for i, c in enumerate(CASES) if i % 3 == 0}
    assert {c for c, r in turned.all_rows().items() if r.phenotype == 1} == rising
    other = {c: "validation" if i < DISCOVERY else "discovery" for i, c in enumerate(CASES)}
    swapped = phenotypes_of(delta_of(first, second, cohorts=other))
    assert swapped.evidence.patients == 6
    assert len({r.digest() for r in (found, turned, swapped)}) == 3


def test_boxes_by_phenotype_are_those_of_discovery(found, delta):
    frame = pd.DataFrame(
        {
            "cohort": ["discovery"] * DISCOVERY + ["validation"] * 6,
            "phenotype": [str(found.all_rows()[c].phenotype) for c in CASES],
            "ftv1": np.arange(26.0),
        },
        index=CASES,
    )
    boxes = by_phenotype(frame, found, delta)
    first, second = boxes.clinical["ftv1"]
    own = sorted(float(i) for i, c in enumerate(CASES[:DISCOVERY]) if i % 3 == 0)
    assert (second.low, second.median, second.high) == (own[0], own[len(own) // 2], own[-1])
    assert (first.low, first.high) == (1.0, 19.0)
    largest = {}
    for row in found.evidence.loadings:
        largest[row.feature] = max(abs(row.loading), largest.get(row.feature, 0.0))
    assert [largest[f] for f in boxes.features] == sorted(largest.values(), reverse=True)
    change = delta.frame().loc[CASES[:DISCOVERY]]
    for feature, (_, up) in boxes.features.items():
        values = [change.at[c, feature] for c in CASES[:DISCOVERY] if frame.at[c, "phenotype"] == "2"]
        assert (up.low, up.high) == (min(values), max(values))


def test_a_patient_with_many_gaps_is_named_and_the_others_are_as_without(found, delta):
    first, second = visits()
    second.loc[CASES[4], FEATURES[:4]] = np.nan
    gaps = phenotypes_of(delta_of(first, second))
    assert [g.model_dump() for g in gaps.gaps] == [
        {"case": CASES[4], "undefined": 4, "alone": 4, "left_out": True}
    ]
    row = gaps.rows("discovery")[CASES[4]]
    assert (row.phenotype, row.note) == (None, "4 of the model's features undefined")
    assert CASES[4] not in gaps.learned()
    rest = {c: r.phenotype for c, r in gaps.all_rows().items() if c != CASES[4]}
    assert rest == {c: r.phenotype for c, r in found.all_rows().items() if c != CASES[4]}


def test_the_filter_reads_the_icc_of_the_stability_record(delta):
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(12, 6))
    noise = np.array([0.01, 3.0, 0.01, 0.01, 0.01, 0.01])
    repeats = [pd.DataFrame(truth + noise * rng.normal(size=(12, 6)), columns=FEATURES) for _ in range(3)]
    stability = measure_stability(repeats)
    icc = {f.feature: f.icc for f in stability.features}
    assert icc[FEATURES[0]] > 0.9 > 0.5 > icc[FEATURES[1]]
    assert dict(stability.frame().set_index("feature")["icc"]) == icc
    kept = {d.feature: d.reason for d in phenotypes_of(delta, stability, icc_limit=0.5).evidence.filter}
    assert kept[FEATURES[1]] == "icc"
    assert kept[FEATURES[0]] == ""
    undefined = Stability(
        repeats=2,
        features=(FeatureIcc(feature="a", icc=None, low=None, high=None, subjects=0, measurements=2),),
    )
    assert undefined.limits() == {"a": 0.0}
    assert Stability(repeats=1).limits() is None


def test_the_share_between_sites_by_plain_code(delta):
    train = delta.frame().loc[CASES[:DISCOVERY]].to_numpy()
    z = (train - train.mean(axis=0)) / train.std(axis=0, ddof=1)
    values, vectors = np.linalg.eigh(z.T @ z)
    order = np.argsort(values)[::-1]
    site = np.array(["ABC"[i % 3] for i in range(DISCOVERY)])
    assert delta.sites.batches == {"A": 7, "B": 7, "C": 6}
    for place, share in zip(order, delta.sites.before, strict=False):
        score = z @ vectors[:, place]
        between = sum((site == s).sum() * score[site == s].mean() ** 2 for s in "ABC")
        assert share.explained == pytest.approx(values[place] / values.sum())
        assert share.by_batch == pytest.approx(between / (score**2).sum())
        assert share.expected == pytest.approx(2 / 19)


def test_too_few_patients_stop_the_step_and_the_change_stays(delta):
    first, second = visits()
    few = delta_of(first, second, cohorts=dict.fromkeys(CASES[:5], "discovery"))
    assert len(few.frame()) == 26
    with pytest.raises(CohortError, match="5 patients of the discovery cohort with both visits"):
        phenotypes_of(few)
    assert isinstance(few, Delta)


def test_the_model_says_how_its_features_were_made():
    first, second = visits()
    made = delta_of(first, second)
    by_sd = made.model_copy(update={"form": "difference", "scale": {"PE_Mean": 2.5, "SER_Mean": None}})
    origin = origin_of(by_sd.model_copy(update={"harmonised": "combat by site"}))
    assert (origin.content, origin.form, origin.harmonised) == ("delta", "difference", "combat by site")
    assert origin.scale["PE_Mean"] == 2.5
    assert math.isnan(origin.scale["SER_Mean"])
    assert origin_of(made.model_copy(update={"form": "literal", "scale": None})).scale is None
