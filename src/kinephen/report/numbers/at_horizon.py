"""Phenotypes and markers at the horizon: restricted means, further tests, predictive values."""

from __future__ import annotations

from kinephen.core.counted import counted
from kinephen.records.curves import GroupTestRecord
from kinephen.records.horizon import MarkerRecord, PhenotypeTest, RestrictedMeanRecord
from kinephen.report.numbers.performance import interval_cell, number_cell
from kinephen.report.schema import Cell, Column, Missing, Table
from kinephen.study.cohort import PresetResults

MEASURES = {"ppv": "PPV (95 %)", "npv": "NPV (95 %)", "sensitivity": "Sensitivity (95 %)"}
MEASURES |= {"specificity": "Specificity (95 %)"}


def horizon_tables(preset: PresetResults) -> dict[str, Table]:
    """Return restricted means, further tests, and markers at the horizon."""
    additions = preset.survival.additions
    horizon = additions.performance.horizon.years
    panel = preset.survival.panels.get("phenotype")
    found = {}
    if additions.restricted_means:
        found["restricted_means"] = _means(additions.restricted_means, horizon)
    found["phenotype_tests"] = _tests(additions.tests, None if panel is None else panel.test)
    if additions.markers:
        found["markers_at_horizon"] = _markers(additions.markers, horizon)
    return found


def _means(rows: tuple[RestrictedMeanRecord, ...], horizon: float) -> Table:
    return Table(
        title=f"Years free of the event within the first {counted(horizon, 'year')}",
        section="survival",
        columns=(
            Column(key="group", label="Phenotype"),
            Column(key="n", label="Patients", format="int"),
            Column(key="events", label="Events", format="int"),
            Column(key="mean", label="Restricted mean (95 %)", unit="years", format="f2"),
            Column(key="difference", label="Difference from the first (95 %)", unit="years", format="f2"),
        ),
        rows=tuple(
            {
                "group": r.label,
                "n": r.n,
                "events": r.events,
                "mean": interval_cell(r.mean, r.reason),
                "difference": None if i == 0 else interval_cell(r.difference, r.reason),
            }
            for i, r in enumerate(rows)
        ),
        caption="Area under the Kaplan-Meier curve up to the horizon; it needs no proportional "
        "hazards. Events are "
        "counted over all follow-up.",
    )


def _tests(rows: tuple[PhenotypeTest, ...], shown: GroupTestRecord | None) -> Table:
    headline = "The headline is the plain test."
    if shown is not None and shown.permutation_p is not None:
        headline = (
            "The headline is the plain test with the p of its permutation distribution, since a group has "
            "few "
            "events; here stand the p of the chi-square distribution."
        )
    return Table(
        title="Do the phenotypes differ whatever the test?",
        section="survival",
        columns=(
            Column(key="what", label="Comparison"),
            Column(key="test", label="Test"),
            Column(key="n", label="Patients", format="int"),
            Column(key="events", label="Events", format="int"),
            Column(key="chi", label="Chi-square", format="f2"),
            Column(key="df", label="df", format="int"),
            Column(key="p", label="p (chi-square)", format="p"),
        ),
        rows=tuple(
            {
                "what": r.label,
                "test": r.name,
                "n": r.n,
                "events": r.events,
                "chi": number_cell(r.statistic, r.reason),
                "df": Missing(missing=r.reason) if r.df is None else int(r.df),
                "p": number_cell(r.p, r.reason),
            }
            for r in rows
        ),
        caption=f"{headline} The others show whether it hangs on late events or on receptors; they are no "
        "further evidence.",
    )


def _markers(rows: tuple[MarkerRecord, ...], horizon: float) -> Table:
    return Table(
        title=f"Markers against events by {counted(horizon, 'year')}, censored patients weighted",
        section="survival",
        columns=(
            Column(key="marker", label="Marker"),
            Column(key="cases", label="Event by then", format="int"),
            Column(key="controls", label="Followed beyond", format="int"),
            Column(key="unknown", label="Left before", format="int"),
            *(Column(key=key, label=label, format="f2") for key, label in MEASURES.items()),
        ),
        rows=tuple(_marker_row(r) for r in rows),
        caption="Beside Figure 5, which calls a patient censored early event-free: here they count "
        "for those who are "
        "still followed. Wilson's interval at the effective number of patients.",
    )


def _marker_row(record: MarkerRecord) -> dict[str, Cell]:
    if record.reason:
        return {"marker": record.marker, "ppv": Missing(missing=record.reason)}
    nobody = "nobody of known status is on this side"
    return {
        "marker": record.marker,
        "cases": record.cases,
        "controls": record.controls,
        "unknown": record.unknown,
        "ppv": interval_cell(record.ppv, nobody),
        "npv": interval_cell(record.npv, nobody),
        "sensitivity": interval_cell(record.sensitivity, nobody),
        "specificity": interval_cell(record.specificity, nobody),
    }
