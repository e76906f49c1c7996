"""The quality page of an exam in a browser: it fits, asks for nothing, and its switches work."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from tests.export_exams import exam_with_lesion

from kinephen.report.exam_page import write_exam_page
from kinephen.report.exports.exam_forms import exam_facts
from kinephen.report.exports.exam_names import Names
from kinephen.study.one_exam import Request, measure

DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    root = tmp_path_factory.mktemp("exam")
    exam_with_lesion(root)
    result = measure(Request(exam=root))
    return write_exam_page(exam_facts(result, Names(root / "out", "W01", "T1")), root / "qc.html")


@contextmanager
def opened(chromium, path, size, scheme):
    context = chromium.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    heard = []
    page.on("console", lambda m: heard.append(f"console: {m.text}"))
    page.on("pageerror", lambda e: heard.append(f"error: {e}"))
    page.on(
        "request", lambda r: heard.append(r.url[:80]) if not r.url.startswith(("file:", "data:")) else None
    )
    page.goto(path.as_uri())
    yield page, heard
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_page_fits_and_is_quiet(chromium, path, size, scheme):
    with opened(chromium, path, size, scheme) as (page, heard):
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        assert heard == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_there_is_no_serious_fault_of_access(chromium, path, axe, scheme):
    with opened(chromium, path, DESKTOP, scheme) as (page, _):
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        serious = [
            (v["id"], [n["html"][:120] for n in v["nodes"][:3]])
            for v in found["violations"]
            if v["impact"] in ("moderate", "serious", "critical")
        ]
        assert serious == []


def test_switches_show_and_hide_outlines(chromium, path):
    with opened(chromium, path, DESKTOP, "light") as (page, _):
        for name, before in (("lesion", True), ("ftv", False), ("box", False)):
            drawn = f"getComputedStyle(document.querySelector('.tile use.{name}')).display !== 'none'"
            assert page.evaluate(drawn) is before
            page.click(f"#show-{name}")
            assert page.evaluate(drawn) is not before
