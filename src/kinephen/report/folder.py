"""The folder of a run's report: page, figures, tables, model, and the long tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kinephen.pipeline.phenotype_step import delta_frame
from kinephen.pipeline.run import StudyResults
from kinephen.pipeline.store import read_json, write_json
from kinephen.report.files import write_whole
from kinephen.report.numbers import build_report
from kinephen.report.render import render_report
from kinephen.report.schema import Report


@dataclass(frozen=True)
class Written:
    """What was written."""

    page: Path
    report: Report
    model: Path


def write_report(results: StudyResults, out: Path) -> Written:
    """Build the report of a run and write it into `out`, each file whole.

    Besides the report folder (see `kinephen.report.render.render_report`): ``model.json``, and in ``data/`` the
    features of both visits, the delta features and each feature's decision, as CSV and Parquet.
    """
    report = build_report(results, out)
    page = render_report(report, out)
    model = out / "model.json"
    write_json(model, read_json(results.cohort.main.folder / "model.json"))
    for name, frame in _long_tables(results).items():
        write_whole(out / "data" / f"{name}.csv", frame.to_csv(index=False).encode("utf-8"))
        write_whole(out / "data" / f"{name}.parquet", frame.to_parquet(index=False))
    return Written(page, report, model)


def _long_tables(results: StudyResults) -> dict[str, pd.DataFrame]:
    main, plan = results.cohort.main, results.plan
    found = {}
    for visit in plan.study.study.visits:
        table = results.cases.table(main.name, visit).reset_index(names="case")
        found[f"features_{visit}"] = _labelled(table, results)
    delta = pd.concat([delta_frame(record) for record in main.phenotypes["delta"].values()])
    found["delta_features"] = _labelled(delta.reset_index(names="case"), results)
    found["feature_decisions"] = pd.DataFrame(main.phenotypes["evidence"]["filter"])
    found["loadings"] = pd.DataFrame(main.phenotypes["evidence"]["loadings"])
    found["feature_issues"] = pd.DataFrame(
        _undefined(results), columns=["case", "visit", "map", "feature", "reason"]
    )
    return found


def _labelled(table: pd.DataFrame, results: StudyResults) -> pd.DataFrame:
    return table.assign(case=[results.plan.label(c) for c in table["case"]])


def _undefined(results: StudyResults) -> list[tuple[str, str, str, str, str]]:
    """Return the reason of every undefined feature of the study's own preset."""
    records = results.cases.features[results.cohort.main.name]
    return [
        (results.plan.label(case), visit, r["map"], r["feature"], r["reason"])
        for (case, visit), record in sorted(records.items())
        for r in record["reasons"]
    ]
