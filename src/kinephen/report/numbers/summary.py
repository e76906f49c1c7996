"""The first page: what was found, in plain words, and what it cannot bear."""

from __future__ import annotations

from kinephen.report.numbers.recipes import recipe_numbers, recipe_statements
from kinephen.report.schema import Format, Headline, Number, Statement, StatementRef, Table
from kinephen.study.cohort import PresetResults
from kinephen.study.run import StudyResults

Pieces = tuple[tuple[Statement, ...], tuple[Headline, ...], dict[str, Number]]
ENOUGH_EVENTS = 10.0
LEVEL = 0.95
"""Coverage of the intervals of all tables and figures; see `kinephen.survival.results.Z95`."""


def summary(results: StudyResults, tables: dict[str, Table]) -> Pieces:
    """Return statements, headlines, and the numbers that stand nowhere else.

    Parameters
    ----------
    results : StudyResults
    tables : dict of str to Table
        To point at numbers that stand in them.
    """
    main = results.cohort.main
    numbers = {**_numbers(main), **recipe_numbers(results.recipes)}
    statements = [_phenotype_statement(main), *_survival_statements(main), *_model_statements(tables)]
    statements += recipe_statements(results.recipes)
    statements += _validation_statements(main)
    statements += _cautions(results, main)
    return tuple(statements), _headlines(main, tables), numbers


def _numbers(main: PresetResults) -> dict[str, Number]:
    discovery = main.survival.ladder
    evidence = main.phenotypes.evidence
    found = {
        "patients": Number(value=evidence.patients, label="patients of the discovery cohort", format="int"),
        "events": Number(value=discovery.events, label="events", format="int"),
        "k": Number(value=main.k, label="phenotypes", format="int"),
        "kept": Number(value=evidence.features_kept, label="delta features kept", format="int"),
        "seen": Number(value=evidence.features_seen, label="delta features", format="int"),
        "groups": Number(
            value=len({c.group for c in evidence.components}), label="feature groups", format="int"
        ),
        "components": Number(value=len(evidence.components), label="components", format="int"),
        "follow_up": _follow_up(main),
        "level": Number(value=LEVEL, label="level of intervals", format="percent"),
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
        Headline(label="events", pointer="/numbers/events/value", format="int"),
        Headline(label="phenotypes", pointer="/numbers/k/value", format="int", note=main.name),
    ]
    row = _row(tables["table4"], "Model 5") or _row(tables["table4"], "Model 4")
    if row is not None:
        words = str(tables["table4"].rows[row]["model"]).split(":")[0]
        found.append(
            Headline(
                label=f"C, {words.lower()}",
                pointer=f"/tables/table4/rows/{row}/c/value",
                format="f2",
                note="cross-validated",
            )
        )
    return tuple(found)


def _phenotype_statement(main: PresetResults) -> Statement:
    refs = {"patients": _ref("patients", "int"), "kept": _ref("kept", "int"), "seen": _ref("seen", "int")}
    if main.k == 1:
        text = (
            "In {patients} patients, {kept} of {seen} delta features were kept, and the chosen rule found no "
            "evidence for "
            "more than one phenotype of change."
        )
        return Statement(text=text, refs=refs)
    text = (
        "In {patients} patients, {kept} of {seen} delta features were kept, and the chosen rule found {k} "
        "phenotypes of "
        "change; SigClust p {p}."
    )
    return Statement(text=text, refs={**refs, "k": _ref("k", "int"), "p": _ref("sigclust_p", "p")})


def _survival_statements(main: PresetResults) -> list[Statement]:
    if main.k == 1:
        return []
    panel = main.survival.panels["phenotype"].test
    if panel.p is None:
        return []
    key = "/figures/km_phenotype/data/panels/0"
    refs = {"p": StatementRef(pointer=f"{key}/p", format="p")}
    text = "Survival differs between phenotypes with a log-rank p of {p}"
    if panel.hazard_ratio is not None and panel.hazard_ratio.value is not None:
        text += ", hazard ratio {hr} ({low} to {high})"
        for name, part in (("hr", "value"), ("low", "low"), ("high", "high")):
            refs[name] = StatementRef(pointer=f"{key}/hazard_ratio/{part}", format="sig3")
    return [Statement(text=text + ".", refs=refs)]


def _model_statements(tables: dict[str, Table]) -> list[Statement]:
    two, four = (_row(tables["table4"], f"Model {i}") for i in (2, 4))
    if two is None or four is None:
        return []
    base = "/tables/table4/rows"
    refs = {
        "before": StatementRef(pointer=f"{base}/{two}/c/value", format="f2"),
        "after": StatementRef(pointer=f"{base}/{four}/c/value", format="f2"),
        "low": StatementRef(pointer=f"{base}/{four}/c/low", format="f2"),
        "high": StatementRef(pointer=f"{base}/{four}/c/high", format="f2"),
        "p": StatementRef(pointer=f"{base}/{four}/p_nested", format="p"),
    }
    text = (
        "Adding the phenotype to age, receptors and FTV2 takes the cross-validated C-statistic from "
        "{before} to {after} "
        "(95 % interval {low} to {high}); likelihood-ratio p {p} against the model without it."
    )
    return [Statement(text=text, refs=refs)]


def _validation_statements(main: PresetResults) -> list[Statement]:
    if main.validation is None or main.validation.panel.test.p is None:
        return []
    pointer = "/figures/km_validation/data/panels/0/p"
    text = "In the validation cohort, assigned with the discovery model, survival differs with p {p}."
    return [Statement(text=text, refs={"p": StatementRef(pointer=pointer, format="p")})]


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
    limits = [
        "Phenotypes were found in these patients and described in these patients; only the validation cohort "
        "tests them.",
        "A phenotype needs the second visit: it cannot be known before treatment has begun.",
        "Gene signatures are research re-creations of commercial or patented assays.",
        "A p value from SigClust speaks against one Gaussian cloud; it does not count groups.",
    ]
    return [*found, *(Statement(text=t, kind="limit") for t in limits)]


def _sparse(main: PresetResults) -> bool:
    """Tell whether a model has fewer than ten events per coefficient."""
    found = (m.events_per_coefficient for m in main.survival.ladder.models.values())
    return any(value is not None and value < ENOUGH_EVENTS for value in found)


def _caution(text: str) -> Statement:
    return Statement(text=text, kind="caution")


def _ref(name: str, form: Format) -> StatementRef:
    return StatementRef(pointer=f"/numbers/{name}/value", format=form)


def _row(table: Table, start: str) -> int | None:
    for i, row in enumerate(table.rows):
        if str(row["model"]).startswith(start) and "p_null" in row:
            return i
    return None
