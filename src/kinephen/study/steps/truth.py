"""What a simulated trial planted, beside what the analysis found."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinephen.core.plain import read_json
from kinephen.errors import KinephenError
from kinephen.records.ladder import LadderRecord
from kinephen.records.truth import ClassTruth, PhenotypeTruth, RatioTruth, TruthRecord, VolumeTruth
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
    truth: pd.DataFrame, frame: pd.DataFrame, ladder: LadderRecord, visits: tuple[str, str]
) -> TruthRecord:
    """Return agreement of phenotypes, signature classes, volumes, and the hazard ratio of the phenotype.

    Parameters
    ----------
    truth : DataFrame
        From `read_truth`.
    frame : DataFrame
        All patients with ``cohort``, ``phenotype``, signature classes and volumes.
    ladder : LadderRecord
        The models on the discovery cohort.
    visits : tuple of str
    """
    both = frame.join(truth.add_prefix("true_"), how="inner")
    return TruthRecord(
        phenotypes={c: _phenotypes(rows) for c, rows in both.groupby("cohort")},
        classes=tuple(_classes(both, *pair) for pair in _PAIRS if pair[1] in both.columns),
        volumes=_volumes(both, visits),
        hazard_ratio=_hazard_ratio(truth, ladder, phenotypes=frame["phenotype"].nunique()),
        ceiling=_ceiling(both),
    )


_PAIRS = (
    ("PAM50 subtype", "pam50_call", "true_subtype"),
    ("p53 signature", "p53_class", "true_p53"),
    ("70-gene signature", "gene70_class", "true_risk70"),
)


def _phenotypes(rows: pd.DataFrame) -> PhenotypeTruth:
    known = rows[rows["phenotype"].notna()]
    labels = tuple(sorted(known["phenotype"].unique()))
    planted = known["true_phenotype"]
    ari = adjusted_rand_index(planted, known["phenotype"]) if len(known) > 1 else None
    return PhenotypeTruth(
        truth=ORDER,
        found=labels,
        counts=_counts(planted, ORDER, known["phenotype"], labels),
        ari=ari,
        n=len(known),
    )


def _classes(both: pd.DataFrame, title: str, found: str, planted: str) -> ClassTruth:
    known = both[both[found].notna() & both[planted].notna()]
    rows, columns = (tuple(sorted(known[c].unique())) for c in (planted, found))
    return ClassTruth(
        title=title,
        truth=rows,
        found=columns,
        counts=_counts(known[planted], rows, known[found], columns),
        agreement=float((known[planted] == known[found]).mean()) if len(known) else None,
    )


def _counts(
    planted: pd.Series, rows: tuple[str, ...], found: pd.Series, columns: tuple[str, ...]
) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(((planted == a) & (found == b)).sum()) for b in columns) for a in rows)


def _volumes(both: pd.DataFrame, visits: tuple[str, str]) -> VolumeTruth:
    pairs = [
        (float(row["true_visits"][visit]["viable_cc"]), float(row[f"ftv{i}"]))
        for _, row in both.iterrows()
        for i, visit in enumerate(visits, start=1)
        if np.isfinite(row[f"ftv{i}"])
    ]
    true, found = (tuple(p[i] for p in pairs) for i in (0, 1))
    r = float(np.corrcoef(true, found)[0, 1]) if len(pairs) > 2 else None
    ratio = float(np.median(np.array(found) / np.array(true))) if pairs else None
    return VolumeTruth(truth=true, found=found, correlation=r, median_ratio=ratio)


def _ceiling(both: pd.DataFrame) -> float | None:
    """Return how well the planted risk itself ranks discovery: no model can be expected to do more."""
    known = both[(both["cohort"] == "discovery") & both["time"].notna() & both["event"].notna()]
    try:
        return concordance(known["true_linear_predictor"], known["time"], known["event"]).c
    except KinephenError:
        return None


def _hazard_ratio(truth: pd.DataFrame, ladder: LadderRecord, *, phenotypes: int) -> RatioTruth:
    """Return the ratio that stands beside the planted one: that of two phenotypes, of which there is one."""
    planted = float(np.exp(truth.attrs["outcome"]["log_hr_increasing"]))
    for model in ("m4", "m5") if phenotypes == 2 else ():
        rows = ladder.models[model].coefficients if model in ladder.models else ()
        row = next((r for r in rows if r.name.startswith("phenotype")), None)
        if row is not None:
            # A bound that is not finite bounds nothing.
            above = row.low is None or row.low <= planted
            inside = above and (row.high is None or planted <= row.high)
            return RatioTruth(
                model=model, planted=planted, inside=inside, hr=row.hr, low=row.low, high=row.high
            )
    return RatioTruth(model=None, planted=planted, inside=None)
