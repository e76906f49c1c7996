"""What is noted while patients are read (signatures, landmark, versions), and the paths of a source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests import exam_records
from tests.fitted_model import model, with_file

from kinephen.config.schema import Expression, Settings
from kinephen.model import sources
from kinephen.model.build import catalogue_hash, step_versions
from kinephen.model.source import Source
from kinephen.model.sources import read_patients, source_paths
from kinephen.molecular.centring import Centring
from kinephen.records.base import IssueRecord
from kinephen.records.signatures import SignaturesRecord

CENTRING = Centring("cohort-median", {}, {"GPL1": 8})


@pytest.fixture
def read(monkeypatch, tmp_path):
    """Return a function that reads the patients of an exam list; no exam is processed."""

    def exams_of(jobs, engine, progress):
        keys = [(j.case, j.visit) for j in jobs]
        return exam_records.cases(
            lesions={k: exam_records.lesion() for k in keys},
            features={k: exam_records.features() for k in keys},
            preset="recommended",
        )

    monkeypatch.setattr(sources, "run_cases", exams_of)

    def reader(fitted, path=None, **options):
        rows = [(p, v, f"{p}/{v}") for p in ("W1", "W2") for v in ("T1", "T2")]
        pd.DataFrame(rows, columns=["patient_id", "visit", "path"]).to_csv(tmp_path / "list.csv", index=False)
        source = Source(path=path or tmp_path / "list.csv", **options)
        return read_patients(source, fitted, tmp_path / "out", engine=lambda n: None, progress=len)

    return reader


def issues(found):
    return [(i.code, i.message, i.where) for i in found.issues if i.code.startswith(("predict", "molecular"))]


def expression(tmp_path):
    (tmp_path / "e.csv").write_text("sample,A\nW1,1\n")
    return Expression(files=("e.csv",))


def test_signatures_are_scored_with_the_models_own_centres(read, tmp_path, monkeypatch):
    asked = []

    def scores(chosen, inputs, centring):
        asked.append((chosen, inputs, centring))
        noted = IssueRecord(code="molecular.unlinked", message="two", where="expression", count=2)
        return SignaturesRecord(
            scores={"case-0002": {"p53_score": 0.5}}, columns=("p53_score",), issues=(noted,)
        )

    monkeypatch.setattr(sources, "score_with", scores)
    fitted = replace(
        with_file(settings=Settings.model_validate({"signatures": {"gene70_cut": 0.123}})), centring=CENTRING
    )
    found = read(fitted, expression=expression(tmp_path))
    np.testing.assert_array_equal(found.frame["p53_score"], [np.nan, 0.5])
    assert issues(found) == [("molecular.unlinked", "two", "expression")]
    ((chosen, inputs, centring),) = asked
    assert (chosen.gene70_cut, centring) == (0.123, CENTRING)
    assert inputs.files == (tmp_path / "e.csv",)


def test_a_model_without_signatures_does_not_use_expression(read, tmp_path):
    found = read(model(), expression=expression(tmp_path))
    text = "the model has no signatures: the expression is not used"
    assert issues(found) == [("predict.signatures", text, "")]
    assert "p53_score" not in found.frame
    assert issues(read(replace(model(), centring=CENTRING))) == []


LANDMARK = Settings.model_validate({"landmark": {"use": True, "column": "t2_days"}})


def clinical(tmp_path, **columns):
    rows = {"patient_id": ["W1", "W2"], "rfs_days": [365.25, 1461.0], "rfs_event": [1, 0], **columns}
    pd.DataFrame(rows).to_csv(tmp_path / "clinical.csv", index=False)
    return tmp_path / "clinical.csv"


def test_times_are_moved_to_the_second_visit_where_the_models_count_from_there(read, tmp_path):
    fitted = with_file(settings=LANDMARK)
    found = read(fitted, clinical=clinical(tmp_path, t2_days=[73.05, 36.525]))
    np.testing.assert_allclose(found.frame["time"], [0.8, 3.9])
    assert (found.time_origin, issues(found)) == ("the second visit", [])
    unknown = read(fitted, clinical=clinical(tmp_path))
    assert unknown.frame["time"].tolist() == [1.0, 4.0]
    assert unknown.time_origin == "another time than the second visit"
    ((code, text, where),) = issues(unknown)
    assert (code, where) == ("predict.landmark", "clinical column 't2_days'")
    assert "not known for 2 of 2 patients" in text
    none = read(fitted)
    assert (none.time_origin, issues(none)) == ("", [])
    events = read(fitted, clinical=clinical(tmp_path, rfs_days=[None, None]))
    assert events.frame["event"].tolist() == [1.0, 0.0]
    assert (events.time_origin, issues(events)) == ("", [])
    other = read(model(), clinical=clinical(tmp_path, t2_days=[73.05, 36.525]))
    assert (other.frame["time"].tolist(), other.time_origin) == ([1.0, 4.0], "")


@pytest.mark.parametrize(
    ("stated", "times", "origin"),
    [
        ("The Second Visit", [1.0, 4.0], "The Second Visit"),
        ("surgery", [0.8, 3.9], "the second visit"),
    ],
)
def test_times_that_already_count_from_there_stay(read, tmp_path, stated, times, origin):
    clinical(tmp_path, t2_days=[73.05, 36.525])
    text = f'preset = "recommended"\n[study]\nexams = "list.csv"\noutcome = {{time_origin = "{stated}"}}\n'
    (tmp_path / "study.toml").write_text(text)
    found = read(with_file(settings=LANDMARK), tmp_path / "study.toml")
    np.testing.assert_allclose(found.frame["time"], times)
    assert found.time_origin == origin


def made_by(steps=None, **changes):
    update = {"steps": {**step_versions(), **(steps or {})}, "kinephen": "0.7", **changes}
    return with_file(made_by=model().file.made_by.model_copy(update=update))


@pytest.mark.parametrize(
    ("fitted", "named"),
    [
        (lambda: made_by(), None),
        (lambda: made_by({"survival": 99, "phenotypes": 99, "molecular": 99}), None),
        (lambda: made_by({"lesion": 99}), "lesion"),
        (lambda: made_by({"features": 0}), "features"),
        (lambda: made_by({"delta": 99, "lesion": 0}), "lesion, delta"),
        (lambda: made_by(catalogue="0" * 64), "feature catalogue"),
        (lambda: made_by({"delta": 99}, catalogue="0" * 64), "delta, feature catalogue"),
    ],
)
def test_steps_that_have_changed_since_are_named(read, fitted, named):
    found = read(fitted())
    text = f"changed since kinephen 0.7 made the model: {named}; features may differ"
    assert issues(found) == ([] if named is None else [("predict.other_version", text, "model")])


def test_a_step_that_the_model_does_not_name_has_not_changed(read):
    steps = {k: v for k, v in step_versions().items() if k != "delta"}
    update = {"steps": steps, "catalogue": catalogue_hash()}
    fitted = with_file(made_by=model().file.made_by.model_copy(update=update))
    assert issues(read(fitted)) == []


def test_every_path_of_a_source_is_named(tmp_path):
    parts = Expression(files=("e1", "e2"), platforms=("p1", ""), link="l")
    source = Source(
        path=tmp_path / "x.csv", clinical=Path("c.csv"), visits={"T1": "a", "T2": ""}, expression=parts
    )
    named = [Path(n) for n in ("c.csv", "a", "e1", "e2", "p1", "l")]
    assert list(source_paths(source)) == [tmp_path / "x.csv", *named]
    assert list(source_paths(Source(path=tmp_path / "x.csv"))) == [tmp_path / "x.csv"]


def test_the_paths_of_a_study_are_those_that_it_names(tmp_path):
    absent = Source(path=tmp_path / "study.TOML")
    assert list(source_paths(absent)) == [tmp_path / "study.TOML"]
    (tmp_path / "study.TOML").write_text('[study]\nexams = "e.csv"\nclinical = "c.csv"\n')
    assert list(source_paths(absent)) == [tmp_path, tmp_path / "e.csv", tmp_path / "c.csv"]
    (tmp_path / "folder.toml").mkdir()
    assert list(source_paths(Source(path=tmp_path / "folder.toml"))) == [tmp_path / "folder.toml"]
