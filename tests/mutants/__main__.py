"""``python -m tests.mutants``: plant faults in the joints, and list those that no test sees."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.mutants.cover import MAP, cover, present
from tests.mutants.draw import ROOMS, ROOT, Drawn, draw
from tests.mutants.kin import kin
from tests.mutants.trial import ENDLESS, KILLED, SURVIVED, UNTESTED, WORTH_S, sound, start, verdict

FOLDER = ROOT / ".mutants"
NOTES = FOLDER / "noticed"
"""One file for each fault that was noticed: the test that did, which goes first the next time."""
REASONS = Path(__file__).with_name("survivors.json")
"""Faults that may survive, ``path: what`` with the reason."""
LONG_SETUP_S = 5.0
"""Tests with such a shared set-up go after those without."""
TARGET = 0.05
WARM = (
    *("numpy", "pandas", "scipy.stats", "scipy.cluster.hierarchy", "numba", "matplotlib.figure", "pydantic"),
    *(
        "pyarrow",
        "pytest",
        "hypothesis",
        "hypothesis.extra.numpy",
        "jinja2",
        "pydicom",
        "highdicom",
        "nibabel",
    ),
    *("openpyxl", "rich", "typer", "docx", "kinephen.core.grid", "kinephen.imaging", "kinephen.radiomics"),
    "kinephen.survival.cross_validation",
)
"""Imported once, before the trials: they lie below the rooms in which faults are planted."""


def main() -> int:
    """Run the trials, print the table, and return 1 where too many faults survive."""
    options = _options()
    keep = options.reuse and (FOLDER / MAP).is_file()
    if options.tests or not keep:
        cover(FOLDER, options.tests or ["tests"], keep=keep)
    known = json.loads((FOLDER / MAP).read_text())
    drawn = draw(options.count, options.seed, tuple(options.rooms), options.only)
    for name in WARM:
        importlib.import_module(name)
    there = present() if keep else set(known["seconds"])
    chosen = [[t for t in _chosen(d, known, options.seconds) if t in there] for d in drawn]
    results = _trials(drawn, chosen, options.workers)
    if odd := _unsound(drawn):
        sys.exit(f"without any fault these tests fail in a trial: {' '.join(odd)}")
    return _print(drawn, results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="faults that are drawn (default 300)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rooms", nargs="+", default=list(ROOMS))
    parser.add_argument("--only", default="", help="only modules whose path holds this text")
    parser.add_argument(
        "--reuse",
        action="store_true",
        help="take the lines of the last run under coverage; only test files that are named are learned anew",
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=WORTH_S, help="of tests for a fault (%(default)s)")
    parser.add_argument("tests", nargs="*", help="test files (default: all)")
    return parser.parse_args()


def _chosen(drawn: Drawn, known: dict[str, dict[str, Any]], seconds: float) -> list[str]:
    """Return the tests that run the line, then their kin; the cheapest first, long set-ups apart.

    Before all of them goes the one that noticed the fault the last time.
    """
    lines = known["lines"].get(drawn.path, {})
    tests = set(lines.get(str(drawn.mutant.line), []))
    if drawn.mutant.at_import or not tests:  # only the first test that imports a module is seen to run it
        tests = _of_room(drawn.path.rsplit("/", 1)[0] + "/", known["lines"])
    others = kin(tests, known["groups"]) - tests
    note = NOTES / drawn.lot
    last = [note.read_text(encoding="utf-8")] if note.is_file() else []
    first = [t for t in last if t in known["seconds"]]
    return _affordable([*first, *_cheapest(tests, known), *_cheapest(others, known)], known, seconds)


def _of_room(room: str, lines: dict[str, dict[str, list[str]]]) -> set[str]:
    """Return the tests that run something of a folder."""
    files = [by_line for file, by_line in lines.items() if file.startswith(room)]
    return {t for by_line in files for tests in by_line.values() for t in tests}


def _cheapest(tests: Iterable[str], known: dict[str, dict[str, Any]]) -> list[str]:
    seconds, shared = known["seconds"], known["shared"]
    return sorted(tests, key=lambda t: (shared.get(t, 0.0) >= LONG_SETUP_S, seconds.get(t, 1.0), t))


def _affordable(tests: list[str], known: dict[str, dict[str, Any]], seconds: float) -> list[str]:
    """Return the first tests that fit in a trial, each once."""
    left, found = seconds, []
    for test in dict.fromkeys(tests):
        own = known["seconds"].get(test, 1.0) - known["shared"].get(test, 0.0)
        if not found or own <= left:
            left -= own
            found.append(test)
    return found


def _unsound(drawn: list[Drawn]) -> list[str]:
    """Return tests that noticed a fault and fail without one too: their kills mean nothing."""
    notes = [NOTES / d.lot for d in drawn]
    tests = sorted({note.read_text(encoding="utf-8") for note in notes if note.is_file()})
    return [] if not tests or sound(tests) else [t for t in tests if not sound([t])]


def _trials(drawn: list[Drawn], chosen: list[list[str]], workers: int) -> list[str]:
    NOTES.mkdir(parents=True, exist_ok=True)
    results = [UNTESTED] * len(drawn)
    running: dict[int, int] = {}
    waiting = [(i, tests) for i, tests in enumerate(chosen) if tests]
    done = 0
    while waiting or running:
        while waiting and len(running) < workers:
            i, tests = waiting.pop(0)
            note = NOTES / drawn[i].lot
            note.unlink(missing_ok=True)
            running[start(drawn[i], tests, note)] = i
        child, status = os.wait()
        i = running.pop(child)
        results[i] = verdict(status)
        done += 1
        print(
            f"{done:4d} {results[i]:9s} {drawn[i].place}: {drawn[i].mutant.what}", file=sys.stderr, flush=True
        )
    return results


def _print(drawn: list[Drawn], results: list[str]) -> int:
    reasons = json.loads(REASONS.read_text(encoding="utf-8")) if REASONS.is_file() else {}
    rooms = Counter((d.path.split("/")[1], r) for d, r in zip(drawn, results, strict=True))
    print(f"{'room':8s} {'faults':>7s} {KILLED:>7s} {ENDLESS:>7s} {SURVIVED:>9s} {'not run':>8s}")
    for room in sorted({room for room, _ in rooms}):
        counts = [rooms[room, r] for r in (KILLED, ENDLESS, SURVIVED, UNTESTED)]
        print(f"{room:8s} {sum(counts):7d} {counts[0]:7d} {counts[1]:7d} {counts[2]:9d} {counts[3]:8d}")
    left = [(d, r) for d, r in zip(drawn, results, strict=True) if r in (SURVIVED, UNTESTED)]
    endless = [(d, r) for d, r in zip(drawn, results, strict=True) if r == ENDLESS]
    print(f"{len(left)} of {len(drawn)} survive ({len(left) / max(1, len(drawn)):.1%})")
    for d, r in (*left, *endless):
        why = reasons.get(f"{d.path}: {d.mutant.what}", "")
        print(f"  {d.place}: {d.mutant.what} ({r}){' - ' + why if why else ''}")
    return int(len(left) > TARGET * len(drawn))


if __name__ == "__main__":
    sys.exit(main())
