"""What a scoring run needs to know of the tumours: receptor status for the mix, size for ROR-C and ROR-PC."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from kinephen.core.cohort import ExpressionTable
from kinephen.errors import InputError

_ER_KEY = re.compile(r"^(er|o?estrogen[ _-]receptor)([ _-]?(status|positive|pretrt))?\s*(\(.*\))?$")
_POSITIVE = ("1", "1.0", "positive", "pos", "p", "+", "yes", "er+")
_NEGATIVE = ("0", "0.0", "negative", "neg", "n", "-", "no", "er-")


def receptor_status(tables: Sequence[ExpressionTable]) -> pd.Series:
    """Return the oestrogen-receptor status that the expression files themselves state.

    Parameters
    ----------
    tables : sequence of ExpressionTable

    Returns
    -------
    Series of float
        By sample: 1, 0, or NaN where no characteristic says so.
    """
    parts = []
    for table in tables:
        keys = [c for c in table.samples.columns if _ER_KEY.match(str(c).strip().lower())]
        text = table.samples[keys[0]] if keys else pd.Series(None, index=table.samples.index, dtype=object)
        parts.append(text.map(_status).astype(float))
    return pd.concat(parts)


def clinical_column(clinical: pd.DataFrame | None, name: str, samples: pd.Index) -> pd.Series | None:
    """Return a 1, 0 or NaN column of a clinical table for the given samples, None without that column.

    Raises
    ------
    InputError
        ``molecular.clinical`` for other values, or when no sample is known to the table.
    """
    if clinical is None or name not in clinical:
        return None
    if not clinical.index.isin(samples).any():
        raise InputError(
            f"none of {len(samples)} samples stands in the clinical table of {len(clinical)} rows",
            code="molecular.clinical",
            where=name,
            hint="give the clinical table with the samples' ids as its index",
        )
    values = pd.to_numeric(clinical[name], errors="coerce").reindex(samples)
    odd = int((values.notna() & ~values.isin([0.0, 1.0])).sum())
    if odd:
        raise InputError(
            f"{odd} value(s) other than 1, 0 and blank",
            code="molecular.clinical",
            where=name,
            hint="recode the column",
        )
    return values


def _status(value: object) -> float:
    text = str(value).strip().lower()
    return 1.0 if text in _POSITIVE else 0.0 if text in _NEGATIVE else float("nan")
