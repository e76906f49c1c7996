"""What every result of a test, an estimate or a model can do: print itself as text, LaTeX, HTML and JSON."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass
from typing import Any, ClassVar

import numpy as np

from kinephen.core.result_table import ResultTable, Value


class Printable:
    """Base of result objects, which are frozen dataclasses.

    Text is ``str(result)``. A subclass says more than its fields do by overriding `table`; `hidden` names the
    fields that hold one value a patient, which no output shows.
    """

    hidden: ClassVar[frozenset[str]] = frozenset()

    def to_dict(self) -> dict[str, Any]:
        """Return plain fields, without the hidden ones."""
        return {k: plain(v) for k, v in self.__dict__.items() if k not in self.hidden}

    def table(self) -> ResultTable:
        """Return the result as a table: by default each field that is one number or word."""
        rows = tuple(_flat(self.to_dict()))
        return ResultTable(str(self).splitlines()[0], ("quantity", "value"), rows)

    def to_latex(self) -> str:
        """Return a LaTeX ``tabular`` (package ``booktabs``)."""
        return self.table().latex()

    def to_html(self) -> str:
        """Return an HTML ``table`` element."""
        return self.table().html()

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return strict JSON of `to_dict`; what is not finite is null."""
        return json.dumps(_finite(self.to_dict()), indent=indent, allow_nan=False, ensure_ascii=False)

    def _repr_html_(self) -> str:
        return self.to_html()


def plain(value: Any) -> Any:
    """Return dataclasses, arrays and tuples as dictionaries and lists of plain values."""
    if hasattr(value, "to_dict") and not isinstance(value, type):
        return value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.repr}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _flat(record: dict[str, Any], prefix: str = "") -> list[tuple[Value, ...]]:
    rows: list[tuple[Value, ...]] = []
    for key, value in record.items():
        name = f"{prefix}{key.replace('_', ' ')}"
        if isinstance(value, dict):
            rows += _flat(value, f"{name}: ")
        elif not isinstance(value, list):
            rows.append((name, value))
    return rows


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
