"""Figure 6a: the validation cohort's components under the phenotypes that it was assigned."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kinephen.report.numbers.annotation_bars import annotation_bars
from kinephen.report.schema import FigureEntry
from kinephen.report.schema.figures import HeatmapData
from kinephen.study.cohort import PresetResults


def validation_heatmap(preset: PresetResults, name_of: Callable[[str], str]) -> FigureEntry | None:
    """Return the heat map of the validation cohort; None where no patient of it was assigned."""
    assignment = preset.phenotypes["assignment"]
    rows = {c: r for c, r in assignment.get("validation", {}).items() if r["phenotype"] is not None}
    if not rows:
        return None
    names = [c["component"] for c in preset.phenotypes["evidence"]["components"]]
    known = np.array([[r["scores"][n] for n in names] for r in assignment["discovery"].values()], dtype=float)
    spread = known.std(axis=0, ddof=1)
    order = sorted(rows, key=lambda c: (int(rows[c]["phenotype"]), rows[c]["scores"][names[0]], c))
    scores = np.array([[rows[c]["scores"][n] for n in names] for c in order], dtype=float)
    z = (scores - known.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return FigureEntry(
        title="Components of change in the validation cohort",
        label="Figure 6a",
        section="validation",
        caption=f"{len(order)} patients in the order of assigned phenotype and first component, in standard "
        "deviations of the discovery cohort. No tree: each was assigned to the nearest centroid.",
        data=HeatmapData(
            row_labels=tuple(names),
            column_labels=tuple(name_of(c) for c in order),
            values=tuple(tuple(float(v) for v in z[:, j]) for j in range(len(names))),
            value_label="component score (SD of discovery)",
            annotations=annotation_bars(preset, order, [str(rows[c]["phenotype"]) for c in order]),
        ),
    )
