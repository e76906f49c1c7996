"""Choice of the two patients of Figure 7: alike in all that is known but the phenotype."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from kinephen.records.matched_pair import MatchedPair

RECEPTORS = ("hr", "her2")
SIGNATURES = ("gene70_class", "ror_s_group", "p53_class")
YEARS = 10.0


def matched_pair(frame: pd.DataFrame, shown: Collection[str]) -> MatchedPair | None:
    """Return the most similar pair of phenotypes 1 and 2, or None.

    Parameters
    ----------
    frame : DataFrame
        Index ``case``: ``cohort``, ``phenotype``, ``ftv2`` (cm3) and what is known of receptors, signatures
        and age (years). Columns that nobody has are not asked to be equal.
    shown : collection of str
        Cases with pictures of both visits.

    Returns
    -------
    MatchedPair or None
        Equal in receptors and signature classes if there is such a pair, else in receptors. The outcome plays
        no part.
    """
    known = frame[(frame["cohort"] == "discovery") & frame["phenotype"].notna() & (frame["ftv2"] > 0)]
    known = known[known.index.isin(list(shown))]
    receptors, signatures = (_given(known, names) for names in (RECEPTORS, SIGNATURES))
    asked = (*receptors, *signatures)
    near = (*_given(known, ("age",)), "ftv2")
    for columns in dict.fromkeys((asked, receptors)):
        best = min(_distances(known, columns, near), default=None)
        if best is not None:
            distance, first, second = best
            return MatchedPair(
                cases=(first, second), equal=columns, known=asked, near=near, distance=distance
            )
    return None


def _given(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(c for c in columns if c in frame.columns and frame[c].notna().any())


def _distances(
    frame: pd.DataFrame, columns: Sequence[str], near: Sequence[str]
) -> list[tuple[float, str, str]]:
    first, second = (frame[frame["phenotype"] == p] for p in ("1", "2"))
    found = [
        (_distance(a, b, near), str(i), str(j))
        for i, a in first.iterrows()
        for j, b in second.iterrows()
        if all(a[c] == b[c] for c in columns)
    ]
    return [pair for pair in found if np.isfinite(pair[0])]


def _distance(a: pd.Series, b: pd.Series, near: Sequence[str]) -> float:
    age = abs(a["age"] - b["age"]) / YEARS if "age" in near else 0.0
    return float(age + abs(np.log2(a["ftv2"] / b["ftv2"])))
