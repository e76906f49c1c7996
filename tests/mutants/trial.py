"""One planted fault against the tests that run its line, in a process of its own."""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import signal
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.mutants.draw import ROOT, SOURCE, Drawn
from tests.mutants.operators import planted

KILLED, ENDLESS, SURVIVED, UNTESTED = "killed", "no end", "survived", "not run by any test"
SECONDS = 600
"""A fault that makes a loop endless is noticed by this; `WORTH_S` of tests end far below it."""
WORTH_S = 120.0
"""Seconds of tests in a trial, beside their shared set-ups."""


class _Planter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from changed source; its file and caches stay untouched."""

    def __init__(self, drawn: Drawn) -> None:
        self._drawn = drawn
        self._path = SOURCE / drawn.path

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != self._drawn.module:
            return None
        package = self._path.name == "__init__.py"
        places = [str(self._path.parent)] if package else None
        return importlib.util.spec_from_file_location(
            name, self._path, loader=self, submodule_search_locations=places
        )

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        source = planted(self._path.read_text(encoding="utf-8"), self._drawn.mutant.number)
        exec(compile(source, str(self._path), "exec"), module.__dict__)


class _Witness:
    """Notes the test that fails."""

    def __init__(self, note: Path) -> None:
        self._note = note

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Write its name as pytest takes it."""
        if report.failed:
            self._note.write_text(report.nodeid, encoding="utf-8")


def start(drawn: Drawn | None, tests: Sequence[str], note: Path | None = None) -> int:
    """Fork a process that runs the tests, on the changed module if one is given; return its number.

    The name of the test that fails is written to `note`.
    """
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        code = _run(drawn, tests, note)
    finally:
        os._exit(code)


def _run(drawn: Drawn | None, tests: Sequence[str], note: Path | None) -> int:
    import pytest

    signal.alarm(SECONDS)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.chdir(ROOT)
    if drawn is not None:
        sys.meta_path.insert(0, _Planter(drawn))
    options = ["-x", "-q", "-p", "no:cacheprovider", "--no-cov", "--assert=plain"]
    return int(pytest.main([*options, *tests], plugins=[_Witness(note)] if note else []))


def sound(tests: Sequence[str]) -> bool:
    """Tell whether tests pass on the code as it stands, as a trial runs them."""
    _, status = os.waitpid(start(None, tests), 0)
    return verdict(status) == SURVIVED


def verdict(status: int) -> str:
    """Return what the end of a trial's process means."""
    code = os.waitstatus_to_exitcode(status)
    if code == -signal.SIGALRM:
        return ENDLESS
    return SURVIVED if code == 0 else KILLED
