"""One row a patient: volumes at their own visit, times in years, cohorts by the study's names."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests import exam_records

from kinephen.study.frame import base_frame, cohort_rows, with_phenotype, with_signatures

CLINICAL = pd.DataFrame(
    {
        "time": [24.0, 60.0, 6.0, np.nan, 36.0],
        "os_time": [30.0, 61.0, 7.0, 12.0, 40.0],
        "event": [1.0, 0.0, 1.0, 0.0, 0.0],
        "age": [41.0, 52.0, 63.0, 44.0, 55.0],
        "cohort": ["train", "train", "test", "train", "train"],
    },
    index=["a", "b", "c", "d", "e"],
)


def plan(unit="months", clinical=CLINICAL):
    study = SimpleNamespace(discovery="train", validation="test", visits=("early", "late"))
    return SimpleNamespace(
        clinical=clinical, time_unit=unit, study=SimpleNamespace(study=study), excluded={"e": "not in trial"}
    )


def lesions():
    """Return exams whose voxels tell patient and visit apart."""
    voxels = {("a", "early"): 100, ("a", "late"): 40, ("b", "early"): 300, ("c", "late"): 70,
              ("c", "early"): 90, ("d", "late"): 30, ("e", "late"): 55}  # fmt: skip
    return {
        exam: exam_records.lesion(pe_voxels=n, ser_voxels=5, voxels=7, voxel_mm3=2.5)
        for exam, n in voxels.items()
    }


def test_volumes_are_cm3_of_the_volume_by_enhancement_at_their_own_visit():
    frame = base_frame(plan(), lesions())
    assert frame["ftv1"].dropna().to_dict() == pytest.approx({"a": 0.25, "b": 0.75, "c": 0.225})
    assert frame.loc[["a", "c", "d"], "ftv2"].to_dict() == pytest.approx({"a": 0.1, "c": 0.175, "d": 0.075})
    assert np.isnan(frame.loc["b", "ftv2"])
    assert frame["complete"].to_dict() == {"a": True, "b": False, "c": True, "d": False}


@pytest.mark.parametrize(("unit", "years"), [("days", 24.0 / 365.25), ("months", 2.0), ("years", 24.0)])
def test_times_become_years(unit, years):
    frame = base_frame(plan(unit), lesions())
    assert frame.loc["a", "time"] == pytest.approx(years, rel=1e-12)
    assert frame.loc["a", "os_time"] == pytest.approx(years * 30.0 / 24.0, rel=1e-12)
    assert frame.loc["a", "age"] == 41.0


def test_cohorts_are_named_by_their_part_and_the_excluded_are_left_out():
    frame = base_frame(plan(), lesions())
    assert frame["cohort"].to_dict() == {
        "a": "discovery", "b": "discovery", "c": "validation", "d": "discovery",
    }  # fmt: skip
    assert set(base_frame(plan(clinical=CLINICAL.drop(columns="cohort")), lesions())["cohort"]) == {
        "discovery"
    }


def test_the_table_that_was_given_is_not_changed():
    before = CLINICAL.copy()
    base_frame(plan(), lesions())
    pd.testing.assert_frame_equal(CLINICAL, before)


def test_rows_of_a_cohort_have_both_exams_and_an_outcome():
    frame = base_frame(plan(), lesions())
    assert list(cohort_rows(frame, "discovery").index) == ["a"]
    assert list(cohort_rows(frame, "validation").index) == ["c"]


def test_signatures_and_phenotypes_join_by_case():
    frame = base_frame(plan(), lesions())
    signatures = pd.DataFrame({"ror_s": [1.0, 2.0]}, index=["c", "a"])
    joined = with_signatures(frame, signatures)["ror_s"]
    assert (joined["a"], joined["c"]) == (2.0, 1.0)
    assert joined[["b", "d"]].isna().all()
    assert with_signatures(frame, None) is frame
    found = with_phenotype(frame, {"d": 2, "a": 1})["phenotype"]
    assert (found["a"], found["d"]) == ("1", "2")
    assert found[["b", "c"]].isna().all()
