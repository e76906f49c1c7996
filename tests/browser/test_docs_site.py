"""The built documentation in Chromium: asks nobody outside, fits the screen, shows formulas and tables."""

from __future__ import annotations

import pytest
from tests.browser.conftest import ROOT

pytestmark = pytest.mark.browser
SITE = ROOT / "docs" / "_build" / "html"
PAGES = (
    "index",
    "tutorials/first-study",
    "how-to/python",
    "explanation/kinetic-maps",
    "explanation/delta-features",
    "claims",
    "reference/generated/cli",
    "reference/generated/errors",
    "reference/generated/features",
    "reference/generated/settings",
    "reference/generated/validation",
    "reference/generated/api/imaging",
)


@pytest.fixture(params=[(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")], ids=str)
def tab(chromium, request):
    if not (SITE / "index.html").exists():
        pytest.skip("needs the built site (make docs)")
    width, scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.faults = []
    page.on("request", lambda r: page.faults.append(r.url) if not r.url.startswith(("file:", "data:")) else 0)
    page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else 0)
    page.on("pageerror", lambda e: page.faults.append(str(e)))
    yield page
    context.close()


def test_pages_fit_the_screen_and_ask_nobody(tab):
    for name in PAGES:
        tab.goto((SITE / f"{name}.html").as_uri())
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert tab.evaluate(wider) <= 0, name
        assert tab.faults == [], name


def test_formulas_are_mathml_and_wide_tables_scroll(tab):
    tab.goto((SITE / "explanation/kinetic-maps.html").as_uri())
    assert tab.locator("math").count() > 5
    assert tab.locator("math mfrac").first.bounding_box()["height"] > 20
    tab.goto((SITE / "reference/generated/settings.html").as_uri())
    assert tab.evaluate("getComputedStyle(document.querySelector('.table-wrapper')).overflowX") == "auto"
