"""Cohort flow and Tables 1 to 3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from kinephen.report.numbers.left_out import with_left_out
from kinephen.report.schema import Column, Estimate, Exclusion, FlowStep, Missing, Share, Table
from kinephen.study.cohort import CohortResults
from kinephen.study.frame import cohort_rows
from kinephen.study.run import StudyResults
from kinephen.study.steps.associations import characteristics

EVENT_COLUMNS = (("no_event", "0"), ("event", "1"))


def flow(results: StudyResults) -> tuple[FlowStep, ...]:
    """Return how patients came into the analysis and where they left it."""
    plan = results.plan
    everyone = len(plan.patient_ids)
    excluded = Counter(plan.excluded.values())
    frame = results.cohort.main.frame
    usable = everyone - len(plan.excluded)
    failed = {case for case, _ in results.cases.failures}
    incomplete = frame[~frame["complete"]]
    no_outcome = frame[frame["complete"] & (frame["time"].isna() | frame["event"].isna())]
    early = int(no_outcome["before_landmark"].sum())
    analysed = len(frame) - len(incomplete) - len(no_outcome)
    steps = [
        FlowStep(key="listed", label="Patients in the exam list or the clinical table", n=everyone),
        FlowStep(
            key="both_visits",
            label="Both visits and a clinical row",
            n=usable,
            parent="listed",
            excluded=_exclusions(excluded),
        ),
        FlowStep(
            key="analysed",
            label="Both exams analysed, outcome known",
            n=analysed,
            parent="both_visits",
            excluded=_exclusions(
                {
                    "an exam failed": sum(c in failed for c in incomplete.index),
                    "outcome unknown": len(no_outcome) - early,
                    "event or end of follow-up by the second visit": early,
                }
            ),
        ),
    ]
    known = frame[frame["complete"] & frame["time"].notna() & frame["event"].notna()]
    return (
        *steps,
        *(_cohort_step(known, c) for c in ("discovery", "validation") if (known["cohort"] == c).any()),
    )


def cohort_tables(cohort: CohortResults) -> dict[str, Table]:
    """Return Tables 1 to 3 of the article's layout."""
    left_out = cohort.description["left_out"]
    found = {"table1": with_left_out(characteristics_table(cohort.description["characteristics"]), left_out)}
    validation = cohort_rows(cohort.main.frame, "validation")
    if len(validation):
        found["table1_validation"] = characteristics_table(characteristics(validation)).model_copy(
            update={"title": "Characteristics of the validation cohort", "label": "Supplementary table 1"}
        )
    if cohort.description["treatment"]:
        found["table2"] = with_left_out(_table2(cohort.description["treatment"]), left_out)
    if cohort.description["molecular"]:
        found["table3"] = molecular_table(cohort.description["molecular"])
    return found


def _exclusions(reasons: Mapping[str, int]) -> tuple[Exclusion, ...]:
    return tuple(Exclusion(reason=r, n=n) for r, n in sorted(reasons.items()) if n)


def _cohort_step(known: Any, cohort: str) -> FlowStep:
    rows = known[known["cohort"] == cohort]
    label = f"{cohort.capitalize()} cohort"
    return FlowStep(key=cohort, label=label, n=len(rows), parent="analysed")


def characteristics_table(record: Mapping[str, Any]) -> Table:
    """Return Table 1 from `kinephen.study.steps.associations.characteristics`."""
    rows: list[dict[str, Any]] = [
        {"characteristic": "patients", **{key: _of_all(record["n"], code) for key, code in EVENT_COLUMNS}}
    ]
    rows += [
        {
            "characteristic": line["label"],
            **{key: _share(line.get(code)) for key, code in EVENT_COLUMNS},
            "p": _p(line["p"]),
            "test": line["p"]["test"],
        }
        for line in record["binary"]
    ]
    if record["age"]:
        age = {key: _range(record["age"].get(code)) for key, code in EVENT_COLUMNS}
        rows.append({"characteristic": "age, mean (range), years", **age})
    return Table(
        title="Characteristics of the discovery cohort",
        label="Table 1",
        section="cohort",
        columns=(
            Column(key="characteristic", label="Characteristic"),
            Column(key="no_event", label="No event", format="f1"),
            Column(key="event", label="Event", format="f1"),
            Column(key="p", label="p", format="p"),
            Column(key="test", label="Test"),
        ),
        rows=tuple(rows),
        caption="Shares are of the patients in whom the characteristic is known.",
    )


def _table2(lines: list[dict[str, Any]]) -> Table:
    rows = tuple(
        {
            "treatment": line["label"],
            **{key: _share(line.get(code)) for key, code in EVENT_COLUMNS},
            "p": _p(line["test"]),
        }
        for line in lines
    )
    return Table(
        title="Treatment of the discovery cohort",
        label="Table 2",
        section="cohort",
        columns=(
            Column(key="treatment", label="Treatment"),
            Column(key="no_event", label="No event"),
            Column(key="event", label="Event"),
            Column(key="p", label="p", format="p", description="Fisher's exact test over all categories"),
        ),
        rows=rows,
    )


def molecular_table(lines: list[dict[str, Any]]) -> Table:
    """Return Table 3 from `kinephen.study.steps.associations.molecular_distribution`."""
    rows = tuple(
        {
            "signature": line["label"],
            "category": category,
            "share": Share(n=n, of=sum(line["counts"].values())),
        }
        for line in lines
        for category, n in line["counts"].items()
    )
    return Table(
        title="Molecular profiles of the discovery cohort",
        label="Table 3",
        section="molecular",
        columns=(
            Column(key="signature", label="Signature"),
            Column(key="category", label="Class"),
            Column(key="share", label="Patients"),
        ),
        rows=rows,
        notes=("Research re-creations of published signatures, not the commercial assays.",),
    )


def _of_all(counts: Mapping[str, int], code: str) -> Share:
    return Share(n=counts.get(code, 0), of=sum(counts.values()))


def _share(value: Mapping[str, int] | None) -> Share | Missing:
    return Missing(missing="no patients in this group") if value is None else Share(**value)


def _range(value: Mapping[str, float | None] | None) -> Estimate | Missing:
    if value is None or value["mean"] is None:
        return Missing(missing="age unknown")
    return Estimate(value=value["mean"], low=value["low"], high=value["high"])


def _p(test: Mapping[str, Any]) -> Any:
    return Missing(missing=test["reason"] or "not tested") if test["p"] is None else test["p"]
