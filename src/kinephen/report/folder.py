"""The folder of a run's report: page, figures, tables, model, and the long tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kinephen.core.plain import write_json
from kinephen.core.written import owned
from kinephen.report.numbers import build_report
from kinephen.report.render import render_report
from kinephen.report.schema import Report
from kinephen.study.private import seal_report
from kinephen.study.run import StudyResults
from kinephen.study.store import frame_files, write_frame


@dataclass(frozen=True)
class Written:
    """What was written."""

    page: Path
    report: Report
    model: Path


def write_report(results: StudyResults, out: Path, *, formats: Sequence[str] = ("svg",)) -> Written:
    """Build the report of a run and write it into `out`, each file whole.

    Besides the report folder (see `kinephen.report.render.render_report`): ``model.json``, and in ``data/``
    the decision on each feature and the loadings, as CSV and Parquet.
    """
    report = build_report(results, out)
    page = render_report(report, out, formats=formats)
    model = out / "model.json"
    phenotypes = results.cohort.main.phenotypes
    evidence = phenotypes.evidence
    tables = {"feature_decisions": evidence.filter, "loadings": evidence.loadings}
    with owned(out, "model", [model.name, *frame_files("data", tables)]):
        write_json(model, phenotypes.model.model_dump(mode="json", by_alias=True))
        for name, rows in tables.items():
            write_frame(out / "data" / name, pd.DataFrame([r.model_dump() for r in rows]))
    seal_report(out)
    return Written(page, report, model)
