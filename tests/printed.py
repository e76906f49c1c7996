"""Tables that the command line printed, read back as text."""

from __future__ import annotations

BORDERS = "\u2502\u2503"


def printed_tables(out: str) -> dict[str, list[list[str]]]:
    """Return the rows of each printed table by its title, the first row being its heading.

    Rows that were wrapped are joined with a blank.
    """
    tables: dict[str, list[list[str]]] = {}
    title, rows = "", []
    for line in out.splitlines():
        if line.startswith("\u250f"):
            rows = tables.setdefault(title.strip(), [])
        elif line[:1] in BORDERS and line.strip():
            cells = [c.strip() for c in line.replace(BORDERS[1], BORDERS[0]).split(BORDERS[0])[1:-1]]
            if rows and len(rows) > 1 and not cells[0]:
                rows[-1] = [f"{a} {b}".strip() for a, b in zip(rows[-1], cells, strict=True)]
            else:
                rows.append(cells)
        elif line.startswith("\u2514"):
            title = ""
        elif line.strip() and line[0] not in "\u2521\u251c":
            title = line
    return tables


def records(table: list[list[str]]) -> list[dict[str, str]]:
    """Return the rows of a printed table by the names of its heading."""
    head, *rows = table
    return [dict(zip(head, row, strict=True)) for row in rows]
