"""The report in a browser: it fits, asks for nothing, complains of nothing, and can be used by all."""

from __future__ import annotations

import runpy
from contextlib import contextmanager
from pathlib import Path

import pytest

from kinephen.report.render import render_report

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PAGE_SIZES = [DESKTOP, PHONE]
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return the page of 200 patients, and one with hostile text."""
    made = {}
    for name, n in (("plain", 200), ("hostile", 20)):
        out = tmp_path_factory.mktemp(name)
        report = SAMPLE["add_images"](SAMPLE["sample_report"](n), out)
        made[name] = render_report(SAMPLE["hostile_report"](report) if name == "hostile" else report, out)
    return made


@contextmanager
def opened(chromium, path, size, scheme):
    """Open the page; complaints and requests beyond the file itself are collected."""
    context = chromium.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    heard = []
    page.on("console", lambda m: heard.append(f"console: {m.text}"))
    page.on("pageerror", lambda e: heard.append(f"error: {e}"))
    page.on("dialog", lambda d: heard.append(f"dialog: {d.message}"))
    page.on(
        "request",
        lambda r: (
            heard.append(f"request: {r.url[:80]}") if not r.url.startswith(("file:", "data:")) else None
        ),
    )
    page.goto(path.as_uri())
    page.wait_for_timeout(150)
    yield page, heard
    context.close()


@pytest.mark.parametrize("name", ["plain", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_fits_and_is_quiet(chromium, pages, name, size, scheme):
    with opened(chromium, pages[name], size, scheme) as (page, heard):
        width = page.evaluate("document.documentElement.scrollWidth")
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        assert width <= size["width"]
        assert heard == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_there_is_no_serious_fault_of_access(chromium, pages, axe, size, scheme):
    with opened(chromium, pages["plain"], size, scheme) as (page, _):
        # The page's own policy forbids foreign scripts, so axe is run by the driver and not by a tag.
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            (v["id"], v["help"], [n["html"][:120] for n in v["nodes"][:3]])
            for v in found["violations"]
            if v["impact"] in ("moderate", "serious", "critical")
        ]
        assert serious == []


def test_every_figure_has_a_name(chromium, pages):
    with opened(chromium, pages["plain"], DESKTOP, "light") as (page, _):
        names = page.eval_on_selector_all("figure svg", "all => all.map(s => s.getAttribute('aria-label'))")
        assert len(names) >= 16
        assert all(names)
        assert page.get_by_role("img", name="Recurrence-free survival by phenotype", exact=True).count() == 1


def rows(page):
    return page.eval_on_selector_all(
        "#patients-table tbody tr", "all => all.map(r => r.cells[0].textContent.trim())"
    )


def test_patients_are_filtered(chromium, pages):
    with opened(chromium, pages["plain"], DESKTOP, "light") as (page, heard):
        assert len(rows(page)) == 50
        assert page.text_content("#shown") == "200 of 200 patients"
        page.fill("input[name=text]", "w001")
        assert rows(page) == [f"w001{i}" for i in range(10)]
        page.fill("input[name=text]", "")
        page.select_option("select[name=cohort]", "discovery")
        assert page.text_content("#shown") == "100 of 200 patients"
        page.check("input[name=warned]")
        assert page.text_content("#shown") == "25 of 200 patients"
        assert heard == []


def test_patients_are_sorted_with_the_undefined_last(chromium, pages):
    with opened(chromium, pages["plain"], DESKTOP, "light") as (page, _):
        head = page.get_by_role("columnheader", name="Distance")
        for direction, keep in (("ascending", sorted), ("descending", lambda v: sorted(v, reverse=True))):
            head.get_by_role("button").click()
            assert head.get_attribute("aria-sort") == direction
            shown = page.eval_on_selector_all(
                "#patients-table tbody tr", "all => all.map(r => r.cells[3].textContent)"
            )
            values = [float(v) for v in shown]
            assert values == keep(values)
        for _ in range(3):
            page.click("#next")
        last = page.eval_on_selector_all(
            "#patients-table tbody tr", "all => all.map(r => r.cells[3].textContent)"
        )
        assert last[-1] == "\u2013"
        assert page.is_disabled("#next")


def test_the_theme_is_chosen_by_button_too(chromium, pages):
    with opened(chromium, pages["plain"], DESKTOP, "light") as (page, _):
        back = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(back)
        page.click("#theme")
        assert page.evaluate(back) != light
        page.click("#theme")
        assert page.evaluate(back) == light


def test_the_keyboard_reaches_what_scrolls(chromium, pages):
    with opened(chromium, pages["plain"], PHONE, "light") as (page, _):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        loose = page.evaluate(
            """() => [...document.querySelectorAll('main *')]
            .filter(e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX))
            .filter(e => e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0).map(e => e.className)"""
        )
        assert loose == []


def test_the_page_can_be_printed(chromium, pages):
    with opened(chromium, pages["plain"], DESKTOP, "dark") as (page, _):
        page.emulate_media(media="print")
        assert not page.is_visible("nav")
        assert page.pdf(format="A4").startswith(b"%PDF")
