"""Take batch effects off the genes of all signatures together, by a method that the caller brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.errors import CohortError, InputError
from kinephen.molecular.prepare import Prepared

SEPARATOR = "\t"


def harmonised(ready: Prepared, method: Callable[[pd.DataFrame, pd.Series], pd.DataFrame]) -> Prepared:
    """Return the genes after `method`, which sees those found on every platform.

    Parameters
    ----------
    ready : Prepared
    method : callable
        Called with (samples x genes, platform by sample); returns a table with the same rows and columns.

    Raises
    ------
    CohortError
        ``molecular.one_batch`` with a single platform.
    InputError
        ``molecular.harmonise`` when the method returns another table.
    """
    if ready.platform.nunique() < 2:
        raise CohortError(
            "one platform or batch: nothing to harmonise", code="molecular.one_batch", hint="switch it off"
        )
    joined = pd.concat(dict(ready.genes), axis=1)
    joined.columns = pd.Index([SEPARATOR.join(pair) for pair in joined.columns])
    everywhere = joined.notna().groupby(ready.platform).any().all()
    kept = joined.loc[:, everywhere]
    result = method(kept, ready.platform)
    if not (result.index.equals(kept.index) and result.columns.equals(kept.columns)):
        raise InputError(
            f"the harmonising method returned {result.shape}, expected {kept.shape} with the same names",
            code="molecular.harmonise",
            hint="return the table that was given, with new values",
        )
    genes = {name: _columns_of(result, name) for name in ready.genes}
    shared = {
        name: {
            p: [tuple(g for g in group if g in genes[name]) for group in groups] for p, groups in by.items()
        }
        for name, by in ready.shared.items()
    }
    shared = {name: {p: [g for g in groups if g] for p, groups in by.items()} for name, by in shared.items()}
    left_out = int((~everywhere).sum())
    note = (
        Issue(
            "molecular.not_on_all", f"{left_out} gene(s) not found on every platform left out", count=left_out
        ),
    )
    return replace(ready, genes=genes, shared=shared, issues=ready.issues + (note if left_out else ()))


def _columns_of(table: pd.DataFrame, name: str) -> pd.DataFrame:
    prefix = name + SEPARATOR
    own = table[[c for c in table.columns if c.startswith(prefix)]]
    return own.rename(columns=lambda c: str(c).removeprefix(prefix))
