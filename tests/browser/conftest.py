"""A headless Chromium for the pages, and where axe-core lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    path = os.environ.get("KINEPHEN_CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        pytest.skip(f"needs Chromium at {path} (KINEPHEN_CHROMIUM)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe():
    """Return the source of axe-core (``npm pack axe-core``, unpacked into bench/.envs/axe)."""
    path = Path(os.environ.get("KINEPHEN_AXE", ROOT / "bench/.envs/axe/package/axe.min.js"))
    if not path.exists():
        pytest.skip(f"needs axe-core at {path} (KINEPHEN_AXE)")
    return path.read_text("utf-8")
