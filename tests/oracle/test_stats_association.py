"""Association tests, multiplicity, proportions and McNemar against R (association.json, logrank.json)."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from kinephen.stats.agreement import confusion_from_counts, mcnemar_test
from kinephen.stats.association import (
    chi_square_test,
    expected_counts,
    kruskal_wallis,
    welch_t_test,
    wilcoxon_rank_sum,
)
from kinephen.stats.fisher import fisher_exact
from kinephen.stats.multiplicity import adjust

TOLERANCE = 1e-10
TABLES = ["hr", "her2", "pcr", "event", "rors", "scanner", "p53"]
METHODS = {
    "bonferroni": "bonferroni",
    "holm": "holm",
    "hochberg": "hochberg",
    "hommel": "hommel",
    "bh": "BH",
    "by": "BY",
}


@pytest.fixture(scope="module")
def expected(reference):
    return json.loads(reference("oracles/expected/association.json").read_text())


@pytest.fixture(scope="module")
def cohort(reference):
    frame = pd.read_csv(reference("oracles/inputs/disc_clin.csv"))
    tree = json.loads(reference("oracles/expected/tumour_hclust.json").read_text())
    return frame, tree["ward.D2"]["cut"][0]


def near(got, want, tolerance=TOLERANCE):
    np.testing.assert_allclose(got, want, atol=tolerance, rtol=0)


@pytest.mark.parametrize("name", TABLES)
def test_chi_square_matches_r(expected, name):
    want = expected[name]
    plain, yates = chi_square_test(want["table"]), chi_square_test(want["table"], yates=True)
    near([plain.statistic, plain.p, plain.min_expected], [want["chisq"], want["p"], want["min_expected"]])
    near([yates.statistic, yates.p], [want["chisq_yates"], want["p_yates"]])
    near(expected_counts(np.array(want["table"])), want["expected"])
    assert plain.df == want["df"]


@pytest.mark.parametrize("name", TABLES)
def test_fisher_matches_r(expected, name):
    want = expected[name]
    got = fisher_exact(want["table"])
    near(got.p, want["fisher_p"])
    if want["fisher_ci"] is not None:
        # R finds the odds ratio with uniroot's default tolerance (1.2e-4 on the root or its inverse).
        near(got.estimate, want["odds_ratio_mle"], 2e-4)
        np.testing.assert_allclose([got.lower, got.upper], want["fisher_ci"], rtol=5e-4)


def test_monte_carlo_fisher_is_near_the_exact_one_and_repeats(expected):
    for name in ("rors", "pcr"):
        got, again = (
            fisher_exact(
                expected[name]["table"], method="monte carlo", samples=20_000, rng=np.random.default_rng(5)
            )
            for _ in range(2)
        )
        assert got.p == again.p
        assert abs(got.p - expected[name]["fisher_p"]) < 4 * got.p_se


def test_the_articles_own_table_matches_r(expected):
    want = expected["paper_phenotype_by_recurrence"]
    near(chi_square_test(want["table"]).p, want["p"])
    near(chi_square_test(want["table"], yates=True).p, want["p_yates"])
    near(fisher_exact(want["table"]).p, want["fisher_p"])


@pytest.mark.parametrize("name", ["age", "ftv2", "mammaprint"])
def test_rank_and_t_tests_match_r(expected, cohort, name):
    (frame, labels), want = cohort, expected[name]
    kw = kruskal_wallis(frame[name], labels)
    near([kw.statistic, kw.p], [want["kw"], want["kw_p"]])
    by_rors = kruskal_wallis(frame[name], frame["rors"])
    near([by_rors.statistic, by_rors.p], [want["kw_by_rors"], want["kw_by_rors_p"]])
    corrected = wilcoxon_rank_sum(frame[name], labels)
    near([corrected.statistic, corrected.p], [want["wilcox_W"], want["wilcox_p_correct"]])
    near(wilcoxon_rank_sum(frame[name], labels, correct=False).p, want["wilcox_p_nocorrect"])
    welch = welch_t_test(frame[name], labels)
    near([welch.statistic, welch.p], [want["welch_t"], want["welch_p"]])


@pytest.mark.parametrize(("ours", "theirs"), METHODS.items())
def test_adjusted_p_values_match_r(reference, expected, ours, theirs):
    want = expected["adjust"]
    near(adjust(list(want["p"].values()), ours), want[theirs])
    pairs = json.loads(reference("oracles/expected/logrank.json").read_text())["disc_rors_pairwise"]
    near(adjust(pairs["p"], ours), pairs[theirs])


@pytest.mark.parametrize(
    "name", ["confusion_synth", "confusion_paper_phenotype", "confusion_paper_mammaprint"]
)
def test_confusion_measures_match_r(expected, name):
    want = expected[name]
    got = confusion_from_counts(want["TP"], want["FP"], want["FN"], want["TN"])
    names = {"sensitivity": "sens", "specificity": "spec", "ppv": "ppv", "npv": "npv", "accuracy": "acc"}
    for ours, theirs in names.items():
        share, goal = getattr(got, ours), want[theirs]
        near([share.estimate, share.exact_lower, share.exact_upper], [goal["est"], *goal["exact"]])
        near([share.wilson_lower, share.wilson_upper], goal["wilson"])


def test_mcnemar_matches_r(expected):
    (both, first), (second, neither) = want = expected["mcnemar_hi_p53"]["table"]
    a = np.repeat([1, 1, 0, 0], [both, first, second, neither])
    b = np.repeat([1, 0, 1, 0], [both, first, second, neither])
    assert sum(map(sum, want)) == a.size
    near(mcnemar_test(a, b).p, expected["mcnemar_hi_p53"]["p"])
    near(mcnemar_test(a, b, correct=False).p, expected["mcnemar_hi_p53"]["p_nocorrect"])
    assert math.isfinite(mcnemar_test(a, b).statistic)
