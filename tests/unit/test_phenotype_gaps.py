"""Undefined changes: the gaps of one patient cost nobody else anything, or it is said whom they concern."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kinephen.io.feature_tables import read_feature_table
from kinephen.phenotype.delta import delta_features
from kinephen.phenotype.fit import fit_model, fit_phenotypes
from kinephen.phenotype.gaps import gaps_by_patient, patients_giving_way
from kinephen.phenotype.settings import PhenotypeSettings

SMALL = {"k_max": 3, "resamples": 10, "null_sets": 5, "null_resamples": 5}
QUICK = {"groups": SMALL, "tumours": SMALL, "sigclust": {"simulations": 20}}


def table(n=20, p=12, seed=0):
    values = np.random.default_rng(seed).normal(size=(n, p))
    return pd.DataFrame(values, [f"w{i:02d}" for i in range(n)], [f"f{j:02d}" for j in range(p)])


def settings(gaps="least"):
    return PhenotypeSettings.from_plain({**QUICK, "filters": {"gaps": gaps}})


def fit(frame, gaps="least"):
    return fit_phenotypes(frame, settings(gaps), rng=np.random.default_rng(1))


def test_whoever_lacks_the_larger_share_gives_way():
    frame = table(5, 4)
    frame.iloc[1, :2] = np.nan  # half of the patient's features, a fifth of each feature's patients
    assert patients_giving_way(frame, fewest=1) == ["w01"]
    frame.iloc[:, 3] = [np.nan] * 4 + [1.0]  # this feature goes first; the patient still lacks 2 of 3
    assert patients_giving_way(frame, fewest=1) == ["w01"]
    single = table(5, 9)
    single.iloc[1, 2] = np.nan  # a ninth of the patient, a fifth of the feature
    assert patients_giving_way(single, fewest=1) == []
    square = table(4, 4)
    square.iloc[1, 2] = np.nan  # a tie: the feature goes
    assert patients_giving_way(square, fewest=1) == []
    assert patients_giving_way(frame, fewest=5) == []
    assert patients_giving_way(table(), fewest=1) == []


def test_gaps_are_counted_by_patient_and_for_one_patient_alone():
    frame = table(6, 5)
    frame.iloc[1, :3] = np.nan
    frame.iloc[4, 2] = np.nan
    found = gaps_by_patient(frame)
    assert found.to_dict("index") == {
        "w01": {"undefined": 3, "alone": 2},
        "w04": {"undefined": 1, "alone": 0},
    }


def test_a_patient_who_lacks_features_leaves_the_model_of_the_others_as_it_is():
    whole = table()
    frame = whole.copy()
    frame.iloc[3, :6] = np.nan
    model, evidence = fit(frame)
    without, _ = fit(whole.drop(index="w03"))
    assert model.features == without.features == tuple(whole.columns)
    pd.testing.assert_series_equal(model.labels, without.labels)
    pd.testing.assert_frame_equal(model.scores, without.scores)
    assert model.patients == 19
    assert model.predict(frame).loc["w03", "note"] == "6 of the model's features undefined"
    assert evidence.gaps.to_dict("index") == {"w03": {"undefined": 6, "alone": 6, "left_out": True}}
    assert {i.code: i.count for i in evidence.issues}["phenotype.gaps_patients"] == 1


def test_the_article_drops_the_features_and_it_is_said():
    frame = table()
    frame.iloc[3, :6] = np.nan
    model, evidence = fit(frame, "features")
    assert model.patients == 20
    assert model.features == tuple(frame.columns[6:])
    issue = next(i for i in evidence.issues if i.code == "phenotype.gaps_features")
    assert (issue.count, "6 of them for one patient alone" in issue.message) == (6, True)
    assert not evidence.gaps["left_out"].any()


def test_a_copy_that_would_be_dropped_anyway_counts_for_nobody():
    frame = table(12, 3).assign(PE_Morphologic_Area=1.0, SER_Morphologic_Area=2.0, WIS_Morphologic_Area=3.0)
    frame.loc["w02", ["SER_Morphologic_Area", "WIS_Morphologic_Area"]] = np.nan
    assert fit(frame)[1].gaps.empty


def test_the_number_of_patients_never_falls_below_what_a_model_needs():
    frame = table(7, 30)
    frame.iloc[1, :20] = np.nan
    frame.iloc[2, 5:25] = np.nan
    assert fit_model(frame, settings(), rng=np.random.default_rng(1)).patients == 6


def reference(name):
    folder = Path(os.environ.get("KINEPHEN_REFERENCE", "../shared")) / "cases" / "study"
    if not (folder / name).is_file():
        if os.environ.get("KINEPHEN_REQUIRE_REFERENCE") == "1":
            pytest.fail(f"no {name} in the reference data")
        pytest.skip(f"no {name} in the reference data")
    read = read_feature_table(folder / name)
    return delta_features(*read.frames, form="symmetric").delta


def test_the_same_hundred_patients_with_the_gaps_of_one_keep_all_sixty_features():
    whole = reference("features_none_undefined.csv")
    gaps = reference("features_undefined_for_one_patient.csv")
    lacking = gaps.index[gaps.isna().any(axis=1)]
    assert len(lacking) == 1
    first, second = (fit_model(f, settings(), rng=np.random.default_rng(1)) for f in (whole, gaps))
    assert len(first.features) == len(second.features) == 60
    assert (first.patients, second.patients) == (100, 99)
    alone = fit_model(whole.drop(index=lacking), settings(), rng=np.random.default_rng(1))
    pd.testing.assert_series_equal(second.labels, alone.labels)
    assert second.k == alone.k
