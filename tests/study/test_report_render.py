"""The report folder: it shows what report.json holds, the same each time, and asks for nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import runpy
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest

from kinephen.report.render import load_report, render_report

TESTS = Path(__file__).parents[1]
SAMPLE = runpy.run_path(str(TESTS / "report_sample.py"))
PAGE = runpy.run_path(str(TESTS / "report_page.py"))
PATIENTS = 60


def make(out, n=PATIENTS, hostile=False):
    report = SAMPLE["add_images"](SAMPLE["sample_report"](n), out)
    if hostile:
        report = SAMPLE["hostile_report"](report)
    return report, render_report(report, out)


def few():
    """Return a report with one figure."""
    report = SAMPLE["sample_report"](6)
    return report.model_copy(update={"figures": {"km_phenotype": report.figures["km_phenotype"]}})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    make(out)
    return out


@pytest.fixture(scope="module")
def page(folder):
    return PAGE["read_page"]((folder / "report.html").read_text("utf-8"))


@pytest.fixture(scope="module")
def document(folder):
    return json.loads((folder / "report.json").read_text("utf-8"))


def test_report_json_is_read_back_as_it_was(folder, tmp_path):
    report = SAMPLE["add_images"](SAMPLE["sample_report"](PATIENTS), tmp_path)
    assert load_report(folder / "report.json") == report


def test_every_number_shown_is_the_number_in_report_json(page, document):
    wrong = []
    for item in page.shown:
        wanted = PAGE["expected"](PAGE["find"](document, item.pointer), item.form)
        text = item.text.strip()
        if not (wanted in text if item.figure else wanted == text):
            wrong.append((item.pointer, wanted, text))
    assert wrong == []
    assert sum(item.figure for item in page.shown) > 200
    assert len(page.shown) > 1000


def test_every_cell_of_every_table_and_patient_is_shown(page, document):
    shown = {item.pointer for item in page.shown}
    for name, table in document["tables"].items():
        for i, row in enumerate(table["rows"]):
            for key, cell in row.items():
                pointer = f"/tables/{name}/rows/{i}/{key}"
                assert cell is None or any(p == pointer or p.startswith(pointer + "/") for p in shown), (
                    pointer
                )
    for i in range(PATIENTS):
        assert f"/patients/{i}/risk" in shown


def test_every_number_at_risk_is_shown(page, document):
    drawn, printed = ({i.pointer for i in page.shown if i.figure is flag} for flag in (True, False))
    for name, figure in document["figures"].items():
        if figure["data"]["kind"] != "km":
            continue
        for i, panel in enumerate(figure["data"]["panels"]):
            for j, curve in enumerate(panel["curves"]):
                start = f"/figures/{name}/data/panels/{i}/curves/{j}"
                wanted = {f"{start}/at_risk/{k}" for k in range(len(curve["at_risk"]))}
                assert wanted <= drawn
                assert wanted | {f"{start}/n", f"{start}/events"} <= printed


def test_the_page_has_its_sections(page, document):
    titles = " ".join(page.text)
    for name in (
        "summary",
        "flow",
        "s-cohort",
        "s-survival",
        "s-truth",
        "patients",
        "settings",
        "issues",
        "provenance",
    ):
        assert name in page.ids
    assert "limits" in page.ids
    for figure in document["figures"].values():
        assert figure["title"] in titles
    assert "Simulated trial." in titles
    assert "a p-value here" in titles.lower()


def test_the_page_asks_for_nothing(folder, page):
    text = (folder / "report.html").read_text("utf-8")
    assert "http:" not in text
    assert "https:" not in text
    for tag, attributes in page.tags:
        assert tag not in ("iframe", "object", "embed", "base")
        assert not (tag == "script" and "src" in attributes)
        for key in ("src", "href", "srcset", "data", "action", "poster"):
            value = attributes.get(key, "")
            assert value == "" or value.startswith(("#", "data:")), (tag, key, value[:60])
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_the_policy_allows_the_one_script_only(folder, page):
    text = (folder / "report.html").read_text("utf-8")
    policies = [a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    script = re.search(r"<script>(.*?)</script>", text, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert len(policies) == 1
    assert "default-src 'none'" in policies[0]
    assert f"script-src 'sha256-{digest}'" in policies[0]
    assert not [a for _, a in page.tags if any(k.startswith("on") for k in a)]


def test_ids_stand_once(page):
    assert len(page.ids) == len(set(page.ids))


def test_references_inside_figures_resolve(page):
    ids = set(page.ids)
    for _, attributes in page.tags:
        for value in attributes.values():
            for target in re.findall(r"url\(#([^)]+)\)", value or ""):
                assert target in ids
        if (attributes.get("href") or "").startswith("#"):
            assert attributes["href"][1:] in ids


def test_figures_have_a_name_and_a_description(page):
    pictures = [a for t, a in page.tags if t == "svg"]
    assert len(pictures) >= 16
    for attributes in pictures:
        assert attributes["role"] == "img"
        assert attributes["aria-label"].strip()
        assert attributes["aria-describedby"] in page.ids


def test_the_same_report_gives_the_same_bytes(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    make(first, 5)
    make(second, 5)
    names = sorted(p.relative_to(first) for p in first.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    assert len(names) > 40
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_files_of_an_earlier_report_do_not_stay(tmp_path):
    render_report(few().model_copy(update={"figures": SAMPLE["sample_report"](6).figures}), tmp_path)
    assert len(list((tmp_path / "figures").iterdir())) > 2
    render_report(few(), tmp_path)
    names = {p.name for p in (tmp_path / "figures").iterdir()}
    assert names == {"cohort_flow.svg", "km_phenotype.svg"}
    assert not list(tmp_path.rglob(".partial*"))


def test_twins_lie_beside_the_page(folder, document):
    for name, table in document["tables"].items():
        frame = pd.read_csv(folder / "tables" / f"{name}.csv")
        assert len(frame) == len(table["rows"])
    values = [row["c"]["value"] for row in document["tables"]["cox"]["rows"]]
    assert pd.read_parquet(folder / "tables" / "cox.parquet")["c"].tolist() == values


def test_pictures_for_print_are_made_on_request(tmp_path):
    render_report(few(), tmp_path, formats=("svg", "pdf", "png"))
    png = (tmp_path / "figures" / "km_phenotype.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert int.from_bytes(png[16:20], "big") > 1500  # 300 dots an inch
    pdf = (tmp_path / "figures" / "km_phenotype.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    render_report(few(), tmp_path, formats=("svg", "pdf"))
    assert (tmp_path / "figures" / "km_phenotype.pdf").read_bytes() == pdf
    assert not list((tmp_path / "figures").glob("*.png"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    out = tmp_path_factory.mktemp("hostile")
    make(out, 8, hostile=True)
    return out


def test_hostile_text_stays_text(hostile):
    text = (hostile / "report.html").read_text("utf-8")
    page = PAGE["read_page"](text)
    assert [t for t, _ in page.tags].count("script") == 1
    assert not [a for _, a in page.tags if any(k.startswith("on") for k in a)]
    assert "<script>alert" not in text
    assert "{{7*7}}" in "".join(page.text)
    assert "\x00" not in text
    assert "\u202e" not in text
    assert len(page.ids) == len(set(page.ids))
    for svg in (hostile / "figures").glob("*.svg"):
        ET.parse(svg)


def test_numbers_are_right_with_hostile_text_too(hostile):
    document = json.loads((hostile / "report.json").read_text("utf-8"))
    page = PAGE["read_page"]((hostile / "report.html").read_text("utf-8"))
    for item in page.shown:
        value = PAGE["find"](document, item.pointer)
        if not isinstance(value, str):
            assert PAGE["expected"](value, item.form) in item.text, item.pointer


def test_one_patient_is_enough(tmp_path):
    _, path = make(tmp_path, 1)
    assert path.exists()


def test_a_report_without_anything_is_a_page(tmp_path):
    full = SAMPLE["sample_report"](1)
    bare = type(full)(study=full.study, preset="recommended")
    text = render_report(bare, tmp_path).read_text("utf-8")
    assert "None was noticed." in text
    assert "What these numbers cannot bear" in text


@pytest.mark.slow
def test_the_page_is_small_at_200_patients(tmp_path):
    _, path = make(tmp_path, 200)
    assert path.stat().st_size < 5_000_000


@pytest.mark.slow
def test_thousands_of_patients_can_be_shown(tmp_path):
    report = SAMPLE["sample_report"](5000)
    path = render_report(report, tmp_path)
    assert path.stat().st_size < 20_000_000
    assert path.read_text("utf-8").count("data-cohort=") == 5000
