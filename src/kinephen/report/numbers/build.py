"""The whole of report.json from the results of a run."""

from __future__ import annotations

from pathlib import Path

from kinephen.config.presets import PRESET_NAMES, flatten, preset_settings
from kinephen.core.counted import counted
from kinephen.core.plain import hash_file
from kinephen.records.base import IssueRecord
from kinephen.records.exams import ExamsSummary
from kinephen.report.checklists import with_texts
from kinephen.report.numbers import cohort as cohort_numbers
from kinephen.report.numbers.acquisition import acquisition_table
from kinephen.report.numbers.at_horizon import horizon_tables
from kinephen.report.numbers.beside import beside_table
from kinephen.report.numbers.change import change_signs
from kinephen.report.numbers.end_points import end_point_figures, end_point_tables, end_point_words
from kinephen.report.numbers.evidence import evidence_table
from kinephen.report.numbers.explorer import explorer
from kinephen.report.numbers.feature_list import feature_list
from kinephen.report.numbers.patients import patients_rows
from kinephen.report.numbers.performance import performance_figures, performance_tables
from kinephen.report.numbers.phenotypes import phenotype_figures, phenotype_tables
from kinephen.report.numbers.protocol import protocol_table
from kinephen.report.numbers.radiogenomic import radiogenomic
from kinephen.report.numbers.recipes import recipe_tables
from kinephen.report.numbers.schematic import schematic_figure
from kinephen.report.numbers.sites import site_figures, site_tables
from kinephen.report.numbers.summary import summary
from kinephen.report.numbers.survival import survival_figures, survival_tables
from kinephen.report.numbers.truth import truth_figure, truth_table
from kinephen.report.numbers.tumours import tumours_figure
from kinephen.report.numbers.validation import validation_figures, validation_tables
from kinephen.report.numbers.validation_figures import validation_heatmap
from kinephen.report.schema import (
    FigureEntry,
    InputFile,
    IssueEntry,
    Provenance,
    Report,
    Setting,
    Study,
    Table,
)
from kinephen.study.cohort import PresetResults
from kinephen.study.provenance import versions
from kinephen.study.run import StudyResults


def build_report(results: StudyResults, out: Path) -> Report:
    """Return the report of a run; images that it names are stored under ``out/assets``."""
    main = results.cohort.main
    tables = _tables(results)
    figures = _figures(results, out)
    statements, headlines, numbers = summary(results, tables, figures)
    patients, columns = patients_rows(results, out)
    report = Report(
        study=_study(results),
        preset=main.name,
        headlines=headlines,
        summary=statements,
        numbers=numbers,
        flow=cohort_numbers.flow(main.flow),
        tables=tables,
        figures=figures,
        patients=patients,
        patients_columns=columns,
        risk_model=_risk_model(main),
        change=change_signs(main.delta),
        explorer=explorer(results),
        settings=_settings(results),
        issues=_issues(results),
        provenance=_provenance(results),
    )
    return with_texts(report)


def _risk_model(main: PresetResults) -> str:
    """Return the title of the model behind the risk scores of patients; empty without one."""
    name = main.survival.risk.model
    return "" if name is None else main.survival.ladder.models[name].title


def _tables(results: StudyResults) -> dict[str, Table]:
    cohort, main, end_point = results.cohort, results.cohort.main, end_point_words(results)
    found: dict[str, Table | None] = {
        "evidence": evidence_table(cohort),
        **cohort_numbers.cohort_tables(cohort),
        "acquisition": acquisition_table(results.exams),
        "protocol": protocol_table(results.exams),
        "beside": beside_table(cohort),
        **phenotype_tables(main),
        **site_tables(main),
        **survival_tables(main),
        **recipe_tables(results.recipes),
        **performance_tables(main, end_point),
        **horizon_tables(main),
        **end_point_tables(main, end_point),
        **validation_tables(main),
        **radiogenomic(main)[0],
        "feature_list": feature_list(main),
        "truth": truth_table(cohort),
    }
    return {name: table for name, table in found.items() if table is not None}


def _figures(results: StudyResults, out: Path) -> dict[str, FigureEntry]:
    main, end_point = results.cohort.main, end_point_words(results)
    found: dict[str, FigureEntry | None] = {
        "schematic": schematic_figure(results),
        **phenotype_figures(main, results.plan.label),
        **survival_figures(main, end_point),
        **performance_figures(main, end_point),
        **end_point_figures(main, end_point),
        "tumours": tumours_figure(results, out),
        "validation_heatmap": validation_heatmap(main, results.plan.label),
        **validation_figures(main, end_point),
        **site_figures(main),
        **radiogenomic(main)[1],
        "truth": truth_figure(results.cohort),
    }
    return {name: figure for name, figure in found.items() if figure is not None}


def _study(results: StudyResults) -> Study:
    plan, end_point = results.plan, end_point_words(results)
    return Study(
        name=plan.study.study.name,
        cohorts=cohort_numbers.cohort_entries(results.cohort.main.flow),
        visits=plan.study.study.visits,
        end_point=end_point.name,
        time_origin=end_point.origin,
        time_unit="years",
        seed=plan.study.seed,
        simulated=results.cohort.truth is not None,
    )


def _settings(results: StudyResults) -> tuple[Setting, ...]:
    presets = {name: flatten(preset_settings(name)) for name in PRESET_NAMES}
    own = flatten(results.cohort.main.settings)
    return tuple(
        Setting(key=key, value=value, presets={n: values[key] for n, values in presets.items()})
        for key, value in own.items()
    )


def _issues(results: StudyResults) -> tuple[IssueEntry, ...]:
    plan, main = results.plan, results.cohort.main
    found = [
        IssueEntry(
            code=failure.code,
            message=failure.message,
            where=f"{plan.label(case)} {visit}",
            severity="error",
        )
        for (case, visit), failure in sorted(results.cases.failures.items())
    ]
    found += [IssueEntry(**i.to_dict()) for i in (*plan.issues, *results.issues)]  # type: ignore[arg-type]
    found += _exam_issues(results.exams)
    found += [IssueEntry(**i.to_dict()) for i in results.recipes.issues]  # type: ignore[arg-type]
    found += [IssueEntry(**i.model_dump(), severity="note") for i in main.survival.issues]
    later = [
        i.model_dump() for i in (*main.delta.issues, *main.phenotypes.evidence.issues, *gap_issues(results))
    ]
    found += [IssueEntry(**issue, severity="note") for issue in later]
    molecular = results.cohort.molecular
    found += [IssueEntry(**i.model_dump(), severity="note") for i in (molecular.issues if molecular else ())]
    return tuple(found)


def _exam_issues(exams: ExamsSummary) -> list[IssueEntry]:
    """Return what was noticed in exams, one entry for each kind."""
    return [
        IssueEntry(
            code=kind.code,
            message=f"in {counted(kind.exams, 'exam')}, for example: {kind.example}",
            where=kind.where,
            count=kind.exams,
            severity="note" if kind.level == "note" else "warning",
        )
        for kind in exams.noticed
    ]


def _provenance(results: StudyResults) -> Provenance:
    plan = results.plan
    inputs = [InputFile(name="clinical table", sha256=hash_file(plan.root / plan.study.study.clinical))]
    inputs.append(InputFile(name="exam list", sha256=hash_file(plan.root / plan.study.study.exams)))
    expression = plan.study.study.expression
    files = [f for f in (*expression.files, *expression.platforms, expression.link) if f]
    inputs += [
        InputFile(name=f"expression file{i}", sha256=hash_file(plan.root / f)) for i, f in enumerate(files)
    ]
    return Provenance(versions=versions(), inputs=tuple(inputs))


def gap_issues(results: StudyResults) -> tuple[IssueRecord, ...]:
    """Return what the undefined changes of single patients did, one entry a patient."""
    found = []
    for gaps in results.cohort.main.phenotypes.gaps:
        where = results.plan.label(gaps.case)
        if gaps.left_out:
            text = "delta features undefined; the model was learned without this patient, who is not assigned"
            found.append(IssueRecord(code="phenotype.gaps", message=text, where=where, count=gaps.undefined))
        elif gaps.alone:
            text = "delta features undefined for this patient alone were dropped for everybody"
            found.append(IssueRecord(code="phenotype.gaps", message=text, where=where, count=gaps.alone))
    return tuple(found)
