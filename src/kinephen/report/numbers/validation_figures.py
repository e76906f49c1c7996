"""Figure 6a: the validation cohort's components under the phenotypes that it was assigned."""

from __future__ import annotations

from collections.abc import Callable

from kinephen.core.counted import counted
from kinephen.report.numbers.annotation_bars import annotation_bars
from kinephen.report.schema import FigureEntry
from kinephen.report.schema.figures import HeatmapData
from kinephen.study.cohort import PresetResults


def validation_heatmap(preset: PresetResults, name_of: Callable[[str], str]) -> FigureEntry | None:
    """Return the heat map of the validation cohort; None where no patient of it was assigned."""
    found = preset.phenotypes
    rows = {c: r for c, r in found.rows("validation").items() if r.phenotype is not None}
    if not rows:
        return None
    names = found.evidence.component_names
    order = sorted(rows, key=lambda c: (rows[c].phenotype, rows[c].scores[names[0]], c))
    return FigureEntry(
        title="Components of change in the validation cohort",
        label="Figure 6a",
        section="validation",
        caption=f"{counted(len(order), 'patient')} in the order of assigned phenotype and first component, "
        "in standard deviations of the discovery cohort. No tree: each was assigned to the nearest centroid.",
        data=HeatmapData(
            row_labels=names,
            column_labels=tuple(name_of(c) for c in order),
            values=tuple(tuple(rows[c].z[n] for c in order) for n in names),
            value_label="component score (SD of discovery)",
            annotations=annotation_bars(preset, order, [str(rows[c].phenotype) for c in order]),
        ),
    )
