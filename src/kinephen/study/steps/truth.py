"""What a simulated trial planted, beside what the analysis found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kinephen.core.plain import read_json
from kinephen.errors import KinephenError
from kinephen.stats.agreement import adjusted_rand_index
from kinephen.study.plan import Plan
from kinephen.survival.concordance import concordance

ORDER = ("decreasing", "increasing")


def read_truth(plan: Plan) -> pd.DataFrame | None:
    """Return the planted values by case, or None for a real trial."""
    if not plan.study.study.truth:
        return None
    document = read_json(plan.root / plan.study.study.truth)
    cases = {pid: case for case, pid in plan.patient_ids.items()}
    # Trials that were simulated before version 0.2 call them women.
    planted = document["patients"] if "patients" in document else document["women"]
    rows = {cases[w["patient_id"]]: w for w in planted if w["patient_id"] in cases}
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.attrs["outcome"] = document["settings"]["outcome"]
    return frame


def compare(
    truth: pd.DataFrame, frame: pd.DataFrame, ladder: dict[str, Any], visits: tuple[str, str]
) -> dict[str, Any]:
    """Return agreement of phenotypes, signature classes, volumes, and the hazard ratio of the phenotype.

    Parameters
    ----------
    truth : DataFrame
        From `read_truth`.
    frame : DataFrame
        All patients with ``cohort``, ``phenotype``, signature classes and volumes.
    ladder : dict
        Record of the models on the discovery cohort.
    visits : tuple of str
    """
    both = frame.join(truth.add_prefix("true_"), how="inner")
    return {
        "phenotypes": {c: _phenotypes(rows) for c, rows in both.groupby("cohort")},
        "classes": [_classes(both, *pair) for pair in _PAIRS if pair[1] in both.columns],
        "volumes": _volumes(both, visits),
        "hazard_ratio": _hazard_ratio(truth, ladder),
        "ceiling": _ceiling(both),
    }


_PAIRS = (
    ("PAM50 subtype", "pam50_call", "true_subtype"),
    ("p53 signature", "p53_class", "true_p53"),
    ("70-gene signature", "gene70_class", "true_risk70"),
)


def _phenotypes(rows: pd.DataFrame) -> dict[str, Any]:
    known = rows[rows["phenotype"].notna()]
    labels = sorted(known["phenotype"].unique())
    counts = [
        [int(((known["true_phenotype"] == t) & (known["phenotype"] == f)).sum()) for f in labels]
        for t in ORDER
    ]
    ari = adjusted_rand_index(known["true_phenotype"], known["phenotype"]) if len(known) > 1 else None
    return {"truth": list(ORDER), "found": labels, "counts": counts, "ari": ari, "n": len(known)}


def _classes(both: pd.DataFrame, title: str, found: str, planted: str) -> dict[str, Any]:
    known = both[both[found].notna() & both[planted].notna()]
    rows = sorted(known[planted].unique())
    columns = sorted(known[found].unique())
    counts = [[int(((known[planted] == a) & (known[found] == b)).sum()) for b in columns] for a in rows]
    agreement = float((known[planted] == known[found]).mean()) if len(known) else None
    return {"title": title, "truth": rows, "found": columns, "counts": counts, "agreement": agreement}


def _volumes(both: pd.DataFrame, visits: tuple[str, str]) -> dict[str, Any]:
    pairs = [
        (float(row["true_visits"][visit]["viable_cc"]), float(row[f"ftv{i}"]))
        for _, row in both.iterrows()
        for i, visit in enumerate(visits, start=1)
        if np.isfinite(row[f"ftv{i}"])
    ]
    true, found = ([p[i] for p in pairs] for i in (0, 1))
    r = float(np.corrcoef(true, found)[0, 1]) if len(pairs) > 2 else None
    ratio = float(np.median(np.array(found) / np.array(true))) if pairs else None
    return {"truth": true, "found": found, "correlation": r, "median_ratio": ratio}


def _ceiling(both: pd.DataFrame) -> float | None:
    """Return how well the planted risk itself ranks discovery: no model can be expected to do more."""
    known = both[(both["cohort"] == "discovery") & both["time"].notna() & both["event"].notna()]
    try:
        return concordance(known["true_linear_predictor"], known["time"], known["event"]).c
    except KinephenError:
        return None


def _hazard_ratio(truth: pd.DataFrame, ladder: dict[str, Any]) -> dict[str, Any]:
    planted = float(np.exp(truth.attrs["outcome"]["log_hr_increasing"]))
    for model in ("m4", "m5"):
        if model not in ladder["models"]:
            continue
        for row in ladder["models"][model]["coefficients"]:
            if row["name"].startswith("phenotype"):
                # A bound that is not finite bounds nothing.
                above = row["low"] is None or row["low"] <= planted
                inside = above and (row["high"] is None or planted <= row["high"])
                return {"model": model, "planted": planted, "inside": inside, **row}
    return {"model": None, "planted": planted, "inside": None}
