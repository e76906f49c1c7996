"""The steps of ``kinephen reproduce``: what each is given, what is said of it, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace as Of

import pytest

from kinephen.cli import reproduce_run
from kinephen.cli.reproduce_run import Reproduction, Request, run_reproduction
from kinephen.errors import CohortError, UsageError

LEDGER = Of(
    counts={"reproduced": 30, "close": 2},
    missing=["the images"],
    given=["a table"],
    flow=[Of(n=100, label="patients"), Of(n=7, label="left out")],
    rows=["a", "b"],
    to_dict=lambda: {"rows": ["a", "b"], "simulated": False},
)
FILES = {"html": Path("o/ledger.html"), "csv": Path("o/ledger.csv")}


def found(failures=0, **more):
    return Reproduction(
        ledger=LEDGER, files=FILES, pages={"report": Path("o/report.html")},
        failures=[{"case": "case-1"}] * failures, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("failures", "said"),
    [
        (0, []),
        (1, ["1 exam failed; they stand in the report"]),
        (3, ["3 exams failed; they stand in the report"]),
    ],
)
def test_what_is_missing_comes_first(failures, said):
    assert found(failures, notes=("odd",), unusable=("a file",)).lines() == [
        "missing: the images",
        "given but unusable: a file",
        "given: a table",
        "note: odd",
        *said,
        "  100  patients",
        "    7  left out",
        "2 claims: 30 reproduced, 2 close",
        "report: o/report.html",
        "ledger: o/ledger.html",
    ]


def test_the_same_for_programs():
    assert found(1, notes=("odd",), unusable=("a file",)).to_dict() == {
        "simulated": False, "claims": 2, "files": {"html": "o/ledger.html", "csv": "o/ledger.csv"},
        "pages": {"report": "o/report.html"}, "failures": [{"case": "case-1"}], "notes": ["odd"],
        "unusable": ["a file"],
    }  # fmt: skip


@pytest.fixture
def steps(monkeypatch):
    """Stand-ins for the steps; what each was given stands under its name."""
    seen = {}
    evidence = Of(issues=(), ispy1="tables", nact="pilot", cohorts=Of(discovery=[1, 2]), analysis=None)
    seen["evidence"] = evidence
    analysis = Of(
        report=Of(study=Of(simulated=True)), page=Path("o/run/report.html"), failures=[{"case": "case-1"}]
    )

    def step(name, result):
        def call(*words, **more):
            seen[name] = (words, more)
            return result

        return call

    for name, result in {
        "load_article": "article",
        "read_evidence": evidence,
        "make_ledger": LEDGER,
        "write_ledger": FILES,
        "tables_report": None,
        "load_study": "study",
        "analyse": analysis,
        "has_images": True,
        "write_public_study": Path("o/private/study.toml"),
    }.items():
        monkeypatch.setattr(reproduce_run, name, step(name, result))
    return seen


def run(**more):
    said = []
    return run_reproduction(Request(article="x", out=Path("o"), **more), tell=said.append), said


def test_a_study_of_one_s_own(steps):
    result, said = run(study=Path("s/study.toml"), seed=7, replicates=3, workers=2, changes=("a.b=1",))
    assert said == ["reading tables and fitting what they allow, about ten seconds ..."]
    assert steps["load_article"][0] == ("x",)
    assert steps["read_evidence"] == ((reproduce_run.Inputs(),), {"seed": 7, "replicates": 3})
    changes = (*reproduce_run.DEPARTURES, "a.b=1")
    study = ((Path("s/study.toml"),), {"preset": "chitalia2023", "changes": changes})
    assert steps["load_study"] == study
    assert steps["analyse"] == (("study", Path("s"), Path("o/run")), {"workers": 2, "quiet": False})
    words, more = steps["make_ledger"]
    assert (words[:2], more) == (("article", steps["evidence"]), {"simulated": True, "seed": 7})
    assert steps["write_ledger"][0] == (LEDGER, Path("o"))
    assert steps["tables_report"][0] == ("article", steps["evidence"], 7)
    assert (result.pages, result.files) == ({"report": Path("o/run/report.html")}, FILES)
    assert (result.failures, result.notes, result.unusable) == ([{"case": "case-1"}], (), ())
    assert "has_images" not in steps


def test_notes_and_what_cannot_be_used(steps, monkeypatch):
    unusable = reproduce_run.UNUSABLE
    steps["evidence"].issues = (
        Of(where="a", message="one"), Of(where="", message="two"), Of(where=unusable, message="three")
    )  # fmt: skip
    monkeypatch.setattr(reproduce_run, "has_images", lambda tables: False)
    result, said = run(ispy1=Path("i"), nact=Path("n"), geo=(Path("g"),), quiet=True)
    assert (said, result.notes, result.unusable) == ([], ("a: one", "two"), ("three",))
    inputs = reproduce_run.Inputs(ispy1=Path("i"), nact=Path("n"), geo=(Path("g"),))
    assert steps["read_evidence"] == ((inputs,), {"seed": 1, "replicates": None})
    words, more = steps["make_ledger"]
    assert (words[2], more["simulated"]) == (None, False)
    assert (result.pages, result.failures) == ({}, [])
    assert "analyse" not in steps


@pytest.mark.parametrize("name", ["ispy1", "nact", "geo"])
def test_one_source_is_enough(steps, name):
    run(**{name: (Path("x"),) if name == "geo" else Path("x")})
    with pytest.raises(UsageError) as caught:
        run()
    assert caught.value.code == "reproduce.nothing"


def test_a_page_of_the_tables(steps, monkeypatch):
    monkeypatch.setattr(reproduce_run, "tables_report", lambda *_: "a report")
    monkeypatch.setattr(
        "kinephen.report.render.render_report", lambda report, folder: folder / f"{report}.html"
    )
    result, _ = run(ispy1=Path("i"))
    assert list(result.pages.items()) == [
        ("report of the tables", Path("o/tables-report/a report.html")),
        ("report", Path("o/run/report.html")),
    ]


@pytest.mark.parametrize(
    ("analysis", "geo"),
    [(None, ()), (Of(signatures=None), ()), (Of(signatures="scores"), (Path("g"),))],
)
def test_fetched_images_are_run_as_one_study(steps, analysis, geo):
    steps["evidence"].analysis = analysis
    run(ispy1=Path("i"), geo=(Path("g"),), seed=4)
    cohorts = steps["evidence"].cohorts
    assert steps["write_public_study"][0] == ("tables", "pilot", cohorts, geo, Path("o/private"), 4)
    assert steps["analyse"][0] == ("study", Path("o/private"), Path("o/run"))
    assert steps["has_images"][0] == ("tables",)


@pytest.mark.parametrize("cohorts", [None, Of(discovery=[])])
def test_images_without_a_cohort_are_not_run(steps, cohorts):
    steps["evidence"].cohorts = cohorts
    result, _ = run(ispy1=Path("i"))
    assert "no discovery cohort can be told from the tables" in result.notes[0]
    assert not {"analyse", "write_public_study"} & set(steps)


def test_a_run_of_fetched_images_that_fails_leaves_the_ledger(steps, monkeypatch):
    def fails(*_, **__):
        raise CohortError("no events", code="a.b")

    monkeypatch.setattr(reproduce_run, "analyse", fails)
    result, _ = run(ispy1=Path("i"))
    assert (result.notes, result.files) == (("the images could not be analysed: no events",), FILES)
    with pytest.raises(CohortError):
        run(study=Path("s/study.toml"))


@pytest.fixture
def told(monkeypatch, call):
    def command(*words, **more):
        asked = []
        monkeypatch.setattr(
            reproduce_run, "run_reproduction", lambda request, tell: asked.append(request) or found(**more)
        )
        return *call("reproduce", "x", *words), asked[0]

    return command


def test_options_reach_the_request(told):
    code, out, err, request = told()
    assert (code, err, request) == (0, "", Request(article="x", out=Path("reproduction")))
    assert out.splitlines() == found().lines()
    _, out, _, request = told(
        "--ispy1", "i", "--nact", "n", "--geo", "g", "--geo", "h", "--study", "s", "-o", "o",
        "--set", "a.b=1",
        "--replicates", 3, "--seed", 4, "--workers", 2, "--json", "-q",
    )  # fmt: skip
    assert json.loads(out)["claims"] == 2
    assert request == Request(
        article="x", ispy1=Path("i"), nact=Path("n"), geo=(Path("g"), Path("h")), study=Path("s"),
        out=Path("o"), changes=("a.b=1",), replicates=3, seed=4, workers=2, quiet=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "code"),
    [({"failures": 1}, 5), ({"unusable": ("x",)}, 4), ({"failures": 1, "unusable": ("x",)}, 4)],
)
def test_exit_codes(told, more, code):
    assert told(**more)[0] == code
