"""From probes to genes: order of matching, old names, collapse rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.expression_sample import signature

from kinephen.errors import UsageError
from kinephen.molecular.collapse import collapse
from kinephen.molecular.matching import ProbeIndex, match_genes


def index(*rows):
    """Rows of (column, symbol, entrez, probe name)."""
    names, symbol, entrez, probe = zip(*rows, strict=True)
    return ProbeIndex(
        pd.DataFrame({"symbol": symbol, "entrez": entrez, "probe_name": probe}, index=list(names))
    )


@pytest.mark.parametrize(
    ("gene", "row", "by"),
    [
        ("CDCA1", ("1", "NUF2", "", ""), "symbol"),
        ("CDCA1", ("1", "CDCA1", "", ""), "symbol"),
        ("KNTC2", ("1", "ndc80 ", "", ""), "symbol"),
        ("ORC6L", ("1", "ORC6", "", ""), "symbol"),
        ("CDCA1", ("1", "", "83540", ""), "entrez"),
        ("CDCA1", ("1", "NUF2R", "", ""), "alias"),
        ("CEP55", ("1", "C10ORF3", "", ""), "alias"),
        ("CDCA1", ("1", "", "", "A_23_P74349"), "agilent"),
        ("CDCA1", ("A_23_P74349", "", "", ""), "agilent"),
    ],
)
def test_one_gene_is_found_by(gene, row, by):
    match = match_genes(signature("pam50"), index(row))
    assert match.by == {gene: by}
    assert match.columns == {gene: (row[0],)}


def test_probe_of_the_signature_comes_before_entrez_and_entrez_before_symbol():
    rows = [("1", "", "8659", ""), ("NM_003748", "", "", ""), ("3", "ALDH4A1", "", "")]
    gene70 = signature("gene70")
    found = match_genes(gene70, index(*rows))
    assert found.columns["NM_003748"] == ("NM_003748",)
    found = match_genes(gene70, index(*rows), order=("entrez", "symbol"))
    assert found.columns["NM_003748"] == ("1",)
    found = match_genes(gene70, index(*rows), order=("symbol", "entrez"))
    assert found.columns["NM_003748"] == ("3",)


def test_all_probes_of_a_gene_are_taken():
    match = match_genes(signature("pam50"), index(("1", "", "2099", ""), ("2", "ESR1", "2099", "")))
    assert match.columns["ESR1"] == ("1", "2")


def test_an_alias_does_not_take_another_genes_column():
    # CDC2 is an old name of CDK1 and of POLD1; here the column has POLD1's Entrez id.
    match = match_genes(signature("p53"), index(("1", "CDC2", "5424", "")))
    assert [signature("p53").genes.loc[g, "symbols"][0] for g in match.columns] == ["POLD1"]
    # KRT5 and KRT14 share the alias EBS1; KRT14 has the column by its symbol already.
    match = match_genes(signature("pam50"), index(("1", "KRT14", "", ""), ("2", "EBS1", "3861", "")))
    assert set(match.columns) == {"KRT14"}


@pytest.mark.parametrize("symbol", ["PC", "PGD", "CCN1", "MPP2", "MS4A8", "PREP"])
def test_names_that_belong_to_other_genes_now_are_no_aliases(symbol):
    for name in ("pam50", "gene70", "p53"):
        match = match_genes(signature(name), index(("1", symbol, "", "")))
        own = {signature(name).genes.loc[g, "symbols"][0] for g in match.columns}
        assert own <= {symbol}


def test_matches_by_alias_are_told():
    match = match_genes(signature("p53"), index(("1", "CDC2", "", "")))
    assert [i.code for i in match.issues] == ["molecular.alias"]
    assert "1 gene(s) matched by an old or other name" in match.issues[0].message
    assert "CDC2" in match.issues[0].message


def test_unknown_stage():
    with pytest.raises(UsageError, match="matching order names refseq"):
        match_genes(signature("p53"), index(("1", "CDC2", "", "")), order=("refseq",))


def test_genes_on_the_same_probe_are_grouped():
    gene70 = signature("gene70")
    match = match_genes(gene70, index(("1", "", "81624", ""), ("2", "", "10455", "")))
    assert sorted(map(len, match.shared())) == [2, 3]


VALUES = pd.DataFrame(
    {"a": [0.0, 1, 2, 3], "b": [0.0, 10, 20, np.nan], "c": [5.0, 5, 5, 9], "d": [1.0, np.nan, 3, 4]}
)
NAMES = pd.Series({"a": "P1", "b": "P2", "c": "P2", "d": ""})


def test_features_of_a_probe_are_averaged_before_probes():
    made = collapse(VALUES, {"G": ("a", "b", "c")}, NAMES, rule="mean")
    # (a + (b + c) / 2) / 2, and c alone where b is missing
    np.testing.assert_allclose(made.values["G"], [1.25, 4.25, 7.25, 6.0])
    assert made.columns == {"G": ("a", "b", "c")}


@pytest.mark.parametrize(("rule", "chosen"), [("iqr", "b"), ("variance", "b"), ("genefu", "b")])
def test_one_probe_is_chosen(rule, chosen):
    names = pd.Series("", index=VALUES.columns)
    made = collapse(VALUES, {"G": ("a", "c", "b")}, names, rule=rule)
    assert made.columns["G"] == (chosen,)
    pd.testing.assert_series_equal(made.values["G"], VALUES[chosen], check_names=False)


def test_iqr_and_variance_can_differ():
    x = pd.DataFrame({"spread": [0.0, 1, 2, 3, 4], "outlier": [0.0, 0, 0, 0, 9]})
    names = pd.Series("", index=x.columns)
    assert collapse(x, {"G": ("spread", "outlier")}, names, rule="iqr").columns["G"] == ("spread",)
    assert collapse(x, {"G": ("spread", "outlier")}, names, rule="variance").columns["G"] == ("outlier",)


def test_genefu_prefers_complete_probes():
    x = pd.DataFrame({"full": [0.0, 1, 2, 3, 4], "holes": [np.nan, np.nan, 0, 4, np.nan]})
    names = pd.Series("", index=x.columns)
    assert collapse(x, {"G": ("holes", "full")}, names, rule="genefu").columns["G"] == ("full",)
    assert collapse(x, {"G": ("holes", "full")}, names, rule="variance").columns["G"] == ("holes",)


def test_empty_probe_is_never_chosen():
    x = pd.DataFrame({"none": [np.nan] * 4, "some": [1.0, 1, 1, 1]})
    for rule in ("iqr", "variance", "genefu"):
        made = collapse(x, {"G": ("none", "some")}, pd.Series("", index=x.columns), rule=rule)
        assert made.columns["G"] == ("some",)


def test_unknown_rule():
    with pytest.raises(UsageError, match="unknown rule 'median'"):
        collapse(VALUES, {}, NAMES, rule="median")
