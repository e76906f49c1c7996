"""Which features stay the same when the exam is perturbed: the ICC over perturbed repeats of all exams."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kinephen.radiomics.robustness import feature_icc
from kinephen.records.stability import FeatureIcc, Stability


def measure_stability(repeats: Sequence[pd.DataFrame]) -> Stability:
    """Return the ICC of each feature.

    Parameters
    ----------
    repeats : sequence of DataFrame
        One table (exams x features) a perturbed repeat; fewer than two give an empty record.
    """
    if len(repeats) < 2:
        return Stability(repeats=len(repeats))
    rows = feature_icc(repeats).reset_index().to_dict("records")
    return Stability(repeats=len(repeats), features=tuple(FeatureIcc(**row) for row in rows))
