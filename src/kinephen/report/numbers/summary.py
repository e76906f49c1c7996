"""The first page: what was found, in plain words, and what it cannot bear."""

from __future__ import annotations

from typing import cast

from kinephen.core.counted import counted, noun
from kinephen.records.ladder import ENOUGH_PER_COEFFICIENT
from kinephen.records.names import factor_words, short_title
from kinephen.report.numbers.recipes import recipe_numbers, recipe_statements
from kinephen.report.schema import (
    FigureEntry,
    Format,
    Headline,
    Missing,
    Number,
    Statement,
    StatementRef,
    Table,
)
from kinephen.report.schema.figures import KMData
from kinephen.report.words.comparison import addition_words
from kinephen.report.words.count import groups_words
from kinephen.report.words.limits import limits_words
from kinephen.report.words.outcome import gain
from kinephen.report.words.panel import panel_sentence
from kinephen.study.cohort import PresetResults
from kinephen.study.run import StudyResults

Pieces = tuple[tuple[Statement, ...], tuple[Headline, ...], dict[str, Number]]
ONCE = "found once on all patients"
"""How the phenotype of a cross-validated model was made where it was not refitted in each fold."""
COVERAGE = 0.95
"""Coverage of the intervals of all tables and figures; see `kinephen.survival.results.Z95`."""


def summary(results: StudyResults, tables: dict[str, Table], figures: dict[str, FigureEntry]) -> Pieces:
    """Return statements, headlines, and the numbers that stand nowhere else.

    Parameters
    ----------
    results : StudyResults
    tables : dict of str to Table
    figures : dict of str to FigureEntry
        To point at numbers that stand in them.
    """
    main = results.cohort.main
    numbers = {**_numbers(main), **recipe_numbers(results.recipes)}
    statements = [_phenotype_statement(main), *_survival_statements(main, figures)]
    statements += _model_statements(main, tables)
    statements += recipe_statements(results.recipes, main.survival.ladder.plan.replicates)
    statements += _validation_statements(main, figures)
    statements += _cautions(results, main)
    return tuple(statements), _headlines(main, tables), numbers


def _numbers(main: PresetResults) -> dict[str, Number]:
    flow, evidence = main.flow, main.phenotypes.evidence
    found = {
        "patients": Number(
            value=flow.n(cohort="discovery"), label="patients of the discovery cohort", format="int"
        ),
        "events": Number(
            value=flow.events(cohort="discovery"), label="events of the discovery cohort", format="int"
        ),
        "learned": Number(
            value=evidence.patients, label="patients from whom phenotypes were learned", format="int"
        ),
        "k": Number(value=main.k, label="phenotypes", format="int"),
        "kept": Number(value=evidence.features_kept, label="delta features kept", format="int"),
        "seen": Number(value=evidence.features_seen, label="delta features", format="int"),
        "reversed": Number(
            value=len(main.delta.reversed), label="features whose change is multiplied by -1", format="int"
        ),
        "groups": Number(value=evidence.groups, label="feature groups", format="int"),
        "components": Number(value=len(evidence.components), label="components", format="int"),
        "follow_up": _follow_up(main),
        "refits": Number(
            value=main.survival.ladder.plan.refit_replicates,
            label="replicates with the phenotype refitted in each fold",
            format="int",
        ),
        "repeats": Number(
            value=main.survival.ladder.plan.replicates,
            label="repeats of the cross-validation of the Cox models",
            format="int",
        ),
        "model_events": Number(
            value=main.survival.ladder.events, label="events of the Cox models", format="int"
        ),
        "level": Number(value=COVERAGE, label="level of intervals", format="percent"),
        "sigclust_p": Number(value=evidence.sigclust.p, label="p of SigClust", format="p"),
    }
    reference = evidence.tumours.null_reference
    if reference:
        found["null_p"] = Number(value=reference.p, label="p of more than one group", format="p")
    return found


def _follow_up(main: PresetResults) -> Number:
    found = main.survival.follow_up
    label = "median follow-up of the discovery cohort"
    return Number(value=found.value, label=label, unit="years", format="f1", reason=found.reason)


def _headlines(main: PresetResults, tables: dict[str, Table]) -> tuple[Headline, ...]:
    found = [
        Headline(label="patients", pointer="/numbers/patients/value", format="int", note="discovery cohort"),
        Headline(label="events", pointer="/numbers/events/value", format="int", note="discovery cohort"),
        Headline(label="phenotypes", pointer="/numbers/k/value", format="int", note=main.name),
    ]
    plan = main.survival.ladder.plan
    row = _row(tables["table4"], "Model 5") or _row(tables["table4"], "Model 4")
    if row is not None:
        words = str(tables["table4"].rows[row]["model"]).split(":")[0]
        found.append(
            Headline(
                label=f"C, {words.lower()}",
                pointer=f"/tables/table4/rows/{row}/c/value",
                format="f2",
                note=f"cross-validated, {counted(plan.replicates, 'repeat')}; phenotype {ONCE}",
            )
        )
    return tuple(found)


def _phenotype_statement(main: PresetResults) -> Statement:
    evidence = main.phenotypes.evidence
    refs = {"learned": _ref("learned", "int"), "kept": _ref("kept", "int"), "seen": _ref("seen", "int")}
    start = "From {learned} patients, {kept} of {seen} delta features were kept"
    p = None if evidence.tumours.null_reference is None else evidence.tumours.null_reference.p
    words = groups_words(main.k, p, fixed=main.k_by_hand)
    if main.k_by_hand:
        text = f"{start}; the number of phenotypes was set to {{k}} by hand. {words}"
        return Statement(text=text, refs={**refs, "k": _ref("k", "int")})
    if main.k == 1:
        text = f"{start}, and the chosen rule takes one phenotype."
        return Statement(text=f"{text} {words}", refs=refs)
    text, refs = f"{start}, and the chosen rule found {{k}} phenotypes", {**refs, "k": _ref("k", "int")}
    if evidence.sigclust.p is not None:
        text, refs = f"{text} (SigClust p {{p}})", {**refs, "p": _ref("sigclust_p", "p")}
    return Statement(text=f"{text}. {words}", refs=refs)


def _survival_statements(main: PresetResults, figures: dict[str, FigureEntry]) -> list[Statement]:
    return [] if main.k == 1 else _panel_statements(figures, "km_phenotype", "")


def _validation_statements(main: PresetResults, figures: dict[str, FigureEntry]) -> list[Statement]:
    if main.validation is None:
        return []
    where = "In the validation cohort, assigned with the discovery model, "
    return _panel_statements(figures, "km_validation", where)


def _panel_statements(figures: dict[str, FigureEntry], name: str, where: str) -> list[Statement]:
    entry = figures.get(name)
    if entry is None or not isinstance(entry.data, KMData):
        return []
    text, refs = panel_sentence(entry.data.panels[0], f"/figures/{name}/data/panels/0", where=where)
    return [Statement(text=text, refs=refs)]


def _model_statements(main: PresetResults, tables: dict[str, Table]) -> list[Statement]:
    two, four = (_row(tables["table4"], f"Model {i}") for i in (2, 4))
    found = main.survival.ladder.comparison("m2", "m4")
    if two is None or four is None or found is None:
        return []
    factors = factor_words(main.survival.ladder.models["m2"].columns)
    words = addition_words(
        found.test.p,
        gain(found.gain.value, found.gain.low, found.gain.high),
        what="the phenotype",
        to=factors,
        events=main.survival.ladder.events,
    )
    base = "/tables/table4/rows"
    places = {
        "before": (two, "c/value", "f2"),
        "after": (four, "c/value", "f2"),
        "low": (four, "c/low", "f2"),
        "high": (four, "c/high", "f2"),
        "p": (four, "p_nested", "p"),
    }
    cells = {name: _value(tables["table4"], row, path) for name, (row, path, _) in places.items()}
    if None in cells.values():
        return [Statement(text=words)]
    refs = {
        name: StatementRef(pointer=f"{base}/{row}/{path}", format=cast(Format, form))
        for name, (row, path, form) in places.items()
    }
    repeats = main.survival.ladder.plan.replicates
    refs["repeats"] = _ref("repeats", "int")
    limits = limits_words(main.settings.cross_validation.interval)
    text = (
        f"With the phenotype beside {factors} ({short_title('m4').lower()}) the C-statistic is {{after}} "
        f"({limits} {{low}} to {{high}}), without it ({short_title('m2').lower()}) {{before}}: "
        f"cross-validated in {{repeats}} {noun(repeats, 'repeat')}, the phenotype {ONCE}. Likelihood-ratio p "
        "{p}. "
    )
    return [Statement(text=text + words, refs=refs)]


def _value(table: Table, row: int, path: str) -> object:
    """Return a cell, or the part of an estimate that `path` names; None where it is undefined."""
    column, _, part = path.partition("/")
    cell = table.rows[row].get(column)
    if isinstance(cell, Missing):
        return None
    return getattr(cell, part, None) if part else cell


def _cautions(results: StudyResults, main: PresetResults) -> list[Statement]:
    found = []
    if results.cohort.truth is not None:
        found.append(
            _caution("This trial is simulated: it shows that the machinery works, not how patients fare.")
        )
    if _sparse(main):
        found.append(
            _caution(
                "Some models have fewer than ten events per coefficient: their apparent fit is "
                "optimistic; read the "
                "cross-validated figures and their intervals."
            )
        )
    if results.exams.failed:
        found.append(_caution("Some exams failed; their patients are left out (see Issues)."))
    if results.exams.confirmed < results.exams.analysed:
        found.append(
            _caution(
                "Not every lesion mask was confirmed by a reader (see Issues); where none is given, it is "
                "the largest component of the FTV."
            )
        )
    return [*found, *(Statement(text=t, kind="limit") for t in _limits(results, main))]


def _limits(results: StudyResults, main: PresetResults) -> list[str]:
    """Return the limits of what this run holds."""
    tested = (
        "no other patients test them" if main.validation is None else "only the validation cohort tests them"
    )
    found = [
        f"Phenotypes were found in these patients and described in these patients; {tested}.",
        "A phenotype needs the second visit: it cannot be known before treatment has begun.",
    ]
    if results.cohort.molecular is not None:
        found.append(
            "Gene signatures are research re-creations of published ones, not the commercial assays."
        )
    if main.phenotypes.evidence.sigclust.p is not None:
        found.append("A p value from SigClust speaks against one Gaussian cloud; it does not count groups.")
    return found


def _sparse(main: PresetResults) -> bool:
    """Tell whether a model has fewer than ten events per coefficient."""
    fewest = main.survival.ladder.fewest_per_coefficient
    return fewest is not None and fewest < ENOUGH_PER_COEFFICIENT


def _caution(text: str) -> Statement:
    return Statement(text=text, kind="caution")


def _ref(name: str, form: Format) -> StatementRef:
    return StatementRef(pointer=f"/numbers/{name}/value", format=form)


def _row(table: Table, start: str) -> int | None:
    for i, row in enumerate(table.rows):
        if str(row["model"]).startswith(start) and "p_null" in row:
            return i
    return None
