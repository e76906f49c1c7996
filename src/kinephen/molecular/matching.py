"""Find the probes of a platform that measure the genes of a signature."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.errors import UsageError
from kinephen.molecular.signature import Signature

ORDER = ("probe", "entrez", "symbol", "alias", "agilent")
"""Matching order: the probe the signature was defined on, the Entrez id, its symbols (the signature's own,
the
current one, one found later), aliases, and the Agilent probes that its authors named."""


@dataclass(frozen=True)
class GeneMatch:
    """Which columns of an expression table measure which gene.

    Parameters
    ----------
    columns : dict of str to tuple of str
        By gene of the signature; only genes that were found.
    by : dict of str to str
        How each of them was found: one of `ORDER`.
    key : dict of str to str
        The identifier that was found, for example ``"NUF2"``.
    issues : tuple of Issue
    """

    columns: dict[str, tuple[str, ...]]
    by: dict[str, str]
    key: dict[str, str]
    issues: tuple[Issue, ...] = ()

    def shared(self) -> list[tuple[str, ...]]:
        """Return the found genes in groups that rest on the same columns, in the signature's order."""
        groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for gene, columns in self.columns.items():
            groups[columns].append(gene)
        return [tuple(g) for g in groups.values()]


class ProbeIndex:
    """Look-up of a platform's columns by identifier, built once and used for every signature.

    Parameters
    ----------
    probes : DataFrame
        Index: columns of the expression table; text columns ``symbol``, ``entrez``, ``probe_name``.
    """

    def __init__(self, probes: pd.DataFrame) -> None:
        names, entrez, symbol, probe = (
            column.astype(str).tolist()
            for column in (probes.index, probes["entrez"], probes["symbol"], probes["probe_name"])
        )
        self.entrez_of = dict(zip(names, entrez, strict=True))
        self._entrez = _lookup(names, entrez)
        self._symbol = _lookup(names, [fold(s) for s in symbol])
        self._probe = _lookup(names, probe)
        for name in names:
            self._probe.setdefault(name, [name])

    def find(self, kind: str, keys: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        """Return the first key that is known, and its columns; two empties if none is."""
        table = {"entrez": self._entrez, "symbol": self._symbol, "alias": self._symbol}.get(kind, self._probe)
        if kind == "agilent":
            found = [k for k in keys if k in table]
            return ";".join(found), tuple(dict.fromkeys(c for k in found for c in table[k]))
        for key in keys:
            columns = table.get(fold(key) if kind in ("symbol", "alias") else key)
            if columns:
                return key, tuple(columns)
        return "", ()


def match_genes(signature: Signature, index: ProbeIndex, *, order: Sequence[str] = ORDER) -> GeneMatch:
    """Match the genes of a signature to columns: each stage for all genes before the next.

    Parameters
    ----------
    signature : Signature
    index : ProbeIndex
    order : sequence of str
        Stages out of `ORDER`, in the wanted order. Symbols and aliases are compared without regard to case.
        An alias is not used where the platform gives that column another Entrez id, or another gene has it.

    Raises
    ------
    UsageError
        ``molecular.order`` for an unknown stage.
    """
    unknown = sorted(set(order) - set(ORDER))
    if unknown:
        raise UsageError(
            f"matching order names {', '.join(unknown)}",
            code="molecular.order",
            hint=f"use {', '.join(ORDER)}",
        )
    found: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for stage in order:
        claimed = {c for _, _, columns in found.values() for c in columns}
        for gene, row in signature.genes.iterrows():
            if str(gene) in found:
                continue
            key, columns = index.find(stage, _KEYS[stage](row))
            if stage == "alias":
                columns = _safe(columns, str(row["entrez"]), index, claimed)
                claimed |= set(columns)
            if columns:
                found[str(gene)] = (stage, key, columns)
    ordered = {str(g): found[str(g)] for g in signature.genes.index if str(g) in found}
    return GeneMatch(
        columns={g: columns for g, (_, _, columns) in ordered.items()},
        by={g: stage for g, (stage, _, _) in ordered.items()},
        key={g: key for g, (_, key, _) in ordered.items()},
        issues=_alias_issues(signature.name, ordered),
    )


def fold(symbol: str) -> str:
    """Return a symbol for comparison: without outer blanks, in capitals."""
    return symbol.strip().upper()


def _safe(columns: tuple[str, ...], entrez: str, index: ProbeIndex, claimed: set[str]) -> tuple[str, ...]:
    # "P21" or "CDC2" are old names of several genes: an alias must not take a column that is another gene's.
    return tuple(c for c in columns if c not in claimed and index.entrez_of[c] in ("", entrez))


def _alias_issues(name: str, found: dict[str, tuple[str, str, tuple[str, ...]]]) -> tuple[Issue, ...]:
    pairs = [f"{gene} as {key}" for gene, (stage, key, _) in found.items() if stage == "alias"]
    if not pairs:
        return ()
    text = f"{len(pairs)} gene(s) matched by an old or other name: {', '.join(pairs)}"
    return (Issue("molecular.alias", text, where=name, count=len(pairs)),)


def _lookup(names: Sequence[str], keys: Sequence[str]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = defaultdict(list)
    for name, key in zip(names, keys, strict=True):
        if key:
            table[key].append(name)
    return dict(table)


_KEYS: dict[str, Callable[[Any], Sequence[str]]] = {
    "probe": lambda row: row["probes"],
    "entrez": lambda row: (row["entrez"],) if row["entrez"] else (),
    "symbol": lambda row: row["symbols"],
    "alias": lambda row: row["aliases"],
    "agilent": lambda row: row["agilent"],
}
