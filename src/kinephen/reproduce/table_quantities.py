"""Quantities of the public tables, by the names that the claims use."""

from __future__ import annotations

import pandas as pd

from kinephen.core.counted import counted
from kinephen.core.p_values import p_text
from kinephen.io.public_tables import PublicTables
from kinephen.radiomics.catalogue import NAMES
from kinephen.records.names import SUBTYPES
from kinephen.reproduce.found import Basis, Found
from kinephen.reproduce.tables_analysis import DIAMETER, SUBTYPE, TablesAnalysis
from kinephen.study.public_cohorts import PUBLISHED_EVENT_AGE, RULES, PublicCohorts
from kinephen.study.steps.ladder import CLASSES, CONTINUOUS
from kinephen.study.steps.survival import SUBTYPE_RULES
from kinephen.survival.validation import LadderModel, LadderResult

TABLES: Basis = "public tables"
NOT_THE_LIST = "the rule gives size and events; the article's own list of patients is not public"


def collection_quantities(ispy1: PublicTables, cohorts: PublicCohorts | None) -> dict[str, Found]:
    """Return what the list of studies and the flow say of the collection."""
    found: dict[str, Found] = {}
    visits = ispy1.visits
    if visits is not None and "visits" in ispy1.files:
        found["collection.patients"] = _n(visits["patient_id"].nunique(), "patients in the list of studies")
        most = visits.groupby("patient_id")["order"].max().value_counts()
        found["collection.visits"] = _n(
            int(most.idxmax()), f"studies of most patients ({int(most.max())} of {int(most.sum())})"
        )
        if "date" in visits.columns:
            found["collection.gap"] = _gap(visits)
    if cohorts is not None and visits is not None:
        box = next(b for b in cohorts.flow if b.key == "ispy1_complete")
        found["collection.complete"] = _n(
            box.n, "SER maps at the first two studies; age, HR, HER2, pCR and outcome known"
        )
    if ispy1.features is not None:
        names = set(ispy1.features.frames[0].columns)
        found["features.names"] = _n(
            sum(name in names for name in NAMES),
            f"of the catalogue's names stand in the table of {len(ispy1.features.frames[0])} patients",
        )
    return found


def cohort_quantities(cohorts: PublicCohorts, *, nact: bool) -> dict[str, Found]:
    """Return counts, ages and times of both cohorts.

    Parameters
    ----------
    cohorts : PublicCohorts
    nact : bool
        The pilot's tables were given; without them the validation cohort is not whole.
    """
    found = _end_point(cohorts)
    if len(cohorts.discovery):
        found |= _discovery(cohorts)
    validation = cohorts.validation
    own = int((cohorts.patients["cohort"] == "validation").sum())
    if len(cohorts.discovery):
        both = (
            cohorts.patients.loc[cohorts.patients["cohort"] == "validation", ["ld1", "ld2"]]
            .notna()
            .all(axis=1)
            .sum()
        )
        found["validation.ispy1"] = _n(
            own, f"{RULES['validation_ispy1']}; {both} of them with a longest diameter at both visits"
        )
    if nact and cohorts.nact is not None and len(validation):
        found |= _validation(cohorts)
    return found


def analysis_quantities(analysis: TablesAnalysis) -> dict[str, Found]:
    """Return concordances, tests and stand-ins."""
    found: dict[str, Found] = {}
    if analysis.baseline is not None:
        found |= _model("m1", analysis.baseline, "m1", TABLES)
        found["ladder.plan"] = _plan(analysis.baseline)
        found["ladder.noise"] = _noise(analysis.baseline.model("m1"))
    found |= _stand_ins(analysis)
    if analysis.signatures is not None:
        for name in CONTINUOUS:
            if any(m.name == name for m in analysis.signatures.models):
                found |= _model(name, analysis.signatures, name, "expression")
    return found | _panels(analysis)


def _discovery(cohorts: PublicCohorts) -> dict[str, Found]:
    patients = cohorts.discovery
    event = patients["event"] == 1
    found = {
        "discovery.n": _n(len(patients), RULES["discovery"]),
        "discovery.events": _n(int(event.sum()), RULES["discovery"]),
        "discovery.no_event": _n(int((~event).sum()), RULES["discovery"]),
        "discovery.rfs_median": _v(patients["time"].median(), "of all times, events and censored"),
        "discovery.rfs_min": _v(patients["time"].min(), "years"),
        "discovery.rfs_max": _v(patients["time"].max(), "years"),
        "discovery.youngest_complete": _youngest(cohorts),
    }
    for name, rows in (("no_event", patients[~event]), ("event", patients[event])):
        for column in ("hr", "her2", "pcr"):
            count = int((rows[column] == 1).sum())
            share = f"{count} ({count / max(len(rows), 1):.0%})"
            found[f"discovery.{column}.{name}"] = Found(float(count), TABLES, share, note=NOT_THE_LIST)
        for key, value in (
            ("mean", rows["age"].mean()),
            ("min", rows["age"].min()),
            ("max", rows["age"].max()),
        ):
            found[f"discovery.age_{key}.{name}"] = _v(value, NOT_THE_LIST)
    sizes = {key: int(rule(patients).sum()) for key, rule in SUBTYPE_RULES.items()}
    for key, size in sizes.items():
        found[f"subtypes.{key}"] = _n(size, f"{SUBTYPES[key]}; {NOT_THE_LIST}")
    total = sum(sizes.values())
    found["subtypes.total"] = _n(total, "patients of the rebuilt cohort in one of the three subtypes")
    for key, age, event_code in (("a", 50, 0.0), ("b", 42, 1.0)):
        found[f"pair.{key}"] = _pair(patients, age, event_code)
    return found


def _pair(patients: pd.DataFrame, age: int, event: float) -> Found:
    alike = patients[
        (patients["hr"] == 1)
        & (patients["her2"] == 0)
        & (patients["pcr"] == 0)
        & (patients["event"] == event)
    ]
    count = int(((alike["age"] >= age - 0.5) & (alike["age"] < age + 1)).sum())
    return Found(count > 0, TABLES, f"patients who fit: {count}", note=f"age {age} in full years or rounded")


def _youngest(cohorts: PublicCohorts) -> Found:
    """Look for the article's youngest patient with recurrence: their HER2 status should be known."""
    patients = cohorts.patients
    youngest = patients[(patients["event"] == 1) & ((patients["age"] - PUBLISHED_EVENT_AGE).abs() < 0.005)]
    if youngest.empty:
        return Found(
            None, TABLES, note=f"no patient of age {PUBLISHED_EVENT_AGE} with recurrence in the table"
        )
    unknown = [c.upper() for c in ("hr", "her2", "pcr") if youngest[c].isna().any()]
    note = (
        f"the article's youngest patient with recurrence ({PUBLISHED_EVENT_AGE} years) has "
        f"{' and '.join(unknown)} unknown in the public table"
        if unknown
        else "known for the article's youngest patient with recurrence"
    )
    return Found(not unknown, TABLES, "no" if unknown else "yes", note=note)


def _end_point(cohorts: PublicCohorts) -> dict[str, Found]:
    patients = cohorts.discovery if len(cohorts.discovery) else cohorts.patients
    if "os_event" not in patients.columns:
        return {}
    dead = patients["os_event"] == 1
    counted = int((dead & (patients["event"] == 1)).sum())
    first = int((patients["event_type"] == 2).sum()) if "event_type" in patients.columns else 0
    return {
        "end_point.death_censored": Found(
            counted == 0,
            TABLES,
            f"{counted} of {int(dead.sum())} deaths carry an event",
            note=f"end point of the table: {cohorts.end_point}; in {first} the death itself is the event",
        )
    }


def _validation(cohorts: PublicCohorts) -> dict[str, Found]:
    patients = cohorts.validation
    assert cohorts.nact is not None
    pilot = int((cohorts.nact["cohort"] == "validation").sum())
    events = int((patients["event"] == 1).sum())
    hormone = int((cohorts.nact["maps"] & cohorts.nact["hr"].notna()).sum())
    note = f"{RULES['validation_nact']}; {hormone} if of these only maps and HR are asked for"
    both = "both rules"
    return {
        "validation.n": _n(len(patients), both),
        "validation.nact": _n(pilot, note),
        "validation.events": _n(events, both),
        "validation.no_event": _n(len(patients) - events, both),
        "validation.rfs_median": _v(patients["time"].median(), both),
        "validation.rfs_min": _v(patients["time"].min(), both),
        "validation.rfs_max": _v(patients["time"].max(), both),
        "validation.three_years": _three_years(cohorts),
    }


def _three_years(cohorts: PublicCohorts) -> Found:
    left = {b.key: sum(n for _, n in b.left) for b in cohorts.flow if b.key.startswith("validation")}
    short = sum(left.values())
    return Found(
        short == 0,
        TABLES,
        f"{counted(short, 'patient')} left out for it",
        note="they meet the other conditions and were followed for less than three years",
    )


def _gap(visits: pd.DataFrame) -> Found:
    mapped = visits[visits["maps"]]
    dates = mapped.pivot_table(index="patient_id", columns="order", values="date", aggfunc="first")
    days = (dates[2] - dates[1]).dt.days.dropna()
    late = float((days >= 14).mean())
    return Found(
        float(days.median()),
        "stand-in",
        f"median {days.median():.0f} days between the first two studies "
        f"({days.min():.0f} to {days.max():.0f}; 14 or more in {late:.0%})",
        note="the day of the first cycle is not public, and a missed visit shifts the order",
    )


def _model(name: str, ladder: LadderResult, key: str, basis: Basis, note: str = "") -> dict[str, Found]:
    model = ladder.model(key)
    interval = model.cross_validated.interval
    words = note or f"on {counted(ladder.n, 'patient')} with {counted(ladder.events, 'event')}"
    return {
        f"c.{name}": Found(
            model.cross_validated.fold_mean.mean,
            basis,
            low=interval.lower,
            high=interval.upper,
            note=f"{words}; mean of folds, interval of sampling error (split jackknife)",
        ),
        f"p.{name}": Found(model.fit.lrt.p, basis, p_text(model.fit.lrt.p), note=words),
    }


def _stand_ins(analysis: TablesAnalysis) -> dict[str, Found]:
    ladder = analysis.stand_ins
    if ladder is None:
        return {}
    found = _model("m2", ladder, "ld", "stand-in", DIAMETER)
    tests = {(c.smaller, c.larger): c for c in ladder.comparisons}
    found["lrt.m1_m2"] = _test(tests[("m1", "ld")].test.p, DIAMETER)
    third = next((n for n in ("ld_genes", "ld_pam50") if ("ld", n) in tests), None)
    if third is not None:
        words = DIAMETER if third == "ld_genes" else f"{DIAMETER}; {SUBTYPE}"
        found |= _model("m3", ladder, third, "stand-in", words)
        found["lrt.m2_m3"] = _test(tests[("ld", third)].test.p, words)
    return found


def _panels(analysis: TablesAnalysis) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for key, name in (("ld2", "logrank.ftv2"), ("risk", "logrank.risk")):
        p = _panel_p(analysis, key)
        if p is not None:
            found[name] = _test(p, DIAMETER)
    subtype = _panel_p(analysis, "pam50")
    if subtype is not None:
        found["logrank.ror_s"] = _test(subtype, "PAM50 class of the series, in the place of ROR-S groups")
    values = {name: p for name in CLASSES if (p := _panel_p(analysis, name)) is not None}
    for name, p in values.items():
        found[f"logrank.{name}"] = Found(p, "expression", p_text(p), note="log-rank test by class")
    if len(values) == len(CLASSES):
        found["logrank.signatures"] = Found(
            min(values.values()) >= 0.05,
            "expression",
            f"smallest {p_text(min(values.values()))}",
            note="log-rank test by class of each signature",
        )
    return found


def _panel_p(analysis: TablesAnalysis, key: str) -> float | None:
    panel = analysis.panels.get(key)
    return None if panel is None else panel.test.shown_p


def _plan(ladder: LadderResult) -> Found:
    folds, replicates = ladder.plan["folds"], ladder.plan["replicates"]
    return Found(
        (folds, replicates) == (5, 100),
        TABLES,
        f"{folds} x {replicates}",
        note="the plan that our models were run with",
    )


def _noise(model: LadderModel) -> Found:
    noise, honest = model.cross_validated.fold_mean, model.cross_validated.interval
    spread, error = noise.t_upper - noise.t_lower, honest.upper - honest.lower
    return Found(
        bool(spread > 0.5 * error),
        TABLES,
        f"model 1: spread of the mean {spread:.3f} wide, sampling error {error:.2f}",
        note="an interval over replicates tells how much the split matters, not how well C is known",
    )


def _test(p: float, words: str) -> Found:
    return Found(p, "stand-in", p_text(p), note=words)


def _n(value: int, note: str) -> Found:
    return Found(float(value), TABLES, str(value), note=note)


def _v(value: float, note: str) -> Found:
    return Found(float(value), TABLES, f"{value:.2f}", note=note)
