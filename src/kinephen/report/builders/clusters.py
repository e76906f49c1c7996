"""Figures of a clustering: heatmap with trees, consensus CDFs, consensus matrix, loadings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kinephen.report.schema.figures import (
    Annotation,
    BarGroup,
    BarsData,
    CDFCurve,
    Chosen,
    ConsensusCDFData,
    ConsensusMatrixData,
    Dendrogram,
    HeatmapData,
)
from kinephen.types import FloatArray, IntArray

MATRIX_SIZE = 150
"""Rows of a consensus matrix above which blocks are averaged: a page has no more pixels."""


def heatmap(
    scores: pd.DataFrame,
    tree: Mapping[str, Any] | None,
    annotations: Mapping[str, pd.Series],
    *,
    value_label: str = "component score (SD)",
) -> HeatmapData:
    """Return components by women in tree order.

    Parameters
    ----------
    scores : DataFrame, shape (women, components)
        Index: study pseudonyms.
    tree : mapping, optional
        ``merge`` (R's convention: negative items from 1, positive earlier merges), ``height`` and ``order`` over
        the rows of `scores`; without it the order of `scores` is kept.
    annotations : mapping of str to Series
        Bars by name, indexed as `scores`; the first should be the phenotype.
    value_label : str
    """
    order = np.arange(len(scores)) if tree is None else np.asarray(tree["order"], dtype=np.int64)
    bars = [(name, values.reindex(scores.index)) for name, values in annotations.items()]
    return HeatmapData(
        row_labels=tuple(map(str, scores.columns)),
        column_labels=tuple(str(i) for i in scores.index[order]),
        values=scores.to_numpy(dtype=float)[order].T,
        value_label=value_label,
        column_tree=None if tree is None else dendrogram(tree),
        column_leaves=() if tree is None else tuple(order.tolist()),
        annotations=tuple(Annotation(name=n, values=_words(v.iloc[order])) for n, v in bars),
    )


def dendrogram(tree: Mapping[str, Any]) -> Dendrogram:
    """Return merges in the numbering of SciPy from those of R."""
    n = len(tree["order"])

    def node(number: int) -> int:
        return -number - 1 if number < 0 else n + number - 1

    pairs = zip(tree["merge"], tree["height"], strict=True)
    return Dendrogram(merges=tuple((node(a), node(b), height) for (a, b), height in pairs))


def consensus_cdf(step: Mapping[str, Any], *, item: str = "tumours") -> ConsensusCDFData:
    """Return the CDF figure of one clustering step.

    Parameters
    ----------
    step : mapping
        Evidence of a phenotype model: ``k``, ``rule``, ``consensus``, and ``readings`` and ``null_reference`` if
        they were made.
    item : str
    """
    by_k = step["consensus"]["by_k"]
    gains = step.get("readings", {}).get("gains", {})
    ks = sorted(int(k) for k in by_k)
    bins = len(by_k[str(ks[0])]["cdf"])
    curves = [
        CDFCurve(
            k=k,
            cdf=by_k[str(k)]["cdf"],
            area=by_k[str(k)]["area"],
            # At the smallest k the record holds the area itself, which is no gain.
            gain=None if k == ks[0] else gains.get(str(k)),
        )
        for k in ks
    ]
    return ConsensusCDFData(
        grid=tuple((i + 1) / bins for i in range(bins)), curves=tuple(curves), chosen=_chosen(step), item=item
    )


def _chosen(step: Mapping[str, Any]) -> tuple[Chosen, ...]:
    found = [Chosen(rule=f"this run ({step['rule']})", k=step["k"])]
    readings = step.get("readings")
    if readings:
        found += [Chosen(rule=words, k=readings[name]) for name, words in readings["meaning"].items()]
    reference = step.get("null_reference")
    if reference:
        found.append(Chosen(rule="ambiguity (PAC) against Gaussian reference sets", k=reference["k"]))
    return tuple(found)


def consensus_matrix(
    pairs: Sequence[float],
    labels: Sequence[int],
    order: Sequence[int],
    *,
    names: Mapping[int, str],
    item: str,
) -> ConsensusMatrixData:
    """Return the matrix in tree order, in blocks when there are many items.

    Parameters
    ----------
    pairs : sequence of float, shape (n (n - 1) / 2,)
        Consensus of the pairs (0, 1), (0, 2), ...
    labels, order : sequence of int, shape (n,)
        Cluster of each item, and items in drawing order.
    names : mapping of int to str
        What each cluster is called.
    item : str
    """
    n = len(order)
    full = np.eye(n)
    full[np.triu_indices(n, 1)] = pairs
    full = np.maximum(full, full.T)
    # Clusters side by side, in tree order inside each.
    drawn = np.asarray(order)[np.argsort(np.asarray(labels)[list(order)], kind="stable")]
    edges = np.linspace(0, n, min(n, MATRIX_SIZE) + 1).astype(int)
    middle = (edges[:-1] + edges[1:] - 1) // 2
    return ConsensusMatrixData(
        k=len(set(labels)),
        items=n,
        item=item,
        values=np.round(_blocks(full[np.ix_(drawn, drawn)], edges), 4).tolist(),
        clusters=tuple(names.get(int(labels[i]), str(labels[i])) for i in drawn[middle]),
    )


def _blocks(matrix: FloatArray, edges: IntArray) -> FloatArray:
    starts = edges[:-1]
    sums = np.add.reduceat(np.add.reduceat(matrix, starts, axis=0), starts, axis=1)
    sizes = np.diff(edges).astype(float)
    means: FloatArray = sums / np.outer(sizes, sizes)
    return means


def loadings(records: Sequence[Mapping[str, Any]], *, most: int = 12) -> BarsData:
    """Return one panel a component with its largest loadings.

    Parameters
    ----------
    records : sequence of mapping
        ``component``, ``feature``, ``loading``, ``explained`` (share of its group's variance).
    most : int
        Features shown, by absolute loading.
    """
    groups = []
    for component, rows in pd.DataFrame.from_records(list(records)).groupby("component", sort=False):
        top = rows.reindex(rows["loading"].abs().sort_values(ascending=False, kind="stable").index[:most])
        more = "" if len(rows) <= most else f", {most} of {len(rows)} features"
        groups.append(
            BarGroup(
                title=f"{component}: {100 * float(rows['explained'].iloc[0]):.0f}% of its group{more}",
                labels=tuple(top["feature"]),
                values=tuple(top["loading"]),
            )
        )
    return BarsData(groups=tuple(groups), axis_label="Loading (dimensionless)")


def _words(values: pd.Series) -> tuple[str | None, ...]:
    return tuple(None if pd.isna(v) else str(v) for v in values)
