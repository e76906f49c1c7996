"""How ``kinephen survival`` shows what it found."""

from __future__ import annotations

import math

from kinephen.cli.output import emit_table, say_issues
from kinephen.cli.survival_ladder import show_ladder
from kinephen.core.counted import counted
from kinephen.core.p_values import format_p
from kinephen.study.tables.survival_result import Analysis, CauseReport, ModelReport


def show(result: Analysis) -> None:
    """Print tables to standard output, notes to standard error."""
    flow = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in result.flow.items())
    rows = [("end point", result.end_point), ("time unit", result.time_unit), ("rows", flow)]
    rows.append(("median follow-up", f"{_time(result.follow_up.estimate)} (reverse Kaplan-Meier)"))
    emit_table("", ("", ""), rows)
    _show_curves(result)
    if result.pairs is not None:
        emit_table("pairs of groups (Holm)", result.pairs.columns, result.pairs.itertuples(index=False))
    if result.model is not None:
        _show_model(result.model)
    show_ladder(result)
    if result.causes is not None:
        _show_causes(result.causes)
    emit_table("tests", ("test", "against", "chi-square", "df", "p"), _test_rows(result))
    say_issues(result.issues)


def _test_rows(result: Analysis) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    if result.logrank is not None:
        t = result.logrank
        rows.append((t.name, "equal survival of the groups", t.statistic, t.df, format_p(t.p)))
        if t.permutations:
            rows.append(
                (f"{t.name}, {counted(t.permutations, 'permutation')}", "", "", "", format_p(t.permutation_p))
            )
    tests = []
    if result.model is not None:
        fit, ph = result.model.fit, result.model.proportional_hazards
        tests += [fit.lrt, fit.wald, fit.score, *ph.tests, ph.overall]
        names = ["", "", "", *(f", {n}" for n in ph.names), ", all"]
    else:
        names = []
    if result.causes is not None and result.causes.gray is not None:
        tests.append(result.causes.gray)
        names.append("")
    rows += [
        (t.name + n, t.against, t.statistic, t.df, format_p(t.p)) for t, n in zip(tests, names, strict=True)
    ]
    return rows


def _show_curves(result: Analysis) -> None:
    rows = []
    for c in result.curves:
        m = c.median
        row = [c.label, c.n, c.events, _time(m.estimate), f"{_time(m.lower)} to {_time(m.upper)}"]
        mean = result.restricted_means.get(c.label)
        rows.append(
            [*row, "" if mean is None else f"{mean.estimate:.4g} ({mean.lower:.4g} to {mean.upper:.4g})"]
        )
    band = result.curves[0].band
    columns = ("group", "n", "events", "median", f"95 % ({band})", "restricted mean (95 %)")
    emit_table("Kaplan-Meier", columns, rows)
    if result.restricted_differences:
        first = result.curves[0].label
        title = f"difference of the restricted mean from group {first}"
        found = result.restricted_differences.items()
        differences = [(label, i.estimate, i.lower, i.upper) for label, i in found]
        emit_table(title, ("group", "difference", "lower 95 %", "upper 95 %"), differences)


def _show_model(model: ModelReport) -> None:
    fit = model.fit
    rows = zip(fit.names, fit.coef, fit.se, fit.hr, fit.hr_lower, fit.hr_upper, fit.p, strict=True)
    title = f"Cox model ({fit.method}, {fit.ties} ties, {fit.interval} intervals)"
    columns = ("covariate", "coefficient", "SE", "HR", "lower 95 %", "upper 95 %", "p")
    emit_table(title, columns, [(n, *map(float, v[:-1]), format_p(float(v[-1]))) for n, *v in rows])
    lines = [str(model.harrell), str(model.uno)]
    parts = (model.cross_validated, model.auc, model.prediction)
    lines += [str(part) for part in parts if part is not None]
    emit_table("", ("the model as a whole",), [(line,) for line in [*lines, str(model.size)]])


def _show_causes(causes: CauseReport) -> None:
    table, fit = causes.incidence, causes.model
    emit_table("cumulative incidence", table.columns, table.itertuples(index=False))
    if fit is None:
        return
    rows = zip(fit.names, fit.hr, fit.hr_lower, fit.hr_upper, fit.p, strict=True)
    columns = ("covariate", "subdistribution HR", "lower 95 %", "upper 95 %", "p")
    title = f"Fine-Gray model, cause {fit.cause}"
    emit_table(title, columns, [(n, *map(float, v[:-1]), format_p(float(v[-1]))) for n, *v in rows])


def _time(value: float) -> str:
    return "not reached" if math.isnan(value) else f"{value:.4g}"
