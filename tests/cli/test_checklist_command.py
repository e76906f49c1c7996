"""``kinephen checklist`` from the outside."""

from __future__ import annotations

import csv
import errno
import io
import json
import runpy
from pathlib import Path

import pytest

from kinephen.report.checklists import with_texts
from kinephen.report.render import report_bytes

MADE = runpy.run_path(str(Path(__file__).parents[1] / "checklist_report.py"))["report"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "report.json").write_bytes(report_bytes(with_texts(MADE())))
    return tmp_path


def test_all_lists_as_markdown(call, folder):
    code, out, _ = call("checklist", folder)
    assert code == 0
    titles = [line for line in out.splitlines() if line.startswith("# ")]
    assert titles == ["# CLEAR", "# METRICS", "# IBSI reporting", "# TRIPOD+AI", "# REMARK"]
    assert "fixed number of 32 bins" in out


def test_one_list_as_csv_from_the_file_itself(call, folder):
    code, out, _ = call("checklist", folder / "report.json", "--name", "metrics", "--format", "csv")
    assert code == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [r["item"] for r in rows] == [str(i) for i in range(1, 31)]
    assert {r["checklist"] for r in rows} == {"metrics"}
    assert float(rows[2]["weight"]) == 0.0919


def test_json_for_machines(call, folder):
    code, out, _ = call("checklist", folder, "--json", "--name", "remark")
    (found,) = json.loads(out)
    assert code == 0
    assert found["key"] == "remark"
    assert sum(found["counts"].values()) == len(found["items"]) == 20
    assert found["items"][16]["verified"] == "no"


def test_what_is_left_to_the_author(call, folder):
    _, out, _ = call("checklist", folder, "--status", "author", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {r["status"] for r in rows} == {"author"}
    assert all(r["left_to_do"] for r in rows)
    code, out, err = call("checklist", folder, "-n", "remark", "--status", "not_applicable")
    assert (code, out) == (0, "")
    assert "no item is of status not_applicable" in err


def test_a_report_without_lists_is_filled_now(call, folder):
    with_lists = call("checklist", folder, "--format", "csv")[1]
    (folder / "report.json").write_bytes(report_bytes(MADE()))
    assert call("checklist", folder, "--format", "csv")[1] == with_lists


def test_a_file_is_written_whole(call, folder, tmp_path):
    target = tmp_path / "new" / "clear.md"
    code, out, _ = call("checklist", folder, "-n", "clear", "--out", target)
    assert (code, out) == (0, f"{target}\n")
    assert target.read_text("utf-8").startswith("# CLEAR\n")
    (tmp_path / "plain").write_text("")
    code, _, err = call("checklist", folder, "--out", tmp_path / "plain" / "clear.md")
    assert code == 2
    assert "error [path.unusable]" in err


def test_a_file_that_may_not_be_written_is_a_fault_of_the_machine(call, folder, tmp_path, monkeypatch):
    def denied(path, content):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr("kinephen.core.files.write_whole", denied)
    code, out, err = call("checklist", folder, "--out", tmp_path / "clear.md")
    assert (code, out) == (7, "")
    assert "error [machine.permission]" in err


def test_a_folder_without_report(call, tmp_path):
    code, _, err = call("checklist", tmp_path / "none")
    assert code == 4
    assert "error [report.unreadable]" in err


@pytest.mark.parametrize(
    ("option", "choices"),
    [
        ("--name", ("all", "clear", "metrics", "ibsi", "tripod_ai", "remark")),
        ("--format", ("md", "csv", "json")),
        ("--status", ("all", "automatic", "drafted", "author", "not_applicable")),
    ],
)
def test_an_unknown_choice_is_told_with_the_known(call, folder, option, choices):
    code, _, err = call("checklist", folder, option, "nothing")
    assert code == 2
    assert ", ".join(f"'{c}'" for c in choices) in err


@pytest.mark.parametrize("form", ["md", "csv", "json"])
def test_printed_and_written_are_the_same_bytes(call, folder, tmp_path, form):
    printed = call("checklist", folder, "-f", form, "-n", "clear")[1]
    call("checklist", folder, "-f", form, "-n", "clear", "-o", tmp_path / "written")
    assert (tmp_path / "written").read_bytes().decode() == printed


def test_the_score_stands_where_a_list_has_one(call, folder):
    code, out, err = call("checklist", folder, "--format", "csv", "--json")
    lists = json.loads(out)
    assert (code, err) == (0, "")
    assert [found["key"] for found in lists] == ["clear", "metrics", "ibsi", "tripod_ai", "remark"]
    assert [found["score"] is None for found in lists] == [True, False, True, True, True]
    assert set(lists[1]) == {"key", "title", "counts", "score", "items"}


def test_one_status_of_one_list(call, folder):
    every = json.loads(call("checklist", folder, "--json")[1])
    chosen = json.loads(call("checklist", folder, "--json", "--status", "automatic")[1])
    assert {f["key"]: len(f["items"]) for f in chosen} == {
        f["key"]: n for f in every if (n := sum(i["status"] == "automatic" for i in f["items"]))
    }
    assert {i["status"] for f in chosen for i in f["items"]} == {"automatic"}
