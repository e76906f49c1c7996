"""Quantities of a full run's report: patients, phenotypes, associations and the validation cohort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from kinephen.records.names import CHARACTERISTICS, COVARIATES, TREATMENT
from kinephen.report.numbers.phenotypes import RULES
from kinephen.report.schema import Cell, Estimate, Missing, Report, Share
from kinephen.report.schema.figures import AssociationData, BarsData, ConsensusCDFData, KMData
from kinephen.reproduce.found import Found
from kinephen.reproduce.run_survival import RECURRED, count, p_value, rates

CLINICAL = ("age", "hr", "her2", "tn", "pcr", "ftv2")
SIGNATURES = ("gene70_class", "ror_s_group", "p53_class")
SHAPE_FAMILIES = ("Morphologic", "Volumetric")


def cohort_quantities(report: Report) -> dict[str, Found]:
    """Return sizes, events, follow-up, Table 1 and Table 3."""
    found = {"run.visits": count(len(report.study.visits), " and ".join(report.study.visits))}
    found["end_point.death_censored"] = Found(
        "death censored" in report.study.end_point, "run", note=report.study.end_point
    )
    plan = {s.key: s.value for s in report.settings}
    folds, replicates = plan.get("cross_validation.folds"), plan.get("cross_validation.replicates")
    found["ladder.plan"] = Found((folds, replicates) == (5, 100), "run", f"{folds} x {replicates}")
    for cohort in report.study.cohorts:
        events = cohort.events or 0
        found[f"{cohort.name}.n"] = count(cohort.n, "patients analysed")
        found[f"{cohort.name}.events"] = count(events, "patients with the event")
        found[f"{cohort.name}.no_event"] = count(cohort.n - events, "patients without the event")
        found |= _times(report, cohort.name)
    ftv2 = [w.ftv2 is not None for w in report.patients if w.cohort == "discovery"]
    found["run.ftv2_complete"] = Found(all(ftv2), "run", f"{sum(ftv2)} of {len(ftv2)} patients")
    found["run.pair"] = Found("tumours" in report.figures, "run", note="see the report's Figure 7")
    return found | _table1(report) | _table3(report) | _subtypes(report)


def phenotype_quantities(report: Report) -> dict[str, Found]:
    """Return groups, components, number of phenotypes and their significance."""
    found: dict[str, Found] = {}
    kept, p = report.numbers.get("kept"), report.numbers.get("sigclust_p")
    if kept is not None and kept.value is not None:
        found["phenotypes.kept"] = count(kept.value, kept.label)
    if p is not None:
        found["phenotypes.sigclust"] = p_value(p.value, p.reason, p.label)
    table = report.tables.get("components")
    if table is not None:
        groups: dict[Cell, float] = {}
        for row in table.rows:
            groups[row["group"]] = float(row["cumulative"])  # type: ignore[arg-type]
        found["phenotypes.components"] = count(len(table.rows), "components")
        found["phenotypes.groups"] = count(len(groups), "feature groups")
        least = min(groups.values())
        found["phenotypes.explained"] = Found(least > 0.85, "run", f"at least {least:.0%} of each group")
    curves = report.figures.get("phenotype_cdf")
    if curves is not None and isinstance(curves.data, ConsensusCDFData):
        chosen = {c.rule: c.k for c in curves.data.chosen}
        k = chosen.get(RULES["last_gain"])
        used = report.numbers["k"].value
        note = f"what the article's rule answers; {used} were used"
        found["phenotypes.k"] = Found(None if k is None else float(k), "run", note=note)
    sam = report.tables.get("sam")
    if sam is not None:
        shares = [(str(r["component"]), r["q_percent"]) for r in sam.rows]
        called = [name for name, q in shares if isinstance(q, float) and q <= 5.0]
        found["phenotypes.sam"] = Found(
            float(len(called)), "run", ", ".join(called) or "none", note="q of 5 % or less"
        )
    return found | _loadings(report)


def association_quantities(report: Report) -> dict[str, Found]:
    """Return whether covariates, signatures or treatment go with the phenotype after correction."""
    table, figure = report.tables.get("associations"), report.figures.get("associations")
    if table is None:
        return {}
    rows = table.by_key()
    adjusted = {column: row.get("adjusted") for column, row in rows.items()}
    found = {
        "associations.clinical": _none(adjusted, CLINICAL),
        "associations.molecular": _none(adjusted, SIGNATURES),
        "associations.treatment": _none(adjusted, tuple(TREATMENT)),
        "associations.none": _none(adjusted, (*CLINICAL, *SIGNATURES)),
        "recurrence.p": _p_of(rows["event"], "events by phenotype"),
    }
    if figure is not None and isinstance(figure.data, AssociationData):
        panel = next((x for x in figure.data.panels if x.variable == COVARIATES["pcr"]), None)
        if panel is not None and len(panel.counts) == 2 and "yes" in panel.categories:
            yes = panel.categories.index("yes")
            first, second = ((sum(row), row[yes]) for row in panel.counts)
            found["associations.pcr_more"] = rates(second, first, "pCR, Phenotype 1 against 2")
    return found


def validation_quantities(report: Report) -> dict[str, Found]:
    """Return the tests of the validation cohort."""
    table, figure = report.tables.get("validation"), report.figures.get("km_validation")
    if table is None:
        return {}
    rows = table.by_key()
    found = {
        f"validation.{name}": _p_of(rows[key], f"{rows[key]['item']} ({rows[key]['test']})")
        for name, key in (("sigclust", "sigclust"), ("recurrence_p", "event_by_phenotype"))
    }
    if figure is not None and isinstance(figure.data, KMData):
        panel = figure.data.panels[0]
        found["validation.logrank"] = p_value(panel.p, panel.reason, panel.test)
        if len(panel.curves) == 2:
            low, high = panel.curves
            found["validation.recurrence_more"] = rates((low.n, low.events), (high.n, high.events), RECURRED)
    return found


def _times(report: Report, cohort: str) -> dict[str, Found]:
    times = [w.time for w in report.patients if w.cohort == cohort and w.time is not None]
    if not times:
        return {}
    values = {"median": median(times), "min": min(times), "max": max(times)}
    return {f"{cohort}.rfs_{k}": Found(v, "run", f"{v:.2f}", note="years") for k, v in values.items()}


def _table1(report: Report) -> dict[str, Found]:
    table = report.tables.get("table1")
    found: dict[str, Found] = {}
    for name, row in ({} if table is None else table.by_key()).items():
        for group in ("no_event", "event"):
            cell = row.get(group)
            if isinstance(cell, Share) and name in CHARACTERISTICS:
                shown = f"{cell.n} ({cell.n / max(cell.of, 1):.0%})"
                found[f"discovery.{name}.{group}"] = Found(float(cell.n), "run", shown)
            elif isinstance(cell, Estimate) and name == "age":
                for key, value in (("mean", cell.value), ("min", cell.low), ("max", cell.high)):
                    found[f"discovery.age_{key}.{group}"] = Found(value, "run")
    return found


def _table3(report: Report) -> dict[str, Found]:
    table = report.tables.get("table3")
    names = dict(zip(SIGNATURES, ("gene70", "ror_s", "p53"), strict=True))
    found: dict[str, Found] = {}
    for key, row in ({} if table is None else table.by_key()).items():
        share, (column, _, category) = row["share"], key.partition(".")
        if isinstance(share, Share):
            found[f"classes.{names[column]}.{category}"] = count(share.n, f"of {share.of} patients")
    confusion = report.tables.get("confusion")
    gene70 = None if confusion is None else confusion.by_key().get("gene70_class")
    if gene70 is not None:
        found["classes.gene70.low_events"] = count(int(gene70["fn"]), "low risk, event")  # type: ignore[arg-type]
    return found


def _subtypes(report: Report) -> dict[str, Found]:
    known = [w.extra for w in report.patients if w.cohort == "discovery"]
    pairs = [(e.get("hr"), e.get("her2")) for e in known]
    counts = {
        "hr_positive_her2_negative": sum(p == (True, False) for p in pairs),
        "her2_positive": sum(her2 is True for _, her2 in pairs),
        "triple_negative": sum(p == (False, False) for p in pairs),
    }
    return {
        **{f"subtypes.{name}": count(n, "patients of discovery") for name, n in counts.items()},
        "subtypes.total": count(sum(counts.values()), f"of {len(pairs)} patients of discovery"),
    }


def _p_of(row: Mapping[str, Cell], note: str) -> Found:
    p = row.get("p")
    if isinstance(p, Missing):
        return p_value(None, p.missing, note)
    return p_value(float(p) if isinstance(p, (int, float)) else None, "", note)


def _none(adjusted: Mapping[str, Cell], columns: Sequence[str]) -> Found:
    known = {
        COVARIATES.get(n, n): float(p) for n in columns if isinstance(p := adjusted.get(n), (int, float))
    }
    if not known:
        return Found(None, "run", note="none of these was tested")
    least = min(known, key=lambda n: known[n])
    shown = f"smallest corrected p {known[least]:.2g} ({least})"
    return Found(known[least] >= 0.05, "run", shown, note=f"{len(known)} of {len(columns)} were tested")


def _loadings(report: Report) -> dict[str, Found]:
    figure = report.figures.get("loadings")
    if figure is None or not isinstance(figure.data, BarsData):
        return {}
    first = figure.data.groups[0]
    shape = sum(any(f"_{f}_" in label for f in SHAPE_FAMILIES) for label in first.labels)
    shown = f"{shape} of the {len(first.labels)} largest loadings of {first.title} are of shape"
    return {"phenotypes.first_loadings": Found(float(shape), "run", shown)}
