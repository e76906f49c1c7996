"""Tables 1 and 2 with the patients who are not analysed beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kinephen.report.schema import Column, Estimate, Missing, Share, Table

NOBODY = "No patient of the discovery cohort's clinical table is left out."
AGE = "age, mean (range), years"


def with_left_out(table: Table, record: Mapping[str, Any]) -> Table:
    """Return a table of the cohort with the patients left out, and their test against those analysed, beside.

    Parameters
    ----------
    table : Table
        Table 1 or 2; its first column holds the words by which the record names its rows.
    record : mapping
        From `kinephen.study.excluded.compare_left_out`.
    """
    if record["n"] == 0:
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
    )
    note = f"Left out: {record['n']} patients of the clinical table without both exams or a known outcome."
    return table.model_copy(update={"rows": rows, "columns": columns, "notes": (*table.notes, note)})


def _cells(words: str, record: Mapping[str, Any]) -> dict[str, Any]:
    if words == "patients":
        return {"left_out": Share(n=record["n"], of=record["n"] + record["analysed"])}
    if words == AGE and record["age"]:
        age = record["age"]
        if age["mean"] is None:
            return {"left_out": Missing(missing="age unknown")}
        cell = Estimate(value=age["mean"], low=age["low"], high=age["high"])
        return {"left_out": cell, "p_left_out": _p(age["test"])}
    if words in record["binary"]:
        line = record["binary"][words]
        return {"left_out": Share(n=line["n"], of=line["of"]), "p_left_out": _p(line["test"])}
    label, _, value = words.partition(": ")
    if label in record["treatment"]:
        line = record["treatment"][label]
        count = line["counts"].get(value, 0) if value else line["counts"].get("1.0", 0)
        return {"left_out": Share(n=count, of=line["of"]), "p_left_out": _p(line["test"])}
    return {}


def _p(test: Mapping[str, Any]) -> Any:
    return Missing(missing=test["reason"] or "not tested") if test["p"] is None else test["p"]
