"""What ``kinephen fit``, ``predict`` and ``validate`` print of a summary, and which options they hand on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.printed import printed_tables

from kinephen.cli.fitted_run import FitSummary, PredictSummary, ValidateSummary
from kinephen.core.cohort import Issue

PREDICTED = {
    "page": "o/predictions.html", "table": "t", "json": "j", "delta": "d", "patients": 9,
    "phenotypes": {"less": 4, "more": 5}, "flags": {"scanner": 2}, "limits": "log",
    "issues": (Issue("a.b", "odd", "x", 3),), "failures": 0,
}  # fmt: skip
SUMMARIES = {
    "fit": lambda failures: FitSummary(
        model="m.json", card="m.html", run="m-run", checksum="abc", learned=40, analysed=36, events=11,
        phenotypes=2, conclusion="two groups", cox={"Clinical": "0.61"}, failures=failures,
    ),
    "predict": lambda failures: PredictSummary(**{**PREDICTED, "failures": failures}),
    "validate": lambda failures: ValidateSummary(
        predicted=PredictSummary(**{**PREDICTED, "failures": failures}), report="o/report.html",
        report_json="r", given=9, analysed=8, events=1, left_out=(("case-3", "lesion", "empty"),),
        horizon=5.0, models=(("m1", 20, 7, "0.70", "1.10"),),
    ),
}  # fmt: skip
FUNCTIONS = {"fit": "fit_study", "predict": "predict_patients", "validate": "validate_patients"}
WORDS = {
    "fit": ("fit", "a/study.toml", "-o", "m.json"),
    "predict": ("predict", "new", "-m", "m.json", "-o", "o"),
    "validate": ("validate", "new", "-m", "m.json", "-o", "o"),
}


@pytest.fixture
def told(monkeypatch, call):
    """Return a function that runs a command on a given summary: code, output, errors, and what it asked."""

    def run(name, *words, failures=0, **changed):
        asked = []
        summary = SUMMARIES[name](failures)
        for key, value in changed.items():
            object.__setattr__(summary, key, value)
        monkeypatch.setattr("kinephen.config.load.load_study", lambda path, **more: (path, more))
        monkeypatch.setattr(
            f"kinephen.cli.fitted_run.{FUNCTIONS[name]}", lambda *w, **m: asked.append((w, m)) or summary
        )
        return *call(*WORDS[name], *words), asked[0]

    return run


def test_fit_counts_patients_and_events(told):
    code, out, err, (words, more) = told("fit")
    tables = printed_tables(out)
    assert tables[""][1:] == [
        ["patients, for the phenotypes", "40"],
        ["patients, for the Cox models", "36"],
        ["events of these", "11"],
        ["phenotypes", "2"],
        ["conclusion", "two groups"],
    ]
    assert tables["Cox models"] == [["model", "C, cross-validated (95 % interval)"], ["Clinical", "0.61"]]
    assert out.endswith("model: m.json\ncard: m.html\n")
    assert (code, err) == (0, "")
    study = (Path("a/study.toml"), {"preset": None, "changes": ()})
    assert words == (study, Path("a"), Path("m.json"))
    options = dict.fromkeys(("run", "r_function", "workers", "scheduler"))
    assert more == {**options, "individuals": False, "quiet": False}


def test_fit_hands_its_options_on(told):
    _, _, _, (words, more) = told(
        "fit", "--run", "r", "-p", "quick", "--set", "a.b=1", "--individuals", "--r-function", "f.R",
        "--workers", 2, "--scheduler", "tcp://x", "-q",
    )  # fmt: skip
    assert words[0][1] == {"preset": "quick", "changes": ["a.b=1"]}
    assert more == {
        "run": Path("r"), "individuals": True, "r_function": Path("f.R"), "workers": 2,
        "scheduler": "tcp://x", "quiet": True,
    }  # fmt: skip


NONE = dict.fromkeys(("visits", "clinical", "given", "link", "cohort"))


@pytest.mark.parametrize("name", ["predict", "validate"])
def test_where_patients_come_from(told, monkeypatch, name):
    sources = []
    monkeypatch.setattr(
        "kinephen.cli.fitted_run.source_of", lambda new, **more: sources.append((new, more)) or "source"
    )
    words = told(name)[3][0]
    assert words == ("source", Path("m.json"), Path("o"))
    more = {**NONE, "expression": (), "platforms": ()}
    assert sources[0] == (Path("new"), more | ({"prefer_validation": True} if name == "validate" else {}))
    given = ["--with", "a=1"] if name == "predict" else []
    told(
        name, *given, "--visits", "T1,T2", "--clinical", "c.csv", "--expression", "e", "--expression", "f",
        "--platform", "p", "--link", "l.csv", "--cohort", "x",
    )  # fmt: skip
    more = sources[1][1]
    assert (more["visits"], more["clinical"], more["link"]) == ("T1,T2", Path("c.csv"), Path("l.csv"))
    assert (more["expression"], more["platforms"]) == ([Path("e"), Path("f")], [Path("p")])
    assert (more["cohort"], more["given"]) == ("x", "a=1" if name == "predict" else None)


def test_predict_counts_by_phenotype_and_by_flag(told):
    code, out, err, (_, more) = told("predict")
    tables = printed_tables(out)
    assert tables["9 patients"] == [
        *(["phenotype (nearest centroid)", "patients"], ["less", "4"], ["more", "5"])
    ]
    assert tables["Reasons for caution"] == [["flag", "patients"], ["scanner", "2"]]
    assert out.endswith("page: o/predictions.html\n")
    assert (code, err) == (0, "note [a.b]: odd\n")
    assert more == {"horizons": (), "cox_model": None, "show_ids": False, "workers": None, "quiet": False}
    _, out, _, _ = told("predict", flags={}, patients=1)
    assert list(printed_tables(out)) == ["1 patient"]


def test_predict_hands_its_options_on(told):
    options = ("--horizon", 3, "--horizon", 5, "--cox-model", "m4", "--show-ids", "--workers", 2, "-q")
    more = told("predict", *options)[3][1]
    assert more == {"horizons": (3.0, 5.0), "cox_model": "m4", "show_ids": True, "workers": 2, "quiet": True}


def test_validate_shows_models_and_who_was_left_out(told):
    code, out, err, (_, more) = told("validate")
    models, left = printed_tables(out).values()
    assert models == [
        ["model", "patients", "events", "C", "calibration slope"],
        ["m1", "20", "7", "0.70", "1.10"],
    ]
    assert left == [["case", "step", "reason"], ["case-3", "lesion", "empty"]]
    assert "8 of 9 patients analysed, 1 event" in " ".join(out.split())
    assert out.endswith("report: o/report.html\n")
    assert (code, err) == (0, "")
    assert more == {"horizon": None, "name": "External validation", "workers": None, "quiet": False}
    _, out, _, _ = told("validate", left_out=(), given=1)
    assert len(printed_tables(out)) == 1
    assert "8 of 1 patient analysed" in " ".join(out.split())


@pytest.mark.parametrize(("horizon", "taken"), [(0, None), (2.5, 2.5)])
def test_validate_hands_its_options_on(told, horizon, taken):
    more = told("validate", "--horizon", horizon, "--name", "Title", "--workers", 2, "-q")[3][1]
    assert more == {"horizon": taken, "name": "Title", "workers": 2, "quiet": True}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_for_programs_one_document_without_bars(told, name):
    code, out, err, (_, more) = told(name, "--json")
    found = json.loads(out)
    assert (code, err, more["quiet"]) == (0, "", True)
    summary = SUMMARIES[name](0)
    expected = vars(summary) if name == "fit" else summary.to_dict()
    assert found == json.loads(json.dumps(expected))


@pytest.mark.parametrize(
    ("name", "one", "many"),
    [
        ("fit", "1 exam failed", "3 exams failed"),
        ("predict", "1 patient with a failed exam", "3 patients with a failed exam"),
        ("validate", "1 patient with a failed exam", "3 patients with a failed exam"),
    ],
)
def test_failures_are_counted(told, name, one, many):
    for failures, words in ((1, one), (3, many)):
        code, out, err, _ = told(name, failures=failures)
        assert (code, bool(out)) == (5, True)
        assert words in err.splitlines()[-1]
    assert told(name, "--json", failures=1)[0] == 5
