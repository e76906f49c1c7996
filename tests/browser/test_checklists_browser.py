"""Methods text and checklists in a browser: they fit, filter, print, and can be used by keyboard."""

from __future__ import annotations

import runpy
from contextlib import contextmanager
from pathlib import Path

import pytest

from kinephen.report.checklists import with_texts
from kinephen.report.render import render_report

MADE = runpy.run_path(str(Path(__file__).parents[1] / "checklist_report.py"))["report"]
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SHOWN = "all => all.filter(i => i.checkVisibility()).map(i => i.dataset.status)"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return render_report(with_texts(MADE()), tmp_path_factory.mktemp("lists"))


@contextmanager
def opened(chromium, path, size, scheme):
    context = chromium.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    heard = []
    page.on("console", lambda m: heard.append(f"console: {m.text}"))
    page.on("pageerror", lambda e: heard.append(f"error: {e}"))
    page.goto(path.as_uri())
    yield page, heard
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_open_lists_fit_and_have_no_fault_of_access(chromium, path, axe, size, scheme):
    with opened(chromium, path, size, scheme) as (page, heard):
        page.click("#checklists-toggle")
        assert page.evaluate("[...document.querySelectorAll('details.checklist')].every(d => d.open)")
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            (v["id"], [n["html"][:120] for n in v["nodes"][:3]])
            for v in found["violations"]
            if v["impact"] in ("moderate", "serious", "critical")
        ]
        assert serious == []
        assert heard == []


def test_items_are_filtered_by_status(chromium, path):
    with opened(chromium, path, DESKTOP, "light") as (page, _):
        assert page.text_content("#checklist-shown") == "264 of 264 items"
        page.click("#checklists-toggle")
        for status in ("automatic", "drafted", "author", "not_applicable"):
            page.select_option("#checklist-filter select", status)
            shown = page.eval_on_selector_all(".items > li", SHOWN)
            assert shown
            assert set(shown) == {status}
            assert page.text_content("#checklist-shown") == f"{len(shown)} of 264 items"
        page.select_option("#checklist-filter select", "")
        assert len(page.eval_on_selector_all(".items > li", SHOWN)) == 264


def test_a_list_opens_by_keyboard(chromium, path):
    with opened(chromium, path, PHONE, "light") as (page, _):
        page.focus("#checklist-filter select")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "checklists-toggle"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.getElementById('checklist-clear').open")
        assert page.text_content("#checklists-toggle") == "Open all lists"
        page.focus("#checklists-toggle")
        page.keyboard.press("Space")
        assert page.text_content("#checklists-toggle") == "Close all lists"
        page.keyboard.press("Space")
        assert not page.evaluate("document.getElementById('checklist-remark').open")


def test_paper_shows_every_item(chromium, path):
    with opened(chromium, path, DESKTOP, "light") as (page, _):
        page.emulate_media(media="print")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert len(page.eval_on_selector_all(".items > li", SHOWN)) == 264
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.eval_on_selector_all(".items > li", SHOWN) == []
        few = page.pdf(format="A4")
        page.evaluate("document.getElementById('checklists').remove()")
        assert len(few) > len(page.pdf(format="A4")) + 50_000


def test_links_of_evidence_and_citations_lead_somewhere(chromium, path):
    with opened(chromium, path, DESKTOP, "light") as (page, _):
        lost = page.evaluate(
            "[...document.querySelectorAll('#methods a, #checklists a')].map(a => a.hash.slice(1))"
            ".filter(id => !document.getElementById(id))"
        )
        assert lost == []
        assert page.evaluate("document.querySelectorAll('#methods a.cite').length") > 10
