"""Expression data that would give wrong scores without a word: each is refused or noted, with the numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.expression_sample import expression, planted, signature, signatures

from kinephen.errors import CohortError, InputError, UsageError
from kinephen.molecular.checks import looks_like_date
from kinephen.molecular.genefu import score_genefu
from kinephen.molecular.score import score_cohort
from kinephen.molecular.settings import ScoreSettings


def refuse(code, *words, kind=InputError, **keywords):
    keywords.setdefault("expression", planted(12))
    table = keywords.pop("expression")
    chosen = keywords.pop("signatures", signatures())
    with pytest.raises(kind) as caught:
        score_cohort(table, chosen, **keywords)
    assert caught.value.code == code
    for word in words:
        assert word in str(caught.value)
    assert caught.value.hint


def notes(result, code):
    return [i.message for i in result.issues if i.code == code]


def with_values(table, values):
    return replace(table, values=pd.DataFrame(values, index=table.values.index, columns=table.values.columns))


def test_linear_ratios():
    table = planted(12)
    words = ("values from", "skewness", "linear scale", "take log2")
    refuse("expression.linear_scale", *words, expression=with_values(table, np.exp2(table.values)))


def test_linear_intensities():
    table = planted(12)
    refuse(
        "expression.linear_scale", "linear scale", expression=with_values(table, np.exp2(table.values + 8))
    )


def test_log_intensities_pass_but_look_uncentred():
    table = planted(12)
    shifted = with_values(table, table.values + 9)
    assert notes(score_cohort(shifted, signatures()), "molecular.uncentred") == []
    words = notes(score_cohort(shifted, signatures(), centring="none"), "molecular.uncentred")
    assert len(words) == 3
    assert "SD from zero" in words[0]


def test_transposed_matrix():
    values = planted(12).values.T
    refuse("expression.transposed", "the matrix is transposed", "transpose it", expression=expression(values))


def test_no_number_at_all():
    table = planted(12)
    refuse("expression.empty", "without a number", expression=with_values(table, np.nan))


def test_genes_without_any_value_are_missing():
    table = planted(12)
    values = table.values.copy()
    values[["ESR1", "MKI67"]] = np.nan
    result = score_cohort(replace(table, values=values), signatures("pam50"))
    lost = result.coverage[result.coverage["status"] == "no values"]
    assert set(lost["gene"]) == {"ESR1", "MKI67"}
    assert notes(result, "expression.empty_probes") == ["2 probe(s) without any value"]
    assert (result.table["pam50_genes"] == 48).all()


def test_infinite_values_are_missing():
    table = planted(12)
    values = table.values.copy()
    values.loc["S003", "ESR1"] = -np.inf
    result = score_cohort(replace(table, values=values), signatures("pam50"))
    assert "1 infinite value(s) taken as missing" in notes(result, "expression.infinite")[0]
    assert result.table.loc["S003", "pam50_genes"] == 49


def test_sample_copied_under_another_name():
    table = planted(12)
    values = table.values.copy()
    values.iloc[5] = values.iloc[2]
    result = score_cohort(replace(table, values=values), signatures("p53"))
    assert (
        "1 sample(s) have the very values of an earlier sample"
        in notes(result, "expression.duplicate_samples")[0]
    )


def test_sample_in_two_tables():
    refuse(
        "expression.duplicate_samples",
        "12 sample(s) stand in more than one expression table",
        expression=[planted(12, platform="A"), planted(12, platform="B")],
    )


def test_two_tables_of_one_platform_name():
    words = "2 expression tables, 1 platform names"
    refuse("expression.platform_names", words, expression=[planted(12), planted(12, prefix="T")])


@pytest.mark.parametrize("name", ["9-Sep", "1-Mar", "Sep-09", "2-Sep-2019", "2015-03-01 00:00:00", "01.Mär"])
def test_gene_names_turned_into_dates(name):
    assert looks_like_date(name)
    table = planted(12)
    probes = table.probes.copy()
    probes.loc["ESR1", "symbol"] = name
    result = score_cohort(replace(table, probes=probes), signatures("pam50"))
    words = notes(result, "expression.date_names")[0]
    assert "1 gene name(s) were turned into dates" in words
    assert repr(name) in words


@pytest.mark.parametrize("name", ["SEPT9", "MARCH1", "DEC1", "HLA-A", "NOV", "C10orf3", "MAR", "H2-ALPHA"])
def test_gene_names_that_are_no_dates(name):
    assert not looks_like_date(name)


def test_one_sample_cannot_be_centred_on_itself():
    table = planted(12)
    one = replace(table, values=table.values.iloc[[0]], samples=table.samples.iloc[[0]])
    words = ("1 sample(s) on ARRAY", "at least 5", "learned on a cohort")
    refuse("centring.too_few", *words, expression=one, kind=CohortError)
    assert score_cohort(one, signatures(), centring="none").table["pam50_call"].notna().all()


def test_one_sample_of_a_second_platform():
    other = planted(12, platform="OTHER", prefix="T")
    few = replace(other, values=other.values.iloc[:2], samples=other.samples.iloc[:2])
    refuse("centring.too_few", "2 sample(s) on OTHER", expression=[planted(12), few], kind=CohortError)


def test_genefu_on_one_sample():
    table = planted(12)
    one = replace(table, values=table.values.iloc[[0]], samples=table.samples.iloc[[0]])
    with pytest.raises(CohortError, match="1 sample"):
        score_genefu(one, {"pam50": signature("pam50")})
    with pytest.raises(UsageError, match="unknown std 'z'"):
        score_genefu(table, {"pam50": signature("pam50")}, std="z")


def test_learned_centring_of_another_platform():
    learned = score_cohort(planted(12), signatures()).centring
    other = planted(12, platform="OTHER")
    refuse("centring.platform", "samples on OTHER", "is of ARRAY", expression=other, centring=learned)


def test_learned_centring_of_other_signatures():
    learned = score_cohort(planted(12), signatures("p53")).centring
    refuse("centring.signature", "the centring knows p53, not gene70", centring=learned)


def test_unknown_centring_and_variant():
    refuse("centring.mode", "centring 'median'", "platform-median", centring="median", kind=UsageError)
    refuse(
        "molecular.ror_variant", "'parker'", "parker-code or published", ror_variant="parker", kind=UsageError
    )


def test_balanced_centring_without_receptor_status():
    bare = replace(planted(12), samples=pd.DataFrame(index=planted(12).values.index))
    words = ("0 tumours with oestrogen receptor 1", "at least 3 of each status")
    refuse("centring.subgroup", *words, expression=bare, centring="balanced", kind=CohortError)


def test_receptor_status_in_other_codes():
    er = pd.DataFrame({"er": ["positive", "2"] * 6}, index=planted(12).values.index)
    refuse("molecular.clinical", "6 value(s) other than 1, 0 and blank", clinical=er)


def test_too_few_genes():
    table = planted(12)
    keep = table.values.columns[:60]
    small = replace(table, values=table.values[keep], probes=table.probes.loc[keep])
    words = ("of 50 genes found", "at least 50% are needed", "missing ACTR3B")
    refuse("molecular.coverage", *words, expression=small, signatures=signatures("pam50"))
    kept = score_cohort(small, signatures(), settings=ScoreSettings(refuse=False))
    assert kept.table["pam50_call"].isna().all()
    assert kept.table["p53_class"].notna().all()
    assert "0 of 50 genes have a value" in set(kept.reasons["reason"])
    assert any("pam50" in i.where for i in kept.issues if i.code == "molecular.coverage")


def test_platform_without_genes_is_refused():
    table = planted(12)
    blank = replace(table, probes=table.probes.assign(symbol=""))
    renamed = blank.values.set_axis([str(i) for i in range(blank.values.shape[1])], axis=1)
    blank = replace(blank, values=renamed, probes=blank.probes.set_axis(renamed.columns))
    refuse("molecular.coverage", "0 of 70 genes found", "annotation table", expression=blank)


def test_nothing_to_score():
    refuse("molecular.nothing", "0 tables, 3 signatures", expression=[], kind=UsageError)
    twice = [*signatures("p53"), *signatures("p53")]
    refuse("molecular.names", "a name stands twice", signatures=twice, kind=UsageError)


def test_unbalanced_cohort_is_noted():
    table = planted(20)
    er = pd.DataFrame({"er": [1.0] * 18 + [0.0] * 2}, index=table.values.index)
    words = notes(score_cohort(table, signatures(), clinical=er), "molecular.unbalanced")
    assert len(words) == 1
    assert "90% of 20 tumours" in words[0]
    assert "balanced centring" in words[0]


def test_each_platform_centred_on_itself_has_its_own_mix():
    one, two = planted(20, platform="A", prefix="A"), planted(20, platform="B", prefix="B")
    status = [1.0] * 12 + [0.0] * 8 + [1.0] * 18 + [0.0] * 2
    er = pd.DataFrame({"er": status}, index=[*one.values.index, *two.values.index])
    found = [
        i
        for i in score_cohort([one, two], signatures(), clinical=er).issues
        if i.code == "molecular.unbalanced"
    ]
    assert [i.where for i in found] == ["B"]
    together = score_cohort([one, two], signatures(), clinical=er, centring="cohort-median")
    assert notes(together, "molecular.unbalanced") == []


def test_clinical_table_of_other_samples():
    er = pd.DataFrame({"er": [1.0, 0.0]}, index=["X1", "X2"])
    refuse("molecular.clinical", "none of 12 samples stands in the clinical table of 2 rows", clinical=er)


def test_joint_centring_on_a_new_platform_is_noted():
    learned = score_cohort(planted(12), signatures("p53"), centring="cohort-median").centring
    result = score_cohort(planted(12, platform="OTHER"), signatures("p53"), centring=learned)
    words = "the centring was learned on ARRAY, the samples are on OTHER"
    assert notes(result, "centring.new_platform") == [words]


def test_linear_ratios_with_zeros():
    table = planted(12)
    values = np.exp2(table.values * 1.5)
    values.iloc[0, :40] = 0.0
    refuse("expression.linear_scale", "values from 0 to", expression=with_values(table, values))


def test_log_counts_with_zeros_pass():
    table = planted(40)
    counts = np.random.default_rng(1).gamma(0.6, 30, size=table.values.shape)
    assert (
        score_cohort(with_values(table, np.log2(counts + 1)), signatures()).table["p53_score"].notna().all()
    )


def test_automatic_centring_says_what_it_chose():
    table = planted(30)
    ordinary = score_cohort(table, signatures(), centring="auto")
    assert ordinary.centring.mode == "platform-median"
    assert "platform-median centring chosen: 60% of 30" in notes(ordinary, "centring.auto")[0]
    positive = [i for i, v in enumerate(table.samples["er"]) if v == "1"]
    negative = [i for i, v in enumerate(table.samples["er"]) if v == "0"][:3]
    kept = sorted(positive + negative)
    skewed = replace(table, values=table.values.iloc[kept], samples=table.samples.iloc[kept])
    chosen = score_cohort(skewed, signatures(), centring="auto")
    assert chosen.centring.mode == "balanced"
    bare = replace(table, samples=pd.DataFrame(index=table.values.index))
    assert (
        "no receptor status is known"
        in notes(score_cohort(bare, signatures(), centring="auto"), "centring.auto")[0]
    )


def test_messages_name_no_sample():
    table = planted(12)
    values = table.values.copy()
    values.iloc[5] = values.iloc[2]
    result = score_cohort(replace(table, values=values), signatures(), centring="none")
    assert not any("S00" in i.message or "S00" in i.where for i in result.issues)
