"""What the report needs to know of a phenotype model, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kinephen.phenotype.choice import AreaReadings, NullReference
from kinephen.phenotype.clustering import Clustering
from kinephen.phenotype.components import component_summary, loadings_table
from kinephen.phenotype.consensus import Consensus
from kinephen.phenotype.trees import Tree, adjusted_rand

if TYPE_CHECKING:
    from kinephen.phenotype.model import PhenotypeModel

MATRIX_LIMIT = 300
"""Items above which consensus matrices are left out of the evidence (they stay on the model)."""


def collect_evidence(model: PhenotypeModel, tests: dict[str, Any]) -> dict[str, Any]:
    """Return everything that the report shows of a model: numbers, text, lists and dicts only.

    Parameters
    ----------
    model : PhenotypeModel
        With its `steps`; patients, trees and consensus are listed in the order of ``model.scores``.
    tests : dict
        From `kinephen.phenotype.significance.significance_tests`.

    Returns
    -------
    dict
        Undefined numbers are None.
    """
    tumours, features = model.steps["tumours"], model.steps["features"]
    evidence = {
        "patients": len(model.scores),
        "k": model.k,
        "rule": model.rule,
        "conclusion": model.conclusion,
        "issues": [issue.to_dict() for issue in model.issues],
        "features_seen": len(model.filter_table),
        "features_kept": len(model.features),
        "dropped": _dropped(model.filter_table),
        "filter": _records(model.filter_table.reset_index(names="feature")),
        "features": {"names": list(model.features), **clustering_evidence(features, shown={features.k})},
        "components": _records(component_summary(model.components)),
        "loadings": _records(loadings_table(model.components)),
        "tumours": clustering_evidence(tumours, shown={2, model.k}),
        "phenotypes": {str(k): _solution(model, k) for k in model.solutions},
        **tests,
    }
    if tumours.tree_test is not None:
        evidence["shc"] = {**tests["shc"], "labels": tumours.tree_test.labels}
    plain: dict[str, Any] = plain_data(evidence)
    return plain


def clustering_evidence(step: Clustering, *, shown: set[int]) -> dict[str, Any]:
    """Return tree, consensus at every k, readings and reference of one clustering."""
    result: dict[str, Any] = {"k": step.k, "rule": step.rule, "tree": _tree(step.tree)}
    if step.consensus is not None:
        result["consensus"] = _consensus(step.consensus, step.tree, shown)
    if step.readings is not None:
        result["readings"] = _readings(step.readings)
    if step.reference is not None:
        result["null_reference"] = _reference(step.reference)
    return result


def _tree(tree: Tree) -> dict[str, Any]:
    return {"merge": tree.merge, "height": tree.height, "order": tree.order}


def _consensus(consensus: Consensus, tree: Tree, shown: set[int]) -> dict[str, Any]:
    per_k: dict[str, Any] = {}
    for k in consensus.ks:
        classes = consensus.classes(k)
        per_k[str(k)] = {
            "cdf": consensus.cdf(k),
            "area": consensus.area(k),
            "area_exact": consensus.exact_area(k),
            "pac": consensus.pac(k),
            "classes": classes,
            "tree_labels": tree.cut(k),
            "rand_tree_consensus": adjusted_rand(tree.cut(k), classes),
            "cluster_consensus": consensus.cluster_consensus(k),
        }
        if k in shown:
            per_k[str(k)]["item_consensus"] = consensus.item_consensus(k)
            if consensus.n <= MATRIX_LIMIT:
                per_k[str(k)]["matrix"] = np.round(consensus.matrix(k), 4)
    pacs = [per_k[str(k)]["pac"] for k in consensus.ks]
    return {
        "items": consensus.n,
        "resamples": consensus.resamples,
        "k_max": consensus.k_max,
        "pac_argmin": consensus.ks[int(np.argmin(pacs))],
        "by_k": per_k,
    }


def _readings(readings: AreaReadings) -> dict[str, Any]:
    return {
        "gains": readings.gains,
        "shifted_gains": readings.shifted_gains,
        "first_below": readings.first_below,
        "last_gain": readings.last_gain,
        "first_below_shifted": readings.first_below_shifted,
        "meaning": {
            "first_below": "the first k whose area gained less than 10 %",
            "last_gain": "the last k whose area gained at least 10 % (the article's reading)",
            "first_below_shifted": "the first k after which the area gained less than 10 %",
        },
    }


def _reference(reference: NullReference) -> dict[str, Any]:
    log_null = np.log(np.maximum(reference.null_pac, 1e-12))
    return {
        "ks": list(reference.ks),
        "pac": reference.pac,
        "null_pac_geometric_mean": np.exp(log_null.mean(axis=0)),
        "null_pac_5_percent": np.quantile(reference.null_pac, 0.05, axis=0),
        "null_pac_95_percent": np.quantile(reference.null_pac, 0.95, axis=0),
        "rcsi": reference.rcsi,
        "p_each": reference.p_each,
        "p": reference.p,
        "p_any_k": reference.p_any,
        "k_best": reference.k_best,
        "k": reference.k,
        "k_strict": reference.k_strict,
        "sets": len(reference.null_pac),
        "alpha": reference.alpha,
    }


def _solution(model: PhenotypeModel, k: int) -> dict[str, Any]:
    solution = model.solutions[k]
    counts = solution.labels.value_counts().reindex(range(1, k + 1), fill_value=0)
    return {
        "sizes": counts.to_list(),
        "names": phenotype_names(k),
        "mean_score": solution.centroids.mean(axis=1),
        "centroids": pd.DataFrame(solution.centroids, columns=model.scores.columns).to_dict("records"),
        "forced": k != model.k,
    }


def phenotype_names(k: int) -> list[str]:
    """Return what the phenotypes 1 to k are called: by rising mean component score."""
    if k == 1:
        return ["all patients"]
    return ["decreasing", *(f"intermediate {i}" for i in range(1, k - 1)), "increasing"]


def _dropped(table: pd.DataFrame) -> dict[str, int]:
    return {str(k): int(v) for k, v in table.loc[~table["kept"], "reason"].value_counts().items()}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = frame.to_dict("records")
    return records


def plain_data(value: Any) -> Any:
    """Return nested data as dict, list, str, int, float, bool or None; NaN and infinities become None."""
    if isinstance(value, dict):
        return {str(k): plain_data(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain_data(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain_data(value.tolist())
    if isinstance(value, np.generic):
        return plain_data(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value
