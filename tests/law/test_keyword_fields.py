"""What has more than four fields is made with their names, so that no two of them can be swapped."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import kinephen

ROOT = Path(kinephen.__file__).parent
ROOMS = ("study", "model", "report", "cli")
MOST = 4


def decorated(node):
    """Return the name of a decorator and the names of its arguments that are true."""
    called = isinstance(node, ast.Call)
    target = node.func if called else node
    name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
    given = node.keywords if called else []
    return name, {k.arg for k in given if isinstance(k.value, ast.Constant) and k.value.value is True}


def by_place(text):
    """Return the dataclasses of a file that have more than four fields and can be made by place."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.ClassDef):
            continue
        ways = [given for name, given in map(decorated, node.decorator_list) if name == "dataclass"]
        fields = [s for s in node.body if isinstance(s, ast.AnnAssign)]
        fields = [s for s in fields if "ClassVar" not in ast.unparse(s.annotation)]
        if ways and len(fields) > MOST and "kw_only" not in ways[0]:
            found.append(node.name)
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_more_than_four_fields_are_passed_by_name(room):
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    found = [f"{p.relative_to(ROOT)}: {name}" for p in files for name in by_place(p.read_text())]
    assert found == []


@pytest.mark.parametrize(
    ("decorator", "fields", "wanted"),
    [
        ("dataclass", 5, ["A"]),
        ("dataclass(frozen=True)", 5, ["A"]),
        ("dataclasses.dataclass(frozen=True, kw_only=False)", 5, ["A"]),
        ("dataclass(frozen=True, kw_only=True)", 5, []),
        ("dataclass(frozen=True)", 4, []),
        ("final", 5, []),
    ],
)
def test_a_dataclass_that_can_be_made_by_place_is_found(decorator, fields, wanted):
    body = "".join(f"    f{i}: int\n" for i in range(fields))
    assert by_place(f"@{decorator}\nclass A:\n    shown: ClassVar[int] = 1\n{body}") == wanted
