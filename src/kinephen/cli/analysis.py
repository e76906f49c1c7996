"""What ``run`` and ``demo`` share: a run in its folder, its report, and a summary for people."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from kinephen.config.schema import StudyFile
    from kinephen.report.schema import Report


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What a run ended with.

    Parameters
    ----------
    page : Path
        The HTML report.
    report : Report
    model : Path
        The fitted phenotype model.
    failures : list of dict
        Case, visit, code and message of each exam that failed.
    seconds : float
    """

    page: Path
    report: Report
    model: Path
    failures: list[dict[str, str]] = field(default_factory=list)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, object]:
        """Return plain fields for ``--json``."""
        return {
            "report": str(self.page),
            "report_json": str(self.page.with_name("report.json")),
            "model": str(self.model),
            "failures": self.failures,
            "headlines": {n: v.value for n, v in self.report.numbers.items()},
            "seconds": round(self.seconds, 1),
        }


def analyse(
    study: StudyFile,
    root: Path,
    out: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    formats: str = "svg,pdf,png",
    quiet: bool = False,
) -> Analysis:
    """Run a study in `out` and write its report, model, tables and run.json.

    Raises
    ------
    KinephenError
        See `kinephen.study.run.run_study`.
    """
    prepare_numerics(quiet)
    from kinephen.cli.output import progress
    from kinephen.core.plain import write_json
    from kinephen.io.recipe_log import FOLDER
    from kinephen.report.folder import write_report
    from kinephen.report.render import figure_formats
    from kinephen.study.engine import make_engine
    from kinephen.study.lock import run_lock
    from kinephen.study.place import refuse_inputs, study_inputs
    from kinephen.study.run import run_study

    pictures = figure_formats(formats)
    refuse_inputs(out, study_inputs(study, root))
    started, clock = datetime.now(UTC), time.monotonic()
    with run_lock(out), progress(quiet=quiet) as bars:
        tell = Teller(bars)
        results = run_study(
            study,
            root,
            out,
            engine=make_engine(scheduler=scheduler, workers=workers),
            progress=tell,
            log=root / FOLDER,
        )
        tell("report", 0, 1)
        written = write_report(results, out, formats=pictures)
        tell("report", 1, 1)
        seconds = time.monotonic() - clock
        write_json(out / "run.json", _run_record(started, seconds, scheduler, workers))
    failures = [
        {"case": case, "visit": visit, "code": f.code, "message": f.message, "hint": f.hint}
        for (case, visit), f in sorted(results.cases.failures.items())
    ]
    return Analysis(
        page=written.page, report=written.report, model=written.model, failures=failures, seconds=seconds
    )


def prepare_numerics(quiet: bool) -> None:
    """Settle threads and the cache of compiled loops; call it before anything numerical is imported."""
    from kinephen.core.processes import limit_threads
    from kinephen.study.kernels import compile_kernels, kernels_are_cached, prepare_numba_cache

    limit_threads()
    prepare_numba_cache()
    if kernels_are_cached():
        return
    from kinephen.cli.output import say

    # Compiled once here, so that the workers find them.
    if not quiet:
        say("first use: compiling the feature extraction, a few seconds, once ...")
    compile_kernels()


def print_summary(result: Analysis) -> None:
    """Print truth against found (if any), the conclusions beside, and where the report is."""
    from kinephen.cli.output import emit_table
    from kinephen.report.cells import cell_text

    for name in ("beside", "truth"):
        table = result.report.tables.get(name)
        if table is not None:
            rows = [[cell_text(row.get(c.key), c.format) for c in table.columns] for row in table.rows]
            emit_table(table.title, [c.label for c in table.columns], rows)
    print(f"report: {result.page}")


class Teller:
    """Keeps one progress bar for each stage."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show how far a stage is."""
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._tasks[what], completed=done, total=total)


def _run_record(
    started: datetime, seconds: float, scheduler: str | None, workers: int | None
) -> dict[str, object]:
    from kinephen.study.provenance import machine

    return {
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "engine": "dask" if scheduler else "local",
        "workers": workers,
        "machine": machine(),
    }
