"""Features and components by phenotype, for the reader to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.records.base import Number
from kinephen.records.by_phenotype import Box
from kinephen.report.schema.explorer import Explorer, Variable
from kinephen.report.schema.patients_figures import BoxGroup
from kinephen.report.words.change import REVERSED, change_noun
from kinephen.study.cohort import PresetResults
from kinephen.study.run import StudyResults

MOST_VALUES = 120_000
"""Patients times quantities; beyond, the features with the smaller loadings are left out."""
CLINICAL = {
    "ftv1": ("FTV, first visit", "cm³"),
    "ftv2": ("FTV, second visit", "cm³"),
    "age": ("Age", "years"),
    "gene70_cosine": ("70-gene correlation", ""),
    "ror_s": ("ROR-S", ""),
    "p53_score": ("p53 score", ""),
}


def explorer(results: StudyResults) -> Explorer | None:
    """Return the quantities of all patients with a phenotype; None where no patient has one."""
    main = results.cohort.main
    frame = main.frame[main.frame["phenotype"].notna() & main.frame["cohort"].notna()]
    if frame.empty:
        return None
    keys = list(main.labels)
    columns = list(_columns(main, frame))
    kept = columns[: max(MOST_VALUES // len(frame), 1)]
    return Explorer(
        patients=tuple(results.plan.label(str(c)) for c in frame.index),
        groups=tuple(main.labels.values()),
        group=tuple(keys.index(str(p)) for p in frame["phenotype"]),
        discovery=tuple(bool(c == "discovery") for c in frame["cohort"]),
        variables=tuple(
            Variable(
                label=column.label,
                heading=column.heading,
                unit=column.unit,
                values=tuple(_short(v) for v in column.values),
                boxes=tuple(_box(b) for b in column.boxes),
            )
            for column in kept
        ),
        left_out=len(columns) - len(kept),
    )


@dataclass(frozen=True, kw_only=True)
class _Column:
    heading: str
    label: str
    unit: str
    values: Sequence[Number]
    boxes: tuple[Box, ...]


def _columns(main: PresetResults, frame: pd.DataFrame) -> Iterator[_Column]:
    """Yield components, clinical numbers, and features by their loading."""
    found, assigned = main.by_phenotype, main.phenotypes.all_rows()
    for name, boxes in found.components.items():
        values = [assigned[c].scores.get(name) if c in assigned else None for c in map(str, frame.index)]
        yield _Column(heading="Components", label=name, unit="", values=values, boxes=boxes)
    for key, boxes in found.clinical.items():
        label, unit = CLINICAL[key]
        numbers = [float(v) for v in frame[key]]
        yield _Column(
            heading="Volumes, age and signatures", label=label, unit=unit, values=numbers, boxes=boxes
        )
    delta = main.delta.frame().reindex(frame.index)
    turned = set(main.delta.reversed)
    for feature, boxes in found.features.items():
        name, _, rest = feature.partition("_")
        numbers = [float(v) for v in delta[feature]]
        label = f"{rest.replace('_', ' ')} ({REVERSED})" if feature in turned else rest.replace("_", " ")
        heading = f"{name}: {change_noun(main.delta.adjusted)}"
        yield _Column(heading=heading, label=label, unit="", values=numbers, boxes=boxes)


def _short(value: Number) -> Number:
    return None if value is None or not np.isfinite(value) else float(f"{value:.5g}")


def _box(box: Box) -> BoxGroup:
    return BoxGroup(
        low=_short(box.low),
        q1=_short(box.q1),
        median=_short(box.median),
        q3=_short(box.q3),
        high=_short(box.high),
    )
