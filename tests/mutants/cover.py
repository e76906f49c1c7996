"""Which tests run which line of the joints: from one run of the tests under coverage."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.mutants.draw import ROOT, SOURCE

CHOICE = "not slow and not browser and not r and not peers and not docs and not locks"
MAP = "lines.json"


def cover(folder: Path, tests: list[str]) -> None:
    """Run the tests once and write which of them run which line, with their seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    junit, data = folder / "junit.xml", folder / "coverage"
    settings = folder / "coveragerc"
    settings.write_text(f"[run]\nsource = kinephen\ndata_file = {data}\n", encoding="utf-8")
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal", "-m", CHOICE),
        *("--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report="),
        *(f"--junitxml={junit}", "-o", "junit_family=xunit1", *tests),
    ]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"KINEPHEN_MUTANTS": "1"}, check=False)
    if done.returncode:
        sys.exit("the tests fail as the code stands: mend them first")
    (folder / MAP).write_text(json.dumps({"lines": _lines(data), "seconds": _seconds(junit)}))


def _lines(data: Path) -> dict[str, dict[int, list[str]]]:
    """Return file -> line -> tests; a test is named as pytest takes it."""
    from coverage import CoverageData

    found: dict[str, dict[int, list[str]]] = {}
    read = CoverageData(str(data))
    read.read()
    for file in sorted(read.measured_files()):
        by_line = read.contexts_by_lineno(file)
        name = Path(file).relative_to(SOURCE).as_posix()
        found[name] = {n: sorted({re.sub(r"\|\w+$", "", c) for c in cs if c}) for n, cs in by_line.items()}
    return found


def _seconds(junit: Path) -> dict[str, float]:
    """Return the seconds of each test, its fixtures included."""
    cases = ET.parse(junit).iter("testcase")
    return {f"{c.get('file')}::{c.get('name')}": float(c.get("time", 0)) for c in cases}
