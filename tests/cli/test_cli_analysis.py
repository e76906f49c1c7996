"""What ``run`` and ``demo`` share: the order of the steps, what is kept of a run, and its summary."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace as Of

import pytest
from tests.printed import printed_tables

from kinephen.cli import analysis
from kinephen.cli.analysis import Analysis, Teller, analyse, prepare_numerics, print_summary
from kinephen.errors import UsageError
from kinephen.records.failure import Failure
from kinephen.report.schema import Column, Table
from kinephen.study import place


class Bars:
    """Stands for progress bars and notes what they are told."""

    def __init__(self):
        self.told = []

    def add_task(self, what, *, total):
        self.told.append(("add", what, total))
        return len(self.told) * 10

    def update(self, task, *, completed, total):
        self.told.append((task, completed, total))


def test_each_stage_has_one_bar():
    bars = Bars()
    tell = Teller(bars)
    for words in (("cases", 0, 8), ("cases", 3, 8), ("report", 0, 1), ("cases", 8, 9)):
        tell(*words)
    assert bars.told == [
        ("add", "cases", 8), (10, 0, 8), (10, 3, 8), ("add", "report", 1), (40, 0, 1), (10, 8, 9)
    ]  # fmt: skip


def failure(code):
    return Failure(code=code, message="no phases", hint=f"mend {code}", where="exam case-0001/T2")


@pytest.fixture
def steps(monkeypatch):
    """Put stand-ins for the steps of a run; returns what each was given."""
    seen = {}
    failed = {("case-0002", "T1"): failure("b"), ("case-0001", "T2"): failure("a")}

    def run_study(study, root, out, **more):
        seen["run"] = (study, root, out, more["engine"], more["log"])
        more["progress"]("cases", 1, 2)
        return Of(cases=Of(failures=failed))

    def write_report(results, out, *, formats):
        seen["report"] = (results.cases.failures is failed, out, formats)
        return Of(page=out / "report.html", report="report", model=out / "model.json")

    stand_in = {
        "study.run": Of(run_study=run_study),
        "report.folder": Of(write_report=write_report),
        "study.engine": Of(make_engine=lambda **words: words),
    }
    monkeypatch.setattr(place, "study_inputs", lambda study, root: ("inputs", study, root))
    monkeypatch.setattr(place, "refuse_inputs", lambda out, inputs: seen.update(refused=(out, inputs)))
    for name, module in stand_in.items():  # the real ones take seconds to import
        monkeypatch.setitem(sys.modules, f"kinephen.{name}", module)
    monkeypatch.setattr(analysis, "prepare_numerics", lambda quiet: seen.update(quiet=quiet))
    clock = iter((100.0, 163.456))
    monkeypatch.setattr(analysis, "time", Of(monotonic=lambda: next(clock)))
    return seen


def test_a_run_in_its_folder(steps, tmp_path, capsys):
    root, out = Path("trial"), tmp_path / "out"
    found = analyse("study", root, out, workers=3, scheduler="tcp://x", formats="png", quiet=True)
    assert steps["run"] == (
        *("study", root, out, {"scheduler": "tcp://x", "workers": 3}),
        root / "recipes",
    )
    assert steps["refused"] == (out, ("inputs", "study", root))
    assert steps["report"] == (True, out, ("svg", "png"))
    assert steps["quiet"] is True
    assert capsys.readouterr() == ("", "")
    assert found.failures == [
        {"case": "case-0001", "visit": "T2", "code": "a", "message": "no phases", "hint": "mend a"},
        {"case": "case-0002", "visit": "T1", "code": "b", "message": "no phases", "hint": "mend b"},
    ]
    assert (found.page, found.model, found.report) == (out / "report.html", out / "model.json", "report")
    assert found.seconds == pytest.approx(63.456)
    kept = json.loads((out / "run.json").read_text())
    assert (kept["seconds"], kept["engine"], kept["workers"]) == (63.46, "dask", 3)
    assert set(kept["machine"]) == {"system", "machine", "python"}
    assert datetime.fromisoformat(kept["started"]).microsecond == 0
    assert kept["started"].endswith("+00:00")


def test_a_run_as_nobody_asked_otherwise(steps, tmp_path, capsys):
    analyse("study", tmp_path, tmp_path / "out")
    assert steps["run"][3] == {"scheduler": None, "workers": None}
    assert steps["report"][2] == ("svg", "pdf", "png")
    assert steps["quiet"] is False
    kept = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (kept["engine"], kept["workers"]) == ("local", None)
    # The bars stand on standard error: the report is done, the cases are not.
    out, err = capsys.readouterr()
    assert out == ""
    lines = [line.split() for line in err.splitlines() if line.strip()]
    assert {line[0]: next(w for w in line if "/" in w) for line in lines} == {"cases": "1/2", "report": "1/1"}


def test_each_stage_is_told(steps, monkeypatch, tmp_path):
    told = []
    monkeypatch.setattr(analysis, "Teller", lambda bars: lambda *words: told.append(words))
    analyse("study", tmp_path, tmp_path / "out", quiet=True)
    assert told == [("cases", 1, 2), ("report", 0, 1), ("report", 1, 1)]


def test_an_unknown_picture_is_refused_before_anything_is_run(steps, tmp_path):
    with pytest.raises(UsageError, match="gif"):
        analyse("study", tmp_path, tmp_path / "out", formats="gif")
    assert "run" not in steps


@pytest.mark.parametrize("quiet", [True, False])
@pytest.mark.parametrize("cached", [True, False])
def test_kernels_are_compiled_once(monkeypatch, capsys, quiet, cached):
    done = []
    monkeypatch.setattr("kinephen.core.processes.limit_threads", lambda: done.append("threads"))
    monkeypatch.setattr("kinephen.study.kernels.prepare_numba_cache", lambda: done.append("cache"))
    monkeypatch.setattr("kinephen.study.kernels.kernels_are_cached", lambda: cached)
    monkeypatch.setattr("kinephen.study.kernels.compile_kernels", lambda: done.append("compile"))
    prepare_numerics(quiet)
    assert done == ["threads", "cache"] + ([] if cached else ["compile"])
    assert ("first use: compiling" in capsys.readouterr().err) == (not cached and not quiet)


def table(title):
    columns = (Column(key="what", label="What"), Column(key="share", label="Share", format="percent"))
    return Table(
        title=title,
        label=title,
        section="truth",
        columns=columns,
        rows=({"what": "a", "share": 0.25}, {"what": "b"}),
    )


@pytest.fixture
def result():
    report = Of(
        tables={"truth": table("Truth"), "beside": table("Beside"), "table1": table("Other")},
        numbers={"k": Of(value=2), "c": Of(value=0.7)},
    )
    return Analysis(
        page=Path("out/report.html"), report=report, model=Path("out/model.json"), seconds=61.26,
        failures=[{"case": "case-0001"}],
    )  # fmt: skip


def test_the_summary_shows_the_conclusions_before_the_truth(result, capsys):
    print_summary(result)
    out = capsys.readouterr().out
    assert list(printed_tables(out)) == ["Beside", "Truth"]
    assert printed_tables(out)["Truth"] == [["What", "Share"], ["a", "25%"], ["b", ""]]
    assert out.endswith("report: out/report.html\n")
    result.report.tables.clear()
    print_summary(result)
    assert capsys.readouterr().out == "report: out/report.html\n"


def test_the_same_for_programs(result):
    assert result.to_dict() == {
        "report": "out/report.html",
        "report_json": "out/report.json",
        "model": "out/model.json",
        "failures": [{"case": "case-0001"}],
        "headlines": {"k": 2, "c": 0.7},
        "seconds": 61.3,
    }
    plain = Analysis(page=Path("a"), report=result.report, model=Path("b"))
    assert (plain.failures, plain.seconds) == ([], 0.0)


def given(monkeypatch, result):
    """Stand in for the analysis of ``run`` and ``demo``; returns what they hand to it."""
    calls = []
    monkeypatch.setattr(analysis, "analyse", lambda *words, **more: calls.append((words, more)) or result)
    monkeypatch.setattr("kinephen.config.load.load_study", lambda path, **more: (path, more))
    return calls


@pytest.mark.parametrize(("failures", "says"), [(0, None), (1, "1 exam failed"), (3, "3 exams failed")])
def test_run_hands_over_its_options_and_counts_failures(monkeypatch, call, result, failures, says):
    result.failures[:] = [{"case": "x"}] * failures
    calls = given(monkeypatch, result)
    code, out, err = call(
        "run", "a/study.toml", "-o", "there", "-p", "quick", "--set", "x.y=1", "--workers", 2, "--scheduler",
        "tcp://x", "--formats", "png", "-q",
    )  # fmt: skip
    settings = (Path("a/study.toml"), {"preset": "quick", "changes": ["x.y=1"]})
    options = {"workers": 2, "scheduler": "tcp://x", "formats": "png", "quiet": True}
    assert calls == [((settings, Path("a"), Path("there")), options)]
    assert "report: out/report.html" in out
    assert code == (5 if failures else 0)
    assert err == (f"{says}; see `kinephen status a/study.toml --out there`\n" if says else "")
    code, out, _ = call("run", "a/study.toml", "--json")
    assert json.loads(out)["seconds"] == 61.3
    assert calls[1][0][0][1] == {"preset": None, "changes": ()}


@pytest.mark.parametrize("left", [True, False])
def test_demo_simulates_once_and_analyses(monkeypatch, call, result, tmp_path, left):
    calls, made = given(monkeypatch, result), []

    def write_study(trial, settings, *, seed, processes, progress):
        progress(3, 5)
        made.append((trial, settings.patients, settings.validation, seed, processes))
        trial.mkdir(parents=True)
        return trial

    def add_study_file(folder, *, seed, preset):
        made.append((folder, seed, preset))
        (folder / "study.toml").write_text("")

    monkeypatch.setattr("kinephen.simulate.study.write_study", write_study)
    monkeypatch.setattr("kinephen.simulate.study_file.add_study_file", add_study_file)
    trial = tmp_path / "d" / "trial"
    if left:  # by a demo that was killed
        trial.mkdir(parents=True)
        (trial / "left").write_text("")
    words = ("demo", "-o", tmp_path / "d", "--women", 12, "--validation", 8, "--seed", 7)
    code, out, err = call(*words)
    assert (code, "report: out/report.html" in out) == (0, True)
    assert err.startswith("simulating a trial of 12 patients and 8 for validation, two visits each")
    assert "patients" in err.splitlines()[1]
    assert "3/20" in err
    assert made == [(trial, 12, 8, 7, 2), (trial, 7, "quick")]
    assert [p.name for p in trial.iterdir()] == ["study.toml"]
    assert calls == [(((trial / "study.toml", {}), trial, tmp_path / "d" / "run"), {"quiet": False})]
    code, out, err = call(*words, "--quiet", "--json")
    assert (json.loads(out)["model"], err, len(made)) == ("out/model.json", "", 2)
    assert calls[1][1] == {"quiet": True}
