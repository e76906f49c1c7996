"""What was given: tables, expression and a full run, as quantities; what is missing is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from kinephen.core.cohort import ExpressionTable, Issue
from kinephen.core.counted import counted
from kinephen.errors import KinephenError
from kinephen.io.public_tables import PublicTables, read_public_tables
from kinephen.report.schema import Report
from kinephen.reproduce import run_counts, run_survival, table_quantities
from kinephen.reproduce.baseline_phenotypes import BaselineGroups, baseline_groups, baseline_quantities
from kinephen.reproduce.claims import Article
from kinephen.reproduce.definitions import definition_quantities
from kinephen.reproduce.expression import expression_quantities, read_matrices, score_patients, series_link
from kinephen.reproduce.found import Found, Quantities
from kinephen.reproduce.ledger import Ledger, judge_all
from kinephen.reproduce.made import made_items
from kinephen.reproduce.printed import printed_quantities
from kinephen.reproduce.tables_analysis import TablesAnalysis, analyse_tables
from kinephen.study.public_cohorts import FlowBox, PublicCohorts, build_cohorts

KINDS = {
    "clinical": "clinical table",
    "visits": "list of studies",
    "link": "link to GSE22226",
    "features": "published baseline feature table",
}
NO_VISITS = "no list of studies was given, so patients without both visits are among these"
WITHOUT_VISITS = ("discovery.youngest_complete",)
UNUSABLE = "given, but unusable"
EXPRESSION = "expression: series matrices of GSE22226 with platform tables (--geo FILE, repeated)"
IMAGES = "images (study.toml and exams.csv of kinephen fetch)"


@dataclass(frozen=True)
class Inputs:
    """Where things lie; everything may be absent."""

    ispy1: Path | None = None
    nact: Path | None = None
    geo: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Evidence:
    """What was read and computed before any run of images.

    Parameters
    ----------
    ispy1, nact : PublicTables, optional
    cohorts : PublicCohorts, optional
    analysis : TablesAnalysis, optional
    groups : BaselineGroups, optional
        Stand-in from the published baseline features.
    given, missing : tuple of str
    issues : tuple of Issue
    """

    ispy1: PublicTables | None
    nact: PublicTables | None
    cohorts: PublicCohorts | None
    analysis: TablesAnalysis | None
    groups: BaselineGroups | None
    given: tuple[str, ...]
    missing: tuple[str, ...]
    issues: tuple[Issue, ...] = field(default=())


def read_evidence(inputs: Inputs, *, seed: int, replicates: int | None = None) -> Evidence:
    """Read the tables and run what they allow.

    Parameters
    ----------
    inputs : Inputs
    seed : int
    replicates : int, optional
        Of the cross-validation; by default the article's 100.

    Returns
    -------
    Evidence
        Expression that cannot be read is a note and named as missing; the rest is done.

    Raises
    ------
    InputError
        A folder does not exist.
    """
    ispy1 = None if inputs.ispy1 is None else read_public_tables(inputs.ispy1)
    nact = None if inputs.nact is None else read_public_tables(inputs.nact)
    given: list[str] = []
    missing: list[str] = []
    issues = [i for t in (ispy1, nact) if t is not None for i in t.issues]
    _inventory(
        "I-SPY 1", "--ispy1", ispy1, ("clinical", "visits", "link", "features"), given, missing, issues
    )
    _inventory("NACT pilot", "--nact", nact, ("clinical", "visits"), given, missing, issues)
    matrices = _matrices(inputs.geo, missing, issues)
    if ispy1 is not None and ispy1.link is None and matrices:
        ispy1 = replace(ispy1, link=series_link(matrices))
        if ispy1.link is not None:
            missing.remove(f"I-SPY 1: {KINDS['link']}")
            given.append(f"I-SPY 1: {KINDS['link']} (from the series itself)")
    cohorts = None if ispy1 is None else build_cohorts(ispy1, nact)
    scores = _scores(matrices, cohorts, given, missing, issues)
    analysis = None
    if cohorts is not None and len(cohorts.discovery):
        analysis = analyse_tables(cohorts, scores, seed=seed, replicates=replicates)
        issues += [
            Issue("reproduce.not_fitted", f"{name} could not be fitted: {why}")
            for name, why in analysis.absent.items()
        ]
    groups = _groups(ispy1, analysis, seed, issues)
    return Evidence(ispy1, nact, cohorts, analysis, groups, tuple(given), tuple(missing), tuple(issues))


def make_ledger(
    article: Article, evidence: Evidence, report: Report | None, *, simulated: bool, seed: int
) -> Ledger:
    """Return the ledger from the tables and, where there is one, the report of a run.

    Parameters
    ----------
    article : Article
    evidence : Evidence
    report : Report, optional
    simulated : bool
        `report` is of another trial than the article's: a simulated one.
    seed : int
    """
    run = {} if report is None else run_quantities(report)
    own = [definition_quantities(seed), printed_quantities()]
    tables = table_sources(evidence)
    sources: Sequence[Quantities] = [*own, *tables, run] if simulated else [run, *tables, *own]
    return Ledger(
        article=article,
        rows=judge_all(article, sources, simulated=simulated),
        given=evidence.given + (("a simulated trial",) if simulated else ()),
        missing=evidence.missing,
        flow=evidence.cohorts.flow if evidence.cohorts is not None else _run_flow(report),
        made=made_items(report, evidence.analysis, evidence.groups),
        simulated=simulated,
        seed=seed,
    )


def run_quantities(report: Report) -> dict[str, Found]:
    """Return all quantities of a run's report."""
    return {
        **run_counts.cohort_quantities(report),
        **run_counts.phenotype_quantities(report),
        **run_survival.curve_quantities(report),
        **run_survival.model_quantities(report),
        **run_survival.confusion_quantities(report),
        **run_counts.association_quantities(report),
        **run_counts.validation_quantities(report),
    }


def table_sources(evidence: Evidence) -> list[dict[str, Found]]:
    """Return the quantities of expression and tables, in order of preference.

    Without a list of studies the cohort holds patients without both visits: its numbers are stand-ins then.
    """
    found: list[dict[str, Found]] = []
    if evidence.analysis is not None:
        found.append(expression_quantities(evidence.analysis.frame))
        found.append(table_quantities.analysis_quantities(evidence.analysis))
    if evidence.groups is not None:
        found.append(baseline_quantities(evidence.groups))
    if evidence.cohorts is not None:
        pilot = evidence.cohorts.nact is not None
        found.append(table_quantities.cohort_quantities(evidence.cohorts, nact=pilot))
    if evidence.ispy1 is not None and evidence.ispy1.visits is None:
        found = [_without_visits(source, "") for source in found]
    elif evidence.nact is not None and evidence.nact.visits is None:
        found = [_without_visits(source, "validation.") for source in found]
    if evidence.ispy1 is not None:
        found.append(table_quantities.collection_quantities(evidence.ispy1, evidence.cohorts))
    return found


def _without_visits(source: Quantities, start: str) -> dict[str, Found]:
    """Turn quantities whose name begins with `start` into stand-ins, but for what no visit can change."""
    return {
        name: replace(f, basis="stand-in", note=NO_VISITS)
        if name.startswith(start) and name not in WITHOUT_VISITS
        else f
        for name, f in source.items()
    }


def _inventory(
    name: str,
    option: str,
    tables: PublicTables | None,
    kinds: Sequence[str],
    given: list[str],
    missing: list[str],
    issues: list[Issue],
) -> None:
    if tables is None:
        missing.append(f"{name}: {', '.join(KINDS[k] for k in kinds)}, {IMAGES} ({option} DIR)")
        return
    for kind in kinds:
        present = getattr(tables, kind) is not None
        file = tables.files.get(kind, tables.files.get("exams", "")) if present else ""
        (given if present else missing).append(f"{name}: {KINDS[kind]}" + (f" ({file})" if file else ""))
    if not tables.files:
        issues.append(Issue("reproduce.no_tables", f"{name}: no known table in the folder", where=UNUSABLE))
    with_images = tables.study is not None and tables.exams is not None
    (given if with_images else missing).append(f"{name}: {IMAGES}")


def _matrices(files: Sequence[Path], missing: list[str], issues: list[Issue]) -> tuple[ExpressionTable, ...]:
    if not files:
        missing.append(EXPRESSION)
        return ()
    try:
        return tuple(read_matrices(files))
    except KinephenError as error:
        missing.append(f"{EXPRESSION}; what was given cannot be used: {error}")
        issues.append(Issue(error.code, str(error), where=UNUSABLE))
        return ()


def _scores(
    matrices: Sequence[ExpressionTable],
    cohorts: PublicCohorts | None,
    given: list[str],
    missing: list[str],
    issues: list[Issue],
) -> pd.DataFrame | None:
    if not matrices:
        return None
    if cohorts is None:
        missing.append("clinical table that says whose the expression is (--ispy1 DIR)")
        return None
    try:
        scores = score_patients(matrices, cohorts.patients)
    except KinephenError as error:
        missing.append(f"{EXPRESSION}; what was given cannot be scored: {error}")
        issues.append(Issue(error.code, str(error), where=UNUSABLE))
        return None
    if scores.table.empty:
        missing.append(f"{EXPRESSION}; none of the samples belongs to a patient of the clinical table")
        issues.append(Issue("reproduce.unlinked", "no sample belongs to a patient", where=UNUSABLE))
        return None
    given.append(f"expression: {counted(len(scores.table), 'patient')} scored")
    issues.extend(scores.issues)
    return scores.table


def _groups(
    ispy1: PublicTables | None, analysis: TablesAnalysis | None, seed: int, issues: list[Issue]
) -> BaselineGroups | None:
    if ispy1 is None or ispy1.features is None or analysis is None:
        return None
    found = baseline_groups(ispy1.features, analysis.frame, seed)
    if isinstance(found, str):
        issues.append(Issue("reproduce.baseline", f"baseline features could not be clustered: {found}"))
        return None
    return found


def _run_flow(report: Report | None) -> tuple[FlowBox, ...]:
    if report is None:
        return ()
    return tuple(
        FlowBox(
            key=s.key, label=s.label, n=s.n, parent=s.parent, left=tuple((e.reason, e.n) for e in s.excluded)
        )
        for s in report.flow
    )
