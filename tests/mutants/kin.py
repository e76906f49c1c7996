"""Which tests share what one of them made: only the first that asks for it is seen to run its lines."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from tests.mutants.draw import ROOT

TESTS = ROOT / "tests"
TOO_MANY = 400
"""A fixture that more tests use says nothing of what they look at."""


def groups(uses: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Return what each test shares: its file, shared fixtures, and modules that keep what they made.

    Parameters
    ----------
    uses : mapping of str to iterable of str
        Shared fixtures of each test.
    """
    members: dict[str, set[str]] = defaultdict(set)
    for test, fixtures in uses.items():
        file = test.partition("::")[0]
        for name in (file, *fixtures, *_keeping(ROOT / file)):
            members[name].add(test)
    found: dict[str, list[str]] = defaultdict(list)
    for name, tests in members.items():
        for test in tests if len(tests) <= TOO_MANY else ():
            found[test].append(name)
    return dict(found)


def kin(tests: Iterable[str], shared: Mapping[str, list[str]]) -> set[str]:
    """Return the tests that share something with one of `tests`."""
    names = {n for t in tests for n in shared.get(t, ())}
    return {t for t, own in shared.items() if not names.isdisjoint(own)}


@cache
def _keeping(path: Path) -> frozenset[str]:
    """Return the modules of the tests with cached functions that a file imports, directly or not."""
    source = path.read_text(encoding="utf-8")
    own = {path.stem} if path.parent == TESTS and "@cache" in source else set()
    return frozenset(own.union(*(_keeping(p) for p in _imported(source) if p != path)))


def _imported(source: str) -> set[Path]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "tests":
            found |= {TESTS / f"{a.name}.py" for a in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests."):
            found.add(ROOT / f"{str(node.module).replace('.', '/')}.py")
    return {p for p in found if p.is_file()}
