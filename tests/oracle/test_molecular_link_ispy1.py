"""The real I-SPY 1 link: 148 of 149 arrays, and the one that is not is named."""

from __future__ import annotations

import pandas as pd
import pytest

from kinephen.molecular.link import link_samples


@pytest.fixture(scope="module")
def arrays(reference):
    table = pd.read_csv(reference("data/ispy1/GSE22226_curated_clinical.csv"), dtype=str)
    return table.set_index("GEO_GSMID")["original_study_patient_ID"]


def test_arrays_to_women_with_images(arrays, reference):
    visits = pd.read_csv(reference("data/ispy1/visits_idc.csv"), dtype=str)
    link = link_samples(arrays, visits["PatientID"])
    assert len(arrays) == 149
    assert len(link.pairs) == 148
    assert link.unmatched_samples["found"].tolist() == ["1ISPY-074"]
    assert "not a study number of four digits" in link.unmatched_samples["reason"].item()
    assert len(link.unmatched_patients) == visits["PatientID"].nunique() - 148


def test_pairs_are_those_of_the_derived_link(arrays, reference):
    known = pd.read_csv(reference("data/ispy1/link_GSE22226_to_TCIA_ISPY1.csv"))
    women = known["SUBJECTID"].astype(int).astype(str)
    link = link_samples(arrays, women)
    expected = dict(zip(known["GEO_GSMID"].astype(str), women, strict=True))
    assert dict(link.pairs.itertuples(index=False)) == expected
    assert link.unmatched_patients == ()
