"""The patients of the clinical table who are not analysed, beside those who are, so that selection shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kinephen.study.frame import cohort_rows
from kinephen.study.plan import Plan
from kinephen.study.steps.associations import CHARACTERISTICS, TREATMENT, covariate_test


def left_out(plan: Plan, base: pd.DataFrame) -> pd.DataFrame:
    """Return the clinical rows of the discovery cohort's patients who are not analysed, whatever the reason.

    Parameters
    ----------
    plan : Plan
    base : DataFrame
        Patients with both visits, from `kinephen.study.frame.base_frame`.
    """
    clinical = plan.clinical
    if "cohort" in clinical.columns:
        clinical = clinical[clinical["cohort"] == plan.study.study.discovery]
    analysed = cohort_rows(base, "discovery").index
    return clinical[~clinical.index.isin(analysed)]


def compare_left_out(analysed: pd.DataFrame, excluded: pd.DataFrame) -> dict[str, Any]:
    """Return counts of the patients left out and tests against those analysed.

    Returns
    -------
    dict
        ``n``; ``binary``, ``treatment`` (label, value) and ``age`` with the share or range and the test;
        ``event`` with the share of patients with the event among those whose outcome is known.
    """
    both = pd.concat([analysed.assign(analysed="yes"), excluded.assign(analysed="no")])
    return {
        "n": len(excluded),
        "analysed": len(analysed),
        "event": _share(excluded["event"]) if "event" in excluded.columns else None,
        "binary": {
            words: {**_share(excluded[c]), "test": covariate_test(both, c, "analysed")}
            for c, words in CHARACTERISTICS.items()
            if c in excluded.columns
        },
        "treatment": {
            words: {
                "counts": _counts(excluded[c]),
                "of": int(excluded[c].notna().sum()),
                "test": covariate_test(both, c, "analysed"),
            }
            for c, words in TREATMENT.items()
            if c in excluded.columns
        },
        "age": _age(both, excluded) if "age" in excluded.columns else None,
    }


def _age(both: pd.DataFrame, excluded: pd.DataFrame) -> dict[str, Any]:
    known = excluded["age"].dropna()
    values = (known.mean(), known.min(), known.max()) if len(known) else (np.nan,) * 3
    mean, low, high = (None if np.isnan(v) else float(v) for v in values)
    return {"mean": mean, "low": low, "high": high, "test": covariate_test(both, "age", "analysed")}


def _share(values: pd.Series) -> dict[str, int]:
    known = values.dropna().astype(float)
    return {"n": int((known == 1.0).sum()), "of": len(known)}


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(k): int(v) for k, v in values.value_counts().items()}
