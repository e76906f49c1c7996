"""The numbers behind a survival figure as a table, for readers who cannot see it or want to copy them."""

from __future__ import annotations

from dataclasses import dataclass

from kinephen.core.counted import duration
from kinephen.report.cells import Part, cell_parts
from kinephen.report.formats import format_value
from kinephen.report.pointer import make_pointer
from kinephen.report.schema.figures import FigureEntry, KMCurve, KMData


@dataclass(frozen=True)
class NumbersBehind:
    """One small table: its heading, column headings, and rows of parts."""

    title: str
    test: tuple[Part, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[Part, ...], ...]], ...]


def numbers_behind(name: str, figure: FigureEntry) -> list[NumbersBehind]:
    """Return one table for each panel of a survival figure: patients, events and numbers at risk.

    Parameters
    ----------
    name : str
        Of the figure in the report.
    figure : FigureEntry

    Returns
    -------
    list of NumbersBehind
        Empty for other kinds of figures, whose numbers stand in tables or in the drawing alone.
    """
    data = figure.data
    if not isinstance(data, KMData):
        return []
    found = []
    for i, panel in enumerate(data.panels):
        pointer = make_pointer("figures", name, "data", "panels", i)
        test = [Part(f"{panel.test} p "), Part(format_value(panel.p, "p"), f"{pointer}/p", "p")]
        if panel.hazard_ratio is not None:
            ratio = cell_parts(panel.hazard_ratio, "f2", f"{pointer}/hazard_ratio")
            test += [Part("; hazard ratio "), *ratio]
        times = tuple(f"at risk at {duration(t, data.time_unit)}" for t in panel.risk_times)
        rows = [(c.label, _row(c, f"{pointer}/curves/{j}")) for j, c in enumerate(panel.curves)]
        found.append(NumbersBehind(panel.title, tuple(test), ("patients", "events", *times), tuple(rows)))
    return found


def _row(curve: KMCurve, pointer: str) -> tuple[tuple[Part, ...], ...]:
    counts = [("n", curve.n), ("events", curve.events)]
    counts += [(f"at_risk/{k}", n) for k, n in enumerate(curve.at_risk)]
    return tuple((Part(f"{n}", f"{pointer}/{key}", "int"),) for key, n in counts)
