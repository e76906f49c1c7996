"""What the commands share: results to standard output, everything else to standard error."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


def emit_json(result: Mapping[str, Any] | list[Any]) -> None:
    """Print one JSON document to standard output; NaN and infinities become null."""
    sys.stdout.write(json.dumps(_plain(result), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


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


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)
