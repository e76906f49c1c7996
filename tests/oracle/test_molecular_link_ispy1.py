"""The real I-SPY 1 link: 148 of 149 arrays, and the one that is not is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.expression_sample import signatures

from kinephen.errors import InputError
from kinephen.io.geo import read_matrix
from kinephen.molecular.link import link_samples
from kinephen.molecular.score import score_cohort
from kinephen.molecular.settings import ScoreSettings


@pytest.fixture(scope="module")
def arrays(reference):
    table = pd.read_csv(reference("data/ispy1/GSE22226_curated_clinical.csv"), dtype=str)
    return table.set_index("GEO_GSMID")["original_study_patient_ID"]


def test_arrays_to_patients_with_images(arrays, reference):
    visits = pd.read_csv(reference("data/ispy1/visits_idc.csv"), dtype=str)
    link = link_samples(arrays, visits["PatientID"])
    assert len(arrays) == 149
    assert len(link.pairs) == 148
    assert link.unmatched_samples["found"].tolist() == ["1ISPY-074"]
    assert "not a study number of four digits" in link.unmatched_samples["reason"].item()
    assert len(link.unmatched_patients) == visits["PatientID"].nunique() - 148


def test_a_few_genes_of_the_real_arrays_are_refused_with_the_numbers(reference):
    table = read_matrix(
        reference("data/ispy1/GSE22226_GPL1708_36genes_aligned.csv"), samples_in_rows=True, platform="GPL1708"
    )
    assert table.values.shape == (128, 36)
    np.testing.assert_allclose(table.values.mean(), 0.0, atol=1e-9)
    with pytest.raises(InputError, match="pam50: 3 of 50 genes found, at least 50% are needed"):
        score_cohort(table, signatures("pam50"))
    result = score_cohort(table, signatures(), settings=ScoreSettings(refuse=False))
    found = result.coverage[result.coverage["status"] == "found"].groupby("signature").size()
    assert found.to_dict() == {"gene70": 1, "p53": 3, "pam50": 3}
    assert result.table[["pam50_call", "gene70_class", "p53_class"]].isna().all().all()
    assert len([i for i in result.issues if i.code == "molecular.coverage"]) == 3


def test_pairs_are_those_of_the_derived_link(arrays, reference):
    known = pd.read_csv(reference("data/ispy1/link_GSE22226_to_TCIA_ISPY1.csv"))
    patients = known["SUBJECTID"].astype(int).astype(str)
    link = link_samples(arrays, patients)
    expected = dict(zip(known["GEO_GSMID"].astype(str), patients, strict=True))
    assert dict(link.pairs.itertuples(index=False)) == expected
    assert link.unmatched_patients == ()
