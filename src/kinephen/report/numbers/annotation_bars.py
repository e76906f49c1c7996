"""Bars above a heat map of patients: what is known of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kinephen.report.schema.clusters import Annotation
from kinephen.study.cohort import PresetResults

YES_NO = {"event": "event", "pcr": "pCR", "hr": "HR+", "her2": "HER2+"}
CLASSES = {"gene70_class": "70-gene", "ror_s_group": "ROR-S", "p53_class": "p53"}


def annotation_bars(
    preset: PresetResults, cases: Sequence[str], phenotypes: Sequence[str]
) -> tuple[Annotation, ...]:
    """Return bars of phenotype, event, response, receptors and signature classes, as far as they are known.

    Parameters
    ----------
    preset : PresetResults
    cases : sequence of str
        Patients in the order in which they are drawn.
    phenotypes : sequence of str
        Number of the phenotype of each.
    """
    frame = preset.frame
    bars = [Annotation(name="phenotype", values=tuple(preset.labels[p] for p in phenotypes))]
    for columns, word in ((YES_NO, _yes_no), (CLASSES, _word)):
        bars += [
            Annotation(name=name, values=tuple(word(frame, c, column) for c in cases))
            for column, name in columns.items()
            if column in frame.columns and frame[column].notna().any()
        ]
    return tuple(bars)


def _yes_no(frame: pd.DataFrame, case: str, column: str) -> str | None:
    value = frame.at[case, column] if case in frame.index else None
    if value is None or not np.isfinite(float(value)):
        return None
    return "yes" if float(value) == 1.0 else "no"


def _word(frame: pd.DataFrame, case: str, column: str) -> str | None:
    value = frame.at[case, column] if case in frame.index else None
    return value if isinstance(value, str) else None
