"""The page of what was checked against what, from the docstrings of the tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from kinephen_docs.markdown import code, page, table, text

ROOT = Path(__file__).resolve().parents[3]
TESTS = ROOT / "tests"
BENCH = ROOT / "bench"
KINDS = {
    "oracle": (
        "Oracles",
        "Values that somebody else's program, an article or a real exam gave. Most were recorded "
        "with R, with "
        "the versions named in the tests; `make test-r` asks R again on fresh data.",
    ),
    "law": (
        "Laws",
        "Properties that must hold for any input, tried on many drawn ones: invariance, recovery of "
        "a planted "
        "truth, coverage of intervals.",
    ),
    "fault": ("Faults", "Files and tables that are broken, hostile or merely odd."),
}
MARKS = {"r": "R", "peers": "peer package", "browser": "Chromium", "slow": "long", "ibsi": "", "docs": ""}


def validation() -> str:
    """Return the page of oracles, laws, faults, benchmarks."""
    intro = (
        "What each number is checked against. Every line is a test file of the repository and its own words; "
        "the column *needs* names what a test cannot do without (otherwise it is part of `make test`)."
    )
    parts = [intro]
    for folder, (title, about) in KINDS.items():
        rows = [_row(path) for path in sorted((TESTS / folder).glob("test_*.py"))]
        count = sum(int(r[2]) for r in rows)
        parts += [f"## {title}", f"{about} {len(rows)} files, {count} test functions.", _table(rows)]
    parts += [
        "## IBSI",
        "[Agreement row by row](../ibsi.md), written by `bench/radiomics_ibsi.py`; "
        "[filters](../ibsi-filters.md), by `bench/radiomics_ibsi2.py`.",
    ]
    parts += ["## The article", "[Its claims against the public tables](../../claims.md)."]
    bench = [
        [code(f"bench/{path.name}"), text(_summary(path)), _written(path)]
        for path in sorted(BENCH.glob("*.py"))
        if "worker" not in path.name and path.name != "breast_phantom.py"
    ]
    about = "Scripts that run the peers beside kinephen on the same input. Those with a page wrote it."
    parts += ["## Benchmarks", about, table(["script", "what it measures", "page"], bench)]
    return page("Validation", *parts)


def _table(rows: list[list[str]]) -> str:
    return table(["test", "what is compared", "tests", "needs"], rows)


def _row(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    source = path.read_text(encoding="utf-8")
    marks = [m for m in MARKS if re.search(rf"pytest\.mark\.{m}\b", source)]
    count = sum(isinstance(n, ast.FunctionDef) and n.name.startswith("test_") for n in tree.body)
    needs = [MARKS[m] for m in marks if MARKS[m]]
    if "reference(" in source:
        needs.append("reference data")
    return [code(f"{path.parent.name}/{path.name}"), text(_summary(path)), str(count), ", ".join(needs)]


def _summary(path: Path) -> str:
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    prose = [p for p in doc.split("\n\n") if p and not p.startswith(("    ", "Run ", "Needs "))]
    return " ".join(" ".join(prose[:2]).split())


def _written(path: Path) -> str:
    found = re.findall(r"docs/([a-z/-]+\.md)", path.read_text(encoding="utf-8"))
    pages = [p for p in dict.fromkeys(found) if (ROOT / "docs" / p).exists()]
    return ", ".join(f"[{Path(p).stem}](../../{p})" for p in pages)
