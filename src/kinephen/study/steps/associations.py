"""Who the patients are, and how phenotypes go with covariates and events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kinephen.core.streams import stream
from kinephen.errors import KinephenError
from kinephen.stats.agreement import confusion_matrix
from kinephen.stats.association import SMALL_EXPECTED, AssociationTest, chi_square_test, kruskal_wallis
from kinephen.stats.fisher import fisher_exact
from kinephen.stats.multiplicity import adjust
from kinephen.stats.tables import CrossTable, cross_table

CHARACTERISTICS = {
    "hr": "hormone receptor positive",
    "her2": "HER2 positive",
    "tn": "triple negative",
    "pcr": "pathologic complete response",
}
TREATMENT = {"arm": "chemotherapy", "trastuzumab": "trastuzumab", "radiation": "radiation therapy"}
MOLECULAR = {"gene70_class": "70-gene signature", "p53_class": "p53 signature", "ror_s_group": "PAM50 ROR-S"}
COVARIATES = {
    "age": "age, years",
    "hr": "hormone receptor",
    "her2": "HER2",
    "tn": "triple negative",
    "pcr": "pathologic complete response",
    "ftv2": "FTV2, cm³",
    "gene70_class": "70-gene signature",
    "ror_s_group": "ROR-S group",
    "p53_class": "p53 signature",
    "pam50_call": "PAM50 subtype",
    "site": "site",
    "arm": "chemotherapy arm",
}
CONTINUOUS = ("age", "ftv2")
EXACT_CELLS = 10
"""Tables with more cells take seconds or do not fit into memory when every table is counted."""
POSITIVE = {"gene70_class": "high", "ror_s_group": "high", "p53_class": "mutant"}
MARKERS = {
    "gene70_class": "70-gene signature, high risk",
    "ror_s_group": "ROR-S, high risk",
    "p53_class": "p53 signature, mutant",
}


def characteristics(frame: pd.DataFrame) -> dict[str, Any]:
    """Return receptors, response and age by event (0, 1), with counts known."""
    groups = {str(int(e)): rows for e, rows in frame.groupby("event")}
    return {
        "n": {g: len(rows) for g, rows in groups.items()},
        "binary": [
            {
                "label": words,
                **{g: _share(rows[c]) for g, rows in groups.items()},
                "p": covariate_test(frame, c, "event"),
            }
            for c, words in CHARACTERISTICS.items()
            if c in frame.columns
        ],
        "age": {g: _range(rows["age"]) for g, rows in groups.items()} if "age" in frame.columns else {},
    }


def treatment(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return treatments by event, each with Fisher's p over its categories."""
    rows: list[dict[str, Any]] = []
    for column, words in TREATMENT.items():
        if column not in frame.columns or frame[column].nunique(dropna=True) < 1:
            continue
        known = frame[frame[column].notna()]
        test = _fisher(known[column], known["event"])
        categories = sorted(known[column].unique(), key=str)
        binary = set(categories) <= {0.0, 1.0}
        for value in [1.0] if binary else categories:
            counts = {str(int(e)): _share(g[column] == value) for e, g in known.groupby("event")}
            label = words if binary else f"{words}: {value}"
            rows.append({"label": label, **counts, "test": test})
    return rows


def molecular_distribution(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the counts of each signature's classes."""
    return [
        {"label": words, "counts": {str(k): int(v) for k, v in frame[c].value_counts().sort_index().items()}}
        for c, words in MOLECULAR.items()
        if c in frame.columns and frame[c].notna().any()
    ]


def phenotype_associations(frame: pd.DataFrame, method: str) -> dict[str, Any]:
    """Return tests of phenotype against each covariate and against the event, with corrected p values.

    Parameters
    ----------
    frame : DataFrame
    method : {"bonferroni_table", "holm_family"}
        Bonferroni as the article, or Holm, over all tests of this table.
    """
    known = frame[frame["phenotype"].notna()]
    columns = {c: w for c, w in COVARIATES.items() if c in frame.columns and known[c].notna().any()}
    columns = {c: w for c, w in columns.items() if known[c].nunique() > 1}
    rows = [_association(known, c, words) for c, words in {**columns, "event": "recurrence"}.items()]
    p = np.array([np.nan if r["p"] is None else r["p"] for r in rows])
    kind = "bonferroni" if method == "bonferroni_table" else "holm"
    adjusted = adjust(p, kind)  # type: ignore[arg-type]
    for row, value in zip(rows, adjusted, strict=True):
        row["p_adjusted"] = None if np.isnan(value) else float(value)
    return {"tests": rows, "method": kind, "comparisons": int(np.isfinite(p).sum())}


def confusion_matrices(frame: pd.DataFrame, worst: str | None) -> list[dict[str, Any]]:
    """Return each marker against the event.

    Parameters
    ----------
    frame : DataFrame
    worst : str, optional
        Phenotype that counts as high risk; None leaves the phenotype out.
    """
    found = [
        {"marker": words, **_confusion(frame, c, POSITIVE[c])}
        for c, words in MARKERS.items()
        if c in frame.columns and frame[c].notna().any()
    ]
    if worst is not None:
        found.append({"marker": "phenotype, increasing", **_confusion(frame, "phenotype", worst)})
    return found


def _confusion(frame: pd.DataFrame, column: str, positive: str) -> dict[str, Any]:
    known = frame[frame[column].notna()]
    matrix = confusion_matrix((known[column] == positive).to_numpy(), known["event"].to_numpy())
    record = matrix.to_dict()
    return {"n": len(known), "left_out": len(frame) - len(known), **record}


def _association(frame: pd.DataFrame, column: str, words: str) -> dict[str, Any]:
    known = frame[frame[column].notna()]
    groups = sorted(known["phenotype"].unique())
    record: dict[str, Any] = {"column": column, "label": words, "n": len(known), "groups": groups}
    if column in CONTINUOUS:
        record["boxes"] = [_box(known.loc[known["phenotype"] == g, column]) for g in groups]
    else:
        categories = sorted(known[column].unique(), key=str)
        record["categories"] = [_word(c) for c in categories]
        record["counts"] = [
            [int(((known["phenotype"] == g) & (known[column] == c)).sum()) for c in categories]
            for g in groups
        ]
    return {**record, **covariate_test(known, column, "phenotype")}


def covariate_test(frame: pd.DataFrame, column: str, by: str) -> dict[str, Any]:
    """Return name and p of the fitting test: Kruskal-Wallis, or chi-square (Fisher if sparse)."""
    known = frame[frame[column].notna() & frame[by].notna()]
    try:
        if column in CONTINUOUS:
            test = kruskal_wallis(known[column].to_numpy(), known[by].to_numpy())
        else:
            table = cross_table(known[by].to_numpy(), known[column].to_numpy())
            test = chi_square_test(table)
            if test.min_expected < SMALL_EXPECTED:
                exact = _exact(table)
                return {
                    "test": exact.name,
                    "p": _finite(exact.p),
                    "p_chi_square": _finite(test.p),
                    "reason": "",
                }
    except KinephenError as error:
        return {"test": "", "p": None, "reason": error.message}
    return {"test": test.name, "p": _finite(test.p), "reason": ""}


def _exact(table: CrossTable) -> AssociationTest:
    """Return Fisher's test: exact for small tables, from sampled tables for large ones (its name tells)."""
    if table.counts.size <= EXACT_CELLS:
        return fisher_exact(table)
    rng = stream(0, "fisher", *table.counts.ravel().tolist())
    return fisher_exact(table, method="monte carlo", rng=rng)


def _fisher(values: pd.Series, event: pd.Series) -> dict[str, Any]:
    try:
        test = _exact(cross_table(event.to_numpy(), values.to_numpy()))
    except KinephenError as error:
        return {"test": "", "p": None, "reason": error.message}
    return {"test": test.name, "p": _finite(test.p), "reason": ""}


def _share(values: pd.Series) -> dict[str, int]:
    known = values.dropna()
    return {"n": int((known.astype(float) == 1.0).sum()), "of": len(known)}


def _range(values: pd.Series) -> Mapping[str, float | None]:
    known = values.dropna()
    if known.empty:
        return {"mean": None, "low": None, "high": None}
    return {"mean": float(known.mean()), "low": float(known.min()), "high": float(known.max())}


def _box(values: pd.Series) -> dict[str, float | None]:
    if values.empty:
        return dict.fromkeys(("low", "q1", "median", "q3", "high"))
    low, q1, middle, q3, high = np.percentile(values.to_numpy(dtype=float), [0, 25, 50, 75, 100])
    return {"low": float(low), "q1": float(q1), "median": float(middle), "q3": float(q3), "high": float(high)}


def _word(value: object) -> str:
    return {"1.0": "yes", "0.0": "no"}.get(str(value), str(value))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
