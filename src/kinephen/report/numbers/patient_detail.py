"""What the page of each patient shows: pictures, curves, features, components, risk."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from kinephen.records.phenotypes import Assigned, Phenotypes
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
    """Return case and document of each patient of a cohort, whatever is known of them."""
    main = results.cohort.main
    first, second = (results.cases.table(main.name, v) for v in results.plan.study.study.visits)
    delta = main.delta.frame()
    assigned = main.phenotypes.all_rows()
    fitted = set(map(str, main.ladder.rows.index)) if main.ladder.models else set()
    for case in main.frame.index[main.frame["cohort"].notna()]:
        row = assigned.get(str(case))
        yield (
            str(case),
            _with_risks(
                PatientDetail(
                    visits=patient_visits(
                        results.cases, main.name, str(case), results.plan.study.study.visits
                    ),
                    phenotypes=tuple(main.labels.values()),
                    features=_features(str(case), first, second, delta),
                    components=_components(main.phenotypes, row),
                    nearest=main.labels[str(row.nearest)] if row and row.nearest else "",
                    distances=row.distances if row else (),
                    margin=row.margin if row else None,
                    fitted=str(case) in fitted,
                ),
                main.risks,
                str(case),
            ),
        )


def _components(phenotypes: Phenotypes, row: Assigned | None) -> tuple[Component, ...]:
    """Return component scores beside the means of each phenotype: its centroid."""
    means = phenotypes.evidence.phenotypes[str(phenotypes.k)].centroids
    return tuple(
        Component(name=name, score=score, means=tuple(m[name] for m in means))
        for name, score in (row.scores.items() if row else ())
        if score is not None
    )


def _with_risks(detail: PatientDetail, risks: Risks, case: str) -> PatientDetail:
    """Return the document with the patient's risks, or why there are none."""
    own = risks.patients.get(case)
    lacking = "" if own is None else ", ".join(own.lacking)
    if own is None or not own.risks:
        return detail.model_copy(
            update={"risk_reason": risks.reason or f"missing for the largest model: {lacking}"}
        )
    return detail.model_copy(
        update={
            "risk_model": risks.titles[own.model],
            "risk_limits": own.risks[0].kind,
            "risk_reason": f"missing for a larger model: {lacking}" if lacking else "",
            "risks": tuple(_risk(r) for r in own.risks),
        }
    )


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
