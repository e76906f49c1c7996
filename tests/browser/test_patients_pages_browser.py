"""The explorer and the patients' pages in a browser: usable by keyboard and on a phone, quiet, accessible."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest
from tests.browser.test_report_page import DESKTOP, PAGE_SIZES, PHONE, opened

from kinephen.report.render import render_report

TESTS = Path(__file__).parents[1]
SAMPLE, MADE, PAGE = (runpy.run_path(str(TESTS / f"report_{n}.py")) for n in ("sample", "patients", "page"))
pytestmark = pytest.mark.browser
HOSTILE = "<script>alert('x')</script> \"&amp;</style>"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}
    for name, word in (("plain", ""), ("hostile", HOSTILE)):
        out = tmp_path_factory.mktemp(name)
        report = SAMPLE["sample_report"](70)
        report = report.model_copy(update={"figures": {"km_phenotype": report.figures["km_phenotype"]}})
        report = MADE["with_explorer"](MADE["with_pages"](report, out, word), word=word)
        render_report(report, out)
        made[name] = out
    return made


def serious(page, axe):
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (v["id"], [n["html"][:120] for n in v["nodes"][:3]])
        for v in found["violations"]
        if v["impact"] in ("moderate", "serious", "critical")
    ]


@pytest.mark.parametrize("name", ["plain", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", PAGE_SIZES, ids=["desktop", "phone"])
def test_a_patients_page_fits_is_quiet_and_accessible(chromium, folders, axe, name, size, scheme):
    with opened(chromium, folders[name] / "patients" / "case-0001.html", size, scheme) as (page, heard):
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        assert heard == []
        assert serious(page, axe) == []


def test_the_outline_can_be_hidden_and_pages_lead_to_each_other(chromium, folders):
    with opened(chromium, folders["plain"] / "report.html", DESKTOP, "light") as (page, heard):
        page.get_by_role("link", name="w0002", exact=True).click()
        assert page.url.endswith("/patients/case-0003.html")
        drawn = "getComputedStyle(document.querySelector('.tile path.lesion')).display !== 'none'"
        assert page.evaluate(drawn)
        page.click("#show-lesion")
        assert not page.evaluate(drawn)
        page.click("a[rel=next]")
        assert page.url.endswith("/patients/case-0004.html")
        page.get_by_role("link", name="All patients").click()
        assert page.url.endswith("/report.html#patients")
        assert heard == []


@pytest.mark.parametrize("name", ["plain", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", PAGE_SIZES, ids=["desktop", "phone"])
def test_the_explorer_fits_is_quiet_and_accessible(chromium, folders, axe, name, size, scheme):
    with opened(chromium, folders[name] / "report.html", size, scheme) as (page, heard):
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert (
            page.evaluate("document.querySelector('#explorer-drawing svg').getBoundingClientRect().width")
            > 250
        )
        assert page.locator("#explorer-drawing circle").count() > 40
        assert heard == []
        assert serious(page, axe) == []


def test_each_number_of_the_explorer_is_in_report_json(chromium, folders):
    document = json.loads((folders["plain"] / "report.json").read_text("utf-8"))
    with opened(chromium, folders["plain"] / "report.html", PHONE, "light") as (page, _):
        for place in range(len(document["explorer"]["variables"])):
            page.select_option("#explorer-choice", str(place))
            shown = page.eval_on_selector_all(
                "#explorer-table span",
                "all => all.map(s => [s.dataset.ref, s.dataset.format, s.textContent])",
            )
            assert len(shown) == 5 * len(document["explorer"]["groups"])
            for pointer, form, text in shown:
                assert pointer.startswith(f"/explorer/variables/{place}/")
                assert text == PAGE["expected"](PAGE["find"](document, pointer), form)


def test_the_explorer_is_used_by_keyboard(chromium, folders):
    with opened(chromium, folders["plain"] / "report.html", DESKTOP, "light") as (page, _):
        page.focus("#explorer-search")
        page.keyboard.type("change of pe")
        assert page.text_content("#explorer-found") == "24 of 30"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "explorer-choice"
        before = page.get_attribute("#explorer-drawing svg", "aria-label")
        page.keyboard.press("ArrowDown")
        assert page.get_attribute("#explorer-drawing svg", "aria-label") != before
        page.fill("#explorer-search", "nothing is called so")
        assert page.locator("#explorer-table tbody tr").count() == 0


def test_paper_shows_all_patients_and_light_colours(chromium, folders):
    with opened(chromium, folders["plain"] / "report.html", DESKTOP, "dark") as (page, heard):
        rows = "document.getElementById('patients-table').tBodies[0].rows.length"
        assert page.evaluate(rows) == 50
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(rows) == 70
        wide = page.evaluate(
            """() => [...document.querySelectorAll('main table')]
            .filter(t => t.scrollWidth > t.parentElement.clientWidth + 1).length"""
        )
        assert wide == 0
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(rows) == 50
        assert page.pdf(format="A4").startswith(b"%PDF")
        assert heard == []
