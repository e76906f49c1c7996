"""Tables 1 and 2 with the patients who are not analysed beside."""

from __future__ import annotations

from kinephen.core.counted import counted
from kinephen.records.cohort import CovariateTest, LeftOutRecord
from kinephen.report.schema import Cell, Column, Estimate, Missing, Share, Table

NOBODY = "No patient of the discovery cohort's clinical table is left out."
AGE = "age, mean (range), years"


def with_left_out(table: Table, record: LeftOutRecord) -> Table:
    """Return a table of the cohort with the patients left out, and their test against those analysed, beside.

    Parameters
    ----------
    table : Table
        Table 1 or 2; its first column holds the words by which the record names its rows.
    record : LeftOutRecord
    """
    if record.n == 0:
        return table.model_copy(update={"notes": (*table.notes, NOBODY)})
    first = table.columns[0].key
    rows = tuple({**row, **_cells(str(row[first]), record)} for row in table.rows)
    columns = (
        *table.columns,
        Column(key="left_out", label="Left out", format="f1"),
        Column(
            key="p_left_out",
            label="p, left out against analysed",
            format="p",
            description="Whether the analysed patients are a selection.",
        ),
        Column(key="test_left_out", label="Test, left out against analysed"),
    )
    why = "; ".join(f"{reason} ({n})" for reason, n in record.reasons.items())
    note = f"Left out: {counted(record.n, 'patient')} of the clinical table: {why}."
    return table.model_copy(update={"rows": rows, "columns": columns, "notes": (*table.notes, note)})


def _cells(words: str, record: LeftOutRecord) -> dict[str, Cell]:
    if words == "patients":
        return {"left_out": Share(n=record.n, of=record.n + record.analysed)}
    if words == AGE and record.age is not None:
        age = record.age
        if age.mean is None:
            return {"left_out": Missing(missing="age unknown")}
        cell = Estimate(value=age.mean, low=age.low, high=age.high)
        return {"left_out": cell, **_tested(age.test)}
    if words in record.binary:
        line = record.binary[words]
        return {"left_out": Share(n=line.n, of=line.of), **_tested(line.test)}
    label, _, value = words.partition(": ")
    if label in record.treatment:
        given = record.treatment[label]
        count = given.counts.get(value or "1.0", 0)
        return {"left_out": Share(n=count, of=given.of), **_tested(given.test)}
    return {}


def _tested(test: CovariateTest) -> dict[str, Cell]:
    return {"p_left_out": p_cell(test), "test_left_out": test.test}


def p_cell(test: CovariateTest) -> float | Missing:
    """Return a test's p as a cell, or why there is none."""
    return Missing(missing=test.reason or "not tested") if test.p is None else test.p
