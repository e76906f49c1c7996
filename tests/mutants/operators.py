"""The small faults that are planted, one at a time, in a module's syntax tree."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

OPPOSITE = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OTHER = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult, ast.Mod: ast.Mult,
}  # fmt: skip
PAIRS = {
    "low": "high", "lower": "upper", "first": "second", "t1": "t2", "T1": "T2", "early": "late",
    "n": "events", "discovery": "validation", "smaller": "larger", "before": "after", "ftv1": "ftv2",
    "time": "event", "rows": "columns", "min": "max",
}  # fmt: skip
PARTNER = PAIRS | {b: a for a, b in PAIRS.items()}
"""What stands for the other visit, side, limit or cohort: the faults that joints have."""


@dataclass(frozen=True)
class Mutant:
    """One planted fault.

    Parameters
    ----------
    number : int
        Of the fault among all that its module offers.
    line : int
        In the module as it stands.
    what : str
        What was changed into what.
    at_import : bool
        Outside of all functions: the line runs when the module is imported.
    """

    number: int
    line: int
    what: str
    at_import: bool = False


Change = tuple[str, Callable[[ast.AST], ast.AST]]


def mutants(source: str) -> list[Mutant]:
    """Return every fault that a module's source offers, in order."""
    tree = ast.parse(source)
    bodies = [n.body for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    later = {id(n) for body in bodies for statement in body for n in ast.walk(statement)}
    return [
        Mutant(number, node.lineno, what, id(node) not in later)  # type: ignore[attr-defined]
        for number, (node, (what, _)) in enumerate(_sites(tree))
    ]


def planted(source: str, number: int) -> str:
    """Return the module's source with one fault in it."""
    tree = ast.parse(source)
    node, (_, change) = next(site for i, site in enumerate(_sites(tree)) if i == number)
    return ast.unparse(ast.fix_missing_locations(_Replace(node, change).visit(tree)))


class _Replace(ast.NodeTransformer):
    def __init__(self, node: ast.AST, change: Callable[[ast.AST], ast.AST]) -> None:
        self._node, self._change = node, change

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._node:
            return self._change(copy.deepcopy(node))
        return self.generic_visit(node)


def _sites(tree: ast.Module) -> Iterator[tuple[ast.AST, Change]]:
    for node in _runnable(tree):
        for change in _changes(node):
            yield node, change


def _runnable(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes that run and can matter: no annotations, decorators, imports, docstrings, messages."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "keywords_of_class"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, (ast.Import, ast.ImportFrom, ast.Raise, ast.Assert)) or not isinstance(
                child, ast.AST
            ):
                continue
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            yield child
            yield from _runnable(child)


def _changes(node: ast.AST) -> list[Change]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in OPPOSITE:
            new = OPPOSITE[type(op)]
            return [(f"{_name(op)} -> {new.__name__}", lambda n: _set(n, ops=[new()]))]
        case ast.BinOp(op=op) if type(op) in OTHER:
            other = OTHER[type(op)]
            return [(f"{_name(op)} -> {other.__name__}", lambda n: _set(n, op=other()))]
        case ast.BoolOp(op=op):
            swap = ast.Or if isinstance(op, ast.And) else ast.And
            return [(f"{_name(op)} -> {swap.__name__}", lambda n: _set(n, op=swap()))]
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            return [(f"{_name(node.op)} dropped", lambda n: n.operand)]  # type: ignore[attr-defined]
        case ast.IfExp():
            return [("branches swapped", lambda n: _set(n, body=n.orelse, orelse=n.body))]  # type: ignore[attr-defined]
        case ast.Constant(value=value):
            return _constant(value)
        case ast.Attribute(attr=name) if name in PARTNER and isinstance(node.ctx, ast.Load):
            return [(f".{name} -> .{PARTNER[name]}", lambda n: _set(n, attr=PARTNER[name]))]
        case ast.Call():
            return _call(node)
        case ast.Tuple(elts=[a, b, *_], ctx=ast.Load()) if ast.dump(a) != ast.dump(b):
            return [("first two of a tuple swapped", lambda n: _set(n, elts=_swapped(n.elts)))]  # type: ignore[attr-defined]
    return []


def _constant(value: object) -> list[Change]:
    if isinstance(value, bool):
        return [(f"{value} -> {not value}", lambda n: ast.Constant(not value))]
    if isinstance(value, int):
        return [(f"{value} -> {value + 1}", lambda n: ast.Constant(value + 1))]
    if isinstance(value, float):
        new = value * 10 if value else 1.0
        return [(f"{value} -> {new}", lambda n: ast.Constant(new))]
    if isinstance(value, str) and value in PARTNER:
        return [(f"{value!r} -> {PARTNER[value]!r}", lambda n: ast.Constant(PARTNER[value]))]
    return []


def _call(node: ast.Call) -> list[Change]:
    found: list[Change] = []
    plain = [a for a in node.args if not isinstance(a, ast.Starred)]
    if len(node.args) >= 2 and len(plain) == len(node.args) and ast.dump(plain[0]) != ast.dump(plain[1]):
        found.append(("first two arguments swapped", lambda n: _set(n, args=_swapped(n.args))))  # type: ignore[attr-defined]
    named = [k.arg for k in node.keywords if k.arg is not None]
    pairs = [(a, PARTNER[a]) for a in named if PARTNER.get(a) in named and a < PARTNER[a]]
    found += [(f"{a}= and {b}= swapped", _swap_keywords(a, b)) for a, b in pairs]
    return found


def _swap_keywords(a: str, b: str) -> Callable[[ast.AST], ast.AST]:
    def change(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        by_name = {k.arg: k for k in node.keywords}
        by_name[a].value, by_name[b].value = by_name[b].value, by_name[a].value
        return node

    return change


def _swapped(items: list[ast.expr]) -> list[ast.expr]:
    return [items[1], items[0], *items[2:]]


def _set(node: ast.AST, **fields: object) -> ast.AST:
    for name, value in fields.items():
        setattr(node, name, value)
    return node


def _name(op: ast.AST) -> str:
    return type(op).__name__
