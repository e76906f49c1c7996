"""Figure 6 and the tables of the validation cohort."""

from __future__ import annotations

from collections.abc import Mapping

from kinephen.records.base import Interval
from kinephen.records.names import FARTHER
from kinephen.records.validation import FrozenPerformance, ValidationRecord
from kinephen.report.numbers.survival import km_figure
from kinephen.report.schema import Cell, Column, Estimate, FigureEntry, Missing, Table
from kinephen.report.words.end_point import EndPointWords
from kinephen.study.cohort import PresetResults

UNCLEAR = "not computed"


def validation_figures(preset: PresetResults, end_point: EndPointWords) -> dict[str, FigureEntry]:
    """Return the survival curves of the validation cohort by assigned phenotype."""
    if preset.validation is None:
        return {}
    return {
        "km_validation": km_figure(
            {"phenotype": preset.validation.panel},
            label="Figure 6b",
            title="Survival by assigned phenotype in the validation cohort",
            section="validation",
            end_point=end_point,
        )
    }


def validation_tables(preset: PresetResults) -> dict[str, Table]:
    """Return who is in, the phenotypes and the frozen models' performance."""
    if preset.validation is None:
        return {}
    return {"validation": _counts(preset.validation), "validation_models": _models(preset.validation.models)}


def _counts(record: ValidationRecord) -> Table:
    flow, split, event = record.flow, record.sigclust, record.associations.event
    rows: dict[str, dict[str, Cell]] = {
        "listed": {"item": "patients listed", "value": len(flow.patients)},
        **_left_out(flow.left_out_kinds("features")),
        "analysed": {
            "item": "patients analysed",
            "value": flow.n("features"),
            "events": flow.events("features"),
        },
    }
    rows |= {
        f"phenotype_{i}": {"item": f"assigned to phenotype {p.label}", "value": p.n, "events": p.events}
        for i, p in enumerate(record.phenotypes, start=1)
    }
    rows |= {
        "out_of_range": {"item": FARTHER, "value": record.out_of_range},
        "sigclust": {
            "item": "SigClust of the assigned split",
            "test": "SigClust, normal approximation",
            "p": _p(split.p, split.reason),
        },
        "event_by_phenotype": {
            "item": "events by phenotype",
            "test": event.test,
            "p": _p(event.p, event.reason),
        },
    }
    return Table(
        title="The validation cohort",
        section="validation",
        columns=(
            Column(key="item", label="Quantity"),
            Column(key="value", label="Patients", format="int"),
            Column(key="events", label="Events", format="int"),
            Column(key="test", label="Test"),
            Column(key="p", label="p", format="p"),
        ),
        rows=tuple(rows.values()),
        keys=tuple(rows),
        caption="All below the patients analysed was computed on these. z-scores, groups, loadings and "
        "centroids are those of discovery; nothing is fitted again. A nearest centroid always exists, so "
        "distances and range flags matter.",
    )


def _left_out(counts: Mapping[str, int]) -> dict[str, dict[str, Cell]]:
    """Return one row a reason."""
    return {
        f"left_out_{i}": {"item": f"left out: {reason}", "value": n}
        for i, (reason, n) in enumerate(counts.items(), start=1)
    }


def _models(models: tuple[FrozenPerformance, ...]) -> Table:
    return Table(
        title="Discovery models, frozen, on the validation cohort",
        section="validation",
        columns=(
            Column(key="model", label="Model"),
            Column(key="n", label="Patients", format="int"),
            Column(key="events", label="Events", format="int"),
            Column(key="left_out", label="Analysed patients left out"),
            Column(key="c", label="C (95 % interval)", format="f2"),
            Column(key="slope", label="Calibration slope (95 % interval)", format="f2"),
        ),
        rows=tuple(
            {
                "model": m.title,
                "n": m.n,
                "events": m.events,
                "left_out": left_out_words(m),
                "c": _cell(m.c, m.reason),
                "slope": _cell(m.slope, m.reason),
            }
            for m in models
        ),
        caption="Of the patients analysed those who have the model's covariates. A slope of 1 is perfect; "
        "below 1 the discovery coefficients are too large.",
    )


def left_out_words(model: FrozenPerformance) -> str:
    """Return how many analysed patients lack a covariate of a model, and which: "3 (no her2)"."""
    return ", ".join(f"{n} ({reason})" for reason, n in model.lacking.items()) or "none"


def _cell(value: Interval | None, reason: str) -> Estimate | Missing:
    if value is None:
        return Missing(missing=reason or UNCLEAR)
    return Estimate(value=value.value, low=value.low, high=value.high, reason=value.reason)


def _p(value: float | None, reason: str) -> float | Missing:
    return Missing(missing=reason or "not tested") if value is None else value
