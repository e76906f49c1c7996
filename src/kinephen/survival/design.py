"""From columns of a table to a numeric design: factors given as text become 0/1 columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.survival.outcome import as_floats, complete_rows
from kinephen.types import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Term:
    """One column of a design: a column of the table, or one level of it as 0/1."""

    column: str
    level: str | None = None


@dataclass(frozen=True)
class Design:
    """A design matrix with the names of its columns.

    Parameters
    ----------
    x : ndarray, shape (n, p)
    names : tuple of str
        ``column`` for numbers, ``column=level`` for the levels of a factor.
    source : tuple of str
        The column of the table that each column of `x` came from.
    """

    x: FloatArray
    names: tuple[str, ...]
    source: tuple[str, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        """Of each column of `x` where it came from, so that other rows can be coded in the same way."""
        return tuple(
            Term(source, None if name == source else name.removeprefix(f"{source}="))
            for name, source in zip(self.names, self.source, strict=True)
        )

    def columns_of(self, sources: Sequence[str]) -> IntArray:
        """Return the positions of the columns that came from `sources`, in their order."""
        return np.array(
            [j for s in sources for j, name in enumerate(self.source) if name == s], dtype=np.int64
        )


def design_matrix(frame: pd.DataFrame, columns: Sequence[str]) -> Design:
    """Code `columns` of `frame` as numbers.

    Numbers and booleans stay as they are. Text and categoricals become one 0/1 column for each level after
    the first; the first level (of a categorical its first category, of text the first in sorted order) is
    the reference.

    Raises
    ------
    InputError
        ``survival.column`` for an absent column, ``survival.missing`` for missing values (no row is dropped
        here), ``survival.constant_factor`` for a factor with one level.
    """
    missing = int((~complete_rows(frame, columns)).sum())
    if missing:
        raise InputError(
            f"{missing} of {len(frame)} rows have a missing covariate",
            code="survival.missing",
            where=", ".join(columns),
            hint="keep the rows of survival.outcome.complete_rows, the same for all models that are compared",
        )
    parts = [_code_column(frame[c], c) for c in columns]
    blocks = [block for block, _ in parts] or [np.empty((len(frame), 0))]
    names = [name for _, labels in parts for name in labels]
    source = [c for c, (_, labels) in zip(columns, parts, strict=True) for _ in labels]
    return Design(np.hstack(blocks).astype(np.float64), tuple(names), tuple(source))


def coded(frame: pd.DataFrame, terms: Sequence[Term]) -> FloatArray:
    """Return other rows coded by the terms of a design, shape (rows, terms).

    A value that is missing, or a column that is, gives NaN; a level that the design does not know gives 0
    in all of its columns, so whoever calls has to refuse it before.
    """
    blank = pd.Series(np.nan, index=frame.index, dtype=object)
    columns = []
    for term in terms:
        values = frame.get(term.column, blank)
        if term.level is None:
            columns.append(pd.to_numeric(values).to_numpy(dtype=np.float64))
        else:
            hit = (values == term.level).to_numpy(dtype=np.float64)
            columns.append(np.where(values.isna().to_numpy(), np.nan, hit))
    return np.column_stack(columns)


def _code_column(column: pd.Series, name: str) -> tuple[FloatArray, list[str]]:
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype=np.float64)[:, None], [name]
    factor = pd.Categorical(column) if not isinstance(column.array, pd.Categorical) else column.array
    factor = factor.remove_unused_categories()
    levels = list(factor.categories)
    if len(levels) < 2:
        raise InputError(
            f"factor has the single level {levels[0]!s}",
            code="survival.constant_factor",
            where=name,
            hint="leave the column out",
        )
    coded = (factor.codes[:, None] == np.arange(1, len(levels))[None, :]).astype(np.float64)
    return coded, [f"{name}={level}" for level in levels[1:]]


def as_design(x: object, names: Sequence[str] | None, n: int) -> Design:
    """Return an array or a table as a design of `n` rows.

    Raises
    ------
    InputError
        ``survival.length``, ``survival.text``, ``survival.missing``.
    """
    if isinstance(x, pd.DataFrame):
        design = design_matrix(x, [str(c) for c in x.columns])
    else:
        array = np.asarray(x)
        array = array[:, None] if array.ndim == 1 else array
        labels = tuple(names) if names is not None else tuple(f"x{j + 1}" for j in range(array.shape[1]))
        values = as_floats(array, "x").reshape(array.shape)
        design = Design(values, labels, labels)
    _require_shape(design, n)
    return design


def _require_shape(design: Design, n: int) -> None:
    rows, columns = design.x.shape
    if rows != n or columns != len(design.names):
        raise InputError(
            f"covariates: {rows} rows, {columns} columns for {n} patients and {len(design.names)} names",
            code="survival.length",
            where="x",
        )
    bad = ~np.isfinite(design.x)
    if bad.any():
        where = ", ".join(design.names[j] for j in np.flatnonzero(bad.any(axis=0)))
        raise InputError(
            f"{int(bad.any(axis=1).sum())} of {n} rows have a missing or infinite covariate",
            code="survival.missing",
            where=where,
            hint="leave those patients out with survival.outcome.complete_rows, and report how many",
        )


def independent_columns(x: FloatArray, *, tolerance: float = 1e-7) -> BoolArray:
    """Return True for the columns that are not constant and not a combination of earlier ones.

    Parameters
    ----------
    x : ndarray, shape (n, p)
        Columns already centred (within strata, where there are strata).
    tolerance : float
        A column whose part outside the earlier ones is smaller than this share of it is dependent.
    """
    kept: list[FloatArray] = []
    keep = np.zeros(x.shape[1], dtype=np.bool_)
    size = np.abs(x).max(axis=0, initial=0.0)
    for j in range(x.shape[1]):
        rest = x[:, j].copy()
        norm = float(np.linalg.norm(rest))
        for _ in range(2):  # a second pass removes what rounding left in the first
            for q in kept:
                rest -= (q @ rest) * q
        left = float(np.linalg.norm(rest))
        if size[j] > 0 and left > tolerance * norm:
            kept.append(rest / left)
            keep[j] = True
    return keep


def aliased_issues(names: Sequence[str], keep: BoolArray) -> tuple[Issue, ...]:
    """Return the issue for covariates without a coefficient, if there are any.

    Parameters
    ----------
    names : sequence of str
    keep : ndarray of bool, shape (p,)
        Of `independent_columns`.
    """
    aliased = [name for name, kept in zip(names, keep, strict=True) if not kept]
    if not aliased:
        return ()
    text = f"constant, or a combination of the covariates before: {', '.join(aliased)}; no coefficient"
    return (Issue("survival.collinear", text, where=", ".join(aliased), count=len(aliased)),)
