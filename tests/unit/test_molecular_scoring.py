"""Scores by hand: weighted sums, groups, cosines, undefined cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.expression_sample import planted, signature, signatures

from kinephen.molecular.definition import signature_from_dict
from kinephen.molecular.distribution import distribution_table
from kinephen.molecular.score import score_cohort
from kinephen.molecular.scoring import classify, nearest, score_signature
from kinephen.molecular.settings import ScoreSettings

BASE = {"format": 1, "name": "mine", "title": "t", "kind": "weighted_sum", "profiles": ["weight"]}
GENES = [
    {"id": "A", "symbols": ["A"], "weight": 2.0, "group": "growth"},
    {"id": "B", "symbols": ["B"], "weight": 1.0, "group": "growth"},
    {"id": "C", "symbols": ["C"], "weight": -1.0, "group": "hormone"},
]
X = pd.DataFrame(
    {"A": [1.0, -2.0, 0.5], "B": [1.0, 0.0, 0.5], "C": [3.0, 1.0, np.nan]}, index=["s1", "s2", "s3"]
)


def plain(**changes):
    genes = [{k: v for k, v in g.items() if k != "group"} for g in GENES]
    return signature_from_dict({**BASE, "genes": genes, **changes})


def scored(values, signature_, **keywords):
    return score_signature(values, signature_, [(g,) for g in values.columns], **keywords)


def test_weighted_sum_with_classes():
    mine = plain(intercept=1.0, cuts=[0.5, 2.0], labels=["low", "mid", "high"])
    result = scored(X, mine)
    assert result.table["score"].tolist()[:2] == [1.0, -4.0]
    assert result.table["class"].tolist()[:2] == ["mid", "low"]
    assert np.isnan(result.table.loc["s3", "score"])
    assert ("s3", "score", "2 of 3 genes have a value") in result.reasons
    assert ("s3", "class", "its score is undefined") in result.reasons


def test_weighted_sum_bears_missing_genes_down_to_its_coverage():
    result = scored(X, plain(min_coverage=0.6))
    assert result.table.loc["s3", "score"] == 1.5


def test_groups_are_floored_before_they_are_weighted():
    groups = [{"name": "growth", "weight": 10.0, "floor": -1.0}, {"name": "hormone", "weight": 1.0}]
    mine = signature_from_dict({**BASE, "genes": GENES, "groups": groups, "intercept": 2.0})
    assert scored(X, mine).table["score"].tolist()[:2] == [2 + 30 - 3, 2 - 10 - 1]


def test_clip():
    assert scored(X, plain(clip=[-1.0, 0.0])).table["score"].tolist()[:2] == [0.0, -1.0]


def test_signature_of_one_receptor_status():
    mine = plain(applies_to="er-positive")
    er = pd.Series({"s1": 1.0, "s2": 0.0})
    result = scored(X, mine, er=er)
    assert result.table["score"].notna().tolist() == [True, False, False]
    assert ("s2", "score", "the signature is for er-positive tumours") in result.reasons
    assert scored(X, mine).table["score"].isna().all()


def test_a_score_at_a_cut_belongs_to_the_class_below():
    gene70 = signature("gene70")
    table = pd.DataFrame({"score": [0.4, np.nextafter(0.4, 1), np.nan]})
    assert classify(table, gene70).tolist() == ["high", "low", None]


def test_equally_near_centroids_have_no_call():
    table = pd.DataFrame({"cor_a": [0.5, 0.5, np.nan], "cor_b": [0.5, 0.4, 0.2]})
    assert nearest(table).tolist() == [None, "a", None]
    assert nearest(table, first_of_ties=True).tolist() == ["a", "a", None]


def test_tie_leaves_a_reason():
    genes = [{"id": g, "symbols": [g], "a": float(i), "b": float(i)} for i, g in enumerate("VWXYZ")]
    twin = signature_from_dict({**BASE, "kind": "centroids", "profiles": ["a", "b"], "genes": genes})
    values = pd.DataFrame([[1.0, 2, 3, 5, 4], [2.0] * 5], columns=list("VWXYZ"), index=["s1", "s2"])
    result = scored(values, twin)
    assert ("s1", "class", "two centroids are equally near") in result.reasons
    assert ("s2", "cor_a", "the values do not vary") in result.reasons


def test_shared_probes_count_once_with_the_mean_template():
    gene70 = signature("gene70")
    twins = [g for g in gene70.genes.index if gene70.genes.loc[g, "entrez"] == "81624"]
    rest = [g for g in gene70.genes.index if g not in twins]
    shared = [tuple(twins), *((g,) for g in rest)]
    values = pd.DataFrame([np.arange(68.0) - 30], columns=[twins[0], *rest])
    template = np.r_[gene70.profiles.loc[twins, "good"].mean(), gene70.profiles.loc[rest, "good"]]
    x = values.to_numpy()[0]
    expected = x @ template / np.sqrt((x @ x) * (template @ template))
    assert score_signature(values, gene70, shared).table["score"].item() == pytest.approx(expected, abs=1e-12)


def test_own_signature_through_the_cohort():
    table = planted(12)
    genes = [
        {"id": g, "symbols": [g], "weight": w} for g, w in (("MKI67", 1.0), ("ESR1", -0.5), ("NOSUCH", 0.5))
    ]
    mine = signature_from_dict(
        {**BASE, "genes": genes, "min_coverage": 0.6, "cuts": [0.0], "labels": ["low", "high"]}
    )
    result = score_cohort(table, [mine])
    centred = table.values - table.values.median()
    expected = centred["MKI67"] - 0.5 * centred["ESR1"]
    np.testing.assert_allclose(result.table["mine_score"], expected, atol=1e-12)
    assert set(result.table["mine_class"]) == {"low", "high"}
    assert "1 gene(s) with 25% of the weight are left out" in result.issues[0].message
    counts = distribution_table(result)
    assert counts["signature"].tolist() == ["mine", "mine"]
    assert counts["n"].sum() == 12


def test_distribution_counts_and_shares():
    result = score_cohort(planted(20), signatures())
    table = distribution_table(result)
    block = table[table["signature"] == "PAM50 ROR-S"]
    assert block["class"].tolist() == ["low", "med", "high"]
    assert block["n"].sum() == 20
    assert block["share"].sum() == pytest.approx(1.0)
    assert "PAM50 ROR-C" not in set(table["signature"])
    few = distribution_table(result, result.table.index[:5])
    assert few[few["signature"] == "p53 signature"]["n"].sum() == 5


def test_undefined_samples_stand_in_the_distribution():
    table = planted(20)
    values = table.values.copy()
    values.iloc[3, 5:] = np.nan
    result = score_cohort(replace(table, values=values), signatures("p53"))
    counts = distribution_table(result)
    assert counts.set_index("class")["n"]["undefined"] == 1
    assert counts["n"].sum() == 20
    assert "of 48 genes have a value" in result.reasons["reason"].iloc[0]


@pytest.mark.parametrize("cut", [0.4, 0.55])
def test_gene70_cut_is_a_setting(cut):
    result = score_cohort(planted(20), signatures("gene70"), settings=ScoreSettings(gene70_cut=cut))
    low = result.table["gene70_class"] == "low"
    assert (low == (result.table["gene70_cosine"] > cut)).all()
    assert result.settings["gene70_cut"] == f"{cut:g}"


def test_tumour_size_gives_the_clinical_risks():
    table = planted(10)
    size = pd.DataFrame({"tumour_gt_2cm": [1, 0] * 5}, index=table.values.index)
    result = score_cohort(table, signatures("pam50"), clinical=size).table
    model = signature("pam50").ror["ror_c"]["parker-code"]
    by_hand = sum(model.weights[s] * result[f"pam50_cor_{s}"] for s in ("Basal", "Her2", "LumA", "LumB"))
    by_hand += model.weights["tumour_gt_2cm"] * size["tumour_gt_2cm"]
    np.testing.assert_allclose(result["ror_c_raw"], by_hand, atol=1e-12)


def test_result_says_what_it_is():
    result = score_cohort(planted(10), signatures())
    assert "research re-creation" in result.settings["nature"]
    assert result.settings["ror_variant"] == "parker-code"
    assert result.settings["matching_order"].startswith("probe, entrez, symbol")
