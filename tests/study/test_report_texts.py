"""Methods text, references and checklists of a real run, and the numbers that they rest on."""

from __future__ import annotations

import csv
import json
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests import exam_records

from kinephen.report.checklists import CHECKLIST_NAMES
from kinephen.report.numbers.acquisition import acquisition_table
from kinephen.report.numbers.build import build_report
from kinephen.report.numbers.summary import _follow_up
from kinephen.report.render import load_report, render_report, report_bytes
from kinephen.study.steps.exams import summarise_exams
from kinephen.study.steps.survival import follow_up


def test_the_files_are_there_and_cite_what_the_bibliography_has(finished):
    _, _, out = finished
    text = (out / "methods.md").read_text("utf-8")
    keys = set(re.findall(r"@([a-z]+\d{4})", text))
    bib = (out / "references.bib").read_text("utf-8")
    assert keys
    assert keys <= set(re.findall(r"@article\{(\w+),", bib))
    for name in CHECKLIST_NAMES:
        with (out / "checklists" / f"{name}.csv").open(encoding="utf-8") as handle:
            assert all(row["label"] for row in csv.DictReader(handle))
        assert (out / "checklists" / f"{name}.md").is_file()


def test_every_fact_of_the_text_is_known_in_a_real_run(finished):
    _, _, out = finished
    text = (out / "methods.md").read_text("utf-8")
    for words in (
        "Exams came from scanners of",
        "Slices were",
        "the early frame lay at",
        "Functional tumour",
    ):
        assert words in text
    for words in ("Median follow-up", "Gene signatures", "Cox models", "learned anew", "SAM [@tusher2001]"):
        assert words in text


def test_scanners_and_masks_are_counted_over_the_exams(finished):
    results, _, out = finished
    document = json.loads((out / "report.json").read_text("utf-8"))
    rows = document["tables"]["acquisition"]["rows"]
    exams = pd.read_csv(out / "data" / "exams.csv")
    counted = {r["category"]: r["exams"]["n"] for r in rows if r["quantity"] == "scanner"}
    assert counted == exams["manufacturer"].value_counts().to_dict()
    threshold = next(r["value"] for r in rows if r["quantity"].startswith("enhancement"))
    assert threshold["value"] == exams["pe_threshold"].median()
    assert (threshold["low"], threshold["high"]) == (exams["pe_threshold"].min(), exams["pe_threshold"].max())
    confirmed = next(r["exams"]["n"] for r in rows if r["quantity"].startswith("confirmed"))
    assert confirmed == sum(r.review.state == "confirmed" for r in results.cases.lesions.values())


def test_sequence_and_contrast_agent_are_those_of_the_exams(finished):
    results, _, out = finished
    document = json.loads((out / "report.json").read_text("utf-8"))
    rows = document["tables"]["protocol"]["rows"]
    protocols = [r.protocol for r in results.cases.lesions.values()]
    times = [p.repetition_ms for p in protocols]
    (repetition,) = [r for r in rows if r["quantity"] == "repetition time, ms"]
    assert repetition["exams"] == {"n": len(protocols), "of": len(protocols)}
    assert repetition["value"]["value"] == np.median(times)
    assert (repetition["value"]["low"], repetition["value"]["high"]) == (min(times), max(times))
    agents = {r["category"]: r["exams"]["n"] for r in rows if r["quantity"] == "contrast agent"}
    assert agents == pd.Series([p.contrast_agent for p in protocols]).value_counts().to_dict()
    with (out / "checklists" / "ibsi.csv").open(encoding="utf-8") as handle:
        status = {row["item"]: row["status"] for row in csv.DictReader(handle)}
    assert {status[i] for i in ("4a", "18a", "19", "20", "21", "23", "24", "26", "27", "29")} == {"automatic"}
    assert status["22"] == "author"
    assert "a repetition time of" in (out / "methods.md").read_text("utf-8")


def test_no_exam_gives_no_table():
    assert acquisition_table(summarise_exams(exam_records.cases(), "quick")) is None


def followed(time, event):
    frame = pd.DataFrame({"time": time, "event": event, "cohort": "discovery", "complete": True})
    return _follow_up(SimpleNamespace(survival=SimpleNamespace(follow_up=follow_up(frame))))


@pytest.mark.parametrize(
    ("time", "event", "median"),
    [
        # Medians of survfit(Surv(time, 1 - event) ~ 1), R 4.2.2, package survival 3.5.3.
        ([1, 2, 3], [0, 0, 0], 2.0),
        ([1, 2, 3, 4], [0, 0, 0, 0], 2.5),
        ([1, 2, 3, 4, 5], [1, 0, 1, 0, 0], 4.0),
    ],
)
def test_median_follow_up_is_that_of_being_censored(time, event, median):
    assert followed(np.array(time, float), event).value == median


def test_median_follow_up_that_is_not_reached_has_a_reason():
    number = followed([1.0, 2.0, 3.0], [1, 1, 1])
    assert number.value is None
    assert number.reason


def test_the_same_run_gives_the_same_bytes(finished, tmp_path):
    results, written, out = finished
    assert report_bytes(build_report(results, tmp_path)) == (out / "report.json").read_bytes()
    assert load_report(out / "report.json") == written.report


def test_texts_of_an_earlier_report_do_not_stay(finished, tmp_path):
    _, written, out = finished
    render_report(written.report, tmp_path, images=out)
    assert (tmp_path / "checklists" / "clear.csv").read_bytes() == (out / "checklists/clear.csv").read_bytes()
    bare = written.report.model_copy(
        update={
            "checklists": (),
            "methods": (),
            "provenance": written.report.provenance.model_copy(update={"methods": ()}),
        }
    )
    render_report(bare, tmp_path, images=out)
    assert not list((tmp_path / "checklists").iterdir())
    assert not (tmp_path / "methods.md").exists()
    assert not (tmp_path / "references.bib").exists()


KINDS = re.compile(
    r"likelihood-ratio|log-rank|wald|score test|chi-square|permutation|spearman|normal|empirical|coefficient",
    re.IGNORECASE,
)


def test_every_p_of_a_table_names_its_kind_of_test(finished):
    _, written, _ = finished
    seen = 0
    for name, table in written.report.tables.items():
        tested = {c.key for c in table.columns if c.label.split(",")[0] == "Test"}
        for column in (c for c in table.columns if c.format == "p"):
            seen += 1
            named = KINDS.search(f"{column.label} {column.description}")
            assert named or tested, (name, column.label)
    assert seen > 15


def test_the_first_page_says_of_each_concordance_how_it_was_found(finished):
    results, written, _ = finished
    report, ladder = written.report, results.cohort.main.survival.ladder
    assert report.numbers["repeats"].value == ladder.plan.replicates == 4
    models = next(s for s in report.summary if "C-statistic" in s.text)
    assert "(model 4)" in models.text
    assert "(model 2)" in models.text
    assert "{repeats} repeats, the phenotype found once on all patients" in models.text
    assert models.refs["repeats"].pointer == "/numbers/repeats/value"
    headline = next(h for h in report.headlines if h.label.startswith("C,"))
    assert headline.note == "cross-validated, 4 repeats; phenotype found once on all patients"
    caption = report.tables["evidence"].caption
    assert "C is that of model 4, cross-validated in 4 repeats with the phenotype found once" in caption
    assert ("found anew in each training fold, in 1 repeat," in caption) == (
        ladder.models["m4"].refitted is not None
    )


def test_a_risk_score_names_its_model(finished):
    results, written, out = finished
    risk, ladder = results.cohort.main.survival.risk, results.cohort.main.survival.ladder
    title = ladder.models[risk.model].title
    assert written.report.risk_model == title
    column = next(c for c in written.report.all_patients_columns() if c.key == "risk")
    assert column.label == f"Risk score ({title.split(':')[0].lower()})"
    scored = next(w for w in written.report.patients if w.risk is not None)
    page = (out / "patients" / f"{scored.page}.html").read_text(encoding="utf-8")
    assert f"linear predictor of {title}, which splits the cohort" in page
