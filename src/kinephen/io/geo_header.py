"""The head of a GEO series matrix: what it says of the series and of each sample."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.io.expression_body import split_cells

BEGIN, END = "!series_matrix_table_begin", "!series_matrix_table_end"
IDENTITY = ("i-spy id", "ispy id")
"""Keys that only a tumour's array has, in the series that use them."""
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
    for line in (line for line in lines if line.startswith("!")):
        name, *values = split_cells(line)
        name = name.lower()
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


@dataclass(frozen=True)
class SampleTable:
    """What the head says of the samples.

    Parameters
    ----------
    frame : DataFrame
        One row a sample. Single lines under their name (``title``, ``source_name_ch1``); characteristics
        under their own key in lower case, split from the value at the last colon, repeated blanks as one.
        Blank and ``null`` are missing. The other channel's keys carry ``ch1:`` and a blank in front.
    described : list of bool
        Whether a sample is a tumour's: it has an `IDENTITY` where any sample has one, else any
        characteristic.
    issues : list of Issue
    """

    frame: pd.DataFrame
    described: list[bool]
    issues: list[Issue]


def sample_table(header: Header, samples: Sequence[str], *, channel: int | None, where: str) -> SampleTable:
    """Collect what the head says of each sample.

    Parameters
    ----------
    header : Header
    samples : sequence of str
        Accessions in the order of the head.
    channel : int or None
        Channel whose characteristics describe the tumour; None: the one with most different keys.
    where : str
        Named in issues.
    """
    columns: dict[str, list[str | None]] = {}
    channels: dict[int, list[list[str]]] = defaultdict(list)
    odd: list[Issue] = []
    for name, given in header.sample.items():
        rows = [row for row in given if len(row) == len(samples)]
        if len(rows) < len(given):
            text = f"line(s) of the head without one cell for each of the {len(samples)} samples are left out"
            odd.append(Issue("geo.head_line", text, where=where, count=len(given) - len(rows)))
        if not rows:
            continue
        match = _CHARACTERISTICS.match(name)
        if match:
            channels[int(match.group(1) or 1)] += rows
        else:
            columns[name] = [_known("; ".join(v for v in cell if v)) for cell in zip(*rows, strict=True)]
    parsed = {number: _characteristics(rows, len(samples)) for number, rows in channels.items()}
    main = channel or max(parsed, key=lambda n: (len(parsed[n].values), n), default=1)
    for number, found in parsed.items():
        prefix = "" if number == main else f"ch{number}: "
        columns.update({prefix + key: values for key, values in found.values.items()})
    index = pd.Index(samples, name="sample_id")
    frame = pd.DataFrame(
        {k: pd.Series(v, index=index, dtype=object) for k, v in columns.items()}, index=index
    )
    own = parsed[main].values if main in parsed else {}
    telling = [own[key] for key in IDENTITY if key in own] or list(own.values())
    described = [any(values[i] is not None for values in telling) for i in range(len(samples))]
    issues = [*odd, *(i for number, found in parsed.items() for i in _cell_issues(number, found, where))]
    return SampleTable(frame, described, issues)


def split_characteristic(cell: str) -> tuple[str, str]:
    """Split ``key: value`` at the last colon; the key in lower case with single blanks, or empty."""
    key, colon, value = cell.rpartition(":")
    return (" ".join(key.lower().split()), value.strip()) if colon else ("", cell.strip())


@dataclass
class _Characteristics:
    values: dict[str, list[str | None]]
    without_colon: int = 0
    doubled: int = 0


def _characteristics(rows: Sequence[Sequence[str]], n: int) -> _Characteristics:
    found = _Characteristics({})
    for i, cell in ((i, cell) for row in rows for i, cell in enumerate(row) if cell):
        key, text = split_characteristic(cell)
        found.without_colon += not key
        column = found.values.setdefault(key or "characteristics", [None] * n)
        known = _known(text)
        found.doubled += column[i] is not None and known is not None and column[i] != known
        column[i] = known if column[i] is None else column[i]
    return found


def _known(value: str) -> str | None:
    return None if value.strip().lower() in MISSING else value.strip()


def _cell_issues(channel: int, found: _Characteristics, where: str) -> list[Issue]:
    issues = []
    if found.without_colon:
        text = f"{found.without_colon} characteristic(s) of channel {channel} without a colon"
        issues.append(Issue("geo.no_colon", text, where=where, count=found.without_colon))
    if found.doubled:
        text = f"{found.doubled} characteristic(s) of channel {channel} given twice; the first is kept"
        issues.append(Issue("geo.repeated_key", text, where=where, count=found.doubled))
    return issues
