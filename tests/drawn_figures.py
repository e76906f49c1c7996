"""The figures of the sample report, drawn."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure
from tests.report_sample import add_images, sample_report

from kinephen.report.assets import read_array
from kinephen.report.figures import draw_figure, figure_names
from kinephen.report.schema import Report


def drawn_sample(out: Path) -> tuple[Report, dict[str, Figure]]:
    """Return the sample and its figures but the flow of patients; images are written into `out`."""
    report = add_images(sample_report(30), out)
    tiles = [t for case in report.figures["tumours"].data.cases for t in case.tiles]
    arrays = {d: read_array(out, d) for t in tiles for d in (t.sha256, t.outline)}
    names = [n for n in figure_names(report) if n != "cohort_flow"]
    return report, {n: draw_figure(report, n, arrays) for n in names}
