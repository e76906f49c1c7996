"""The names of `kinephen` itself: all are there, each is the one of its room, and the import is light."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import kinephen

NAMES = sorted(set(kinephen.__all__) - {"__version__"})
ROOT = Path(kinephen.__file__).parent


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_the_one_of_its_room(name):
    place = kinephen._PLACE[name]
    assert getattr(kinephen, name) is getattr(importlib.import_module(place), name)
    assert name in dir(kinephen)
    assert getattr(kinephen, name).__doc__


def test_what_is_not_there_is_no_attribute():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        kinephen.nothing  # noqa: B018
    assert 20 <= len(NAMES) <= 30


def test_types_are_stated_of_the_same_names_in_the_same_places():
    tree = ast.parse((ROOT / "__init__.pyi").read_text())
    stated = {
        alias.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name == alias.asname
    }
    assert stated == kinephen._PLACE


def test_the_page_on_python_names_all_of_them():
    page = (ROOT.parents[1] / "docs" / "how-to" / "python.md").read_text()
    assert [n for n in NAMES if f"`{n}`" not in page] == []


def test_importing_loads_nothing():
    code = (
        "import sys, kinephen\n"
        "heavy = {'numpy', 'pandas', 'pydantic', 'scipy'}\n"
        "print([m for m in sys.modules if m.split('.')[0] in heavy or m.startswith('kinephen.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
