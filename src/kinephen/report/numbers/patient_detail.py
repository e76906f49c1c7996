"""What the page of each patient shows: pictures, curves, features, components, risk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kinephen.records.risk import Risk as RiskRecord
from kinephen.records.risk import Risks
from kinephen.report.exam_page_images import outline, picture_base64, scaled
from kinephen.report.schema.base import Estimate
from kinephen.report.schema.patient_detail import (
    ColourMap,
    Component,
    Curve,
    Features,
    MapSummary,
    PatientDetail,
    Picture,
    Risk,
    Visit,
)
from kinephen.study.case_tables import change
from kinephen.study.registries import MAP_NAMES
from kinephen.study.run import StudyResults
from kinephen.study.steps.tiles import Tiles, read_tiles

SHOWN: dict[str, ColourMap] = {
    "early": "gray",
    "PE": "magma",
    "SER": "cividis",
    "WIS": "viridis",
    "WOS": "coolwarm",
}
ORDER = ("early", *MAP_NAMES)


def patients_details(results: StudyResults) -> Iterator[tuple[str, PatientDetail]]:
    """Return case and document of each patient who has an exam that was analysed or a phenotype."""
    main = results.cohort.main
    first, second = (results.cases.table(main.name, v) for v in results.plan.study.study.visits)
    both = sorted(set(first.index) & set(second.index))
    delta = change(first.loc[both], second.loc[both], main.settings, None).delta if both else pd.DataFrame()
    means = _means(results)
    for case in main.frame.index[main.frame["cohort"].notna()]:
        yield (
            str(case),
            PatientDetail(
                visits=_visits(results, str(case)),
                phenotypes=tuple(main.labels.values()),
                features=_features(str(case), first, second, delta),
                **_assigned(results, str(case), means),
                **_risks(str(case), main.risks),
            ),
        )


def _means(results: StudyResults) -> dict[str, dict[str, float]]:
    """Return the mean of each component by phenotype: its centroid."""
    rows = results.cohort.main.phenotypes["assignment"]["discovery"].values()
    known = [(str(r["phenotype"]), r["scores"]) for r in rows if r["phenotype"] is not None]
    frame = pd.DataFrame([s for _, s in known], index=[p for p, _ in known], dtype=float)
    return {
        str(p): {str(c): float(v) for c, v in row.items()}
        for p, row in frame.groupby(level=0).mean().iterrows()
    }


def _assigned(results: StudyResults, case: str, means: dict[str, dict[str, float]]) -> dict[str, Any]:
    main = results.cohort.main
    row = next((r[case] for r in main.phenotypes["assignment"].values() if case in r), None)
    if row is None or row.get("scores") is None:
        return {}
    components = tuple(
        Component(name=name, score=score, means=tuple(means.get(p, {}).get(name) for p in main.labels))
        for name, score in row["scores"].items()
        if score is not None
    )
    return {
        "components": components,
        "distances": tuple(row.get(f"distance_{p}") for p in main.labels),
    }


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


def _visits(results: StudyResults, case: str) -> tuple[Visit, ...]:
    names = [v for v in results.plan.study.study.visits if (case, v) in results.cases.tiles]
    cuts = {v: read_tiles(results.cases.tiles[(case, v)]) for v in names}
    scales = {name: _scale(name, list(cuts.values())) for name in ORDER}
    return tuple(_visit(results, case, v, cuts[v], scales) for v in names)


def _scale(name: str, cuts: list[Tiles]) -> tuple[float, float]:
    inside = [_inside(c, name) if name in MAP_NAMES else c.image(name).ravel() for c in cuts]
    values = np.concatenate([np.asarray(v, dtype=np.float64) for v in inside]) if inside else np.array([])
    values = values[np.isfinite(values)]
    low, high = (float(v) for v in np.percentile(values, [2.0, 99.0])) if values.size else (0.0, 1.0)
    if SHOWN[name] == "coolwarm":
        high = max(abs(low), abs(high))
        low = -high
    return (low, high) if high > low else (low, low + 1.0)


def _inside(cut: Tiles, name: str) -> NDArray[np.float32]:
    values = cut.image(name)
    return values[cut.mask & np.isfinite(values)]


def _visit(
    results: StudyResults, case: str, visit: str, cut: Tiles, scales: dict[str, tuple[float, float]]
) -> Visit:
    lesion = results.cases.lesions[(case, visit)]
    features = results.cases.features[results.cohort.main.name][(case, visit)]
    rows, columns = cut.mask.shape
    down, across = cut.pixel_mm
    low, median, high = (tuple(float(v) for v in line) for line in cut.curve)
    return Visit(
        name=visit,
        ftv_pe_cc=lesion.ftv_pe_cc,
        ftv_ser_cc=lesion.ftv_ser_cc,
        lesion_cc=lesion.lesion_cc,
        lesion_source=lesion.lesion_source,
        slice=cut.slice + 1,
        rows=rows,
        columns=columns,
        aspect=(columns * across) / (rows * down),
        outline=outline(cut.mask),
        pictures=tuple(_picture(n, cut.image(n), scales[n], features.units.get(n, "")) for n in ORDER),
        curve=Curve(minutes=tuple(t / 60.0 for t in cut.times_s), low=low, median=median, high=high),
        maps=tuple(
            MapSummary(name=n, unit=features.units.get(n, ""), **features.map_summary[n].model_dump())
            for n in MAP_NAMES
            if n in features.map_summary
        ),
        issues=tuple(i.message for i in (*lesion.issues, *features.issues)),
    )


def _picture(name: str, values: Any, scale: tuple[float, float], unit: str) -> Picture:
    low, high = scale
    volume = np.asarray(values, dtype=np.float64)
    channel = scaled(name, volume, low, high, SHOWN[name])
    png = picture_base64(channel.paint(volume))
    return Picture(name=name, png=png, colours=SHOWN[name], low=low, high=high, unit=unit)
