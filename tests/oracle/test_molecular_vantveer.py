"""70-gene cosine on the 19 tumours of van 't Veer's independent test set, and its template."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.expression_sample import expression, signature, signatures

from kinephen.molecular.score import score_cohort
from kinephen.molecular.settings import ScoreSettings


@pytest.fixture(scope="module")
def tumours(reference):
    values = pd.read_csv(reference("data/genes/data_vantveer19_gene70_log10ratio.csv"), index_col="sample")
    values.index = values.index.astype(str)
    return values.pop("metastasis_5y"), expression(values, symbol="", platform="NKI")


@pytest.fixture(scope="module")
def expected(reference):
    table = pd.read_csv(reference("data/genes/oracle_vantveer_cosine.csv"), dtype={"sample": str})
    return table[table["set"] == "test19"].set_index("sample")


def test_cosines(tumours, expected):
    result = score_cohort(tumours[1], signatures("gene70"), centring="none")
    ours = result.table.loc[expected.index, "gene70_cosine"]
    np.testing.assert_allclose(ours, expected["cosine"], rtol=0, atol=1e-9)
    assert set(result.coverage["matched_by"]) == {"probe"}
    assert (result.table["gene70_genes"] >= 66).all()


@pytest.mark.parametrize(("cut", "good_without", "good_with"), [(0.4, 6, 1), (0.55, 5, 0)])
def test_classes_at_both_cuts(tumours, expected, cut, good_without, good_with):
    metastasis, table = tumours
    result = score_cohort(
        table, signatures("gene70"), centring="none", settings=ScoreSettings(gene70_cut=cut)
    )
    low = result.table["gene70_class"] == "low"
    assert (low.loc[expected.index].astype(int) == expected[f"good_{cut:g}"]).all()
    assert int(low[metastasis == 0].sum()) == good_without
    assert int(low[metastasis == 1].sum()) == good_with


def test_template_is_cosine_one_with_itself():
    profile = signature("gene70").profiles.T.set_axis(["template"], axis=0)
    result = score_cohort(expression(profile, symbol=""), signatures("gene70"), centring="none")
    assert result.table["gene70_cosine"].item() == pytest.approx(1.0, abs=1e-12)
    assert result.table["gene70_class"].item() == "low"
