"""The recipes of a study in its log and in its report."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

from kinephen.config.schema import Recipes
from kinephen.errors import InputError
from kinephen.io.recipe_log import FOLDER, LOG, add_recipes, read_recipes
from kinephen.report.folder import write_report
from kinephen.study.engine import SerialEngine
from kinephen.study.run import run_study

FEW = Recipes(permutations=9, replicates=1)
ALSO = (("tumours.linkage=average",), ("delta.form=signed", "filters.skewness_limit=3"))


@pytest.fixture
def again(finished, study_folder, load, tmp_path):
    """Return a function that runs the tiny study with a log, from the store of the finished run."""
    out = shutil.copytree(finished[2], tmp_path / "out")

    def runner(*changes, recipes=FEW, beside=()):
        study = load(study_folder, *changes, beside=beside).model_copy(update={"recipes": recipes})
        results = run_study(
            study, study_folder, out, engine=SerialEngine(), progress=lambda *_: None, log=tmp_path / FOLDER
        )
        write_report(results, out)
        return results, json.loads((out / "report.json").read_text()), (out / "report.json").read_bytes()

    return runner


def summary_of(report):
    return " ".join(s["text"] for s in report["summary"])


@pytest.mark.slow
def test_one_recipe_has_no_price(again, tmp_path):
    results, report, first = again()
    assert results.recipes.total == 1
    assert report["numbers"]["recipes"]["value"] == 1
    assert "One recipe; no price." in report["tables"]["recipes"]["caption"]
    assert "recipe_price" not in report["tables"]
    assert "no choice was made" in summary_of(report)
    (entry,) = read_recipes(tmp_path / FOLDER)
    assert entry.phenotypes == 2
    # The same again is the same recipe, the same bytes, and no new line.
    assert again()[2] == first
    assert len(read_recipes(tmp_path / FOLDER)) == 1


@pytest.mark.slow
def test_an_edited_remark_is_no_new_line_of_the_log(finished, again, study_copy, load, tmp_path):
    again()
    table = pd.read_csv(study_copy / "clinical.csv").assign(remark="seen twice")
    table.to_csv(study_copy / "clinical.csv", index=False)
    for _ in range(2):
        study = load(study_copy).model_copy(update={"recipes": FEW})
        run_study(
            study, study_copy, tmp_path / "out", engine=SerialEngine(), progress=lambda *_: None,
            log=tmp_path / FOLDER,
        )  # fmt: skip
        assert len(read_recipes(tmp_path / FOLDER)) == 1
        table["remark"] = "seen again"
        table.to_csv(study_copy / "clinical.csv", index=False)


def test_recipes_listed_in_the_study_are_compared(again, tmp_path):
    recipes = FEW.model_copy(update={"also": ALSO})
    results, report, first = again(recipes=recipes)
    rows = report["tables"]["recipes"]["rows"]
    assert [r["recipe"] for r in rows] == ["quick", *(", ".join(changes) for changes in ALSO)]
    assert all(isinstance(r["c"], float) for r in rows)
    assert all(r["adjusted"] >= r["p"] for r in rows)
    price = {r["measure"]: r for r in report["tables"]["recipe_price"]["rows"]}
    assert len(price) == 6
    best = next(r for name, r in price.items() if name.startswith("C of the best recipe ("))
    assert best["value"]["value"] == max(r["c"] for r in rows)
    assert "3" in str(report["numbers"]["recipes"]["value"])
    assert "by chance alone" in summary_of(report)
    assert len(read_recipes(tmp_path / FOLDER)) == 3
    assert again(recipes=recipes)[2] == first
    assert {p.digest for p in results.recipes.plans} == {e.recipe for e in read_recipes(tmp_path / FOLDER)}


@pytest.mark.slow
def test_recipes_of_earlier_runs_are_priced_too(again, tmp_path):
    again("tumours.linkage=average")
    _, report, _ = again()
    first, second = report["tables"]["recipes"]["rows"]
    assert first["recipe"] == "quick"
    assert 'tumours.linkage="average"' in second["recipe"]
    assert "earlier run" in second["recipe"]
    assert isinstance(second["c"], float)
    _, report, _ = again(recipes=FEW.model_copy(update={"rerun_logged": False}))
    assert report["tables"]["recipes"]["rows"][1]["c"] == {"missing": "recipes.rerun_logged is off"}
    assert "recipe_price" not in report["tables"]
    assert report["numbers"]["recipes"]["value"] == 2


def test_a_preset_beside_is_a_recipe(again):
    results, _, _ = again(beside=("recommended",))
    assert [p.name for p in results.recipes.plans] == ["quick", "recommended"]


@pytest.mark.slow
def test_another_seed_is_another_recipe_and_declared_ones_count(again, tmp_path):
    again("seed=6")
    (entry,) = read_recipes(tmp_path / FOLDER)
    add_recipes(tmp_path / FOLDER, [_declared(entry)])
    results, report, _ = again()
    assert results.recipes.total == 2 + 4
    assert results.recipes.unpriced == 4
    rows = report["tables"]["recipe_price"]["rows"]
    assert rows[-1]["p"] == pytest.approx(min(1.0, rows[0]["p"] + 4 * _best(results)))
    assert report["tables"]["recipes"]["rows"][-1]["recipe"] == "4 tried elsewhere"


def _declared(entry):
    from dataclasses import replace

    return replace(entry, kind="declared", recipe="", count=4, note="elsewhere")


def _best(results):
    price = results.recipes.price
    return price.p[price.place]


@pytest.mark.slow
def test_a_recipe_with_other_features_extracts_its_own(again):
    recipes = FEW.model_copy(update={"also": (("features.bins=16",),)})
    results, report, _ = again(recipes=recipes)
    assert results.recipes.plans[1].table == "recipe-1"
    assert isinstance(report["tables"]["recipes"]["rows"][1]["c"], float)
    _, report, _ = again()
    reason = report["tables"]["recipes"]["rows"][1]["c"]["missing"]
    assert "other features" in reason


def test_a_recipe_that_cannot_be_run_is_counted_with_the_reason(again):
    recipes = FEW.model_copy(update={"also": (("filters.skewness_limit=0.000001",),)})
    results, report, _ = again(recipes=recipes)
    assert results.recipes.total == 2
    assert "could not be run" in report["tables"]["recipes"]["rows"][1]["c"]["missing"]


def test_the_log_holds_no_identifier_and_no_machine(again, finished, tmp_path):
    again()
    text = (tmp_path / FOLDER / LOG).read_text()
    for patient in finished[0].plan.patient_ids.values():
        assert patient not in text
    assert str(tmp_path) not in text


def test_a_damaged_log_stops_the_run_before_the_report(again, tmp_path):
    again()
    path = tmp_path / FOLDER / LOG
    path.write_text(path.read_text().replace('"patients": ', '"patients": 1'))
    with pytest.raises(InputError, match="log of recipes"):
        again()


def test_a_log_that_cannot_be_written_is_an_issue(again, tmp_path, monkeypatch):
    def refuse(folder, entries):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("kinephen.study.steps.recipes.add_recipes", refuse)
    _, report, _ = again()
    assert any(i["code"] == "recipes.log" and "not counted" in i["message"] for i in report["issues"])
