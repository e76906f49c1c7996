"""Centring: what each mode takes off, freezing, reference medians, harmonising, receptor status."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.expression_sample import planted, signature, signatures

from kinephen.errors import CohortError, InputError
from kinephen.io.signatures import load_platform_medians
from kinephen.molecular.centring import Centring, fit_centring, reference_centring
from kinephen.molecular.checks import uncentred_by
from kinephen.molecular.clinical import receptor_status
from kinephen.molecular.score import score_cohort

GENES = pd.DataFrame(
    {"A": [1.0, 2, 3, 4, 100, 10, 20, 30, 40, 60], "B": [0.0, 0, 1, 1, np.nan, 5, 5, 6, 6, 6]},
    index=[f"s{i}" for i in range(10)],
)
PLATFORM = pd.Series(["X"] * 5 + ["Y"] * 5, index=GENES.index)


@pytest.mark.parametrize(
    ("mode", "x", "y"),
    [
        ("cohort-median", (15.0, 5.0), (15.0, 5.0)),
        ("platform-median", (3.0, 0.5), (30.0, 6.0)),
        ("platform-mean", (22.0, 0.5), (32.0, 5.6)),
        ("none", (0.0, 0.0), (0.0, 0.0)),
    ],
)
def test_what_is_taken_off(mode, x, y):
    centred = fit_centring({"sig": GENES}, PLATFORM, mode).apply("sig", GENES, PLATFORM)
    taken = GENES - centred
    np.testing.assert_allclose(taken.loc["s0"], x)
    np.testing.assert_allclose(taken.loc["s9"], y)
    assert list(centred.index) == list(GENES.index)


def test_balanced_weighs_both_receptor_groups():
    genes = pd.DataFrame({"A": [0.0, 0, 0, 0, 0, 0, 0, 8, 8, 8]})
    platform = pd.Series("X", index=genes.index)
    er = pd.Series([1.0] * 7 + [0.0] * 3)
    centre = {
        share: fit_centring({"s": genes}, platform, "balanced", er=er, er_share=share).centres["s"]["X"]["A"]
        for share in (0.3, 0.5, 0.7)
    }
    assert centre == {0.3: 8.0, 0.5: 4.0, 0.7: 0.0}


def test_unknown_receptor_status_does_not_weigh():
    genes = pd.DataFrame({"A": [0.0, 0, 0, 2, 2, 2, 99, 99]})
    er = pd.Series([1.0] * 3 + [0.0] * 3 + [np.nan] * 2)
    learned = fit_centring({"s": genes}, pd.Series("X", index=genes.index), "balanced", er=er)
    assert learned.centres["s"]["X"]["A"] == 1.0


def test_saved_centring_is_read_back_exactly():
    learned = score_cohort(planted(12), signatures()).centring
    again = Centring.from_dict(learned.to_dict())
    assert again.to_dict() == learned.to_dict()
    for name in learned.centres:
        pd.testing.assert_series_equal(
            again.centres[name]["ARRAY"], learned.centres[name]["ARRAY"], check_names=False
        )
    assert again.n_samples == {"ARRAY": 12}


SAVED = {
    "format": 1,
    "mode": "cohort-median",
    "n_samples": {"A": 12},
    "centres": {"pam50": {"A": {"G": 1.5}}},
}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"format": 2, "mode": "x", "n_samples": {}, "centres": {}},
        {"format": 1},
        {**SAVED, "mode": "median"},
        {**SAVED, "mode": ["cohort-median"]},
        {**SAVED, "centres": [1]},
        {**SAVED, "centres": {"pam50": {"A": [1.5]}}},
        {**SAVED, "centres": {"pam50": {"A": {"G": "high"}}}},
        {**SAVED, "n_samples": {"A": "many"}},
        {**SAVED, "er_share": "half"},
        {**SAVED, "probes": {"pam50": {"A": {"G": "probe"}}}},
    ],
)
def test_not_a_saved_centring(document):
    with pytest.raises(InputError, match="not a saved centring") as caught:
        Centring.from_dict(document)
    assert caught.value.code == "centring.format"


def test_a_saved_centring_of_these_fields_is_read():
    assert Centring.from_dict(SAVED).centres["pam50"]["A"]["G"] == 1.5
    published = reference_centring("pam50", pd.Series({"G": 0.5}))
    assert Centring.from_dict(published.to_dict()).to_dict() == published.to_dict()


def test_published_medians_as_centres():
    medians = load_platform_medians("agilent-4x44k")
    table = planted(6, offset=0.0)
    shifted = replace(
        table, values=table.values.add(medians.reindex(table.values.columns).fillna(0.0), axis=1)
    )
    plain = score_cohort(table, signatures("pam50"), centring="none")
    centred = score_cohort(shifted, signatures("pam50"), centring=reference_centring("pam50", medians))
    pd.testing.assert_frame_equal(plain.table, centred.table, atol=1e-9)


def test_gene_without_a_learned_centre_is_left_out():
    medians = load_platform_medians("agilent-1x44k").drop("ESR1")
    result = score_cohort(planted(6), signatures("pam50"), centring=reference_centring("pam50", medians))
    assert (result.table["pam50_genes"] == 49).all()
    assert [i.message for i in result.issues if i.code == "molecular.no_centre"] == [
        "1 gene(s) without a learned centre left out: ESR1"
    ]


def test_how_far_from_centred():
    genes = pd.DataFrame({"A": [0.0, 1, 2], "B": [-1.0, 0, 1]})
    assert uncentred_by(genes) == pytest.approx(0.5)
    assert np.isnan(uncentred_by(genes.iloc[:2]))
    assert uncentred_by(genes - genes.median()) == 0.0


def shift_by_batch(values, batch):
    """Put every batch on the mean of all: the simplest harmonising."""
    return values - values.groupby(batch).transform("mean") + values.mean()


def test_harmonising_is_the_callers():
    one, two = planted(15, platform="A", prefix="A"), planted(15, seed=9, platform="B", prefix="B", offset=2)
    seen = {}

    def method(values, batch):
        seen["shape"], seen["batches"] = values.shape, list(batch.unique())
        return shift_by_batch(values, batch)

    result = score_cohort([one, two], signatures(), centring="cohort-median", harmonise=method)
    assert seen["batches"] == ["A", "B"]
    assert seen["shape"][0] == 30
    assert result.settings["harmonised"] == "yes"
    means = result.genes["pam50"].groupby(result.table["platform"]).mean()
    np.testing.assert_allclose(means.loc["A"], means.loc["B"], atol=1e-9)


def test_genes_of_one_platform_only_stay_out_of_harmonising():
    one, two = planted(15, platform="A", prefix="A"), planted(15, seed=9, platform="B", prefix="B")
    less = two.values.drop(columns="ESR1")
    two = replace(two, values=less, probes=two.probes.drop(index="ESR1"))
    result = score_cohort([one, two], signatures("pam50"), harmonise=shift_by_batch)
    assert (result.table["pam50_genes"] == 49).all()
    assert [i.message for i in result.issues if i.code == "molecular.not_on_all"] == [
        "1 gene(s) not found on every platform left out"
    ]


def test_harmonising_gone_wrong():
    with pytest.raises(CohortError, match="nothing to harmonise"):
        score_cohort(planted(12), signatures(), harmonise=shift_by_batch)
    pair = [planted(12, platform="A", prefix="A"), planted(12, platform="B", prefix="B")]
    with pytest.raises(InputError, match="the harmonising method returned"):
        score_cohort(pair, signatures(), harmonise=lambda v, b: v.T)


@pytest.mark.parametrize(
    "key", ["er", "er (0=negative; 1=positive;)", "ER status", "estrogen receptor status"]
)
def test_receptor_status_is_read_from_the_samples(key):
    table = planted(4)
    samples = pd.DataFrame({key: ["1", "negative", None, "Pos"]}, index=table.values.index)
    status = receptor_status([replace(table, samples=samples)])
    assert status.tolist()[:2] == [1.0, 0.0]
    assert np.isnan(status.iloc[2])
    assert status.iloc[3] == 1.0


@pytest.mark.parametrize("key", ["error", "her2", "era", "person"])
def test_other_keys_are_no_receptor_status(key):
    table = planted(4)
    samples = pd.DataFrame({key: ["1"] * 4}, index=table.values.index)
    assert receptor_status([replace(table, samples=samples)]).isna().all()


def test_published_medians_are_of_pam50_only():
    assert signature("pam50").genes.index.equals(load_platform_medians("agilent-training").index)
