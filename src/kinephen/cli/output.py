"""What the commands share: results to standard output, everything else to standard error."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from kinephen.core.plain import json_text, plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


def emit_json(result: object) -> None:
    """Print one JSON document of a result to standard output; NaN and infinities become null."""
    sys.stdout.write(json_text(plain(result)) + "\n")


def emit_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table to standard output, plain columns when it is not a terminal."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title or None, title_justify="left")
    for name in columns:
        table.add_column(name)
    for row in rows:
        table.add_row(*[_cell(v) for v in row])
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def say(text: str) -> None:
    """Print one line for people to standard error."""
    sys.stderr.write(text + "\n")


class Noticed(Protocol):
    """An issue: `kinephen.core.cohort.Issue`, or its record."""

    @property
    def code(self) -> str:
        """Stable short name."""

    @property
    def message(self) -> str:
        """What was found."""

    @property
    def where(self) -> str:
        """Case, column or file."""

    @property
    def count(self) -> int:
        """How many it concerns."""


def say_issues(issues: Iterable[Noticed]) -> None:
    """Print one line for each issue to standard error, with its level where it has one."""
    for issue in issues:
        where = f"{issue.where}: " if issue.where else ""
        count = f" ({issue.count})" if issue.count > 1 else ""
        say(f"{getattr(issue, 'level', 'note')} [{issue.code}]: {where}{issue.message}{count}")


def console() -> Console:
    """Return the console on standard error."""
    from rich.console import Console

    return Console(stderr=True)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Progress]:
    """Show progress bars with the time left on standard error while the block runs."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(),
        disable=quiet,
    ) as bar:
        yield bar


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.6g}"
    return "" if value is None else str(value)
