"""What every result of a test, an estimate or a model can do: print itself as text, LaTeX, HTML and JSON."""

from __future__ import annotations

from typing import Any, ClassVar

from kinephen.core.plain import field_values, json_text, plain
from kinephen.core.result_table import ResultTable, Value


class Printable:
    """Base of result objects, which are frozen dataclasses.

    Text is ``str(result)``. A subclass says more than its fields do by overriding `table`; `hidden` names the
    fields that hold one value a patient, which no output shows.
    """

    hidden: ClassVar[frozenset[str]] = frozenset()

    def to_dict(self) -> dict[str, object]:
        """Return plain fields, without the hidden ones."""
        return {k: field_values(v) for k, v in self.__dict__.items() if k not in self.hidden}

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

    def to_json(self) -> str:
        """Return strict JSON of `to_dict`; what is not finite is null."""
        return json_text(plain(self))

    def _repr_html_(self) -> str:
        return self.to_html()


def _flat(record: dict[str, Any], prefix: str = "") -> list[tuple[Value, ...]]:  # plain fields of any result
    rows: list[tuple[Value, ...]] = []
    for key, value in record.items():
        name = f"{prefix}{key.replace('_', ' ')}"
        if isinstance(value, dict):
            rows += _flat(value, f"{name}: ")
        elif not isinstance(value, list):
            rows.append((name, value))
    return rows
