"""``kinephen reproduce``: tables alone, a simulated trial, fetched folders, odd inputs; same bytes again."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import pandas as pd
import pytest
from tests.command import runner
from tests.small_counts import SMALL

from kinephen.cli.reproduce_run import Request, run_reproduction
from kinephen.report.schema import Report
from kinephen.reproduce.claims import load_article
from kinephen.reproduce.definitions import definition_quantities
from kinephen.reproduce.evidence import run_quantities
from kinephen.reproduce.printed import printed_quantities
from kinephen.simulate.settings import make_settings
from kinephen.simulate.study import write_study
from kinephen.simulate.study_file import add_study_file

ISPY1 = "data/ispy1/visits_idc.csv"
PUBLIC = runpy.run_path(str(Path(__file__).parents[1] / "public_folders.py"))
SETTINGS = [w for s in SMALL for w in ("--set", s)] + ["--set", "beside=[]", "--quiet", "--workers", "1"]


@pytest.fixture
def call(monkeypatch, capsys):
    """Run ``kinephen reproduce``; return exit code, standard output and standard error."""
    return runner(monkeypatch, capsys, "reproduce")


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    root = tmp_path_factory.mktemp("sim") / "trial"
    settings = make_settings({"patients": 20, "validation": 6, "image": {"matrix": 48, "slices": 10}})
    add_study_file(write_study(root, settings, seed=5, processes=1), seed=5, preset="quick")
    return root


def rows(out):
    return {r["id"]: r for r in json.loads((out / "ledger.json").read_text())["rows"]}


@pytest.fixture(scope="module")
def tables(reference, tmp_path_factory):
    """Return the folder and the result of a run on the tables alone; read only."""
    out = tmp_path_factory.mktemp("tables")
    request = Request(
        article="chitalia2023", out=out, ispy1=reference(ISPY1).parent, replicates=3, quiet=True
    )
    return out, run_reproduction(request, tell=print)


def test_tables_alone_end_with_a_row_for_each_claim(tables):
    out, result = tables
    lines = result.lines()
    assert lines[0].startswith("missing: ")
    assert sum(line.startswith("missing: ") for line in lines) == 3
    assert any(line.split()[:1] == ["100"] for line in lines)
    ledger = json.loads((out / "ledger.json").read_text())
    assert len(ledger["rows"]) >= 200
    assert sum(ledger["counts"].values()) == len(ledger["rows"])
    assert all(r["reason"] and r["published"] and r["claim"] for r in ledger["rows"])
    assert ledger["counts"]["reproduced"] >= 30
    table = pd.read_csv(out / "ledger.csv", keep_default_na=False)
    assert table["verdict"].value_counts().to_dict() == ledger["counts"]
    report = json.loads((out / "tables-report" / "report.json").read_text())
    assert [c["n"] for c in report["study"]["cohorts"]] == [100, 46]
    for made in ledger["made"]:
        assert made["note"] or made["path"]
        assert not made["path"] or (out / made["path"]).is_file()


def test_the_same_inputs_give_the_same_bytes(tables, reference, call, tmp_path):
    first, _ = tables
    words = ("chitalia2023", "--ispy1", reference(ISPY1).parent, "--out", tmp_path, "--replicates", 3)
    code, out, err = call(*words)
    assert code == 0, err
    assert out.splitlines()[0].startswith("missing: ")
    files = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert len(files) > 20
    for name in files:
        assert (first / name).read_bytes() == (tmp_path / name).read_bytes(), name


FROM_TABLES = {
    *("collection.complete", "collection.gap", "collection.patients", "collection.visits"),
    *("discovery.youngest_complete", "features.names", "pair.a", "pair.b", "pair.low"),
    *("pair.score_a", "pair.score_b", "validation.ispy1", "validation.nact", "validation.three_years"),
}
"""Quantities of the public tables, which a simulated trial does not have."""


@pytest.mark.slow
def test_a_simulated_trial_has_all_models_tables_and_figures(trial, call, tmp_path):
    code, out, err = call(
        "chitalia2023", "--study", trial / "study.toml", "--out", tmp_path, "--json", *SETTINGS
    )
    assert code == 0, err
    printed = json.loads(out)
    assert printed["simulated"] is True
    assert [m["item"] for m in printed["made"] if not m["path"]] == []
    assert all((tmp_path / m["path"]).is_file() for m in printed["made"])
    found = rows(tmp_path)
    assert found["methods.models"]["ours"] == "8"
    for name in ("c_m1", "c_m2", "c_m3", "c_m4", "c_m5", "c_gene70", "c_ror_s", "c_p53"):
        row = found[f"results.{name}"]
        assert row["verdict"] == "simulated: not comparable"
        assert " to " in row["ours"]
    # What follows from the article's own numbers is judged all the same.
    assert found["results.recurrences"]["verdict"] == "reproduced"
    assert found["table1.hr0"]["verdict"] == "internally inconsistent"
    assert not any(r["basis"] == "run" and r["verdict"] in ("reproduced", "close") for r in found.values())
    html = (tmp_path / "ledger.html").read_text()
    assert "Simulated trial." in html
    assert "SIM-D" not in html
    report = Report.model_validate_json((tmp_path / "run" / "report.json").read_bytes())
    made = run_quantities(report)
    known = {*made, *definition_quantities(5), *printed_quantities(), *FROM_TABLES}
    wanted = {claim.quantity for _, claim in load_article("chitalia2023").claims() if claim.quantity}
    # Curves of a subtype and counts of a class need patients in it, and few are in this trial.
    few = ("logrank.", "classes.", "validation.recurrence_more")
    if report.numbers["k"].value == 2:
        assert {q for q in wanted - known if not q.startswith(few)} == set()
    assert {"validation.recurrence_p", "validation.sigclust", "recurrence.p"} <= set(made)


@pytest.mark.slow
def test_fetched_folders_run_as_one_study_with_cohorts_by_rule(trial, call, tmp_path):
    ispy1 = PUBLIC["write_ispy1"](trial, tmp_path / "i")
    nact = PUBLIC["write_nact"](trial, tmp_path / "n")
    out = tmp_path / "out"
    code, printed, err = call(
        "chitalia2023",
        "--ispy1",
        ispy1,
        "--nact",
        nact,
        *PUBLIC["geo_options"](trial),
        "--out",
        out,
        *SETTINGS,
    )
    assert code == 0, err
    assert "SIM-D" not in printed
    found = rows(out)
    assert found["abstract.patients"]["basis"] == "run"
    assert found["abstract.patients"]["ours"] == "20"
    assert found["results.c_m5"]["basis"] == "run"
    assert found["table3.gene70_high"]["basis"] == "run"
    # The same number from the tables, from the run of the images and from the plan of cohorts.
    clinical = pd.read_csv(trial / "clinical.csv")
    patients = clinical[clinical["cohort"] == "discovery"]
    assert found["results.events"]["ours"] == str(int(patients["rfs_event"].sum()))
    assert (out / "private").stat().st_mode & 0o077 == 0
    study = pd.read_csv(out / "private" / "clinical.csv")
    assert set(study["cohort"]) == {"discovery", "validation"}
    report = json.loads((out / "run" / "report.json").read_text())
    assert {c["name"] for c in report["study"]["cohorts"]} == {"discovery", "validation"}
    assert report["study"]["simulated"] is False


def test_only_the_pilot_still_gives_a_ledger_that_names_what_is_missing(reference, call, tmp_path):
    folder = reference("data/nact_pilot/clinical_from_mamamia.csv").parent
    code, out, _ = call("chitalia2023", "--nact", folder, "--out", tmp_path, "--quiet")
    assert code == 0
    assert out.splitlines()[0].startswith("missing: I-SPY 1: clinical table")
    assert all(r["reason"] for r in rows(tmp_path).values())
    assert "tables-report" not in {p.name for p in tmp_path.iterdir()}


def test_an_empty_folder_is_an_input_error_with_a_ledger(call, tmp_path):
    (tmp_path / "empty").mkdir()
    words = ("--ispy1", tmp_path / "empty", "--out", tmp_path / "out")
    code, out, _ = call("chitalia2023", *words, "--quiet")
    assert code == 4
    assert "no known table in the folder" in out
    assert len(rows(tmp_path / "out")) >= 200


def test_expression_that_cannot_be_read_is_named_and_the_rest_is_done(trial, call, tmp_path):
    ispy1 = PUBLIC["write_ispy1"](trial, tmp_path / "i", images=False)
    matrix = tmp_path / "GSE1_series_matrix.txt"
    matrix.write_text("nothing of the kind")
    words = ("--ispy1", ispy1, "--geo", matrix, "--out", tmp_path / "o", "--quiet")
    code, out, _ = call("chitalia2023", *words)
    assert code == 4
    assert "what was given cannot be used" in out
    assert rows(tmp_path / "o")["table3.p53_wild"]["verdict"] == "not checkable"


def test_expression_and_tables_without_images_give_signatures(trial, call, tmp_path):
    ispy1 = PUBLIC["write_ispy1"](trial, tmp_path / "i", images=False)
    code, out, err = call(
        "chitalia2023", "--ispy1", ispy1, *PUBLIC["geo_options"](trial), "--out", tmp_path / "o",
        "--replicates", 3, "--quiet",
    )  # fmt: skip
    assert code == 0, err
    scored = int(re.search(r"(\d+) patients scored", out).group(1))
    few = [int(n) for n in re.findall(r"has (\d) sample\(s\), centring needs", out)]
    assert scored + sum(few) == 20
    found = rows(tmp_path / "o")
    counts = [int(found[f"table3.ror_{c}"]["ours"]) for c in ("low", "med", "high")]
    assert sum(counts) == scored
    assert found["table3.ror_low"]["basis"] == "expression"
    assert found["results.c_p53"]["basis"] == "expression"
    assert (tmp_path / "o" / "tables-report" / "tables" / "table3.csv").is_file()


def test_nothing_an_unknown_article_and_no_such_folder(call, tmp_path):
    code, _, err = call("chitalia2023", "--out", tmp_path)
    assert code == 2
    assert "--ispy1 DIR" in err
    assert call("nobody1999", "--ispy1", tmp_path, "--out", tmp_path)[0] == 2
    code, _, err = call("chitalia2023", "--ispy1", tmp_path / "none", "--out", tmp_path)
    assert code == 4
    assert "no such folder" in err
    assert list(tmp_path.iterdir()) == []


def test_a_table_with_other_columns_is_named(call, tmp_path):
    folder = tmp_path / "i"
    folder.mkdir()
    (folder / "I-SPY_1_All_Patient_Clinical_and_Outcome_Data.csv").write_text("who,when\na,1\n")
    code, out, _ = call("chitalia2023", "--ispy1", folder, "--out", tmp_path / "o", "--quiet")
    assert code == 4
    assert "its columns are those of no known table" in out
