"""Components of change against gene signature scores: a heat map and its table."""

from __future__ import annotations

from kinephen.records.radiogenomic import Correlation
from kinephen.report.schema import Column, FigureEntry, Missing, Table
from kinephen.report.schema.clusters import HeatmapData
from kinephen.study.cohort import PresetResults

SCORES = {"gene70_cosine": "70-gene correlation", "ror_s": "ROR-S", "p53_score": "p53 score"}
CAPTION = (
    "Spearman's rank correlation over the discovery cohort. p is corrected by Holm over all pairs; a "
    "correlation of components with scores says nothing of survival."
)


def radiogenomic(preset: PresetResults) -> tuple[dict[str, Table], dict[str, FigureEntry]]:
    """Return the table and the figure; both empty without a signature."""
    rows = preset.radiogenomic
    if not rows:
        return {}, {}
    return {"radiogenomic": _table(rows)}, {"radiogenomic": _figure(rows)}


def _table(rows: tuple[Correlation, ...]) -> Table:
    return Table(
        title="Components of change and gene signature scores",
        label="Supplementary table",
        section="molecular",
        columns=(
            Column(key="component", label="Component"),
            Column(key="score", label="Signature score"),
            Column(key="n", label="Patients", format="int"),
            Column(key="rho", label="Spearman's rho", format="f2"),
            Column(key="p", label="p (Spearman, t distribution)", format="p"),
            Column(key="adjusted", label="p (Spearman), corrected (Holm)", format="p"),
        ),
        rows=tuple(
            {
                "component": r.component,
                "score": SCORES[r.score],
                "n": r.n,
                **{
                    key: Missing(missing=r.reason) if value is None else value
                    for key, value in (("rho", r.rho), ("p", r.p), ("adjusted", r.p_adjusted))
                },
            }
            for r in rows
        ),
        caption=CAPTION,
    )


def _figure(rows: tuple[Correlation, ...]) -> FigureEntry:
    components = list(dict.fromkeys(r.component for r in rows))
    scores = list(dict.fromkeys(r.score for r in rows))
    found = {(r.component, r.score): r.rho for r in rows}
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
