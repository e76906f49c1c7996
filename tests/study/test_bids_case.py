"""A case of BIDS-like NIfTI runs to the numbers of the same exam in DICOM."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.test_simulate_read_back import exam_of

from kinephen.config.presets import preset_settings
from kinephen.core.plain import read_json
from kinephen.simulate.exam_files import write_exam
from kinephen.simulate.layouts_bids import FORMS, write_bids_exam
from kinephen.study.case import CaseJob, run_case
from kinephen.study.steps.lesion import load_lesion


def ran(path, out):
    base = preset_settings("quick")
    # NIfTI holds the grid in single precision; without resampling and field it touches no value.
    off = {"bias": {"method": "none"}, "resample": {"matrix": 0}}
    changed = {name: getattr(base, name).model_copy(update=value) for name, value in off.items()}
    settings = {"own": base.model_copy(update=changed)}
    outcome = run_case(
        CaseJob(case="case-0001", visit="T1", exam=path, mask=None, manifest=None, out=out, settings=settings)
    )
    assert outcome.failure is None
    record = read_json(outcome.lesion / "lesion.json")
    features = read_json(outcome.features["own"] / "features.json")["features"]
    return record, load_lesion(outcome.lesion), features


@pytest.mark.parametrize("form", FORMS)
def test_a_bids_like_exam_gives_the_features_of_its_dicom(tmp_path, form):
    exam, who = exam_of("ge")
    write_exam(tmp_path / "dicom", exam, who)
    session = write_bids_exam(tmp_path / "bids", exam, who, form)
    record, lesion, features = ran(tmp_path / "dicom", tmp_path / "one")
    again, same, found = ran(session, tmp_path / "two")
    assert np.array_equal(lesion, same)
    assert again["ftv_pe_voxels"] == record["ftv_pe_voxels"] > 0
    assert again["phase_times_s"] == pytest.approx(record["phase_times_s"])
    assert again["phase_rule"].startswith("BIDS-like")
    assert set(found) == set(features)
    for name, values in features.items():
        undefined = {k for k, v in values.items() if v is None}
        assert undefined == {k for k, v in found[name].items() if v is None}
        known = {k: v for k, v in values.items() if v is not None}
        assert {k: found[name][k] for k in known} == pytest.approx(known, rel=1e-6)
