"""What must hold of every signature, whatever the values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr, spearmanr
from tests.expression_sample import SUBTYPES, planted, signature, signatures

from kinephen.molecular.centring import Centring, weighted_median
from kinephen.molecular.correlation import similarity
from kinephen.molecular.ror import risk_of_recurrence
from kinephen.molecular.score import score_cohort
from kinephen.molecular.scoring import scale_samples
from kinephen.molecular.settings import ScoreSettings

CLASSES = ["gene70_class", "pam50_call", "ror_s_group", "ror_p_group", "p53_class"]
finite = st.floats(-8, 8, allow_nan=False, width=32)


def numbers(result):
    return result.table.select_dtypes("number")


@pytest.fixture(scope="module")
def tumours():
    return planted(25, missing=0.02)


@pytest.fixture(scope="module")
def scored(tumours):
    return score_cohort(tumours, signatures())


@settings(max_examples=4)
@given(seed=st.integers(0, 10_000), size=st.floats(0.1, 5))
def test_a_constant_on_a_gene_changes_nothing_after_centring(seed, size):
    table = planted(11, seed=seed % 7)
    shift = size * np.random.default_rng(seed).normal(size=table.values.shape[1])
    moved = replace(table, values=table.values + shift)
    first, second = score_cohort(table, signatures()), score_cohort(moved, signatures())
    # Centring differs in the last bits, and a rank may turn where two genes of a sample tie: none does here.
    pd.testing.assert_frame_equal(numbers(first), numbers(second), rtol=0, atol=1e-9)
    pd.testing.assert_frame_equal(first.table[CLASSES], second.table[CLASSES])


@settings(max_examples=4)
@given(seed=st.integers(0, 10_000))
def test_order_of_samples_and_genes_does_not_matter(tumours, scored, seed):
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(len(tumours.values)), rng.permutation(tumours.values.shape[1])
    shuffled = replace(
        tumours,
        values=tumours.values.iloc[rows, columns],
        probes=tumours.probes.iloc[columns],
        samples=tumours.samples.iloc[rows],
    )
    again = score_cohort(shuffled, signatures()).table.loc[scored.table.index]
    pd.testing.assert_frame_equal(again, scored.table, rtol=0, atol=1e-12)


@given(x=arrays(float, (2, 48), elements=finite), factor=st.floats(0.1, 10))
def test_scale_of_a_sample_does_not_matter(x, factor):
    profile = signature("p53").profiles.to_numpy()
    for kind in ("cosine", "pearson"):
        first, second = similarity(x, profile, kind=kind), similarity(x * factor, profile, kind=kind)
        known = np.isfinite(first) & np.isfinite(second) & (np.ptp(x, axis=1, keepdims=True) > 1e-3)
        np.testing.assert_allclose(second[known], first[known], atol=1e-9)


@given(
    rho=arrays(float, 5, elements=st.floats(-1, 1)),
    step=st.floats(0.001, 0.5),
    which=st.sampled_from(SUBTYPES),
    variant=st.sampled_from(["parker-code", "published"]),
)
def test_risk_is_monotone_in_each_correlation_as_its_weight_says(rho, step, which, variant):
    model = signature("pam50").ror["ror_s"][variant]
    rows = pd.DataFrame([rho, rho], columns=list(SUBTYPES))
    rows.loc[1, which] += step
    low, high = risk_of_recurrence(rows, model)["ror_s"]
    weight = model.weights.get(which, 0.0)
    assert high - low == pytest.approx(100 * weight * step / 0.85, abs=1e-9)


@given(raw=st.floats(-0.6, 0.6))
def test_groups_follow_the_cuts_and_equality_is_in_between(raw):
    model = replace(signature("pam50").ror["ror_s"]["parker-code"], weights={"x": 1.0})
    table = risk_of_recurrence(pd.DataFrame({"x": [raw, -0.15, 0.10]}), model)
    assert table["ror_s_group"].iloc[0] == ("low" if raw < -0.15 else "high" if raw > 0.10 else "med")
    assert table["ror_s_group"].tolist()[1:] == ["med", "med"]
    assert table["ror_s"].tolist()[1:] == [pytest.approx(23.529, abs=1e-3), pytest.approx(52.941, abs=1e-3)]


@given(
    x=arrays(float, (3, 9), elements=finite),
    profile=arrays(float, (9, 2), elements=finite, unique=True),
    holes=arrays(bool, (3, 9)),
)
def test_similarity_is_the_textbook_one_pair_by_pair(x, profile, holes):
    values = np.where(holes, np.nan, x)
    for kind, textbook in (("spearman", spearmanr), ("pearson", pearsonr), ("cosine", None)):
        ours = similarity(values, profile, kind=kind)
        for i in range(3):
            keep = ~holes[i]
            for k in range(2):
                a, b = x[i, keep], profile[keep, k]
                if keep.sum() < 4 or (kind != "cosine" and np.ptp(a) < 1e-3) or not np.abs(a).max() > 1e-3:
                    continue
                norm = np.sqrt((a**2).sum() * (b**2).sum())
                expected = a @ b / norm if textbook is None else textbook(a, b).statistic
                assert ours[i, k] == pytest.approx(expected, abs=1e-6)


@given(x=arrays(float, (4, 7), elements=finite), holes=arrays(bool, (4, 7)))
def test_scaled_samples_have_mean_zero_and_sd_one(x, holes):
    scaled = scale_samples(pd.DataFrame(np.where(holes, np.nan, x)))
    for row in scaled.to_numpy():
        kept = row[np.isfinite(row)]
        if kept.size > 1:
            assert kept.mean() == pytest.approx(0, abs=1e-6)
            assert kept.std(ddof=1) == pytest.approx(1, abs=1e-6)


@given(x=arrays(float, st.integers(1, 12), elements=finite), weight=st.floats(0.1, 5))
def test_weighted_median_with_equal_weights_is_the_median(x, weight):
    assert weighted_median(x, np.full(x.shape, weight)) == pytest.approx(np.median(x), abs=1e-12)


@given(x=arrays(float, 6, elements=finite), counts=arrays(int, 6, elements=st.integers(1, 4)))
def test_weighted_median_counts_copies(x, counts):
    assert weighted_median(x, counts.astype(float)) == pytest.approx(
        np.median(np.repeat(x, counts)), abs=1e-12
    )


def test_a_new_patient_gets_what_she_got_in_the_cohort(tumours, scored):
    for name in tumours.values.index[:4]:
        alone = replace(tumours, values=tumours.values.loc[[name]], samples=tumours.samples.loc[[name]])
        frozen = Centring.from_dict(scored.centring.to_dict())
        again = score_cohort(alone, signatures(), centring=frozen)
        pd.testing.assert_frame_equal(again.table, scored.table.loc[[name]], rtol=0, atol=1e-12)


@pytest.mark.parametrize("rule", ["mean", "iqr", "variance", "genefu"])
def test_the_cohorts_probes_are_kept_for_a_new_patient(rule):
    table = planted(15)
    rng = np.random.default_rng(3)
    twins = table.values + rng.normal(size=table.values.shape) * rng.uniform(0, 2, size=table.values.shape[1])
    twins.columns = [f"{c}~2" for c in twins.columns]
    both = pd.concat([table.values, twins], axis=1)
    doubled = replace(
        table, values=both, probes=pd.concat([table.probes, table.probes]).set_axis(both.columns)
    )
    options = ScoreSettings(collapse=rule)
    cohort = score_cohort(doubled, signatures(), settings=options)
    one = replace(doubled, values=both.iloc[[2]], samples=table.samples.iloc[[2]])
    alone = score_cohort(one, signatures(), centring=cohort.centring, settings=options)
    pd.testing.assert_frame_equal(alone.table, cohort.table.iloc[[2]], rtol=0, atol=1e-12)


def test_each_platform_is_centred_on_itself():
    one, two = planted(20, platform="A", prefix="A"), planted(20, seed=6, platform="B", prefix="B", offset=3)
    together = score_cohort([one, two], signatures())
    apart = [score_cohort(t, signatures()).table for t in (one, two)]
    pd.testing.assert_frame_equal(together.table, pd.concat(apart), rtol=0, atol=1e-12)
    mixed = score_cohort([one, two], signatures(), centring="cohort-median")
    cors = [f"pam50_cor_{s}" for s in SUBTYPES]
    assert mixed.table[cors].max(axis=1).mean() < together.table[cors].max(axis=1).mean() - 0.1


def test_planted_classes_are_found():
    result = score_cohort(planted(60, noise=0.3), signatures())
    expected = [SUBTYPES[i % 5] for i in range(60)]
    assert (result.table["pam50_call"] == expected).mean() > 0.95
    mutant = np.isin(expected, ["Basal", "Her2"])
    assert ((result.table["p53_class"] == "mutant") == mutant).mean() > 0.95


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_balanced_centring_does_not_feel_the_mix(share):
    table = planted(80, noise=0.4)
    er = table.samples["er"] == "1"
    positive, negative = table.values.index[er], table.values.index[~er]
    n = 20
    kept = [*positive[: int(n * share)], *negative[: n - int(n * share)]]
    skewed = replace(table, values=table.values.loc[kept], samples=table.samples.loc[kept])
    calls = score_cohort(table, signatures(), centring="balanced").table.loc[kept, "p53_class"]
    balanced = score_cohort(skewed, signatures(), centring="balanced").table["p53_class"]
    assert (calls == balanced).mean() >= 0.95
