"""The genefu variants against genefu's output under R 4.2.2 on its own 150 tumours (nkis)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.expression_sample import SUBTYPES, nkis, signature

from kinephen.molecular.genefu import score_genefu
from kinephen.molecular.prepare import prepare
from kinephen.molecular.settings import ScoreSettings

SETTINGS = ScoreSettings(collapse="genefu", order=("probe", "entrez"))
OURS = {"gene70": signature("gene70"), "pam50": signature("pam50")}
R_NAMES = {"none": "pam50", "scale": "pam50.scale", "robust": "pam50.robust"}
LOW_HIGH = {"none": (66, 84), "scale": (42, 108), "robust": (46, 104)}
CALLS = {"none": (24, 35, 37, 51, 3), "scale": (23, 26, 61, 35, 5), "robust": (21, 28, 50, 48, 3)}


@pytest.fixture(scope="module")
def expected(reference):
    return pd.read_csv(reference("data/genes/oracle_genefu_nkis.csv"), index_col="sample_id")


@pytest.fixture(scope="module")
def tumours(reference):
    return nkis(reference)


@pytest.mark.parametrize("std", list(R_NAMES))
def test_gene70(tumours, expected, std):
    ours = score_genefu(tumours, OURS, std=std, settings=SETTINGS)
    np.testing.assert_allclose(
        ours["genefu_gene70_score"], expected[f"gene70_score_{std}"], rtol=0, atol=1e-9
    )
    risk = (ours["genefu_gene70_class"] == "high").astype(int)
    assert (risk == expected[f"gene70_risk_{std}"]).all()
    assert (int((risk == 0).sum()), int(risk.sum())) == LOW_HIGH[std]


@pytest.mark.parametrize("std", list(R_NAMES))
def test_subtypes(tumours, expected, std):
    ours = score_genefu(tumours, OURS, std=std, settings=SETTINGS)
    name = R_NAMES[std]
    for subtype in SUBTYPES:
        for mine, theirs in (("cor", "cor"), ("probability", "proba")):
            np.testing.assert_allclose(
                ours[f"genefu_pam50_{mine}_{subtype}"],
                expected[f"{name}_{theirs}_{subtype}"],
                rtol=0,
                atol=1e-9,
            )
    assert (ours["genefu_pam50_call"] == expected[f"{name}_subtype"]).all()
    counts = ours["genefu_pam50_call"].value_counts()
    assert tuple(int(counts[s]) for s in SUBTYPES) == CALLS[std]


def test_risk_of_recurrence(tumours, expected):
    ours = score_genefu(tumours, OURS, settings=SETTINGS)
    np.testing.assert_allclose(ours["genefu_ror_s"], expected["rorS_score"], rtol=0, atol=1e-9)
    assert (ours["genefu_ror_s_group"] == expected["rorS_risk"]).all()
    assert ours["genefu_ror_s_group"].value_counts().to_dict() == {"High": 93, "Intermediate": 29, "Low": 28}
    assert ours["genefu_ror_s"].median() == pytest.approx(62.22, abs=0.005)
    assert ours["genefu_ror_s"].mean() == pytest.approx(58.63, abs=0.005)


def test_gene70_mapped_by_entrez(tumours, expected):
    settings = ScoreSettings(collapse="genefu", order=("entrez",))
    ours = score_genefu(tumours, {"gene70": OURS["gene70"]}, settings=settings)
    np.testing.assert_allclose(ours["genefu_gene70_score"], expected["gene70_mapped_score_none"], atol=1e-9)
    assert ours["genefu_gene70_class"].value_counts().to_dict() == {"high": 82, "low": 68}


def test_probe_choice(tumours, reference):
    chosen = pd.read_csv(reference("data/genes/oracle_genefu_nkis_pam50_probe_map.csv"), dtype=str)
    ready = prepare([tumours], [OURS["pam50"]], rule="genefu", order=("entrez",))
    assert ready.probes["pam50"]["NKI"] == {
        g: (p,) for g, p in zip(chosen["probe.centroids"], chosen["probe"], strict=True)
    }


def test_coverage_of_the_set(tumours):
    found = {}
    for name in ("gene70", "pam50", "p53"):
        ready = prepare([tumours], [signature(name)], order=("probe", "entrez"), refuse=False)
        found[name] = int((ready.coverage["status"] == "found").sum())
    assert found == {"gene70": 70, "pam50": 29, "p53": 21}
