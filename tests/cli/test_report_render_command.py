"""``kinephen render`` from the outside."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from kinephen.report.render import report_bytes
from kinephen.study.lock import run_lock

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))


@pytest.fixture
def folder(tmp_path):
    """Return a run's folder with report.json and images alone."""
    report = SAMPLE["add_images"](SAMPLE["sample_report"](4), tmp_path / "run")
    wanted = ("km_phenotype", "tumours")
    report = report.model_copy(update={"figures": {k: report.figures[k] for k in wanted}})
    (tmp_path / "run" / "report.json").write_bytes(report_bytes(report))
    return tmp_path / "run"


def test_the_page_is_made_from_report_json_alone(call, folder, tmp_path):
    code, out, _ = call(
        "render", folder / "report.json", "--out", tmp_path / "new", "--formats", "png", "--json"
    )
    assert code == 0
    assert json.loads(out) == {"page": str(tmp_path / "new" / "report.html"), "figures": 3, "tables": 5}
    new = tmp_path / "new"
    assert (new / "report.json").read_bytes() == (folder / "report.json").read_bytes()
    assert (new / "figures" / "tumours.png").exists()
    assert {p.name for p in (new / "assets").iterdir()} == {p.name for p in (folder / "assets").iterdir()}


def test_without_a_folder_it_writes_beside_the_report(call, folder):
    code, out, err = call("render", folder / "report.json", "--formats", "svg")
    assert (code, out) == (0, f"{folder / 'report.html'}\n")
    assert "3 figures and 5 tables written" in err
    assert not list((folder / "figures").glob("*.png"))


def test_a_file_that_is_no_report(call, tmp_path):
    path = tmp_path / "report.json"
    path.write_text("{}")
    code, _, err = call("render", path)
    assert code == 4
    assert "error [report.invalid]" in err
    assert "make the report again" in err


def test_a_format_that_no_figure_has(call, folder):
    code, _, err = call("render", folder / "report.json", "--formats", "svg,gif")
    assert code == 2
    assert "error [report.format]: --formats: no such figure format: gif" in err


@pytest.mark.parametrize("busy", ["read", "written"])
def test_a_run_at_work_in_either_folder_is_not_disturbed(call, folder, tmp_path, busy):
    new = tmp_path / "new"
    with run_lock(folder if busy == "read" else new):
        code, _, err = call("render", folder / "report.json", "--out", new)
    assert code == 2
    assert "error [run.locked]" in err
    assert not (new / "report.html").exists()


def test_no_folder_is_made_for_a_report_that_is_not_there(call, tmp_path):
    code, _, _ = call("render", tmp_path / "none" / "report.json", "--out", tmp_path / "new")
    assert code == 4
    assert list(tmp_path.iterdir()) == []
