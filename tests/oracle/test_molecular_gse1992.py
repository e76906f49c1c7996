"""All three signatures on GSE1992 (124 tumours, from the package SurvSet) against R."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from tests.expression_sample import SUBTYPES, expression, signature, signatures

from kinephen.molecular.genefu import score_genefu
from kinephen.molecular.score import score_cohort
from kinephen.molecular.settings import ScoreSettings

pytestmark = pytest.mark.peers
PREFIX = "num_HS_"


@pytest.fixture(scope="module")
def tumours():
    data = pytest.importorskip("SurvSet.data", reason="needs the package SurvSet")
    with warnings.catch_warnings():
        # Its pickles name modules of numpy that have moved since.
        warnings.simplefilter("ignore", DeprecationWarning)
        frame = data.SurvLoader().load_dataset("gse1992")["df"].set_index("pid")
    values = frame[[c for c in frame.columns if c.startswith(PREFIX)]].astype(float)
    values.columns = [c.removeprefix(PREFIX) for c in values.columns]
    assert values.shape == (124, 15528)
    status = pd.to_numeric(frame["fac_er_positive"], errors="coerce")
    return expression(values, platform="UNC"), pd.DataFrame({"er": status})


@pytest.fixture(scope="module")
def expected(reference):
    return pd.read_csv(reference("data/genes/oracle_r_gse1992.csv"), index_col="sample_id")


@pytest.fixture(scope="module")
def result(tumours):
    return score_cohort(tumours[0], signatures(), clinical=tumours[1])


def test_pam50_and_risk(result, expected):
    table = result.table.loc[expected.index]
    for subtype in SUBTYPES:
        np.testing.assert_allclose(table[f"pam50_cor_{subtype}"], expected[subtype], rtol=0, atol=1e-9)
    assert (table["pam50_call"] == expected["Call"]).all()
    counts = table["pam50_call"].value_counts()
    assert [int(counts[s]) for s in SUBTYPES] == [33, 15, 48, 19, 9]
    np.testing.assert_allclose(table["ror_s"], expected["ror_s"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(table["proliferation"], expected["prolif"], rtol=0, atol=1e-9)
    assert (table["ror_s_group"] == expected["ror_s_group"]).all()
    assert table["ror_s_group"].value_counts().to_dict() == {"low": 46, "med": 30, "high": 48}


def test_p53(result, expected, tumours):
    table = result.table.loc[expected.index]
    np.testing.assert_allclose(table["p53_cor_wild_type"], expected["p53_rho_wt"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(table["p53_cor_mutant"], expected["p53_rho_mut"], rtol=0, atol=1e-9)
    assert (table["p53_class"].map({"wild-type": "wt", "mutant": "mut"}) == expected["p53_call"]).all()
    assert table["p53_class"].value_counts().to_dict() == {"mutant": 57, "wild-type": 67}
    mutant = table["p53_class"] == "mutant"
    er = tumours[1]["er"].loc[table.index]
    assert [int(mutant[er == 0].sum()), int((er == 0).sum())] == [42, 50]
    assert [int(mutant[er == 1].sum()), int((er == 1).sum())] == [15, 72]


def test_matched_columns(result, reference):
    columns = pd.read_csv(reference("data/genes/oracle_r_gse1992_columns.csv"), dtype=str)
    names = {"PAM50": "pam50", "GENE70": "gene70", "P53_TROESTER": "p53"}
    known = columns[columns["signature"].isin(names)]
    theirs = {
        (names[s], i.split(" ||")[0]): c
        for s, i, c in zip(known["signature"], known["sig_id"], known["col"], strict=True)
    }
    found = result.coverage[result.coverage["status"] == "found"]
    ours = {(s, g): p for s, g, p in zip(found["signature"], found["gene"], found["probes"], strict=True)}
    assert ours == theirs
    missing = result.coverage[result.coverage["status"] == "missing"].groupby("signature")["gene"].apply(list)
    assert missing["pam50"] == ["BIRC5", "KRT5"]
    assert result.table[
        ["gene70_genes", "pam50_genes", "p53_genes"]
    ].drop_duplicates().to_numpy().tolist() == [[57, 48, 46]]


@pytest.mark.parametrize(
    ("centring", "low", "mutant"), [("none", 63, 0), ("platform-median", 13, 57), ("platform-mean", 20, None)]
)
def test_centring_decides(tumours, centring, low, mutant):
    ours = score_cohort(tumours[0], signatures("gene70", "p53"), centring=centring, clinical=tumours[1])
    assert int((ours.table["gene70_class"] == "low").sum()) == low
    assert int((ours.table["gene70_class"] == "high").sum()) == 124 - low
    if mutant is not None:
        assert int((ours.table["p53_class"] == "mutant").sum()) == mutant
    uncentred = [i.message for i in ours.issues if i.code == "molecular.uncentred"]
    assert bool(uncentred) == (centring == "none")


def test_genefu(tumours, expected, reference):
    settings = ScoreSettings(collapse="genefu", order=("symbol", "alias"))
    ours = score_genefu(tumours[0], {"pam50": signature("pam50")}, std="robust", settings=settings)
    ours = ours.loc[expected.index]
    np.testing.assert_allclose(ours["genefu_ror_s"], expected["genefu_rorS"], rtol=0, atol=1e-9)
    assert (ours["genefu_ror_s_group"] == expected["genefu_rorS_risk"]).all()
    assert (ours["genefu_pam50_call"] == expected["genefu_pam50_robust"]).all()
    only = _with_entrez_only(tumours[0], reference)
    settings = ScoreSettings(collapse="genefu", order=("entrez",))
    ours = score_genefu(only, {"gene70": signature("gene70")}, settings=settings).loc[expected.index]
    np.testing.assert_allclose(ours["genefu_gene70_score"], expected["genefu_gene70"], rtol=0, atol=1e-9)
    assert ours["genefu_gene70_class"].value_counts().to_dict() == {"low": 91, "high": 33}


def _with_entrez_only(table, reference):
    """The annotation that genefu was given: columns with an Entrez id, first row of each column."""
    columns = pd.read_csv(reference("data/genes/oracle_r_gse1992_columns.csv"), dtype=str)
    known = columns.dropna(subset=["entrez_id"]).drop_duplicates("col")
    assert len(known) == 139
    return expression(table.values[list(known["col"])], symbol="", entrez=known["entrez_id"].to_numpy())
