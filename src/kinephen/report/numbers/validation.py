"""Figure 6 and the tables of the validation cohort."""

from __future__ import annotations

from typing import Any

from kinephen.records.names import TITLES
from kinephen.report.numbers.survival import km_figure
from kinephen.report.schema import Column, Estimate, FigureEntry, Missing, Table
from kinephen.study.cohort import PresetResults
from kinephen.survival.results import Z95


def validation_figures(preset: PresetResults, end_point: str) -> dict[str, FigureEntry]:
    """Return the survival curves of the validation cohort by assigned phenotype."""
    if preset.validation is None:
        return {}
    return {
        "km_validation": km_figure(
            [preset.validation["panel"]],
            label="Figure 6b",
            title="Survival by assigned phenotype in the validation cohort",
            section="validation",
            end_point=end_point,
        )
    }


def validation_tables(preset: PresetResults) -> dict[str, Table]:
    """Return assignment counts and the frozen models' performance."""
    if preset.validation is None:
        return {}
    return {"validation": _counts(preset), "validation_models": _models(preset.validation["models"])}


def _counts(preset: PresetResults) -> Table:
    record: dict[str, Any] = preset.validation or {}
    split = record["sigclust"]
    event = record["associations"].event
    rows = [
        {"item": f"assigned to phenotype {preset.labels[k]}", "value": n} for k, n in record["counts"].items()
    ]
    rows += [
        {"item": "not assigned (a feature undefined)", "value": record["unassigned"]},
        {
            "item": "farther from every centroid than any patient of discovery",
            "value": record["out_of_range"],
        },
        {"item": "events", "value": record["events"]},
    ]
    tests: list[dict[str, Any]] = [
        {"item": "SigClust of the assigned split", "p": _p(split["p"], split["reason"])},
        {"item": f"recurrences by phenotype ({event.test})", "p": _p(event.p, event.reason)},
    ]
    return Table(
        title="The validation cohort",
        section="validation",
        columns=(
            Column(key="item", label="Quantity"),
            Column(key="value", label="Patients", format="int"),
            Column(key="p", label="p", format="p"),
        ),
        rows=(*rows, *tests),
        caption="z-scores, groups, loadings and centroids are those of discovery; nothing is fitted again. "
        "A nearest centroid always exists, so distances and range flags matter.",
    )


def _models(models: list[dict[str, Any]]) -> Table:
    return Table(
        title="Discovery models, frozen, on the validation cohort",
        section="validation",
        columns=(
            Column(key="model", label="Model"),
            Column(key="n", label="Patients", format="int"),
            Column(key="c", label="C (95 % interval)", format="f2"),
            Column(key="slope", label="Calibration slope (95 % interval)", format="f2"),
        ),
        rows=tuple({"model": TITLES[m["model"]], "n": m["n"], **_performance(m)} for m in models),
        caption="A slope of 1 is perfect; below 1 the discovery coefficients are too large.",
    )


def _performance(model: dict[str, Any]) -> dict[str, Any]:
    if model["reason"]:
        return {"c": Missing(missing=model["reason"]), "slope": Missing(missing=model["reason"])}
    slope, half = model["slope"], Z95 * model["slope_se"]
    return {
        "c": Estimate(value=model["c"], low=model["c_low"], high=model["c_high"]),
        "slope": Estimate(value=slope, low=slope - half, high=slope + half),
    }


def _p(value: float | None, reason: str) -> float | Missing:
    return Missing(missing=reason or "not tested") if value is None else value
