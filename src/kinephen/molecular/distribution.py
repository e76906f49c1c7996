"""How many samples fall in each class, as Table 3 of the article shows it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from kinephen.molecular.result import MolecularResult

ROWS = (
    ("70-gene signature", "gene70_class", ("low", "high")),
    ("p53 signature", "p53_class", ("wild-type", "mutant")),
    ("PAM50 ROR-S", "ror_s_group", ("low", "med", "high")),
    ("PAM50 ROR-P", "ror_p_group", ("low", "med", "high")),
    ("PAM50 ROR-C", "ror_c_group", ("low", "med", "high")),
    ("PAM50 ROR-PC", "ror_pc_group", ("low", "med", "high")),
    ("PAM50 subtype", "pam50_call", ("Basal", "Her2", "LumA", "LumB", "Normal")),
)


def distribution_table(result: MolecularResult, samples: Iterable[str] | None = None) -> pd.DataFrame:
    """Count the samples of each class (research re-creations).

    Parameters
    ----------
    result : MolecularResult
    samples : iterable of str, optional
        Only these, for example the linked ones.

    Returns
    -------
    DataFrame
        Columns ``signature``, ``class``, ``n``, ``share`` (of the samples with a class, 0 to 1); a row
        ``undefined`` where the class of a sample is missing. ``share`` is NaN there.
    """
    table = result.table if samples is None else result.table.loc[list(samples)]
    known = {column for _, column, _ in ROWS}
    added = [(s.name, f"{s.name}_class", s.rule.labels) for s in result.signatures]
    rows: list[tuple[str, str, int, float]] = []
    for title, column, labels in (*ROWS, *(row for row in added if row[1] not in known)):
        if column in table and table[column].notna().any():
            rows += _counts(table[column], title, labels)
    return pd.DataFrame(rows, columns=["signature", "class", "n", "share"])


def _counts(values: pd.Series, title: str, labels: Iterable[str]) -> list[tuple[str, str, int, float]]:
    classes = list(labels) or sorted(values.dropna().unique())
    total = int(values.notna().sum())
    rows = [(title, str(c), int((values == c).sum()), float((values == c).sum() / total)) for c in classes]
    lost = len(values) - total
    return [*rows, (title, "undefined", lost, float("nan"))] if lost else rows
