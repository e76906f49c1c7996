"""Expression samples to patients with images."""

from __future__ import annotations

import pandas as pd
import pytest

from kinephen.errors import InputError
from kinephen.molecular.link import link_samples, patient_column, study_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("ISPY-1028", "1028"),
        ("ISPY1_1028", "1028"),
        ("ispy1-1028", "1028"),
        ("1028", "1028"),
        ("1028.0", "1028"),
        (" 1028 ", "1028"),
        ("1ISPY-074", ""),
        ("ISPY-074", ""),
        ("10281", ""),
        ("UCSF-BR-06", ""),
    ],
)
def test_study_number(text, number):
    assert study_number(text) == number


def test_link_and_what_is_left():
    samples = pd.Series({"g1": "ISPY-1001", "g2": "1ISPY-074", "g3": None, "g4": "ISPY-1009", "g5": "1001"})
    link = link_samples(samples, ["ISPY1_1001", "ISPY1_1002", "ISPY1_1002"])
    assert link.pairs.to_numpy().tolist() == [["g1", "ISPY1_1001"]]
    reasons = link.unmatched_samples.set_index("sample_id")["reason"]
    assert "not a study number" in reasons["g2"]
    assert reasons["g3"] == "no identifier of a patient"
    assert reasons["g4"] == "no patient with images has this identifier"
    assert "second sample" in reasons["g5"]
    assert link.unmatched_patients == ("ISPY1_1002",)


def test_identifiers_may_agree_as_they_are():
    link = link_samples(
        pd.Series({"g1": "UCSF-BR-06", "g2": "1001"}), ["UCSF-BR-06", "ISPY1_1001"], by_number=False
    )
    assert link.pairs["patient_id"].tolist() == ["UCSF-BR-06"]


def test_two_patients_with_one_number():
    with pytest.raises(InputError, match="study number 1001 stands for two patients"):
        link_samples(pd.Series({"g1": "1001"}), ["ISPY1_1001", "ISPY-1001"])


def test_table_by_patient():
    link = link_samples(pd.Series({"g1": "1001", "g2": "1002"}), ["1002", "1001"])
    table = pd.DataFrame({"x": [1, 2, 3]}, index=["g2", "g3", "g1"])
    assert link.by_patient(table)["x"].to_dict() == {"1002": 1, "1001": 3}


def test_column_that_names_the_patient():
    assert patient_column(pd.DataFrame({"i-spy id": ["1"]})).tolist() == ["1"]
    with pytest.raises(InputError, match="no characteristic names the patient"):
        patient_column(pd.DataFrame({"age": ["1"]}))
