"""What a renderer is told besides its own data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kinephen.report.schema import Report
from kinephen.types import AnyArray


@dataclass(frozen=True)
class DrawContext:
    """Where a figure stands in the report.

    Parameters
    ----------
    report : Report
        For figures that show a table's numbers.
    pointer : str
        JSON pointer of the figure's data.
    title : str
    arrays : mapping of str to ndarray
        Small 2-D arrays by their hash, for figures that show images.
    """

    report: Report
    pointer: str
    title: str
    arrays: Mapping[str, AnyArray] = field(default_factory=dict)
