"""The map of the code names what is there: paths, modules, rooms and targets of make."""

from __future__ import annotations

import importlib
import re

import pytest
from tests.docs.pages import ROOT, read_page

PACKAGE = ROOT / "src" / "kinephen"
MAPS = [read_page(ROOT / name) for name in ("docs/explanation/architecture.md", "CONTRIBUTING.md")]
WORDS = [
    pytest.param(page, text, id=f"{page.name}:{line}:{text}") for page in MAPS for text, line in page.inline
]
PLACEHOLDERS = re.compile(r"NAME|FAMILY|<sha256>")
OF_A_RUN = ("private/", "assets/<sha256>.json", "docs/_build/html", "../shared", ".venv-lowest")
"""Paths that a run or a build makes."""
FILES = (".json", ".md", ".toml", ".csv", ".in")
ROOMS = [p.name for p in PACKAGE.iterdir() if p.is_dir() and (p / "__init__.py").is_file()]


def there(path):
    """Tell whether a path of the repository or of the package exists; a placeholder stands for any name."""
    pattern = PLACEHOLDERS.sub("*", path.rstrip("/"))
    endings = ("",) if "." in pattern.rpartition("/")[2] else ("", ".py")
    return any(any(base.glob(pattern + end)) for base in (ROOT, PACKAGE) for end in endings)


def known(name):
    """Tell whether a dotted name is a module of the package, or something in one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(["kinephen", *parts[:cut]]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@pytest.mark.parametrize(("page", "text"), WORDS)
def test_what_stands_in_backticks_is_there(page, text):
    if text.startswith("make "):
        target = text.split()[1]
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), text
    elif " " in text or text in OF_A_RUN or "=" in text:
        pytest.skip("a command or what a run makes")
    elif "/" in text:
        assert there(text), text
    elif re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", text) and not text.endswith(FILES):
        assert known(text), text


def test_the_map_has_a_row_for_each_room_and_no_other():
    text = MAPS[0].path.read_text(encoding="utf-8")
    table = [line for line in text.splitlines() if line.startswith("| `")]
    named = [word for line in table for word in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert sorted(named) == sorted([*ROOMS, "errors", "types"])


def test_what_the_map_says_of_numbers_and_records_holds():
    for name in ("performance", "end_points", "at_horizon", "sites"):
        assert (PACKAGE / "report" / "numbers" / f"{name}.py").is_file()
        assert (PACKAGE / "study" / "steps" / f"{name}.py").is_file() or name == "sites"
    for name in ("additions", "performance", "end_points", "horizon", "landmark", "sites"):
        assert (PACKAGE / "records" / f"{name}.py").is_file()
