"""Which tests run which line of the joints: from one run of the tests under coverage."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from tests.mutants.draw import ROOMS, ROOT, SOURCE
from tests.mutants.kin import groups
from tests.mutants.timing import FOLDER, costs

CHOICE = "not slow and not browser and not r and not peers and not docs and not locks"
MAP = "lines.json"
PASSED, SOME_FAILED = 0, 1
"""Of pytest's exit codes."""


def cover(folder: Path, tests: list[str], *, keep: bool = False) -> None:
    """Run tests once and write which of them run which line, with their seconds.

    With `keep`, what is known of other tests stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    junit, data, timing = folder / "junit.xml", folder / "coverage", folder / "timing"
    shutil.rmtree(timing, ignore_errors=True)
    timing.mkdir()
    settings = folder / "coveragerc"
    # The rooms below are not watched: their lines run most and are asked for least.
    watched = "".join(f"\n    src/kinephen/{room}/*" for room in ROOMS)
    settings.write_text(f"[run]\ninclude ={watched}\ndata_file = {data}\n", encoding="utf-8")
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", "-m", CHOICE),
        *("--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report="),
        *(f"--junitxml={junit}", "-o", "junit_family=xunit1", "-p", "tests.mutants.timing", *tests),
    ]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {FOLDER: str(timing)}, check=False)
    if done.returncode not in (PASSED, SOME_FAILED):
        sys.exit("the tests could not be run: mend them first")
    failed = _failed(junit)
    for test in sorted(failed):
        print(f"fails under coverage, left out: {test}", file=sys.stderr)
    whole, shared, uses = costs(timing)
    found = {"lines": _lines(data, failed), "seconds": whole, "shared": shared, "groups": groups(uses)}
    if keep:
        found = _merged(json.loads((folder / MAP).read_text()), found)
    (folder / MAP).write_text(json.dumps(found))


def present() -> set[str]:
    """Return the tests that there are; a name that is there no longer ends a trial as a failure would."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", CHOICE, "tests"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != PASSED:
        sys.exit("the tests could not be collected: mend them first")
    return {line for line in done.stdout.splitlines() if "::" in line}


def _merged(before: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    merged = {part: before[part] | new[part] for part in ("seconds", "shared", "groups")}
    lines: dict[str, dict[str, list[str]]] = before["lines"]
    for file, by_line in new["lines"].items():
        known = lines.setdefault(file, {})
        for n, tests in by_line.items():
            known[n] = sorted({*known.get(n, ()), *tests})
    return {**merged, "lines": lines}


def _failed(junit: Path) -> set[str]:
    """Return the tests that fail: a limit of time missed under coverage proves no fault."""
    cases = [
        c
        for c in ET.parse(junit).iter("testcase")
        if c.find("failure") is not None or c.find("error") is not None
    ]
    return {f"{c.get('file')}::{c.get('name')}" for c in cases}


def _lines(data: Path, failed: set[str]) -> dict[str, dict[str, list[str]]]:
    """Return file -> line -> tests; a test is named as pytest takes it."""
    from coverage import CoverageData

    found: dict[str, dict[str, list[str]]] = {}
    read = CoverageData(str(data))
    read.read()
    for file in sorted(read.measured_files()):
        by_line = read.contexts_by_lineno(file)
        name = Path(file).relative_to(SOURCE).as_posix()
        found[name] = {
            str(n): sorted({re.sub(r"\|\w+$", "", c) for c in cs if c} - failed) for n, cs in by_line.items()
        }
    return found
