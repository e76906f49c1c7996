"""What can be wrong with expression values: scale, orientation, copies, centring, receptor mix."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import pandas as pd

from kinephen.core.cohort import ExpressionTable, Issue
from kinephen.errors import InputError
from kinephen.molecular.matching import fold
from kinephen.types import FloatArray

ORDINARY_ER_SHARE = (0.40, 0.80)
"""Shares of oestrogen-receptor positive tumours between which a cohort counts as of ordinary composition."""
UNCENTRED = 0.5
"""A typical gene whose median lies this many of its own standard deviations from zero is not centred."""
ENOUGH = 500_000
"""Values that tell the shape of a distribution well enough."""
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez"
_DATE = re.compile(
    rf"^(\d{{1,2}}[-./ ]({_MONTHS})[a-z]*\.?([-./ ]\d{{2,4}})?|({_MONTHS})[-./ ]\d{{1,4}}|"
    r"\d{4}-\d{2}-\d{2}.*)$",
    re.I,
)


def check_values(table: ExpressionTable, known_symbols: Iterable[str]) -> tuple[Issue, ...]:
    """Check orientation, scale, copies and gene names of one expression table.

    Parameters
    ----------
    table : ExpressionTable
    known_symbols : iterable of str
        Symbols of the signatures, to recognise genes among the row names.

    Raises
    ------
    InputError
        ``expression.empty``, ``expression.transposed`` or ``expression.linear_scale``.
    """
    values = np.ascontiguousarray(table.values.to_numpy(float))
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        raise InputError(
            f"{values.shape[0]} samples x {values.shape[1]} probes without a number",
            code="expression.empty",
            hint="check the file",
            where=table.platform,
        )
    _require_samples_in_rows(table, known_symbols)
    _require_log_scale(finite, table.platform)
    infinite = int(np.isinf(values).sum())
    issues = [*_copies(table, values), *_date_names(table)]
    if infinite:
        text = f"{infinite} infinite value(s) taken as missing (a log of zero?)"
        issues.append(Issue("expression.infinite", text, where=table.platform, count=infinite))
    empty = int((~np.isfinite(values)).all(axis=0).sum())
    if empty:
        text = f"{empty} probe(s) without any value"
        issues.append(Issue("expression.empty_probes", text, where=table.platform, count=empty))
    return tuple(issues)


def looks_like_date(symbol: str) -> bool:
    """Tell whether a gene name was turned into a date by a spreadsheet (``9-Sep`` for SEPT9)."""
    return bool(_DATE.match(symbol.strip()))


def uncentred_by(genes: pd.DataFrame) -> float:
    """Return how far a typical gene's median lies from zero, in standard deviations of that gene.

    Parameters
    ----------
    genes : DataFrame
        Samples in rows (at least 3), genes in columns.

    Returns
    -------
    float
        Median over genes of ``|median| / sd``; 0 for median-centred data, NaN if it cannot be told.
    """
    if len(genes) < 3:
        return float("nan")
    spread = genes.std(ddof=1)
    ratio = (genes.median().abs() / spread)[spread > 0].dropna()
    return float(ratio.median()) if len(ratio) else float("nan")


def er_share(er: pd.Series | None) -> tuple[float, int]:
    """Return the share of positive among the known oestrogen-receptor statuses, and how many are known."""
    known = er.dropna() if er is not None else pd.Series(dtype=float)
    return (float((known == 1).mean()), len(known)) if len(known) else (float("nan"), 0)


def is_unbalanced(share: float, known: int) -> bool:
    """Tell whether a cohort's receptor mix lies outside the ordinary range."""
    low, high = ORDINARY_ER_SHARE
    return known > 0 and not low <= share <= high


def uncentred_issue(name: str, genes: pd.DataFrame) -> Issue | None:
    """Warn, with the number, when the values that go into a signature look uncentred.

    Parameters
    ----------
    name : str
        Signature.
    genes : DataFrame
        Samples in rows, genes in columns.
    """
    off = uncentred_by(genes)
    if not off > UNCENTRED:
        return None
    text = f"values look uncentred: a typical gene's median lies {off:.2f} SD from zero"
    return Issue("molecular.uncentred", text, where=name, count=genes.shape[1])


def unbalanced_issue(where: str, er: pd.Series) -> Issue | None:
    """Warn, with the numbers, when a group of samples that is centred on itself has a skewed receptor mix.

    Parameters
    ----------
    where : str
        Platform, or all of them.
    er : Series
        1, 0 or NaN by sample of the group.
    """
    share, known = er_share(er)
    if not is_unbalanced(share, known):
        return None
    low, high = ORDINARY_ER_SHARE
    text = (
        f"{share:.0%} of {known} tumours with known status are oestrogen-receptor positive, outside "
        f"{low:.0%} to {high:.0%}: centring on this cohort shifts every call; consider balanced centring"
    )
    return Issue("molecular.unbalanced", text, where=where, count=known)


def _require_samples_in_rows(table: ExpressionTable, known_symbols: Iterable[str]) -> None:
    symbols = {fold(s) for s in known_symbols}
    rows = sum(fold(str(r)) in symbols for r in table.values.index)
    columns = sum(fold(str(s)) in symbols for s in {*table.probes["symbol"], *table.values.columns})
    if rows >= 5 and rows > columns:
        raise InputError(
            f"{rows} row names and {columns} columns are genes of the signatures: the matrix is transposed",
            code="expression.transposed",
            hint="samples belong in rows and genes in columns; transpose it",
            where=table.platform,
        )


def _require_log_scale(finite: FloatArray, where: str) -> None:
    low, high = float(finite.min()), float(finite.max())
    some = finite[:: max(1, finite.size // ENOUGH)]
    middle, deviation = float(np.median(some)), some - some.mean()
    spread = float(deviation.std())
    skew = float((deviation**3).mean() / spread**3) if spread > 0 else 0.0
    intensities = low >= 0 and high > 50
    # Counts per million on a log scale hold zeros and are skewed too, but less than ratios that hold zeros.
    ratios = low >= 0 and 0.3 < middle < 3 and skew > (2 if low > 0 else 3)
    if intensities or ratios:
        raise InputError(
            f"values from {low:.4g} to {high:.4g}, median {middle:.4g}, skewness {skew:.1f}: linear scale, "
            "log ratios or log intensities are expected",
            code="expression.linear_scale",
            hint="take log2 of the values first",
            where=where,
        )


def _copies(table: ExpressionTable, values: FloatArray) -> list[Issue]:
    filled = [row for row in values if np.isfinite(row).any()]
    copies = len(filled) - len({blake2b(row.tobytes()).digest() for row in filled})
    if not copies:
        return []
    text = f"{copies} sample(s) have the very values of an earlier sample: the same array twice?"
    return [Issue("expression.duplicate_samples", text, where=table.platform, count=copies)]


def _date_names(table: ExpressionTable) -> list[Issue]:
    dates = [s for s in table.probes["symbol"].astype(str).tolist() if s and looks_like_date(s)]
    if not dates:
        return []
    text = (
        f"{len(dates)} gene name(s) were turned into dates by a spreadsheet, for example {dates[0]!r}: "
        "these genes cannot be matched by symbol"
    )
    return [Issue("expression.date_names", text, where=table.platform, count=len(dates))]
