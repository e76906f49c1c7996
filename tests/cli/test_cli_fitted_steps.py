"""The steps of ``kinephen fit``, ``predict`` and ``validate``: who is given what, and what is told of it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace as Of

import pytest

from kinephen.cli import analysis, fitted_run
from kinephen.core.cohort import Issue
from kinephen.errors import UsageError
from kinephen.model.source import Source
from kinephen.records.base import Interval
from kinephen.study import lock, place, private, store


class Engines:
    class SerialEngine:
        pass

    Engine = object

    @staticmethod
    def make_engine(**words):
        return words


@pytest.fixture
def steps(monkeypatch):
    """Stand-ins for the steps, which take long to import and to run; returns what they saw."""
    seen = {"order": [], "quiet": []}

    def step(name, result=None):
        def call(*words, **more):
            seen["order"].append(name)
            seen[name] = (words, more)
            return result

        return call

    cox = (
        Of(title="Clinical", c_cross_validated=Of(record=lambda: Interval(value=0.612, low=0.5, high=0.75))),
        Of(title="With change", c_cross_validated=Of(record=lambda: Interval(value=None))),
    )
    cohort = Of(patients=40, analysed=36, events=11)
    fitted = Of(
        file=Of(checksum="abc", training=Of(cohort=cohort), cox=cox),
        phenotypes=Of(k=2, conclusion="two groups"),
    )
    seen["patients"] = patients = Of(ids={"1": "P-7"}, failed=3)
    seen["predictions"] = predictions = Of(
        patients=["1", "2"],
        by_phenotype={"1": 1, "2": 0},
        by_flag={"scanner": 1},
        issues=(Issue("a.b", "x"),),
    )
    flow = Of(
        patients=["1", "2", "3"],
        n=lambda step: {"features": 2}[step],
        events=lambda step: {"features": 1}[step],
        left_out=lambda step: {"features": [Of(case="case-3", step="lesion", reason="empty")]}[step],
    )
    models = (
        Of(title="m1", n=20, events=7, reason="", c=Interval(value=0.7, low=0.6, high=None),
           slope=Interval(value=1.1, low=0.9, high=1.3)),
        Of(title="m2", n=5, events=0, reason="no events", c=None, slope=None),
    )  # fmt: skip
    record = Of(flow=flow, horizon=5.0, models=models)
    failures = {("a", "T1"): 1, ("b", "T1"): 2}
    stand_in = {
        "study.run": Of(run_study=step("run", Of(cases=Of(failures=failures)))),
        "study.engine": Engines,
        "model.build": Of(build_model=step("build", {"k": 2})),
        "model.load": Of(load_fitted=step("load", fitted)),
        "model.apply": Of(apply_model=step("apply", predictions)),
        "model.external": Of(validate_model=step("validate", record)),
        "model.sources": Of(
            read_patients=step("read", patients), source_paths=lambda source: [source, "paths"]
        ),
        "report.model_card": Of(write_card=step("card", (Path("card.md"), Path("card.html")))),
        "report.predictions": Of(write_predictions=step("write")),
        "report.render": Of(render_report=step("render", Path("o/report.html"))),
        "report.numbers.external": Of(external_report=step("report", "a report")),
    }
    for name, module in stand_in.items():
        monkeypatch.setitem(sys.modules, f"kinephen.{name}", module)
    for module, name in ((place, "refuse_inputs"), (private, "keep_private"), (private, "seal_report")):
        monkeypatch.setattr(module, name, step(name))
    monkeypatch.setattr(place, "study_inputs", lambda study, root: ("inputs", study, root))
    monkeypatch.setattr(place, "unrecorded_files", lambda out: [Issue("run.other", f"in {out.name}")])
    monkeypatch.setattr(store, "Store", lambda path: Of(sweep=step("sweep " + path.name)))
    monkeypatch.setattr(fitted_run, "prepare_numerics", seen["quiet"].append)

    @contextmanager
    def held(out):
        seen["order"].append(f"lock {out.name}")
        yield
        seen["order"].append("free")

    monkeypatch.setattr(lock, "run_lock", held)
    monkeypatch.setattr(analysis, "Teller", lambda bars: bars)
    monkeypatch.setattr(fitted_run, "Teller", lambda bars: bars)
    seen["fitted"], seen["record"] = fitted, record
    return seen


@pytest.fixture
def study():
    return Of(model_copy=lambda update: ("alone", update))


OPTIONS = {"run": None, "individuals": True, "r_function": None, "workers": 3, "scheduler": "tcp://x"}


def test_a_fit_learns_alone_and_keeps_its_run_beside(steps, study, tmp_path):
    out, root = tmp_path / "model.json", Path("trial")
    found = fitted_run.fit_study(study, root, out, **OPTIONS, quiet=True)
    folder = tmp_path / "model-run"
    assert steps["refuse_inputs"][0] == (folder, ("inputs", study, root))
    words, more = steps["run"]
    assert words == (("alone", {"beside": ()}), root, folder)
    assert more["engine"] == {"scheduler": "tcp://x", "workers": 3}
    assert more["progress"].disable
    assert steps["build"][1] == {"individuals": True}
    assert out.read_text() == '{\n "k": 2\n}\n'
    assert steps["load"][0] == (out,)
    assert steps["card"][0] == (steps["fitted"].file, out)
    assert steps["quiet"] == [True]
    assert vars(found) == {
        "model": str(out), "card": "card.html", "run": str(folder), "checksum": "abc", "learned": 40,
        "analysed": 36, "events": 11, "phenotypes": 2, "conclusion": "two groups",
        "cox": {"Clinical": "0.61 (0.50 to 0.75)", "With change": "undefined"}, "failures": 2,
    }  # fmt: skip
    assert not list(tmp_path.glob("*.R"))


def test_a_fit_goes_on_from_a_run_and_writes_the_file_for_r(steps, study, tmp_path):
    options = {**OPTIONS, "run": tmp_path / "there", "r_function": tmp_path / "f.R"}
    found = fitted_run.fit_study(study, Path(), tmp_path / "model.json", **options, quiet=False)
    assert found.run == str(tmp_path / "there")
    assert not steps["run"][1]["progress"].disable
    assert "jsonlite" in (tmp_path / "f.R").read_text()


PREDICT = {"horizons": (3.0,), "cox_model": "m4", "workers": 2, "quiet": True}


@pytest.mark.parametrize("show_ids", [True, False])
def test_a_prediction(steps, show_ids, capsys):
    out, model, source = Path("o"), Path("m.json"), Source(path=Path("new"))
    found = fitted_run.predict_patients(source, model, out, show_ids=show_ids, **PREDICT)
    assert steps["order"] == [
        *("load", "refuse_inputs", "lock o", "sweep store", "read", "apply", "keep_private", "write", "free")
    ]
    assert steps["load"][0] == (model,)
    assert steps["refuse_inputs"][0] == (out, [source, "paths"])
    words, more = steps["read"]
    assert words == (source, steps["fitted"], out)
    assert [type(more["engine"](n)) is Engines.SerialEngine for n in (1, 4, 5)] == [True, True, False]
    assert more["engine"](5) == {"workers": 2}
    assert more["progress"].disable
    assert steps["apply"] == ((steps["fitted"], steps["patients"]), {"horizons": (3.0,), "model": "m4"})
    assert steps["keep_private"][0] == (steps["patients"].ids, out)
    *words, label = steps["write"][0]
    assert words == [steps["fitted"], steps["predictions"], out]
    assert label("1") == ("P-7" if show_ids else "1")
    assert capsys.readouterr() == ("", "note [run.other]: in o\n")
    assert {k: v for k, v in vars(found).items() if k not in ("limits", "issues")} == {
        "page": "o/predictions.html", "table": "o/predictions.csv", "json": "o/predictions.json",
        "delta": "o/delta_features.csv", "patients": 2, "phenotypes": {"1": 1, "2": 0},
        "flags": {"scanner": 1}, "failures": 3,
    }  # fmt: skip
    plain = found.to_dict()
    assert plain["issues"] == [steps["predictions"].issues[0].to_dict()]
    assert set(plain) == set(vars(found))


def test_a_validation(steps):
    out, source = Path("o"), Source(path=Path("new"))
    found = fitted_run.validate_patients(
        source, Path("m.json"), out, horizon=5.0, name="Title", workers=None, quiet=True
    )
    assert steps["apply"][1] == {"horizons": (), "model": None}
    assert (steps["load"][0], steps["read"][0][0]) == ((Path("m.json"),), source)
    assert steps["write"][0][3]("1") == "1"
    three = (steps["fitted"], steps["patients"])
    assert steps["validate"] == ((*three, steps["predictions"]), {"horizon": 5.0})
    assert steps["report"] == ((*three, steps["record"]), {"name": "Title"})
    assert steps["render"][0] == ("a report", out)
    assert steps["seal_report"][0] == (out,)
    assert steps["order"][-4:] == ["report", "render", "seal_report", "free"]
    assert (found.report, found.report_json) == ("o/report.html", "o/report.json")
    assert (found.given, found.analysed, found.events, found.horizon) == (3, 2, 1, 5.0)
    assert found.left_out == (("case-3", "lesion", "empty"),)
    assert found.models == (
        ("m1", 20, 7, "0.70 (0.60 to ?)", "1.10 (0.90 to 1.30)"),
        ("m2", 5, 0, "no events", "no events"),
    )
    plain = found.to_dict()
    assert set(plain) == (set(vars(found)) | set(vars(found.predicted))) - {"predicted", "patients"}
    assert plain["given"] == 3


SOURCE = {
    **dict.fromkeys(("visits", "clinical", "given", "link", "cohort")), "expression": (), "platforms": ()
}  # fmt: skip


def test_where_patients_come_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert fitted_run.source_of(Path("new"), **SOURCE) == Source(path=Path("new"))
    found = fitted_run.source_of(
        Path("new"), visits="T1 = a,T2=b", clinical=Path("c.csv"), given="age=48, hr=1", cohort="x",
        expression=[Path("e.txt")], platforms=[Path("p.txt")], link=Path("l.csv"), prefer_validation=True,
    )  # fmt: skip
    assert (found.visits, found.given) == ({"T1": "a", "T2": "b"}, {"age": "48", "hr": "1"})
    assert list(found.visits) == ["T1", "T2"]
    assert (found.clinical, found.cohort, found.prefer_validation) == (Path("c.csv"), "x", True)
    files = found.expression
    assert (files.files, files.platforms) == ((str(tmp_path / "e.txt"),), (str(tmp_path / "p.txt"),))
    assert files.link == str(tmp_path / "l.csv")
    assert replace(found, prefer_validation=False) != found
    assert fitted_run.source_of(Path("new"), **{**SOURCE, "visits": "T1,T2"}).visits == {"T1": "", "T2": ""}


@pytest.mark.parametrize(
    ("option", "text", "example"),
    [
        *(("given", text, "--with age=48,hr=1") for text in ("age", "=4", "age=1,age=2", "age=1,")),
        *(("visits", text, "--visits T1=FOLDER,T2=FOLDER") for text in ("T1,T1", ",T2", "=a")),
    ],
)
def test_pairs_that_cannot_be_read(option, text, example):
    with pytest.raises(UsageError) as caught:
        fitted_run.source_of(Path("new"), **{**SOURCE, option: text})
    assert (caught.value.code, caught.value.hint) == ("usage.pairs", f"write {example}")
    assert str(caught.value).startswith(f"cannot read {example.split()[0]} {text!r}")
