"""Significance of hierarchical clustering: SigClust at the nodes of a Ward tree, from the root."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from kinephen.core.options import NullCovariance
from kinephen.core.printable import Printable
from kinephen.core.result_table import ResultTable
from kinephen.phenotype.sigclust import (
    background_variance,
    gaussian_sets,
    null_eigenvalues,
    p_values,
    sample_eigenvalues,
    total_scatter,
)
from kinephen.phenotype.trees import Tree, by_first_appearance
from kinephen.types import FloatArray, IntArray, Rng

SMALLEST_NODE = 10


@dataclass(frozen=True)
class Node:
    """One split of the tree.

    Parameters
    ----------
    row : int
        Row of the merge (from 0) in the tree.
    size : int
    parent : int or None
        Position of the parent in the list of nodes.
    cluster_index : float
        1 - (height^2 / 2) / total sum of squares.
    level : float
        Level at which the node is tested, alpha times its share of the rows.
    p_empirical, p_normal : float
        NaN if the node was not tested.
    significant : bool
    status : str
        ``"tested"``, ``"too_small"``, ``"no_spread"`` or ``"parent_not_significant"``.
    """

    row: int
    size: int
    parent: int | None
    cluster_index: float
    level: float
    p_empirical: float = float("nan")
    p_normal: float = float("nan")
    significant: bool = False
    status: str = "tested"


@dataclass(frozen=True)
class HierarchicalTest(Printable):
    """All nodes from the root, and the partition that the significant ones give (labels 1, 2, ...)."""

    hidden: ClassVar[frozenset[str]] = frozenset({"labels"})

    nodes: tuple[Node, ...]
    labels: IntArray
    covariance: NullCovariance
    simulations: int
    alpha: float

    def table(self) -> ResultTable:
        """Return one row a node."""
        columns = ("node", "parent", "n", "cluster index", "level", "p", "significant", "status")
        rows = tuple(
            (i, d.parent, d.size, d.cluster_index, d.level, d.p_normal, d.significant, d.status)
            for i, d in enumerate(self.nodes)
        )
        return ResultTable(str(self), columns, rows)

    def __str__(self) -> str:
        found = len(set(self.labels.tolist()))
        return (
            f"hierarchical significance of a Ward tree ({self.covariance} covariance, {self.simulations} "
            f"simulations): {found} group(s) at family-wise {self.alpha:g} (n = {self.labels.size})"
        )


def hierarchical_test(
    x: FloatArray,
    tree: Tree,
    *,
    covariance: NullCovariance = "sample",
    simulations: int = 100,
    alpha: float = 0.05,
    smallest: int = SMALLEST_NODE,
    rng: Rng,
) -> HierarchicalTest:
    """Test the splits of a Ward tree from the root downwards.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        The rows that `tree` was built from, by Euclidean distance and Ward's method.
    tree : Tree
    covariance : {"sample", "soft", "hard"}
    simulations : int
        Null sets at each node, clustered with Ward's method too.
    alpha : float
        Family-wise level; a node is tested at alpha times its share of the rows, and only if its parent was
        significant (by the normal approximation).
    smallest : int
        Smaller nodes are not tested.
    rng : Generator

    References
    ----------
    Kimes et al. 2017, Biometrics 73:811.
    """
    members, parents = _nodes(tree)
    n = len(x)
    done: list[Node] = []
    for row, rows in members.items():
        parent = parents[row]
        index = _index(x[rows], float(tree.height[row]))
        level = alpha * len(rows) / n
        node = Node(row, len(rows), parent, index, level, status=_status(len(rows), smallest, parent, done))
        done.append(_tested(node, x[rows], covariance, simulations, rng) if node.status == "tested" else node)
    return HierarchicalTest(tuple(done), _partition(n, members, done), covariance, simulations, alpha)


def _nodes(tree: Tree) -> tuple[dict[int, IntArray], dict[int, int | None]]:
    """Return the items of every merge, from the root downwards, and its parent's position in that list."""
    inside: list[IntArray] = []
    parent_row: dict[int, int] = {}
    for row, pair in enumerate(tree.merge.tolist()):
        inside.append(np.concatenate([np.array([-e - 1]) if e < 0 else inside[e - 1] for e in pair]))
        parent_row.update({e - 1: row for e in pair if e > 0})
    rows = range(len(inside) - 1, -1, -1)
    position = {row: i for i, row in enumerate(rows)}
    parents = {row: position[parent_row[row]] if row in parent_row else None for row in rows}
    return {row: np.sort(inside[row]) for row in rows}, parents


def _index(x: FloatArray, height: float) -> float:
    total = float(total_scatter(x[None])[0])
    return 1.0 - height**2 / 2.0 / total if total > 0.0 else float("nan")


def _status(size: int, smallest: int, parent: int | None, done: list[Node]) -> str:
    if parent is not None and not done[parent].significant:
        return "parent_not_significant"
    return "too_small" if size < smallest else "tested"


def _tested(node: Node, x: FloatArray, covariance: NullCovariance, simulations: int, rng: Rng) -> Node:
    if not np.isfinite(node.cluster_index):
        return replace(node, status="no_spread")
    eigen = null_eigenvalues(sample_eigenvalues(x), background_variance(x), covariance)
    sets = gaussian_sets(len(x), eigen, simulations=simulations, rng=rng)
    null = np.concatenate([ward_indices(s) for s in sets])
    _, _, empirical, normal = p_values(node.cluster_index, null)
    return replace(node, p_empirical=empirical, p_normal=normal, significant=normal < node.level)


def ward_indices(sets: FloatArray) -> FloatArray:
    """Return the cluster index of the root split of a Ward tree of every set, shape (sets,)."""
    from kinephen.phenotype.kernels.trees import WARD, last_heights

    indices: FloatArray = 1.0 - last_heights(np.ascontiguousarray(sets), WARD) / 2.0 / total_scatter(sets)
    return indices


def _partition(n: int, members: dict[int, IntArray], nodes: list[Node]) -> IntArray:
    """Give the items of every significant node's children labels of their own, the deepest last."""
    raw = np.zeros(n, dtype=np.int64)
    fresh = 1
    for node in nodes:
        if node.parent is not None and nodes[node.parent].significant:
            raw[members[node.row]] = fresh
            fresh += 1
    return by_first_appearance(raw)
