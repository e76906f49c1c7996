"""How patients are dealt into folds, again and again."""

from __future__ import annotations

import numpy as np

from kinephen.errors import InputError
from kinephen.types import BoolArray, IntArray, Rng


def make_folds(event: BoolArray, count: int, replicates: int, *, stratified: bool, rng: Rng) -> IntArray:
    """Return fold numbers 0 .. count - 1, shape (replicates, n).

    Parameters
    ----------
    event : ndarray of bool, shape (n,)
    count, replicates : int
    stratified : bool
        Deal events and censored patients separately, so that folds differ by at most one event and one
        patient.
    rng : numpy.random.Generator
    """
    groups = [np.flatnonzero(event), np.flatnonzero(~event)] if stratified else [np.arange(event.size)]
    table = np.empty((replicates, event.size), dtype=np.int64)
    for row in table:
        dealt = 0
        for members in groups:
            # Going on where the last group ended keeps the folds equal in size too.
            row[members] = rng.permutation((dealt + np.arange(members.size)) % count)
            dealt += members.size
    return table


def check_folds(table: IntArray, n: int) -> tuple[IntArray, int]:
    """Return a given fold table with folds renumbered from 0, and their number.

    Raises
    ------
    InputError
        ``survival.folds`` when the table is not (replicates, n) or has fewer than two folds.
    """
    folds = np.atleast_2d(np.asarray(table))
    if folds.ndim != 2 or folds.shape[1] != n:
        raise InputError(
            f"fold table has shape {folds.shape}; expected (replicates, {n})",
            code="survival.folds",
            where="given",
            hint="one row a replicate, one column for each patient with complete data",
        )
    labels, codes = np.unique(folds, return_inverse=True)
    if labels.size < 2:
        raise InputError("fewer than two folds", code="survival.folds", where="given")
    return codes.reshape(folds.shape).astype(np.int64), int(labels.size)
