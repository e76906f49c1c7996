"""Where in a report something stands: the only way in which facts take their numbers."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from kinephen.report.pointer import make_pointer
from kinephen.report.schema import Estimate, Format, Missing, Report, Sentence, StatementRef, Table


@dataclass(frozen=True)
class Fact:
    """Something that the run says of itself.

    Parameters
    ----------
    sentence : Sentence
    evidence : tuple of str
        JSON pointers to tables and figures that show it, besides those of the sentence's numbers.
    whole : bool
        False where it holds for a part of the exams only, so that it answers no item fully.
    """

    sentence: Sentence
    evidence: tuple[str, ...] = ()
    whole: bool = True

    def pointers(self) -> tuple[str, ...]:
        """Return every place that bears the fact, each once."""
        return tuple(dict.fromkeys([*(r.pointer for r in self.sentence.refs.values()), *self.evidence]))


class Evidence:
    """Look-up in a report; each answer is None when the run does not have it.

    Parameters
    ----------
    report : Report
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self._settings = {s.key: (i, s.value) for i, s in enumerate(report.settings)}

    def setting(self, key: str) -> JsonValue:
        """Return the value of a setting; None when it is unset or not in the report."""
        return self._settings[key][1] if key in self._settings else None

    def choice(self, key: str) -> str:
        """Return the word that a setting chooses; empty when it is unset, no word, or not in the report."""
        value = self.setting(key)
        return value if isinstance(value, str) else ""

    def has_setting(self, key: str) -> bool:
        """Return True when the report lists the setting."""
        return key in self._settings

    def setting_place(self, key: str) -> str:
        """Return the pointer to a setting that the report lists."""
        return make_pointer("settings", self._settings[key][0], "value")

    def setting_ref(self, key: str, form: Format = "sig3") -> StatementRef | None:
        """Return how a sentence shows a setting that has a value."""
        if self.setting(key) is None:
            return None
        return StatementRef(pointer=self.setting_place(key), format=form)

    def number_ref(self, name: str, form: Format = "int") -> StatementRef | None:
        """Return how a sentence shows a number of the report that is defined."""
        number = self.report.numbers.get(name)
        if number is None or number.value is None:
            return None
        return StatementRef(pointer=make_pointer("numbers", name, "value"), format=form)

    def version_ref(self, package: str) -> StatementRef | None:
        """Return how a sentence shows the version of a package."""
        if package not in self.report.provenance.versions:
            return None
        return StatementRef(pointer=make_pointer("provenance", "versions", package), format="text")

    def cohort(self, name: str) -> int | None:
        """Return the place of a cohort that holds patients."""
        for i, cohort in enumerate(self.report.study.cohorts):
            if cohort.name == name and cohort.n:
                return i
        return None

    def table(self, name: str) -> Table | None:
        """Return a table that has rows."""
        table = self.report.tables.get(name)
        return table if table is not None and table.rows else None

    def table_places(self, *names: str) -> tuple[str, ...]:
        """Return pointers to those of the tables that the run has."""
        return tuple(make_pointer("tables", name) for name in names if self.table(name) is not None)

    def figure_places(self, *names: str) -> tuple[str, ...]:
        """Return pointers to those of the figures that the run has."""
        return tuple(make_pointer("figures", name) for name in names if name in self.report.figures)

    def row(self, table: str, column: str, start: str) -> int | None:
        """Return the first row whose text in `column` begins with `start`."""
        found = self.table(table)
        if found is None:
            return None
        for i, row in enumerate(found.rows):
            if str(row.get(column, "")).startswith(start):
                return i
        return None

    def cell_ref(
        self, table: str, row: int | None, column: str, form: Format, part: str = ""
    ) -> StatementRef | None:
        """Return how a sentence shows a cell, or a part of an estimate, that is defined."""
        found = self.table(table)
        if found is None or row is None:
            return None
        cell = found.rows[row].get(column)
        value = getattr(cell, part, None) if part and isinstance(cell, Estimate) else cell
        if value is None or isinstance(value, Missing):
            return None
        place = make_pointer("tables", table, "rows", row, column, *([part] if part else []))
        return StatementRef(pointer=place, format=form)


def fact(text: str, evidence: tuple[str, ...] = (), /, **refs: StatementRef | None) -> Fact | None:
    """Return a fact, or None if one of its numbers is not defined in this run."""
    if any(ref is None for ref in refs.values()):
        return None
    known = {name: ref for name, ref in refs.items() if ref is not None}
    return Fact(Sentence(text=text, refs=known), evidence)
