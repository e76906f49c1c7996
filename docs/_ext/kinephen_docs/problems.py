"""Pages of error and issue codes, read from the source: no list that could be forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import kinephen
from kinephen import errors
from kinephen_docs.markdown import code, page, table, text

SOURCE = Path(kinephen.__file__).parent
Names = dict[str, list[tuple[int, ast.expr]]]
"""Values that a function gives its variables, each with its line."""
ISSUES = ("Issue", "IssueRecord", "Flag")
HELPERS = ("error", "_error", "Problem")
ERRORS = {
    name: c.exit_code for name, c in vars(errors).items() if isinstance(c, type) and issubclass(c, Exception)
} | {"Failure": errors.ExitCode.CASES_FAILED}
"""What is raised, and the failure of one exam of a run, with the exit code."""


@dataclass(frozen=True, order=True)
class Problem:
    """One place in the source that raises an error or notes an issue."""

    code: str
    kind: str
    message: str
    hint: str
    module: str
    level: str = ""


def problems() -> list[Problem]:
    """Return every error and issue of the source, sorted by code."""
    found = set()
    for path in sorted(SOURCE.rglob("*.py")):
        module = ".".join(["kinephen", *path.relative_to(SOURCE).with_suffix("").parts])
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {p for p in _in_tree(tree, module) if "." in p.code}
    return sorted(found)


def _in_tree(tree: ast.Module, module: str) -> Iterator[Problem]:
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef | ast.Module):
            names = _assigned(scope)
            for node in _own_nodes(scope):
                if isinstance(node, ast.Call):
                    yield from _of_call(node, names, module)


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef):
            yield child
            yield from _own_nodes(child)


def _assigned(scope: ast.AST) -> Names:
    found: Names = {}
    for node in _own_nodes(scope):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Name) and isinstance(node, ast.Assign):
                found.setdefault(target.id, []).append((node.lineno, node.value))
    return found


def _of_call(node: ast.Call, names: Names, module: str) -> Iterator[Problem]:
    called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    keywords = {k.arg: k.value for k in node.keywords if k.arg}

    def word(value: ast.expr | None) -> str:
        return _text(value, names) if value is not None else ""

    if called in ISSUES and (node.args or "code" in keywords):
        first = word(keywords.get("code") or node.args[0])
        message = keywords.get("message") or keywords.get("text")
        message = message or (node.args[1] if len(node.args) > 1 else None)
        level = "" if called == "Flag" else word(keywords.get("level")) or "note"
        yield Problem(first, "issue", word(message), "", module, level)
    elif "code" in keywords and (called in ERRORS or called.endswith(("error", "Error"))):
        message = node.args[0] if node.args else keywords.get("message")
        kind = called if called in ERRORS else "InputError"
        yield Problem(word(keywords["code"]), kind, word(message), word(keywords.get("hint")), module)
    elif called in HELPERS and node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr):
        rest = [word(a) for a in node.args[1:3]]
        yield Problem(word(node.args[0]), "InputError", *([*rest, "", ""])[:2], module)


def _text(node: ast.expr, names: Names, depth: int = 0) -> str:
    """Return a message as it is written, with … for what is filled in when it is raised."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "…" for v in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left, names, depth) + _text(node.right, names, depth)
    if isinstance(node, ast.Name) and depth < 3:
        before = [v for line, v in names.get(node.id, []) if line < node.lineno]
        return _text(before[-1], names, depth + 1) if before else "…"
    return "…"


def error_codes() -> str:
    """Return the page of error codes."""
    rows = [p for p in problems() if p.kind != "issue"]
    intro = (
        f"{len({p.code for p in rows})} codes. An error ends the command with the exit code of its class "
        "([list](../exit-codes.md)), or one exam of a run, which goes on. `…` stands for what was found. "
        "Codes are stable; texts may be reworded."
    )
    columns = ["code", "exit", "what is said", "what to do", "module"]
    cells = [
        [
            code(p.code),
            int(ERRORS[p.kind]),
            text(p.message),
            text(p.hint),
            code(p.module.removeprefix("kinephen.")),
        ]
        for p in rows
    ]
    return page("Error codes", intro, table(columns, cells))


def issue_codes() -> str:
    """Return the page of issue codes."""
    rows = [p for p in problems() if p.kind == "issue"]
    intro = (
        f"{len({p.code for p in rows})} codes. An issue is something that was noticed and does not stop the "
        "run: it stands in the report's table *Issues*, in `report.json` and beside each table of `data/`, "
        "with where it was found and how often. A *stop* is a finding about an exam: that exam gives no "
        "numbers unless its code is accepted, with `--accept` on the command line, or `accept` in the exam's "
        "manifest or in `[settings.exam]` of the study."
    )
    cells = [[code(p.code), p.level, text(p.message), code(p.module.removeprefix("kinephen."))] for p in rows]
    return page("Issue codes", intro, table(["code", "level", "what is said", "module"], cells))
