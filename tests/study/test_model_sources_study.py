"""Other patients of a study file: its cohorts, its settings and what may not stand beside it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.fitted_model import with_file
from tests.model_exams import PAIR, ROWS, TABLE, clinical, exam_list, reading

from kinephen.config.load import load_study
from kinephen.config.schema import Expression
from kinephen.errors import UsageError
from kinephen.model.source import Source


@pytest.fixture
def run(monkeypatch, tmp_path):
    return reading(monkeypatch, tmp_path)


def study(tmp_path, text="", settings=""):
    exam_list(tmp_path, ROWS, "exams.csv")
    clinical(tmp_path, TABLE)
    (tmp_path / "study.toml").write_text(f'preset = "recommended"\n[study]\n{text}\n{settings}\n')
    return tmp_path / "study.toml"


def test_a_study_file_names_everything_itself(run, tmp_path):
    text = 'truth = "truth.json"\noutcome = {time_origin = "surgery", time_unit = "months"}'
    found, jobs, _, _ = run(Source(path=study(tmp_path, text, "[settings.tumours]\nfixed_k = 2")))
    assert found.ids == {"case-0001": "W0", "case-0002": "W1", "case-0003": "W2", "case-0004": "W3"}
    assert (len(jobs), found.time_origin, found.simulated) == (5, "surgery", True)
    assert found.frame["time"].iloc[0] == 365.25 / 12
    assert [(i.code, i.where) for i in found.issues if i.code.startswith("predict")] == [
        ("predict.settings", "study")
    ]


def cohort_of(found):
    return sorted(found.ids.values())


def test_the_cohort_of_a_study(run, tmp_path):
    path = study(tmp_path)
    assert len(cohort_of(run(Source(path=path))[0])) == 4
    assert cohort_of(run(Source(path=path, prefer_validation=True))[0]) == ["W0", "W1"]
    chosen = Source(path=path, prefer_validation=True, cohort="discovery")
    assert cohort_of(run(chosen)[0]) == ["W2"]
    path = study(tmp_path, 'validation = "nobody"')
    assert len(cohort_of(run(Source(path=path, prefer_validation=True))[0])) == 4
    pd.read_csv(tmp_path / "clinical.csv").drop(columns="cohort").to_csv(
        tmp_path / "clinical.csv", index=False
    )
    assert len(cohort_of(run(Source(path=path, prefer_validation=True))[0])) == 4


def test_settings_that_are_the_models_need_no_note(run, tmp_path):
    path = study(tmp_path)
    same = with_file(settings=load_study(path).settings)
    assert [i.code for i in run(Source(path=path), same)[0].issues if i.code.startswith("predict")] == []


@pytest.mark.parametrize(
    "beside", [{"clinical": Path("x.csv")}, {"visits": PAIR}, {"expression": Expression(files=("e.csv",))}]
)
def test_nothing_stands_beside_a_study_file(run, tmp_path, beside):
    with pytest.raises(UsageError, match="names its own clinical table") as caught:
        run(Source(path=study(tmp_path), **beside))
    assert caught.value.code == "predict.study"
