"""Association, agreement, multiplicity and reliability: known values, laws, and bad input."""

from __future__ import annotations

import math
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as reference

from kinephen.errors import CohortError, InputError, UsageError
from kinephen.stats.agreement import adjusted_rand_index, confusion_matrix, mcnemar_test, proportion
from kinephen.stats.association import chi_square_test, kruskal_wallis, welch_t_test, wilcoxon_rank_sum
from kinephen.stats.fisher import fisher_exact
from kinephen.stats.multiplicity import adjust
from kinephen.stats.reliability import intraclass_correlation
from kinephen.stats.tables import cross_table

METHODS = ["bonferroni", "holm", "hochberg", "hommel", "bh", "by"]
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float
)
small_tables = st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), min_size=2, max_size=3)


def all_tables(rows, columns):
    """Every table with the given margins, by brute force over the free cells."""
    free = [range(min(r, c) + 1) for r in rows[:-1] for c in columns[:-1]]
    for cells in product(*free):
        inner = np.array(cells).reshape(len(rows) - 1, len(columns) - 1)
        table = np.column_stack([inner, rows[:-1] - inner.sum(axis=1)])
        table = np.vstack([table, columns - table.sum(axis=0)])
        if (table >= 0).all():
            yield table


def probability(table):
    factorials = [math.factorial(int(v)) for v in table.ravel()]
    margins = [math.factorial(int(v)) for v in (*table.sum(axis=0), *table.sum(axis=1))]
    return math.prod(margins) / math.prod(factorials) / math.factorial(int(table.sum()))


@given(counts=small_tables)
@settings(max_examples=25)
def test_fisher_sums_the_tables_that_are_no_more_probable(counts):
    table = np.array(counts)[:2, :]
    table = table[:, table.sum(axis=0) > 0]
    if min(table.shape) < 2 or (table.sum(axis=1) == 0).any():
        return
    observed = probability(table)
    every = [probability(t) for t in all_tables(table.sum(axis=1), table.sum(axis=0))]
    assert sum(every) == pytest.approx(1)
    want = sum(p for p in every if p <= observed * (1 + 1e-7))
    assert fisher_exact(table).p == pytest.approx(want, abs=1e-10)


def test_fisher_of_three_by_three_and_its_transpose():
    table = np.array([[3, 1, 2], [0, 4, 1], [2, 0, 3]])
    want = sum(
        p
        for p in map(probability, all_tables(table.sum(axis=1), table.sum(axis=0)))
        if p <= probability(table) * (1 + 1e-7)
    )
    assert fisher_exact(table).p == pytest.approx(want, abs=1e-12)
    assert fisher_exact(table.T).p == pytest.approx(want, abs=1e-12)


def test_odds_ratio_of_an_empty_corner_is_zero_or_infinite():
    low = fisher_exact([[0, 5], [4, 3]])
    assert low.estimate == 0 == low.lower
    high = fisher_exact([[5, 0], [3, 4]])
    assert math.isinf(high.estimate)
    assert math.isinf(high.upper)
    assert high.lower == pytest.approx(1 / fisher_exact([[3, 4], [5, 0]]).upper)


def test_too_many_tables_ask_for_monte_carlo():
    huge = np.full((6, 6), 40)
    with pytest.raises(CohortError, match="monte carlo"):
        fisher_exact(huge)
    with pytest.raises(UsageError, match="needs rng"):
        fisher_exact(huge, method="monte carlo")


@given(seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_rank_and_t_tests_agree_with_scipy(seed):
    rng = np.random.default_rng(seed)
    group = np.array([0] * 9 + [1] * 12)
    values = np.round(rng.normal(size=21), 1)
    a, b = values[group == 0], values[group == 1]
    want = reference.mannwhitneyu(a, b, method="asymptotic")
    got = wilcoxon_rank_sum(values, group)
    assert (got.statistic, got.p) == (pytest.approx(want.statistic), pytest.approx(want.pvalue))
    kw = kruskal_wallis(values, group)
    assert kw.p == pytest.approx(wilcoxon_rank_sum(values, group, correct=False).p)
    welch = welch_t_test(values, group)
    expected = reference.ttest_ind(a, b, equal_var=False)
    assert welch.p == pytest.approx(expected.pvalue)
    assert welch.lower == pytest.approx(expected.confidence_interval().low)


def test_small_expected_counts_are_reported():
    test = chi_square_test([[1, 9], [3, 5]])
    assert test.issues[0].code == "stats.small_expected"
    assert "Fisher" in test.issues[0].message
    assert not chi_square_test([[20, 30], [25, 25]]).issues
    assert "chi-square" in str(test)


def test_classes_that_nobody_is_in_are_left_out():
    with_empty = chi_square_test([[10, 0, 5], [4, 0, 9], [0, 0, 0]])
    assert with_empty.df == 1
    assert with_empty.p == chi_square_test([[10, 5], [4, 9]]).p


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=40)
def test_adjusted_p_values_are_ordered_and_no_smaller(p):
    raw = np.array(p)
    for method in METHODS:
        got = adjust(raw, method)
        assert (got >= raw - 1e-12).all()
        assert (got <= 1).all()
        assert (np.diff(got[np.argsort(raw, kind="stable")]) >= -1e-12).all()
    chain = [adjust(raw, m) for m in ("bonferroni", "holm", "hochberg", "hommel", "bh")]
    for stricter, looser in pairwise(chain):
        assert (stricter >= looser - 1e-12).all()


def test_undefined_tests_stay_undefined_and_are_not_counted():
    got = adjust([0.01, np.nan, 0.04], "bonferroni")
    assert got[[0, 2]].tolist() == pytest.approx([0.02, 0.08])
    assert math.isnan(got[1])


@given(seed=st.integers(0, 1000), k=st.integers(1, 4))
@settings(max_examples=20)
def test_rand_index_ignores_names_and_is_one_for_equal_partitions(seed, k):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, k, 30), rng.integers(0, 3, 30)
    names = np.array(["w", "x", "y", "z"])
    assert adjusted_rand_index(a, names[a]) == pytest.approx(1)
    assert adjusted_rand_index(a, b) == pytest.approx(adjusted_rand_index(names[b], -a))


def test_rand_index_of_a_published_example():
    # Hubert and Arabie's formula by hand: cells 2, 1, 1, 2 of 6.
    assert adjusted_rand_index([0, 0, 0, 1, 1, 1], [0, 0, 1, 0, 1, 1]) == pytest.approx(-1 / 9)
    # Index 0, expected 2/3, largest 2.
    assert adjusted_rand_index([1, 1, 2, 2], [1, 2, 1, 2]) == pytest.approx(-0.5)
    assert adjusted_rand_index([1, 1, 1, 1], [1, 1, 1, 1]) == 1.0


def test_confusion_counts_the_four_cells():
    got = confusion_matrix([1, 1, 0, 0, 1], [1, 0, 0, 1, 1])
    cells = (got.true_positive, got.false_positive, got.false_negative, got.true_negative)
    assert cells == (2, 1, 1, 1)
    assert got.ppv.estimate == pytest.approx(2 / 3)
    assert "ppv 0.667 (2/3" in str(got)


def test_the_articles_mammaprint_has_the_npv_that_was_printed():
    share = proportion(5, 7)
    assert share.estimate == pytest.approx(0.714, abs=1e-3)
    assert share.wilson_lower == pytest.approx(0.36, abs=5e-3)
    assert share.wilson_upper == pytest.approx(0.92, abs=5e-3)


def test_proportion_of_nobody_is_undefined():
    assert math.isnan(proportion(0, 0).estimate)
    assert proportion(0, 8).exact_lower == 0
    assert proportion(8, 8).exact_upper == 1


def test_mcnemar_without_disagreement():
    same = mcnemar_test([1, 0, 1], [1, 0, 1])
    assert same.p == 1
    assert math.isnan(same.statistic)


def test_intraclass_correlations_of_shrout_and_fleiss():
    want = {"1,1": 0.17, "2,1": 0.29, "3,1": 0.71}
    limits = {"1,1": (-0.13, 0.72), "2,1": (0.02, 0.76), "3,1": (0.34, 0.95)}
    for form, value in want.items():
        got = intraclass_correlation(SHROUT_FLEISS, form=form)
        assert got.icc == pytest.approx(value, abs=0.005)
        assert (got.lower, got.upper) == pytest.approx(limits[form], abs=0.006)


def test_repeats_that_agree_have_an_intraclass_correlation_of_one():
    same = np.tile(np.arange(5.0)[:, None], (1, 3))
    for form in ("1,1", "2,1", "3,1"):
        assert intraclass_correlation(same, form=form).icc == pytest.approx(1)
    shifted = same + np.array([0.0, 1.0, 2.0])
    assert intraclass_correlation(shifted, form="3,1").icc == pytest.approx(1)
    assert intraclass_correlation(shifted, form="2,1").icc < 0.8
    assert math.isnan(intraclass_correlation(np.ones((4, 2))).icc)


@pytest.mark.parametrize(
    ("call", "code", "part"),
    [
        (lambda: chi_square_test([[1, -2], [3, 4]]), "stats.counts", ">= 0"),
        (lambda: chi_square_test([[1, 2]]), "stats.one_group", "at least 2 x 2"),
        (lambda: cross_table([1, None], [1, 2]), "stats.missing", "1 of 2"),
        (lambda: cross_table([1, 2], [1]), "stats.length", "2 and 1"),
        (lambda: kruskal_wallis([1.0, np.nan], [0, 1]), "stats.missing", "1 of 2"),
        (lambda: kruskal_wallis(["a", "b"], [0, 1]), "stats.text", "expected numbers"),
        (lambda: kruskal_wallis([1.0, 2.0], [0, 0]), "stats.one_group", "does not divide"),
        (lambda: kruskal_wallis([1.0, 1.0, 1.0], [0, 1, 1]), "stats.constant", "equal"),
        (lambda: wilcoxon_rank_sum([1.0, 2.0, 3.0], [0, 1, 2]), "stats.two_groups", "expected 2"),
        (lambda: welch_t_test([1.0, 2.0, 3.0], [0, 1, 1]), "stats.few_values", "no variance"),
        (lambda: adjust([0.1, 1.2]), "stats.p_values", "outside"),
        (lambda: adjust([0.1], "fdr"), "stats.method", "bh"),
        (lambda: confusion_matrix([1, 2], [0, 1]), "stats.binary", "1 and 0"),
        (lambda: proportion(5, 3), "stats.counts", "no proportion"),
        (lambda: intraclass_correlation(np.ones(4)), "stats.shape", "subjects x repeats"),
        (lambda: intraclass_correlation(np.ones((1, 3))), "stats.few_values", "at least 2"),
        (lambda: intraclass_correlation(np.array([[1.0, np.nan], [1, 2]])), "stats.missing", "1 of 2"),
        (lambda: intraclass_correlation(SHROUT_FLEISS, form="2,k"), "stats.form", "2,1"),
    ],
)
def test_bad_input_says_what_is_wrong(call, code, part):
    with pytest.raises((InputError, CohortError, UsageError)) as caught:
        call()
    assert caught.value.code == code
    assert part in str(caught.value)
