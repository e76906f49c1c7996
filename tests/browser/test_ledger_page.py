"""The ledger in a browser: it fits, filters, asks for nothing and complains of nothing."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from kinephen.reproduce.claims import load_article
from kinephen.reproduce.found import Found
from kinephen.reproduce.ledger import Ledger, judge_all
from kinephen.reproduce.ledger_files import write_ledger
from kinephen.reproduce.made import made_items
from kinephen.reproduce.printed import printed_quantities

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
HOSTILE = "<img src=x onerror=alert(1)> & \"quotes\" 'single'"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def ledger():
    article = load_article("chitalia2023")
    run = {
        "phenotypes.k": Found(2.0, "run"),
        "c.m1": Found(0.46, "run", low=0.33, high=0.59, note=HOSTILE),
        "logrank.ftv2": Found(0.2, "stand-in", note="another measure"),
    }
    rows = judge_all(article, [run, printed_quantities()], simulated=False)
    made = made_items(None, None, None)
    return Ledger(article, rows, ("a table", HOSTILE), ("the images",), (), made, simulated=False, seed=1)


@pytest.fixture(scope="module")
def path(ledger, tmp_path_factory):
    return write_ledger(ledger, tmp_path_factory.mktemp("ledger"))["html"]


@contextmanager
def opened(chromium, path, size, scheme="light"):
    context = chromium.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    heard = []
    page.on("console", lambda m: heard.append(f"console: {m.text}"))
    page.on("pageerror", lambda e: heard.append(f"error: {e}"))
    page.on("dialog", lambda d: heard.append(f"dialog: {d.message}"))
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:")) else heard.append(r.url[:80]))
    page.goto(path.as_uri())
    page.wait_for_timeout(150)
    yield page, heard
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_fits_is_quiet_and_has_no_serious_fault(chromium, axe, path, size, scheme):
    with opened(chromium, path, size, scheme) as (page, heard):
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert heard == []
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        bad = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
        assert bad == [], [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in bad]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_filters_show_what_they_name(chromium, path, ledger, size):
    with opened(chromium, path, size) as (page, _):
        visible = "table.claims tbody tr:visible"
        assert page.locator(visible).count() == len(ledger.rows)
        page.select_option("select[name=verdict]", "internally inconsistent")
        wanted = ledger.counts["internally inconsistent"]
        assert page.locator(visible).count() == wanted
        assert page.inner_text("#shown") == f"{wanted} of {len(ledger.rows)} claims"
        assert page.locator("button[aria-pressed=true]").count() == 1
        page.select_option("select[name=place]", "Table 1")
        assert page.locator(visible).count() == 1
        page.fill("input[name=text]", "no such words anywhere")
        assert page.locator(visible).count() == 0
        assert page.locator("#none").is_visible()


def test_a_card_filters_and_lets_go_by_keyboard(chromium, path, ledger):
    with opened(chromium, path, DESKTOP) as (page, _):
        card = page.locator("button[data-verdict='reproduced']")
        card.focus()
        page.keyboard.press("Enter")
        assert page.locator("table.claims tbody tr:visible").count() == ledger.counts["reproduced"]
        page.keyboard.press("Enter")
        assert page.locator("table.claims tbody tr:visible").count() == len(ledger.rows)


def test_text_of_inputs_stays_text(path):
    html = path.read_text(encoding="utf-8")
    assert "<img" not in html
    assert "&lt;img src=x" in html
