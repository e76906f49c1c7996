"""The patients of the clinical table who are not analysed, beside those who are, so that selection shows."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from kinephen.records.cohort import LeftOutAge, LeftOutBinary, LeftOutRecord, LeftOutTreatment
from kinephen.records.flow import ANALYSED, EARLY, Flow
from kinephen.records.names import CHARACTERISTICS, TREATMENT
from kinephen.study.plan import Plan
from kinephen.study.steps.associations import covariate_test, share, value_range


def left_out(plan: Plan, flow: Flow) -> pd.DataFrame:
    """Return the clinical rows of the discovery cohort's patients who are not analysed."""
    gone = {x.case for x in flow.left_out(ANALYSED, "discovery")}
    return plan.clinical[plan.clinical.index.isin(gone)]


def left_out_reasons(flow: Flow) -> dict[str, int]:
    """Return how many patients of the discovery cohort are not analysed, by reason."""
    return flow.reasons(*EARLY, cohort="discovery")


def compare_left_out(
    analysed: pd.DataFrame, excluded: pd.DataFrame, reasons: Mapping[str, int]
) -> LeftOutRecord:
    """Return counts of the patients left out and tests against those analysed."""
    both = pd.concat([analysed.assign(analysed="yes"), excluded.assign(analysed="no")])
    return LeftOutRecord(
        n=len(excluded),
        analysed=len(analysed),
        reasons=dict(reasons),
        event=share(excluded["event"]) if "event" in excluded.columns else None,
        binary={
            words: LeftOutBinary(**share(excluded[c]).model_dump(), test=covariate_test(both, c, "analysed"))
            for c, words in CHARACTERISTICS.items()
            if c in excluded.columns
        },
        treatment={
            words: LeftOutTreatment(
                counts={str(k): int(v) for k, v in excluded[c].value_counts().items()},
                of=int(excluded[c].notna().sum()),
                test=covariate_test(both, c, "analysed"),
            )
            for c, words in TREATMENT.items()
            if c in excluded.columns
        },
        age=_age(both, excluded) if "age" in excluded.columns else None,
    )


def _age(both: pd.DataFrame, excluded: pd.DataFrame) -> LeftOutAge:
    known = value_range(excluded["age"])
    return LeftOutAge(**known.model_dump(), test=covariate_test(both, "age", "analysed"))
