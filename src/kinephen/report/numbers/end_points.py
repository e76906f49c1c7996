"""The end points beside the study's own: response, overall survival, competing death."""

from __future__ import annotations

from typing import Literal

from kinephen.core.counted import counted
from kinephen.records.end_points import (
    LogisticComparisonRecord,
    LogisticLadderRecord,
    LogisticModelRecord,
)
from kinephen.records.horizon import CompetingRecord, IncidenceRecord
from kinephen.records.ladder import ComparisonRecord, LadderModelRecord, LadderRecord
from kinephen.records.landmark import LandmarkRecord, time_origin
from kinephen.records.names import TITLES, short_title
from kinephen.report.numbers.performance import interval_cell, number_cell
from kinephen.report.schema import Cell, Column, Estimate, FigureEntry, Missing, Table
from kinephen.report.schema.figures import LinesData, Series
from kinephen.report.words.end_point import EndPointWords
from kinephen.study.cohort import PresetResults
from kinephen.study.run import StudyResults

COMPETING = "recurrence, with death without recurrence as a competing event"


def end_point_words(results: StudyResults) -> EndPointWords:
    """Return the study's end point in words, with the start of its clock where that is known."""
    late, stated = results.cohort.main.landmark.use, results.plan.study.study.outcome.time_origin
    return EndPointWords(results.plan.end_point, time_origin(stated, landmark=late))


def end_point_tables(preset: PresetResults, end_point: EndPointWords) -> dict[str, Table]:
    """Return the list of end points, and the ladders of those beside the study's own."""
    additions = preset.survival.additions
    found = {"end_points": _list(preset, end_point)}
    if additions.response.ladder is not None:
        found["pcr_models"] = _response(additions.response.end_point, additions.response.ladder)
    if additions.death.ladder is not None:
        found["os_models"] = _death(additions.death.end_point, additions.death.ladder)
    if not additions.competing.reason:
        found |= {
            "competing": _incidence(additions.competing),
            "competing_tests": _competing_tests(additions.competing),
        }
    return found


def end_point_figures(preset: PresetResults, end_point: EndPointWords) -> dict[str, FigureEntry]:
    """Return the cumulative incidences where death competes."""
    record = preset.survival.additions.competing
    return {} if record.reason else {"incidence": _incidence_figure(record, end_point)}


def _list(preset: PresetResults, end_point: EndPointWords) -> Table:
    additions, ladder = preset.survival.additions, preset.survival.ladder
    rows: list[dict[str, Cell]] = [
        {"end_point": end_point.counted, "role": "the study's own", "n": ladder.n, "events": ladder.events}
    ]
    for record in (additions.death, additions.response):
        row: dict[str, Cell] = {"end_point": record.end_point, "role": "beside"}
        why = Missing(missing=record.reason or "not run")
        found = record.ladder
        rows.append({**row, "n": found.n if found else why, "events": found.events if found else why})
    competing = additions.competing
    why = Missing(missing=competing.reason or "not run")
    rows.append(
        {
            "end_point": COMPETING,
            "role": "beside",
            "n": why if competing.reason else competing.n,
            "events": why if competing.reason else competing.recurrences,
        }
    )
    return Table(
        title="End points of this report",
        section="survival",
        columns=(
            Column(key="end_point", label="End point"),
            Column(key="role", label="Role"),
            Column(key="n", label="Patients", format="int"),
            Column(key="events", label="Events", format="int"),
        ),
        rows=tuple(rows),
        caption="Every ladder uses the patients who are complete for all of its models.",
        notes=(_clock(preset.landmark, end_point.origin),),
    )


def _clock(record: LandmarkRecord, origin: str) -> str:
    """Return when the clock starts, as far as it is stated, and whom that leaves out or credits with time."""
    left = f"{record.events} with the event and {record.left} without"
    if record.use:
        return f"Time counts from the second visit; those who had left by then are not analysed ({left})."
    known = f"Time counts from {origin}" if origin else "When time begins to count is not stated"
    start = f"{known}; the phenotype is known from the second visit on"
    if record.reason:
        return f"{start} ({record.reason}; see landmark.use)."
    if record.events + record.left == 0:
        return f"{start}; nobody had left follow-up by then."
    return f"{start}: {left} had left follow-up by then (see landmark.use)."


def _ladder_rows(ladder: LadderRecord | LogisticLadderRecord) -> tuple[dict[str, Cell], ...]:
    rows: list[dict[str, Cell]] = []
    for name, title in TITLES.items():
        model = ladder.models.get(name)
        if model is None:
            rows.append({"model": title, "value": Missing(missing=ladder.absent.get(name, "not fitted"))})
            continue
        rows.append({"model": model.title, **_own(model), **_against(ladder.against_nested(name))})
    return tuple(rows)


def _own(model: LadderModelRecord | LogisticModelRecord) -> dict[str, Cell]:
    if isinstance(model, LogisticModelRecord):
        return {
            "value": interval_cell(model.cross_validated),
            "apparent": model.apparent.auc,
            "p_null": number_cell(model.fit.lrt.p),
            "epv": model.responders_per_coefficient,
        }
    return {
        "value": interval_cell(model.cross_validated.interval),
        "apparent": model.apparent.c,
        "p_null": number_cell(model.lrt.p),
        "epv": model.events_per_coefficient,
    }


def _against(nested: ComparisonRecord | LogisticComparisonRecord | None) -> dict[str, Cell]:
    if nested is None:
        return {}
    return {
        "gain": interval_cell(nested.gain),
        "p_nested": number_cell(nested.test.p),
        "against": short_title(nested.smaller),
    }


def _columns(value: str, apparent: str, gain: str, per: str) -> tuple[Column, ...]:
    return (
        Column(key="model", label="Model"),
        Column(key="value", label=value, format="f2"),
        Column(key="apparent", label=apparent, format="f2"),
        Column(key="p_null", label="Likelihood-ratio p against no covariates", format="p"),
        Column(key="gain", label=gain, format="f2"),
        Column(key="p_nested", label="Likelihood-ratio p against the nested model", format="p"),
        Column(key="against", label="Nested model"),
        Column(key="epv", label=per, format="f1"),
    )


def _response(end_point: str, ladder: LogisticLadderRecord) -> Table:
    return Table(
        title="Logistic models of the pathologic complete response",
        section="models",
        columns=_columns(
            "AUC, cross-validated (95 %)",
            "AUC, apparent",
            "Gain in cross-validated AUC (95 %)",
            "Responses per coefficient",
        ),
        rows=_ladder_rows(ladder),
        caption=f"End point: {end_point}. The same models as in Table 4 on "
        f"{counted(ladder.n, 'patient')}, of whom "
        f"{ladder.events} responded. {counted(ladder.folds, 'fold')} balanced by response x "
        f"{ladder.replicates}; "
        "DeLong intervals, mean over replicates. p values are in-sample likelihood-ratio tests.",
    )


def _death(end_point: str, ladder: LadderRecord) -> Table:
    return Table(
        title="Cox models of overall survival",
        section="models",
        columns=_columns(
            "C, cross-validated (95 %)",
            "C, apparent",
            "Gain in cross-validated C (95 %)",
            "Events per coefficient",
        ),
        rows=_ladder_rows(ladder),
        caption=f"End point: {end_point}. The same models as in Table 4 on "
        f"{counted(ladder.n, 'patient')} with "
        f"{counted(ladder.events, 'death')}; {counted(ladder.plan.folds, 'fold')} x "
        f"{ladder.plan.replicates}, pooled pairs within folds, split-jackknife intervals. The phenotype "
        "is not refitted in the folds here.",
    )


def _incidence(record: CompetingRecord) -> Table:
    by = "the horizon" if record.horizon is None else counted(record.horizon, "year")
    return Table(
        title=f"Recurrence by {by} where death competes",
        section="survival",
        columns=(
            Column(key="group", label="Phenotype"),
            Column(key="n", label="Patients", format="int"),
            Column(key="recurrences", label="Recurrences", format="int"),
            Column(key="deaths", label="Deaths without", format="int"),
            Column(key="recurrence", label="Incidence of recurrence (95 %)", format="f2"),
            Column(key="death", label="Incidence of death without it (95 %)", format="f2"),
            Column(key="naive", label="1 - Kaplan-Meier", format="f2"),
        ),
        rows=tuple(
            {
                "group": g.label,
                "n": g.n,
                "recurrences": g.recurrences,
                "deaths": g.deaths,
                "recurrence": _incidence_at(g.recurrence),
                "death": _incidence_at(g.death),
                "naive": g.kaplan_meier,
            }
            for g in record.groups
        ),
        caption=f"End point: {COMPETING}. Aalen-Johansen estimates; recurrences and deaths are "
        "counted over all "
        "follow-up. 1 - Kaplan-Meier censors deaths and speaks of a world in which nobody dies "
        "of anything else.",
    )


def _incidence_at(record: IncidenceRecord) -> Estimate | Missing:
    if record.at is None:
        return Missing(missing=record.reason)
    return Estimate(value=record.at.estimate, low=record.at.lower, high=record.at.upper)


def _competing_tests(record: CompetingRecord) -> Table:
    gray = record.gray
    rows: list[dict[str, Cell]] = [
        {
            "test": "Gray's test of the incidence of recurrence",
            "p": number_cell(None if gray is None else gray.p, record.gray_reason),
        }
    ]
    rows += [
        {
            "test": m.label,
            "hr": Missing(missing=m.reason) if m.reason else Estimate(value=m.hr, low=m.low, high=m.high),
            "p": number_cell(m.p, m.reason),
        }
        for m in record.models
    ]
    return Table(
        title="The phenotypes where death competes",
        section="survival",
        columns=(
            Column(key="test", label="Test or model"),
            Column(key="hr", label="Hazard ratio, 2 against 1 (95 %)", format="sig3"),
            Column(key="p", label="p (Gray: chi-square; models: Wald)", format="p"),
        ),
        rows=tuple(rows),
        caption="The cause-specific hazard asks who recurs among those still at risk; the "
        "subdistribution hazard, "
        "how many have recurred by a time.",
    )


def _incidence_figure(record: CompetingRecord, end_point: EndPointWords) -> FigureEntry:
    series = []
    for group in record.groups:
        if not group.recurrence.reason:
            series.append(_steps(f"{group.label}: recurrence", "model", group.recurrence))
        if not group.death.reason:
            series.append(_steps(f"{group.label}: death without it", "default", group.death))
    return FigureEntry(
        title="Cumulative incidence of recurrence, and of death without it",
        label="Competing risks",
        section="survival",
        caption=f"End point: {COMPETING}. Aalen-Johansen estimates by phenotype.",
        data=LinesData(
            series=tuple(series),
            x_label=f"{end_point.time_axis} (years)",
            y_label="Cumulative incidence (probability)",
        ),
    )


def _steps(label: str, role: Literal["model", "default"], record: IncidenceRecord) -> Series:
    """Return a step function as the corners of a line from (0, 0)."""
    x: list[float | None] = [0.0]
    y: list[float | None] = [0.0]
    for t, v in zip(record.time, record.incidence, strict=True):
        x += [t, t]
        y += [y[-1], v]
    return Series(label=label, x=tuple(x), y=tuple(y), role=role)
