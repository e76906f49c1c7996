"""``kinephen recipes`` from the outside, and the ladder that ``kinephen survival`` counts."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from kinephen.config.template import write_study_file
from kinephen.io.recipe_log import FOLDER, LOG, read_recipes


@pytest.fixture
def study(tmp_path):
    write_study_file(tmp_path / "study.toml", {"preset": "quick"})
    return tmp_path / "study.toml"


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(4)
    n = 60
    age, marker = rng.normal(50, 8, n), rng.integers(0, 2, n)
    time, censor = rng.exponential(6 / np.exp(0.9 * marker)), rng.uniform(1, 9, n)
    frame = pd.DataFrame({"years": np.minimum(time, censor), "event": (time <= censor).astype(int)})
    frame.assign(age=age, marker=marker).to_csv(tmp_path / "patients.csv", index=False)
    return tmp_path / "patients.csv"


def test_no_run_no_recipe(call, study):
    code, out, err = call("recipes", study)
    assert (code, out) == (0, "")
    assert "0 distinct recipes in the log, 0 tried elsewhere" in err
    assert not (study.parent / FOLDER).exists()


def test_declared_recipes_are_listed_and_counted(call, study):
    call("recipes", study, "--declare", "3", "--note", "linkages in a notebook")
    code, out, _ = call("recipes", study, "--declare", "2", "--note", "two cuts of skewness", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["distinct"], found["elsewhere"]) == (0, 5)
    assert [line["note"] for line in found["lines"]] == ["linkages in a notebook", "two cuts of skewness"]
    _, out, err = call("recipes", study)
    assert "linkages in a notebook" in out
    assert "5 tried elsewhere" in err


@pytest.mark.parametrize("note", ["", " ", "two\nlines", "x" * 501])
def test_a_declaration_needs_a_note(call, study, note):
    code, _, err = call("recipes", study, "--declare", "3", "--note", note)
    assert code == 2
    assert "recipes.note" in err
    assert read_recipes(study.parent / FOLDER) == ()


def test_a_study_file_is_needed(call, tmp_path):
    code, _, err = call("recipes", tmp_path / "absent.toml", "--declare", "3", "--note", "some")
    assert code == 3
    assert "no such study file" in err


def test_a_changed_log_is_found(call, study):
    call("recipes", study, "--declare", "3", "--note", "some")
    code, out, _ = call("recipes", study, "--verify", "--json")
    assert code == 0
    checked = json.loads(out)
    assert (checked["intact"], checked["lines"]) == (True, 1)
    path = study.parent / FOLDER / LOG
    path.write_text(path.read_text().replace('"count": 3', '"count": 1'))
    code, _, err = call("recipes", study, "--verify")
    assert code == 4
    assert "its content is not what its hash says" in err
    assert "NOT as it was written" in err
    code, _, err = call("recipes", study)
    assert code == 4
    assert "kinephen recipes STUDY --verify" in err


def test_a_ladder_is_counted_once_when_asked_for(call, study, table):
    ladder = ("survival", table, "--time", "years", "--event", "event", "--replicates", "3", "--json")
    models = ("--model", "base=age", "--model", "full=age,marker")
    assert call(*ladder, *models)[0] == 0
    assert read_recipes(study.parent / FOLDER) == ()
    for _ in range(2):
        code, out, _ = call(*ladder, *models, "--study", study)
        assert code == 0
    (entry,) = read_recipes(study.parent / FOLDER)
    assert entry.changes == ["base=age", "full=age,marker"]
    shown = json.loads(out)["ladder"]["models"]
    assert entry.c_base == pytest.approx(shown[0]["cross_validated"]["c"])
    assert entry.c == pytest.approx(shown[1]["cross_validated"]["c"])
    assert entry.kind == "ladder"
