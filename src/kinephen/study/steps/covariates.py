"""Covariates of the Cox models: what the fit has seen of them, and which values of others may be used."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

import pandas as pd

from kinephen.records.covariate import Covariate
from kinephen.records.flag import Flag

Value: TypeAlias = float | str | None

SMALL_CELL = 5
"""Counts and shares of fewer patients are left out."""
OTHER_UNIT = 20.0
"""A value this many times beyond the training range is taken for another unit, and not used."""
MEANING = {
    "age": "age, years",
    "hr": "hormone receptor positive, 1 or 0",
    "her2": "HER2 positive, 1 or 0",
    "ftv2": "functional tumour volume by enhancement at the second visit, cm3",
    "phenotype": "phenotype of change",
    "gene70_cosine": "70-gene signature: cosine to the good-prognosis template",
    "gene70_class": "70-gene signature, class",
    "ror_s": "PAM50 risk of recurrence by subtype, 0 to 100",
    "ror_s_group": "PAM50 risk of recurrence by subtype, group",
    "p53_score": "p53 signature, score",
    "p53_class": "p53 signature, class",
}


def describe_covariate(values: pd.Series) -> Covariate:
    """Describe a covariate over the patients of the fit (no missing values)."""
    name, n = str(values.name), len(values)
    meaning = MEANING.get(name, name)
    if not pd.api.types.is_numeric_dtype(values):
        counts = values.astype(str).value_counts().sort_index()
        levels = {str(k): _share(int(c), n) for k, c in counts.items()}
        return Covariate(meaning=meaning, n=n, kind="class", levels=levels)
    numbers = values.astype(float)
    low, high, mean = float(numbers.min()), float(numbers.max()), float(numbers.mean())
    if set(numbers.unique()) <= {0.0, 1.0}:
        ones = int(numbers.sum())
        shown = None if min(ones, n - ones) < SMALL_CELL else mean
        return Covariate(meaning=meaning, n=n, kind="yes-no", low=low, high=high, mean=shown)
    sd = float(numbers.std(ddof=1))
    return Covariate(meaning=meaning, n=n, kind="number", low=low, high=high, mean=mean, sd=sd)


def usable_covariates(
    frame: pd.DataFrame, known: Mapping[str, Covariate]
) -> tuple[pd.DataFrame, dict[str, list[Flag]]]:
    """Return covariates as they may be used, and flags by case.

    Parameters
    ----------
    frame : DataFrame
        Covariates as they were given; a column may be absent.
    known : mapping of str to Covariate
    """
    columns = {c: frame[c].tolist() if c in frame else [None] * len(frame) for c in known}
    rows: dict[str, dict[str, Value]] = {}
    flags: dict[str, list[Flag]] = {}
    for i, case in enumerate(map(str, frame.index)):
        rows[case], flags[case] = {}, []
        for name, values in columns.items():
            rows[case][name], noticed = usable_value(name, values[i], known[name])
            flags[case] += noticed
    used = pd.DataFrame.from_dict(rows, orient="index", columns=list(known)) if rows else pd.DataFrame()
    return used, flags


def usable_value(name: str, value: object, known: Covariate) -> tuple[Value, list[Flag]]:
    """Return a covariate as it may be used (None if it may not), and flags.

    Parameters
    ----------
    name : str
    value : object
        As it was read: a number, text, or nothing.
    known : Covariate
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None, []
    if known.kind == "class":
        return _class(name, value, known)
    try:
        number = float(value)  # type: ignore[arg-type]  # what is no number raises
    except (TypeError, ValueError):
        return None, [Flag(code="covariate.code", text=f"{name} is no number and is not used")]
    if not math.isfinite(number):
        return None, [Flag(code="covariate.code", text=f"{name} is not finite and is not used")]
    if known.kind == "yes-no":
        if number in (0.0, 1.0):
            return number, []
        return None, [Flag(code="covariate.code", text=f"{name} = {number:g}, expected 1 or 0")]
    return _number(name, number, known)


def _class(name: str, value: object, known: Covariate) -> tuple[str | None, list[Flag]]:
    if str(value) in known.levels:
        return str(value), []
    text = f"{name} is a class that the model has not seen and is not used"
    return None, [Flag(code="covariate.code", text=text)]


def _number(name: str, value: float, known: Covariate) -> tuple[float | None, list[Flag]]:
    low, high = known.low, known.high
    if low is None or high is None or low <= value <= high:
        return value, []
    seen = f"the training range {low:.4g} to {high:.4g}"
    if abs(value) > OTHER_UNIT * max(abs(low), abs(high)) or 0 < value < low / OTHER_UNIT:
        text = f"{name} = {value:.4g} lies far outside {seen}, as if in another unit, and is not used"
        return None, [Flag(code="covariate.unit", text=text)]
    return value, [Flag(code="covariate.range", text=f"{name} = {value:.4g} lies outside {seen}")]


def _share(n: int, total: int) -> float | None:
    return n / total if n >= SMALL_CELL else None
