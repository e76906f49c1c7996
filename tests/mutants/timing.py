"""A pytest plugin: what each test needs, and what that costs to set up.

A test is cheap in a run of all only because another one paid for what they share; in a trial it pays itself.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = "KINEPHEN_MUTANTS_TIMING"
"""Environment variable: where each process writes what it saw."""
COSTS_NOTHING_S = 0.01
"""A shared fixture below this runs nothing that is looked at."""


class Timing:
    """Seconds of each shared fixture by place and name, and of each test with the shared fixtures it uses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fixtures: dict[str, float] = {}
        self._tests: dict[str, dict[str, Any]] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[Any]:
        """Time the set-up of a fixture, without those that it asks for."""
        begun = time.perf_counter()
        result = yield
        spent, name = time.perf_counter() - begun, _name(fixturedef)
        if fixturedef.scope != "function":
            self._fixtures[name] = max(spent, self._fixtures.get(name, 0.0))
        elif request.node.nodeid in self._tests:
            self._tests[request.node.nodeid]["seconds"] += spent
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: Any) -> None:
        """Note which shared fixtures a test uses."""
        known = item._fixtureinfo.name2fixturedefs
        shared = [_name(found[-1]) for found in known.values() if found[-1].scope != "function"]
        self._tests[item.nodeid] = {"fixtures": sorted(shared), "seconds": 0.0}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note how long a test took by itself."""
        if report.when == "call" and report.nodeid in self._tests:
            self._tests[report.nodeid]["seconds"] += report.duration

    def pytest_sessionfinish(self) -> None:
        """Write what this process saw."""
        if self._tests:
            found = {"fixtures": self._fixtures, "tests": self._tests}
            (self._folder / f"{os.getpid()}.json").write_text(json.dumps(found), encoding="utf-8")


def _name(fixturedef: Any) -> str:
    return f"{fixturedef.baseid}::{fixturedef.argname}"


def pytest_configure(config: Any) -> None:
    """Watch this process, a worker or the only one."""
    if folder := os.environ.get(FOLDER):
        config.pluginmanager.register(Timing(Path(folder)))


def costs(folder: Path) -> tuple[dict[str, float], dict[str, float], dict[str, list[str]]]:
    """Return the seconds of each test in a trial of its own, those of them that set-ups take, and these."""
    seen = [json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json"))]
    fixtures: dict[str, float] = {}
    for found in seen:
        for name, seconds in found["fixtures"].items():
            fixtures[name] = max(seconds, fixtures.get(name, 0.0))
    whole, shared, uses = {}, {}, {}
    for found in seen:
        for test, own in found["tests"].items():
            shared[test] = sum(fixtures.get(n, 0.0) for n in own["fixtures"])
            whole[test] = own["seconds"] + shared[test]
            uses[test] = [n for n in own["fixtures"] if fixtures.get(n, 0.0) > COSTS_NOTHING_S]
    return whole, shared, uses
