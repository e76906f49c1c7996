"""Components of change against gene signature scores: a heat map and its table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kinephen.report.schema import Column, FigureEntry, Missing, Table
from kinephen.report.schema.clusters import HeatmapData
from kinephen.study.cohort import PresetResults
from kinephen.study.frame import cohort_rows
from kinephen.study.steps.radiogenomic import SCORES, correlate

CAPTION = (
    "Spearman's rank correlation over the discovery cohort. p is corrected by Holm over all pairs; a "
    "correlation of components with scores says nothing of survival."
)


def radiogenomic(preset: PresetResults) -> tuple[dict[str, Table], dict[str, FigureEntry]]:
    """Return the table and the figure; both empty without a signature."""
    rows = correlate(*_data(preset))
    if not rows:
        return {}, {}
    return {"radiogenomic": _table(rows)}, {"radiogenomic": _figure(rows)}


def _data(preset: PresetResults) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = cohort_rows(preset.frame, "discovery")
    assigned = preset.phenotypes["assignment"]["discovery"]
    names = [c["component"] for c in preset.phenotypes["evidence"]["components"]]
    scores = {str(c): assigned.get(str(c), {}).get("scores") or {} for c in frame.index}
    table = pd.DataFrame([[scores[str(c)].get(n) for n in names] for c in frame.index], frame.index, names)
    return frame, table.astype(float)


def _table(rows: list[dict[str, Any]]) -> Table:
    return Table(
        title="Components of change and gene signature scores",
        label="Supplementary table",
        section="molecular",
        columns=(
            Column(key="component", label="Component"),
            Column(key="score", label="Signature score"),
            Column(key="n", label="Patients", format="int"),
            Column(key="rho", label="Spearman's rho", format="f2"),
            Column(key="p", label="p", format="p"),
            Column(key="adjusted", label="p, corrected", format="p"),
        ),
        rows=tuple(
            {
                "component": r["component"],
                "score": SCORES[r["score"]],
                "n": r["n"],
                **{
                    key: Missing(missing=r["reason"]) if r[name] is None else r[name]
                    for key, name in (("rho", "rho"), ("p", "p"), ("adjusted", "p_adjusted"))
                },
            }
            for r in rows
        ),
        caption=CAPTION,
    )


def _figure(rows: list[dict[str, Any]]) -> FigureEntry:
    components = list(dict.fromkeys(r["component"] for r in rows))
    scores = list(dict.fromkeys(r["score"] for r in rows))
    found = {(r["component"], r["score"]): r["rho"] for r in rows}
    return FigureEntry(
        title="Components of change and gene signature scores",
        label="Supplementary figure",
        section="molecular",
        caption=CAPTION + " The numbers stand in the table of the same name.",
        data=HeatmapData(
            row_labels=tuple(SCORES[s] for s in scores),
            column_labels=tuple(components),
            values=tuple(tuple(found[(c, s)] for c in components) for s in scores),
            value_label="Spearman's rho",
            columns_are="components",
        ),
    )
