"""What the small commands print: recipes, config, info, status, checks of logs."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace as Of

import pytest
from tests.printed import printed_tables

from kinephen.cli.log_check import show_check
from kinephen.io.hash_chain import LogCheck


def recipe(**more):
    fields = {
        "kind": "run", "preset": "quick", "changes": ["a.b=1", "c.d=2"], "seed": 7,
        "patients": 40, "events": 11,
        "phenotypes": 2, "c_base": 0.612345, "c": 0.71, "logrank_p": None, "count": 1, "note": "",
    }  # fmt: skip
    return Of(**(fields | more))


@pytest.fixture
def log(monkeypatch, call):
    """Return a function that runs ``recipes`` on given entries, and what it asked for."""

    def run(*words, entries=(), distinct=0):
        asked = []
        place = "kinephen.io.recipe_log"
        monkeypatch.setattr(f"{place}.read_recipes", lambda folder: entries)
        monkeypatch.setattr(f"{place}.tally", lambda _: Of(recipes=["r"] * distinct, elsewhere=5))
        monkeypatch.setattr(
            f"{place}.check_recipes",
            lambda folder, head: asked.append((folder, head)) or LogCheck(1, "abc", ()),
        )
        steps = "kinephen.study.recipe_entries"
        monkeypatch.setattr(f"{steps}.study_log", lambda study: study.parent / "recipes")
        monkeypatch.setattr(f"{steps}.declare_recipes", lambda *words: asked.append(words))
        return *call("recipes", "a/study.toml", *words), asked

    return run


def test_recipes_are_rows(log):
    entries = (recipe(), recipe(kind="declared", note="in a notebook", count=3))
    code, out, err, asked = log(entries=entries, distinct=1)
    rows = printed_tables(out)[""]
    assert rows == [
        ["kind", "preset", "changes", "seed", "patients", "events", "k", "C without", "C", "log-rank p"],
        ["run", "quick", "a.b=1, c.d=2", "7", "40", "11", "2", "0.6123", "0.71", ""],
        ["declared", "", "in a notebook", "", "", "", "x 3", "", "", ""],
    ]
    assert (code, err, asked) == (0, "1 distinct recipe in the log, 5 tried elsewhere\n", [])
    _, out, err, _ = log(distinct=2)
    assert (out, err) == ("", "2 distinct recipes in the log, 5 tried elsewhere\n")
    found = json.loads(log("--json", entries=entries, distinct=1)[1])
    assert (found["distinct"], found["elsewhere"], found["lines"][1]["count"]) == (1, 5, 3)


def test_recipes_are_declared_or_verified(log):
    folder = Path("a/recipes")
    assert log("--declare", 3, "--note", "some")[3] == [(folder, 3, "some")]
    code, out, err, asked = log("--verify", "--head", "abc")
    assert asked == [(folder, "abc")]
    assert (code, out, err) == (0, "", "1 line; last hash abc\nintact\n")
    assert log("--verify", "--declare", 3)[3] == [(folder, "")]


def test_a_log_that_was_changed_ends_with_code_4(capsys):
    from typer import Exit

    check = LogCheck(2, "abc", ("line 1 differs", "line 2 differs"))
    with pytest.raises(Exit) as end:
        show_check(check, "decision", as_json=False)
    assert end.value.exit_code == 4
    assert capsys.readouterr() == (
        "",
        "2 decisions; last hash abc\nproblem: line 1 differs\nproblem: line 2 differs\n"
        "NOT as it was written\n",
    )
    with pytest.raises(Exit):
        show_check(check, "decision", as_json=True)
    out, err = capsys.readouterr()
    assert json.loads(out) == {"lines": 2, "head": "abc", "problems": list(check.problems), "intact": False}
    assert err == ""


def test_settings_are_shown(call, tmp_path):
    code, out, _ = call("config", "show", "--json")
    found = json.loads(out)
    assert (code, found["preset"], found["seed"]) == (0, "recommended", 1)
    code, out, _ = call("config", "show", "--preset", "quick", "--set", "ftv.ser_min=0.5")
    assert "preset quick, seed 1" in out
    (table,) = printed_tables(out).values()
    assert table[0] == ["setting", "value", "meaning"]
    assert next(r for r in table if r[0] == "ftv.ser_min")[1] == "0.5"
    from kinephen.config.template import write_study_file

    write_study_file(tmp_path / "study.toml", {"preset": "quick", "seed": 9})
    found = json.loads(call("config", "show", tmp_path / "study.toml", "--json")[1])
    assert (found["preset"], found["seed"]) == ("quick", 9)
    found = json.loads(call("config", "show", tmp_path / "study.toml", "-p", "chitalia2023", "--json")[1])
    assert found["preset"] == "chitalia2023"
    code, out, _ = call("config", "diff", "chitalia2023", tmp_path / "study.toml", "--json")
    assert (code, json.loads(out)["second"]) == (0, str(tmp_path / "study.toml"))


def test_differences_stand_under_their_preset(call):
    found = json.loads(call("config", "diff", "--json")[1])
    assert (found["first"], found["second"]) == ("chitalia2023", "recommended")
    head, *rows = printed_tables(call("config", "diff", "quick", "recommended")[1])[""]
    assert head == ["setting", "quick", "recommended", "meaning"]
    row = next(r for r in rows if r[0] == "tumours.resamples")
    quick, full = (
        next(s["value"] for s in json.loads(call("config", "show", "-p", p, "--json")[1])["settings"]
             if s["key"] == "tumours.resamples")
        for p in ("quick", "recommended")
    )  # fmt: skip
    assert row[1:3] == [str(quick), str(full)]
    assert call("config", "schema")[1] == call("config", "schema", "study")[1]


def test_registries(monkeypatch, call):
    rows = [{"name": "a", "parts": {"x": 1, "y": 2}, "more": None}]
    monkeypatch.setattr(
        "kinephen.study.registries.registry", lambda what: Of(rows=rows, columns=("parts", "name"))
    )
    assert printed_tables(call("info", "maps")[1])[""] == [["parts", "name"], ["x: 1; y: 2", "a"]]
    assert json.loads(call("info", "maps", "--json")[1]) == {"maps": rows}
    code, out, _ = call("info", "r-function")
    assert code == 0
    assert "jsonlite" in out
    assert out.endswith("}\n")
    assert not out.endswith("\n\n")


def test_status_of_a_run(monkeypatch, call):
    asked, rows = [], [{"case": "case-0001", "visit": "T1", "lesion": "done"}, {"case": "case-0002"}]
    place = "kinephen.study"
    for name in ("place.require_run", "private.require_key"):
        monkeypatch.setattr(f"{place}.{name}", asked.append)
    monkeypatch.setattr("kinephen.config.load.load_study", lambda path, **more: (path, more))
    monkeypatch.setattr(f"{place}.plan.make_plan", lambda study, root: (study, root))
    monkeypatch.setattr(f"{place}.cases.make_jobs", lambda *words: asked.append(words))
    monkeypatch.setattr(f"{place}.cases.status_rows", lambda _: rows)
    code, out, _ = call("status", "a/study.toml", "-o", "there", "-p", "quick", "--set", "a.b=1")
    assert printed_tables(out)[""] == [
        ["case", "visit", "lesion"], ["case-0001", "T1", "done"], ["case-0002", "", ""]
    ]  # fmt: skip
    study = (Path("a/study.toml"), {"preset": "quick", "changes": ["a.b=1"]})
    there = Path("there")
    assert (code, asked) == (0, [there, there, ((study, Path("a")), there)])
    assert json.loads(call("status", "a/study.toml", "--json")[1]) == {"cases": rows}
    assert asked[-1] == (((study[0], {"preset": None, "changes": ()}), Path("a")), Path("out"))
    rows.clear()
    assert "case" in call("status", "a/study.toml")[1]
