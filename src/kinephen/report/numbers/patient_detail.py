"""What the page of each patient shows: pictures, curves, features, components, risk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from kinephen.records.phenotypes import Phenotypes
from kinephen.records.risk import Risk as RiskRecord
from kinephen.records.risk import Risks
from kinephen.report.numbers.patient_visits import patient_visits
from kinephen.report.schema.base import Estimate
from kinephen.report.schema.patient_detail import (
    Component,
    Features,
    PatientDetail,
    Risk,
)
from kinephen.study.run import StudyResults


def patients_details(results: StudyResults) -> Iterator[tuple[str, PatientDetail]]:
    """Return case and document of each patient who has an exam that was analysed or a phenotype."""
    main = results.cohort.main
    first, second = (results.cases.table(main.name, v) for v in results.plan.study.study.visits)
    delta = main.delta.frame()
    for case in main.frame.index[main.frame["cohort"].notna()]:
        yield (
            str(case),
            PatientDetail(
                visits=patient_visits(results.cases, main.name, str(case), results.plan.study.study.visits),
                phenotypes=tuple(main.labels.values()),
                features=_features(str(case), first, second, delta),
                **_assigned(main.phenotypes, str(case)),
                **_risks(str(case), main.risks),
            ),
        )


def _assigned(phenotypes: Phenotypes, case: str) -> dict[str, Any]:
    """Return component scores beside the means of each phenotype, and distances to the centroids."""
    row = phenotypes.all_rows().get(case)
    if row is None:
        return {}
    means = phenotypes.evidence.phenotypes[str(phenotypes.k)].centroids
    components = tuple(
        Component(name=name, score=score, means=tuple(m[name] for m in means))
        for name, score in row.scores.items()
        if score is not None
    )
    return {"components": components, "distances": row.distances}


def _risks(case: str, risks: Risks) -> dict[str, Any]:
    own = risks.patients.get(case)
    if own is None or not own.risks:
        lacking = "" if own is None else ", ".join(own.lacking)
        return {"risk_reason": risks.reason or f"missing for the largest model: {lacking}"}
    return {
        "risk_model": risks.titles[own.model],
        "risk_limits": own.risks[0].kind,
        "risk_reason": f"missing for a larger model: {', '.join(own.lacking)}" if own.lacking else "",
        "risks": tuple(_risk(r) for r in own.risks),
    }


def _risk(risk: RiskRecord) -> Risk:
    found = Estimate(value=risk.value, low=risk.low, high=risk.high, reason=risk.reason)
    return Risk(horizon=risk.horizon, risk=found)


def _features(case: str, first: pd.DataFrame, second: pd.DataFrame, delta: pd.DataFrame) -> Features:
    names = tuple(dict.fromkeys([*first.columns, *second.columns]))
    columns = (
        frame.loc[case].reindex(list(names)) if case in frame.index else pd.Series(np.nan, list(names))
        for frame in (first, second, delta)
    )
    t1, t2, d = (tuple(float(v) for v in column) for column in columns)
    return Features(names=names, first=t1, second=t2, change=d)
