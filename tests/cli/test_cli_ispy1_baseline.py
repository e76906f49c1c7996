"""The published I-SPY 1 feature table and the trial's outcomes: one visit only, and every output says so."""

from __future__ import annotations

import json

import pandas as pd
import pytest

TABLE = "data/ispy1/captk_baseline_features.csv.gz"
CLINICAL = "data/ispy1/I-SPY_1_All_Patient_Clinical_and_Outcome_Data.xlsx"


@pytest.fixture
def labels(reference, call, tmp_path):
    """Fit the article's rules (small counts) to the real table; return labels file and printed JSON."""
    path = tmp_path / "labels.csv"
    small = ("tumours.resamples=60", "groups.resamples=60", "tumours.null_sets=5", "groups.null_sets=5")
    words = [w for s in small for w in ("--set", s)]
    code, out, err = call(
        "phenotypes", "fit", reference(TABLE), "--preset", "chitalia2023",
        "--out", tmp_path / "model.json", "--labels", path, "--json", *words,
    )  # fmt: skip
    assert code == 0, err
    return path, json.loads(out)


def test_the_fit_says_that_these_are_not_deltas(labels, tmp_path):
    path, printed = labels
    text = json.dumps(printed)
    assert "not deltas" in text
    table = pd.read_csv(path)
    assert len(table) == 161
    assert set(table["basis"]) == {"features of one visit, not deltas"}
    assert json.loads((tmp_path / "model.json").read_text())["origin"]["content"] == "visit"


def test_outcomes_join_and_the_ladder_rests_on_the_same_patients(labels, reference, call, tmp_path):
    path, _ = labels
    code, out, err = call(
        "survival", reference(CLINICAL), "--join", path, "--id", "patient_id", "--group", "phenotype",
        "--model", "base=age,hr,her2", "--model", "with phenotype=age,hr,her2,phenotype",
        "--replicates", 5, "--json", "--out", tmp_path / "out",
    )  # fmt: skip
    assert code == 0, err
    found = json.loads(out)
    assert "death" in found["end_point"]
    assert found["flow"]["joined"] == 161
    assert {i["code"] for i in found["issues"]} >= {"survival.keys_by_number", "survival.basis"}
    assert sum(c["n"] for c in found["curves"]) == 161
    assert found["ladder"]["n"] == 158
    assert found["ladder"]["events"] == 42
    base, larger = found["ladder"]["models"]
    # The figure that the collection's description gives for the in-sample C of age, HR and HER2.
    assert base["apparent"]["c"] == pytest.approx(0.583, abs=5e-4)
    groups = len(found["curves"])
    assert len(larger["fit"]["coef"]) == 3 + groups - 1
    assert found["ladder"]["comparisons"][0]["test"]["df"] == groups - 1
    assert pd.read_csv(tmp_path / "out" / "ladder.csv")["model"].tolist() == ["base", "with phenotype"]


@pytest.mark.parametrize("text", ["base", "=age", "base=", "base=,"])
def test_a_model_that_cannot_be_read_shows_how_to_write_one(reference, call, text):
    code, _, err = call("survival", reference(CLINICAL), "--model", text)
    assert code == 2
    assert "write NAME=COLUMN,COLUMN" in err
