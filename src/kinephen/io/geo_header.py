"""The head of a GEO series matrix: what it says of the series and of each sample."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.errors import InputError

BEGIN, END = "!series_matrix_table_begin", "!series_matrix_table_end"
MISSING = ("", "null", "na", "n/a", "--")
_CHARACTERISTICS = re.compile(r"^characteristics(?:_ch(\d+))?$")


@dataclass
class Header:
    """Lines of the head, by name without ``!Sample_`` or ``!Series_`` in lower case; a name may repeat."""

    series: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    sample: dict[str, list[list[str]]] = field(default_factory=lambda: defaultdict(list))


def read_header(lines: Sequence[str], *, where: str) -> Header:
    """Read the lines before the table.

    Raises
    ------
    InputError
        ``geo.header_row`` where a line has not one value for each sample: values could not be told apart.
    """
    header = Header()
    for cells in csv.reader((line for line in lines if line.startswith("!")), delimiter="\t"):
        name, values = cells[0].strip().lower(), [c.strip() for c in cells[1:]]
        if name.startswith("!sample_"):
            header.sample[name.removeprefix("!sample_")].append(values)
        elif name.startswith("!series_"):
            header.series[name.removeprefix("!series_")] += values
    n = len(header.sample["geo_accession"][0]) if "geo_accession" in header.sample else 0
    for name, rows in header.sample.items():
        odd = [len(row) for row in rows if n and len(row) != n]
        if odd:
            raise InputError(
                f"!Sample_{name} has {odd[0]} values for {n} samples",
                code="geo.header_row",
                hint="a value was lost or added in that line; download the file again",
                where=where,
            )
    return header


def sample_table(
    header: Header, samples: Sequence[str], *, channel: int | None, where: str
) -> tuple[pd.DataFrame, list[Issue]]:
    """Return what the head says of each sample.

    Parameters
    ----------
    header : Header
    samples : sequence of str
        Accessions in the order of the head.
    channel : int or None
        Channel whose characteristics describe the tumour; None: the one with most different keys.
    where : str

    Returns
    -------
    DataFrame
        One row a sample. Single lines under their name (``title``, ``source_name_ch1``); characteristics
        under their own key in lower case, split from the value at the last colon, repeated blanks as one.
        Missing values (blank, ``null``) are missing. The other channel's keys carry ``ch1: `` in front.
    list of Issue
    """
    table = pd.DataFrame(index=pd.Index(samples, name="sample_id"))
    channels: dict[int, list[list[str]]] = defaultdict(list)
    columns: dict[str, list[object]] = {}
    for name, rows in header.sample.items():
        match = _CHARACTERISTICS.match(name)
        if match:
            channels[int(match.group(1) or 1)] += rows
        else:
            joined = ["; ".join(v for v in cell if v) for cell in zip(*rows, strict=True)]
            columns[name] = [_known(v) for v in joined]
    parsed = {number: _characteristics(rows, len(samples)) for number, rows in channels.items()}
    main = channel or max(parsed, key=lambda n: (len(parsed[n][0]), n), default=1)
    issues: list[Issue] = []
    for number, (found, odd, doubled) in parsed.items():
        prefix = "" if number == main else f"ch{number}: "
        columns.update({prefix + key: list(values) for key, values in found.items()})
        issues += _cell_issues(number, odd, doubled, where)
    for key, values in columns.items():
        table[key] = pd.Series(values, index=table.index, dtype=object)
    described = parsed.get(main, ({}, 0, 0))[0]
    any_value = [any(v[i] is not None for v in described.values()) for i in range(len(samples))]
    table.attrs["described"] = any_value
    return table, issues


def split_characteristic(cell: str) -> tuple[str, str]:
    """Split ``key: value`` at the last colon; the key in lower case with single blanks, or empty."""
    key, colon, value = cell.rpartition(":")
    return (" ".join(key.lower().split()), value.strip()) if colon else ("", cell.strip())


def _characteristics(rows: Sequence[Sequence[str]], n: int) -> tuple[dict[str, list[str | None]], int, int]:
    found: dict[str, list[str | None]] = {}
    odd = doubled = 0
    for row in rows:
        for i, cell in enumerate(row):
            if not cell:
                continue
            key, value = split_characteristic(cell)
            odd += not key
            column = found.setdefault(key or "characteristics", [None] * n)
            known = _known(value)
            doubled += column[i] is not None and known is not None and column[i] != known
            column[i] = known if column[i] is None else column[i]
    return found, odd, doubled


def _known(value: str) -> str | None:
    return None if value.strip().lower() in MISSING else value.strip()


def _cell_issues(channel: int, odd: int, doubled: int, where: str) -> list[Issue]:
    issues = []
    if odd:
        text = f"{odd} characteristic(s) of channel {channel} without a colon"
        issues.append(Issue("geo.no_colon", text, where=where, count=odd))
    if doubled:
        text = (
            f"{doubled} characteristic(s) of channel {channel} given twice and differently; the first is kept"
        )
        issues.append(Issue("geo.repeated_key", text, where=where, count=doubled))
    return issues
