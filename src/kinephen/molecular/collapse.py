"""From probes to genes: one value a gene and sample."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from kinephen.errors import UsageError
from kinephen.types import FloatArray

CollapseRule: TypeAlias = Literal["mean", "iqr", "variance", "genefu"]
RULES: tuple[CollapseRule, ...] = ("mean", "iqr", "variance", "genefu")


@dataclass(frozen=True)
class Collapsed:
    """Gene values, and what they were made from.

    Parameters
    ----------
    values : DataFrame
        Samples in rows, genes of the signature in columns.
    columns : dict of str to tuple of str
        Columns of the expression table used for each gene (all of them for ``"mean"``, else the chosen
        probe's).
    """

    values: pd.DataFrame
    columns: dict[str, tuple[str, ...]]


def collapse(
    values: pd.DataFrame, columns: Mapping[str, Sequence[str]], probe_names: pd.Series, *, rule: CollapseRule
) -> Collapsed:
    """Collapse features to probes by their mean, then probes to genes by a rule.

    Parameters
    ----------
    values : DataFrame
        Samples in rows, features in columns.
    columns : mapping of str to sequence of str
        Columns of `values` for each gene.
    probe_names : Series of str
        By column of `values`: features with the same name are copies of one probe on the array and are
        averaged first; an empty name stands for itself.
    rule : {"mean", "iqr", "variance", "genefu"}
        Mean of the probes, or the one probe with the largest interquartile range (type 7), variance (ddof 1),
        or ``sd * (ln((n + 1) / (n_missing + 1)) + 1)`` as in genefu. All over the given samples.

    Returns
    -------
    Collapsed
        Missing values are left out of means; a gene without any value in a sample is NaN there.

    Raises
    ------
    UsageError
        ``molecular.collapse`` for an unknown rule.
    """
    if rule not in RULES:
        raise UsageError(f"unknown rule {rule!r}", code="molecular.collapse", hint=f"use {', '.join(RULES)}")
    needed = sorted({name for names in columns.values() for name in names})
    block = values[needed].to_numpy(float)
    place = {name: k for k, name in enumerate(needed)}
    probe_of = dict(zip(needed, probe_names[needed].astype(str), strict=True))
    genes: dict[str, FloatArray] = {}
    used: dict[str, tuple[str, ...]] = {}
    for gene, names in columns.items():
        features = _by_probe(names, probe_of)
        probes = np.column_stack([_mean(block[:, [place[c] for c in f]]) for f in features])
        chosen = range(len(features)) if rule == "mean" else [_best(probes, _SPREAD[rule])]
        genes[gene] = _mean(probes[:, list(chosen)])
        used[gene] = tuple(c for k in chosen for c in features[k])
    return Collapsed(pd.DataFrame(genes, index=values.index, columns=list(columns), dtype=float), used)


def _by_probe(names: Sequence[str], probe_of: Mapping[str, str]) -> list[tuple[str, ...]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[probe_of[name] or f"feature {name}"].append(name)
    return [tuple(g) for g in groups.values()]


def _mean(block: FloatArray) -> FloatArray:
    if block.shape[1] == 1:
        return block[:, 0]
    present = np.isfinite(block)
    count = present.sum(axis=1)
    total = np.where(present, block, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _best(probes: FloatArray, spread: Callable[[FloatArray, int], float]) -> int:
    columns = (probes[:, k] for k in range(probes.shape[1]))
    return int(np.argmax([spread(x[np.isfinite(x)], int((~np.isfinite(x)).sum())) for x in columns]))


def _iqr(present: FloatArray, missing: int) -> float:
    return float(np.subtract(*np.quantile(present, [0.75, 0.25]))) if present.size else -1.0


def _variance(present: FloatArray, missing: int) -> float:
    return float(np.var(present, ddof=1)) if present.size > 1 else -1.0


def _genefu(present: FloatArray, missing: int) -> float:
    n = present.size + missing
    return (
        float(np.sqrt(_variance(present, missing)) * (np.log((n + 1) / (missing + 1)) + 1))
        if present.size > 1
        else -1.0
    )


_SPREAD: dict[str, Callable[[FloatArray, int], float]] = {
    "iqr": _iqr,
    "variance": _variance,
    "genefu": _genefu,
}
