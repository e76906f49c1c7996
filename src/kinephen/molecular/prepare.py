"""From expression tables of one or several platforms to the genes of each signature, with the coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from kinephen.core.cohort import ExpressionTable, Issue
from kinephen.errors import InputError
from kinephen.molecular.collapse import Collapsed, CollapseRule, collapse
from kinephen.molecular.matching import ORDER, GeneMatch, ProbeIndex, match_genes
from kinephen.molecular.signature import Signature

COVERAGE_COLUMNS = (
    "signature",
    "platform",
    "gene",
    "status",
    "matched_by",
    "key",
    "probes",
    "samples_missing",
)
Probes = Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]
"""Columns used, by signature, platform and gene."""


@dataclass(frozen=True)
class Prepared:
    """Gene values of each signature over all samples.

    Parameters
    ----------
    genes : dict of str to DataFrame
        By signature: samples in rows, its found genes in columns.
    platform : Series of str
        By sample.
    shared : dict of str to (dict of str to list of tuple of str)
        By signature and platform: found genes in groups that rest on the same probes.
    probes : dict
        Columns used, by signature, platform and gene.
    coverage : DataFrame
        `COVERAGE_COLUMNS`, one row a signature, platform and gene.
    issues : tuple of Issue
    """

    genes: dict[str, pd.DataFrame]
    platform: pd.Series
    shared: dict[str, dict[str, list[tuple[str, ...]]]]
    probes: dict[str, dict[str, dict[str, tuple[str, ...]]]]
    coverage: pd.DataFrame
    issues: tuple[Issue, ...]


def prepare(
    tables: Sequence[ExpressionTable],
    signatures: Sequence[Signature],
    *,
    rule: CollapseRule = "mean",
    order: Sequence[str] = ORDER,
    fixed: Probes | None = None,
    refuse: bool = True,
) -> Prepared:
    """Match, collapse and join; refuse a signature that a platform covers too little.

    Parameters
    ----------
    tables : sequence of ExpressionTable
        One a platform; sample ids differ between them.
    signatures : sequence of Signature
    rule : {"mean", "iqr", "variance", "genefu"}
    order : sequence of str
        Matching order.
    fixed : mapping, optional
        Columns to use instead of matching, as learned on a cohort of the same platform.
    refuse : bool
        Stop where a platform covers less than the signature's ``min_coverage``; else leave the signature
        empty there, with an issue.

    Raises
    ------
    InputError
        ``expression.duplicate_samples`` or ``molecular.coverage``.
    """
    platform = _platforms(tables)
    parts: list[_Part] = []
    for table in tables:
        index = ProbeIndex(table.probes)
        finite = replace(table, values=table.values.where(np.isfinite(table.values)))
        for signature in signatures:
            known = (fixed or {}).get(signature.name, {}).get(table.platform)
            match = (
                match_genes(signature, index, order=order) if known is None else _as_learned(known, finite)
            )
            parts.append(_part(finite, signature, match, rule if known is None else "mean", refuse=refuse))
    return Prepared(
        genes={s.name: pd.concat([p.genes for p in parts if p.signature == s.name]) for s in signatures},
        platform=platform,
        shared={s.name: {p.platform: p.shared for p in parts if p.signature == s.name} for s in signatures},
        probes={s.name: {p.platform: p.probes for p in parts if p.signature == s.name} for s in signatures},
        coverage=pd.concat([p.coverage for p in parts], ignore_index=True),
        issues=tuple(issue for p in parts for issue in p.issues),
    )


@dataclass(frozen=True)
class _Part:
    """One signature on one platform; fields as in `Prepared`."""

    signature: str
    platform: str
    genes: pd.DataFrame
    shared: list[tuple[str, ...]]
    probes: dict[str, tuple[str, ...]]
    coverage: pd.DataFrame
    issues: tuple[Issue, ...]


def _part(
    table: ExpressionTable, signature: Signature, match: GeneMatch, rule: CollapseRule, *, refuse: bool
) -> _Part:
    made = collapse(table.values, match.columns, table.probes["probe_name"], rule=rule)
    coverage = _coverage(signature, table.platform, match, made)
    issues = (*match.issues, *_partial_sum(signature, coverage))
    genes = made.values.dropna(axis=1, how="all")
    gap = _coverage_gap(coverage, signature, table.platform)
    if gap and refuse:
        raise gap
    if gap:
        genes = genes.iloc[:, :0]
        issues = (*issues, Issue(gap.code, gap.message, where=f"{signature.name} {table.platform}".strip()))
    groups = [tuple(g for g in group if g in genes.columns) for group in match.shared()]
    return _Part(
        signature=signature.name,
        platform=table.platform,
        genes=genes,
        shared=[g for g in groups if g],
        probes={g: made.columns[g] for g in genes.columns},
        coverage=coverage,
        issues=issues,
    )


def coverage_summary(coverage: pd.DataFrame) -> pd.DataFrame:
    """Return one row a signature and platform: genes, found, share, and how many were found by which id."""
    rows = []
    for (signature, platform), block in coverage.groupby(["signature", "platform"], sort=False):
        by = block.loc[block["status"] == "found", "matched_by"].value_counts()
        rows.append(
            {
                "signature": signature,
                "platform": platform,
                "genes": len(block),
                "found": int((block["status"] == "found").sum()),
                "share": float((block["status"] == "found").mean()),
                "found_by": ", ".join(f"{stage} {n}" for stage, n in by.items()),
                "missing": ", ".join(block.loc[block["status"] != "found", "gene"]),
            }
        )
    return pd.DataFrame(rows)


def _platforms(tables: Sequence[ExpressionTable]) -> pd.Series:
    platform = pd.concat([pd.Series(t.platform, index=t.values.index, dtype=object) for t in tables])
    repeated = int(platform.index.duplicated().sum())
    if repeated:
        raise InputError(
            f"{repeated} sample(s) stand in more than one expression table",
            code="expression.duplicate_samples",
            hint="give each file once, and each sample one name",
        )
    names = [t.platform for t in tables]
    if len(set(names)) != len(names):
        raise InputError(
            f"{len(names)} expression tables, {len(set(names))} platform names",
            code="expression.platform_names",
            hint="name the platform or batch of each table",
        )
    return platform


def _as_learned(known: Mapping[str, Sequence[str]], table: ExpressionTable) -> GeneMatch:
    present = set(table.values.columns)
    columns = {g: tuple(c for c in names if c in present) for g, names in known.items()}
    columns = {g: names for g, names in columns.items() if names}
    return GeneMatch(columns, dict.fromkeys(columns, "as learned"), dict.fromkeys(columns, ""))


def _coverage(signature: Signature, platform: str, match: GeneMatch, made: Collapsed) -> pd.DataFrame:
    rows = []
    for gene in signature.genes.index:
        found = gene in match.columns
        missing = int(made.values[gene].isna().sum()) if found else len(made.values)
        status = "missing" if not found else "no values" if missing == len(made.values) else "found"
        by, key, probes = (
            match.by.get(gene, ""),
            match.key.get(gene, ""),
            ";".join(made.columns.get(gene, ())),
        )
        rows.append((signature.name, platform, gene, status, by, key, probes, missing))
    return pd.DataFrame(rows, columns=list(COVERAGE_COLUMNS))


def _partial_sum(signature: Signature, rows: pd.DataFrame) -> list[Issue]:
    lost = rows.loc[rows["status"] != "found", "gene"]
    if signature.kind != "weighted_sum" or not len(lost):
        return []
    weight = signature.profiles.iloc[:, 0].abs()
    part = float(weight[lost].sum() / weight.sum())
    text = f"{len(lost)} gene(s) with {part:.0%} of the weight are left out of the sum"
    return [Issue("molecular.partial_sum", text, where=signature.name, count=len(lost))]


def _coverage_gap(rows: pd.DataFrame, signature: Signature, platform: str) -> InputError | None:
    found = int((rows["status"] == "found").sum())
    if found >= signature.min_coverage * len(rows):
        return None
    missing = ", ".join(rows.loc[rows["status"] != "found", "gene"].head(8))
    more = ", ..." if len(rows) - found > 8 else ""
    return InputError(
        f"{signature.name}: {found} of {len(rows)} genes found, at least {signature.min_coverage:.0%} are "
        f"needed; missing {missing}{more}",
        code="molecular.coverage",
        hint="give the platform's annotation table, leave this signature out, or lower the coverage",
        where=platform,
    )
