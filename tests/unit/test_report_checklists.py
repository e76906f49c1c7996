"""Checklists: whole as published, filled from what a run has, never from what it has not."""

from __future__ import annotations

import csv
import io
import re
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kinephen.radiomics.catalogue import FEATURES
from kinephen.report.checklists import (
    CHECKLIST_NAMES,
    ItemDefinition,
    checklist_csv,
    checklist_markdown,
    definition,
    fill_checklist,
    with_texts,
)
from kinephen.report.checklists.judge import JUDGES, score
from kinephen.report.pointer import resolve
from kinephen.report.render import render_report
from kinephen.report.schema import ChecklistItem, Column, Estimate, Report, Table
from kinephen.report.writing.facts import FACTS
from kinephen.report.writing.methods import PARTS

ROOT = Path(__file__).resolve().parents[2]
MADE = runpy.run_path(str(ROOT / "tests" / "checklist_report.py"))["report"]
READER = runpy.run_path(str(ROOT / "tests" / "report_page.py"))
COUNTS = {"clear": 58, "metrics": 30, "ibsi": 104, "tripod_ai": 52, "remark": 20}
MAIN = {"clear": 58, "metrics": 30, "ibsi": 76, "tripod_ai": 27, "remark": 20}


def status(report, name):
    return {item.id: item.status for item in fill_checklist(report, name).items}


def verdicts(report):
    return {item.id: item.verdict for item in fill_checklist(report, "metrics").items if item.verdict}


@pytest.mark.parametrize("name", CHECKLIST_NAMES)
def test_every_item_of_the_publication_stands_once_and_in_order(name):
    ids = [item.id for item in definition(name).items]
    assert len(ids) == COUNTS[name]
    parts = [(int(re.match(r"\d+", i)[0]), re.sub(r"\d", "", i)) for i in ids]
    assert parts == sorted(parts)
    assert sorted({number for number, _ in parts}) == list(range(1, MAIN[name] + 1))
    for number in {n for n, letter in parts if letter}:
        letters = [letter for n, letter in parts if n == number]
        assert letters == list("abcdefg"[: len(letters)])


def test_the_weights_of_metrics_sum_to_one():
    assert sum(item.weight for item in definition("metrics").items) == pytest.approx(1, abs=1e-12)


def test_what_was_not_compared_is_marked():
    marked = {n: [i.id for i in definition(n).items if not i.verified] for n in CHECKLIST_NAMES}
    assert marked.pop("remark") == [str(i) for i in range(14, 21)]
    assert not any(marked.values())


def test_an_item_left_to_the_author_says_what_to_write():
    for name in CHECKLIST_NAMES:
        for item in definition(name).items:
            assert item.hint or item.only or item.auto, (name, item.id)


def test_every_fact_and_judge_is_used():
    used = {fact for name in CHECKLIST_NAMES for item in definition(name).items for fact in item.facts}
    used |= {fact for _, names in PARTS for fact in names}
    assert used == set(FACTS)
    assert {i.judge for i in definition("metrics").items} - {""} == set(JUDGES)


@pytest.mark.parametrize(
    "change", [{"facts": ["nothing"]}, {"needs": ["flow"]}, {"judge": "described"}, {"id": "0"}, {"odd": 1}]
)
def test_a_wrong_definition_is_refused(change):
    with pytest.raises(ValidationError):
        ItemDefinition.model_validate({"id": "1", "section": "A", "label": "B", **change})


def test_an_unknown_checklist_is_refused():
    with pytest.raises(KeyError):
        definition("../clear")


@pytest.mark.parametrize("name", CHECKLIST_NAMES)
def test_evidence_names_places_of_the_report(name):
    report = MADE()
    document = report.model_dump(mode="json")
    filled = fill_checklist(report, name)
    assert sum(filled.counts.values()) == COUNTS[name]
    for item in filled.items:
        for pointer in item.evidence:
            resolve(document, pointer)
        if item.status == "automatic":
            assert item.sentences
            assert item.evidence, (name, item.id)
            assert not item.note
        if item.status == "author":
            assert item.note, (name, item.id)


def test_a_pointer_to_nothing_is_refused():
    report = with_texts(MADE())
    document = report.model_dump(mode="json")
    document["checklists"][0]["items"][0]["evidence"] = ["/tables/none"]
    with pytest.raises(ValidationError, match="no number at /tables/none"):
        Report.model_validate(document)


def test_answers_follow_what_the_run_has():
    whole, alone = MADE(), MADE(validation=False)
    assert status(whole, "clear")["22"] == "automatic"
    assert status(whole, "tripod_ai")["12g"] == "drafted"
    assert status(alone, "tripod_ai")["12g"] == "author"
    assert status(whole, "remark")["17"] == "automatic"
    assert status(MADE(phenotypes=1), "remark")["17"] == "author"
    assert status(MADE(follow_up=None), "remark")["6"] == "author"
    assert status(MADE(acquisition=False), "clear")["16"] == "author"
    assert status(MADE(flow=False), "clear")["45"] == "author"
    assert status(MADE(undefined=True), "clear")["47"] == "author"


def test_definitions_that_depart_from_the_ibsi_are_not_called_standard():
    assert status(MADE(), "ibsi")["59"] == "automatic"
    captk = MADE(preset="chitalia2023")
    assert captk.settings[[s.key for s in captk.settings].index("features.mode")].value == "captk"
    assert status(captk, "ibsi")["59"] == "author"
    assert status(captk, "ibsi")["64"] == "author"
    assert verdicts(captk)["12"] == "no"


def test_a_hint_follows_from_what_the_run_has():
    def notes(report):
        return {i.id: (i.status, i.note) for i in fill_checklist(report, "metrics").items}

    bare = notes(MADE(phenotypes=1, validation=False, acquisition=False))
    full = notes(MADE(changes={"features.perturbations": 5, "filters.icc_limit": 0.8}))
    assert bare["22"] == (
        "author",
        "Assess calibration: in a validation cohort, or with events and follow-up enough for a horizon.",
    )
    assert full["22"] == ("automatic", "")
    assert bare["14"] == ("author", "Set features.perturbations and filters.icc_limit.")
    assert full["14"][0] == "drafted"
    assert "Set " not in full["14"][1]


def test_calibration_of_patients_left_out_answers_the_item_without_a_validation_cohort():
    whole = MADE(validation=False)
    row = {"model": "Model 4: baseline, FTV2, phenotype", "slope": Estimate(value=0.3, low=-0.1, high=0.6)}
    columns = (Column(key="model", label="Model"), Column(key="slope", label="Slope", format="f2"))
    table = Table(title="Prediction at the horizon", section="models", columns=columns, rows=(row,))
    report = whole.model_copy(update={"tables": {**whole.tables, "performance": table}})
    item = next(i for i in fill_checklist(report, "metrics").items if i.id == "22")
    assert (item.status, item.verdict) == ("automatic", "yes")
    assert "left out of the fit" in item.sentences[0].text
    without = next(i for i in fill_checklist(whole, "metrics").items if i.id == "22")
    assert (without.status, without.verdict) == ("author", "no")


def test_items_for_other_images_do_not_apply():
    found = status(MADE(), "ibsi")
    assert {i for i, s in found.items() if s == "not_applicable"} == {
        *("3a", "3b", "3c", "3d", "3e", "14", "15", "16", "31a", "31b", "31c", "32a", "32b", "32c", "33"),
        *("34a", "34b", "36", "38", "39", "43", "44", "52", "67", "68", "70", "71"),
    }
    assert status(MADE(), "metrics")["17"] == "not_applicable"


def test_features_that_no_run_computes_do_not_apply():
    """Items 67 to 71 of IBSI on distance zones and dependence: the catalogue must not have them."""
    assert not {f.family for f in FEATURES} & {"GLDZM", "NGLDM", "GLDM"}


def test_what_the_run_does_not_do_or_leaves_behind_is_drafted():
    found = status(MADE(), "ibsi")
    assert found["12"] == found["37"] == found["75"] == "drafted"
    assert status(MADE(), "clear")["57"] == status(MADE(), "metrics")["30"] == "drafted"


def test_verdicts_follow_the_run():
    found = verdicts(MADE())
    assert {i: found[i] for i in ("12", "13", "14", "15", "18", "21", "22", "24")} == {
        **dict.fromkeys(("12", "13", "15", "18", "21", "22", "24"), "yes"),
        "14": "no",
    }
    assert {"26", "27"}.isdisjoint(found)
    alone = verdicts(MADE(validation=False))
    assert (alone["26"], alone["27"], alone["22"]) == ("no", "no", "no")
    assert "18" not in alone
    stable = {"features.perturbations": 5, "filters.icc_limit": 0.75}
    assert verdicts(MADE(changes=stable))["14"] == "yes"
    assert verdicts(MADE(changes={"features.perturbations": 5}))["14"] == "no"
    assert verdicts(MADE(changes={"cross_validation.interval": "split_noise"}))["21"] == "no"


def items(judged):
    return [
        ChecklistItem(id=str(i), section="s", label="l", status="author", weight=w, verdict=v)
        for i, (w, v) in enumerate(judged)
    ]


JUDGED = st.lists(
    st.tuples(st.floats(0.01, 0.2), st.sampled_from([None, "yes", "no"])), min_size=1, max_size=30
)


@given(JUDGED, st.data())
def test_the_score_lies_between_its_bounds_however_the_author_judges(judged, data):
    found = score(items(judged))
    settled = [(w, v or data.draw(st.sampled_from(["yes", "no"]))) for w, v in judged]
    final = sum(w for w, v in settled if v == "yes") / sum(w for w, _ in settled)
    assert found.low - 1e-4 <= final <= found.high + 1e-4
    closed = score(items(settled))
    assert closed.low == closed.high
    assert closed.low == pytest.approx(final, abs=1e-4)


def test_an_item_that_does_not_apply_takes_no_part_in_the_score():
    listed = items([(0.2, "yes"), (0.1, "no")])
    other = ChecklistItem(id="9", section="s", label="l", status="not_applicable", weight=0.7)
    assert score([*listed, other]) == score(listed)
    assert score([ChecklistItem(id="1", section="s", label="l", status="author")]) is None


def test_the_csv_has_a_row_for_each_item():
    report = with_texts(MADE())
    for filled in report.checklists:
        rows = list(csv.DictReader(io.StringIO(checklist_csv([filled], report).decode("utf-8"))))
        assert [r["item"] for r in rows] == [i.id for i in filled.items]
        assert [r["status"] for r in rows] == [i.status for i in filled.items]
        assert ("weight" in rows[0]) == (filled.score is not None)
    together = checklist_csv(report.checklists, report).decode("utf-8")
    assert len(list(csv.DictReader(io.StringIO(together)))) == sum(COUNTS.values())


def test_hostile_text_becomes_neither_formula_nor_cell():
    report = MADE()
    bad = "=HYPERLINK(1) | <b>x</b>\nnew"
    study = report.study.model_copy(update={"end_point": bad})
    report = with_texts(report.model_copy(update={"study": study}))
    clear = report.checklists[0]
    for line in checklist_markdown(clear, report).splitlines():
        assert "<b>" not in line
        assert not line.startswith("|") or len(re.findall(r"(?<!\\)\|", line)) == 6
    for row in csv.reader(io.StringIO(checklist_csv([clear], report).decode("utf-8"))):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


def test_the_page_is_the_one_that_the_definitions_give():
    made = runpy.run_path(str(ROOT / "bench" / "checklists_page.py"))["reference_page"]()
    assert (ROOT / "docs" / "reference" / "checklists.md").read_text("utf-8") == made


def test_the_definitions_travel_in_the_wheel():
    wheel = pytest.importorskip("hatchling.builders.wheel")
    included = {file.distribution_path for file in wheel.WheelBuilder(str(ROOT)).recurse_included_files()}
    for name in CHECKLIST_NAMES:
        assert f"kinephen/report/checklists/data/{name}.toml" in included
    assert "kinephen/report/writing/data/references.toml" in included


def test_every_number_on_the_page_is_that_of_report_json(tmp_path):
    report = with_texts(MADE())
    page = READER["read_page"](render_report(report, tmp_path).read_text("utf-8"))
    document = report.model_dump(mode="json")
    shown = [n for n in page.shown if not n.figure]
    for number in shown:
        assert number.text == READER["expected"](READER["find"](document, number.pointer), number.form)
    places = {n.pointer for n in shown}
    assert "/checklists/1/score/low" in places
    assert "/checklists/1/items/2/weight" in places
    assert {f"/checklists/{i}/counts/drafted" for i in range(5)} <= places
    assert len(page.ids) == len(set(page.ids))
