"""PAM50 and the four risks against the sample output of the code that Parker et al. distribute."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.expression_sample import SUBTYPES, expression, signatures

from kinephen.molecular.score import score_cohort

RISKS = {
    "ror_s": "ROR-S (Subtype Only)",
    "ror_p": "ROR-P (Subtype + Proliferation)",
    "ror_c": "ROR-C (Subtype + Clinical)",
    "ror_pc": "ROR-PC (Subtype + Clinical + Proliferation)",
}
GROUPS = {
    "ror_s": {"low": 68, "med": 48, "high": 84},
    "ror_p": {"low": 52, "med": 77, "high": 71},
    "ror_c": {"low": 36, "med": 94, "high": 60},
    "ror_pc": {"low": 33, "med": 100, "high": 57},
}


@pytest.fixture(scope="module")
def parker(reference):
    given = pd.read_csv(reference("data/genes/oracle_parker200_input.csv"), index_col="sample_id")
    expected = pd.read_csv(reference("data/genes/oracle_parker200_scores.csv"), index_col="sample_id")
    size = given.pop("tumor_gt_2cm").rename("tumour_gt_2cm").to_frame()
    result = score_cohort(expression(given), signatures("pam50"), centring="cohort-median", clinical=size)
    return result, expected


def test_correlations_and_calls(parker):
    result, expected = parker
    ours = result.table[[f"pam50_cor_{s}" for s in SUBTYPES]].to_numpy()
    np.testing.assert_allclose(ours, expected[list(SUBTYPES)].to_numpy(), rtol=0, atol=1e-12)
    assert (result.table["pam50_call"] == expected["Call"]).sum() == 200
    counts = result.table["pam50_call"].value_counts().to_dict()
    assert counts == {"Basal": 49, "Her2": 30, "LumA": 51, "LumB": 39, "Normal": 31}


def test_proliferation(parker):
    result, expected = parker
    np.testing.assert_allclose(
        result.table["proliferation"], expected["Proliferation Score"], rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("risk", list(RISKS))
def test_risks_and_groups(parker, risk):
    result, expected = parker
    column = RISKS[risk]
    np.testing.assert_allclose(result.table[risk], expected[column], rtol=0, atol=1e-10)
    group = expected[column.replace(" (", " Group (")].astype(object)
    known = expected[column].notna()
    assert (result.table.loc[known, f"{risk}_group"] == group[known]).all()
    assert result.table[f"{risk}_group"].value_counts().to_dict() == GROUPS[risk]


def test_unknown_tumour_size_leaves_a_reason(parker):
    result, _ = parker
    lost = result.table.index[result.table["ror_c"].isna()]
    assert len(lost) == 10
    why = result.reasons[result.reasons["column"] == "ror_c"]
    assert sorted(why["sample_id"]) == sorted(lost)
    assert set(why["reason"]) == {"tumour_gt_2cm unknown"}


def test_confidence_is_one_minus_p(parker):
    result, expected = parker
    # R takes an exact p for so few genes, we take Student's t: they agree to the second decimal they print.
    np.testing.assert_allclose(result.table["pam50_confidence"], expected["Confidence"], atol=0.011)


def test_published_equation_correlates_with_the_distributed_one(parker, reference):
    result, _ = parker
    given = pd.read_csv(reference("data/genes/oracle_parker200_input.csv"), index_col="sample_id")
    published = score_cohort(
        expression(given.drop(columns="tumor_gt_2cm")),
        signatures("pam50"),
        centring="cohort-median",
        ror_variant="published",
    )
    r = np.corrcoef(published.table["ror_s_raw"], result.table["ror_s_raw"])[0, 1]
    assert r == pytest.approx(0.992, abs=5e-4)
    weights = {"Basal": 0.05, "Her2": 0.12, "LumA": -0.34, "LumB": 0.23}
    by_hand = sum(w * published.table[f"pam50_cor_{s}"] for s, w in weights.items())
    np.testing.assert_allclose(published.table["ror_s_raw"], by_hand, atol=1e-15)
    assert published.table["ror_s_group"].isna().all()
    assert (
        "no cut-points were published" in published.reasons.query("column == 'ror_s_group'")["reason"].iloc[0]
    )
