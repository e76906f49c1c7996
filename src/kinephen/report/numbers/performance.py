"""Predicted risks at the horizon, sample size and optimism: tables and figures."""

from __future__ import annotations

from kinephen.core.counted import counted, noun
from kinephen.records.base import Interval
from kinephen.records.ladder import LadderRecord
from kinephen.records.names import NESTED, TITLES, short_title
from kinephen.records.performance import (
    CalibrationRecord,
    HorizonRecord,
    ModelPerformance,
    PerformanceRecord,
    ScoresRecord,
)
from kinephen.report.schema import Cell, Column, Estimate, FigureEntry, Missing, Table
from kinephen.report.schema.figures import CalibrationCurve, CalibrationData, LinesData, Series
from kinephen.report.words.end_point import EndPointWords
from kinephen.study.cohort import PresetResults

NO_NUMBER = "not defined"


def interval_cell(record: Interval | None, reason: str = "") -> Estimate | Missing:
    """Return an interval's record as a cell, or the reason why there is none."""
    if record is None or record.value is None:
        return Missing(missing=reason or NO_NUMBER)
    return Estimate(value=record.value, low=record.low, high=record.high, reason=reason or NO_NUMBER)


def number_cell(value: float | None, reason: str = "") -> float | Missing:
    """Return a number as a cell, or the reason why there is none."""
    return Missing(missing=reason or NO_NUMBER) if value is None else value


def performance_tables(preset: PresetResults, end_point: EndPointWords) -> dict[str, Table]:
    """Return prediction at the horizon, and size and optimism."""
    record, ladder = preset.survival.additions.performance, preset.survival.ladder
    return {"performance": _performance(record, ladder, end_point), "optimism": _optimism(record, ladder)}


def performance_figures(preset: PresetResults, end_point: EndPointWords) -> dict[str, FigureEntry]:
    """Return calibration, decision curves and AUC over time, as far as they are defined."""
    record = preset.survival.additions.performance
    horizon = record.horizon.value
    found: dict[str, FigureEntry | None] = {
        "calibration": _calibration(record, horizon),
        "decision_curve": _decision(record, horizon),
        "auc_over_time": _auc(record, end_point),
    }
    return {name: figure for name, figure in found.items() if figure is not None}


def _performance(record: PerformanceRecord, ladder: LadderRecord, end_point: EndPointWords) -> Table:
    return Table(
        title="Prediction at the horizon",
        section="models",
        columns=(
            Column(key="model", label="Model"),
            Column(
                key="auc",
                label="AUC(t) (95 %)",
                format="f2",
                description="Probability that a patient with the event by the horizon had the higher risk.",
            ),
            Column(key="gain", label="Gain in AUC(t) over the nested model", format="f2"),
            Column(key="uno", label="Uno's C to the horizon (95 %)", format="f2"),
            Column(
                key="brier", label="Brier score", format="f3", description="Mean squared error; 0 is best."
            ),
            Column(
                key="ipa",
                label="IPA",
                format="f2",
                description="Share of the error of Kaplan-Meier for everyone that the model "
                "saves; below 0 the "
                "model predicts worse than no model.",
            ),
            Column(key="slope", label="Calibration slope (95 %)", format="f2"),
            Column(
                key="ratio",
                label="Observed / expected (95 %)",
                format="f2",
                description="Calibration in the large at the horizon.",
            ),
        ),
        rows=tuple(_performance_row(name, ladder.title(name), record) for name in TITLES),
        caption=f"{end_point.caption}. {_horizon_words(record.horizon)} Predictions "
        "for patients left "
        f"out of the fit, in {counted(record.replicates, 'replicate')} of the folds of Table 4; measures "
        "and limits are "
        "means over replicates. The phenotype is the one found on the whole cohort. AUC(t) and Brier score "
        "weight censored patients by the inverse probability of being followed.",
        notes=(
            "A slope below 1 means predictions that are too extreme; observed / expected above 1, risks that "
            "are too low.",
            "AUC(t) below one half is usual for a weak model in a small cohort: what a fold's patients lack, "
            "those left out have.",
        ),
    )


def _performance_row(name: str, title: str, record: PerformanceRecord) -> dict[str, Cell]:
    entry = record.models.get(name)
    if entry is None:
        return {"model": title, "auc": Missing(missing="the model was not fitted (see Table 4)")}
    scores = entry.scores
    if scores is None:
        why_not = entry.reason or record.horizon.reason or NO_NUMBER
        return {"model": title, "auc": Missing(missing=why_not)}
    why = scores.undefined
    gain = record.gain(NESTED.get(name, ""), name)
    return {
        "model": title,
        "auc": interval_cell(scores.auc, why.get("auc", "")),
        "uno": interval_cell(scores.uno, why.get("uno", "")),
        "slope": interval_cell(scores.slope, why.get("slope", "")),
        "ratio": interval_cell(scores.ratio, why.get("ratio", "")),
        "gain": interval_cell(gain.gain, gain.reason) if gain else None,
        "brier": number_cell(scores.brier, why.get("brier", "")),
        "ipa": number_cell(scores.ipa, why.get("brier", "")),
    }


def _horizon_words(horizon: HorizonRecord) -> str:
    if horizon.value is None:
        return f"No horizon: {horizon.reason}."
    chosen = f" ({horizon.reason})" if horizon.reason else ""
    return (
        f"Horizon {counted(horizon.value, 'year')}{chosen}: {counted(horizon.cases, 'patient')} had the "
        f"event by then, {horizon.beyond} {noun(horizon.beyond, 'is', 'are')} followed beyond it, "
        f"{horizon.unknown} left before."
    )


def _optimism(record: PerformanceRecord, ladder: LadderRecord) -> Table:
    return Table(
        title="Is the study large enough for its models?",
        section="models",
        columns=(
            Column(key="model", label="Model"),
            Column(key="coefficients", label="Coefficients", format="int"),
            Column(key="epv", label="Events per coefficient", format="f1"),
            Column(
                key="needed",
                label="Patients needed",
                format="int",
                description="For an expected shrinkage of 0.9, at the model's own R squared (Riley 2019).",
            ),
            Column(key="needed_events", label="Events needed", format="int"),
            Column(
                key="shrinkage",
                label="Expected shrinkage",
                format="f2",
                description="1 - p / likelihood ratio: the factor by which predictions will be too extreme.",
            ),
            Column(key="apparent", label="C, apparent", format="f2"),
            Column(key="optimism", label="Optimism", format="f2"),
            Column(key="corrected", label="C, corrected", format="f2"),
            Column(key="slope", label="Slope, corrected", format="f2"),
        ),
        rows=tuple(
            _optimism_row(ladder.title(name), record.models[name]) for name in TITLES if name in record.models
        ),
        caption=f"Sample size for this many coefficients in {counted(record.n, 'patient')}; optimism of C "
        f"and calibration slope by bootstrap ({counted(record.bootstraps, 'sample')}), the phenotype taken "
        "as found. Patients needed are a floor: the criterion believes the model's own fit, which is itself "
        "optimistic.",
    )


def _optimism_row(title: str, entry: ModelPerformance) -> dict[str, Cell]:
    size, boot = entry.size, entry.optimism
    unsolvable = "the model explains nothing, or everything: no size can be solved for"
    why = boot.reason
    return {
        "model": title,
        "coefficients": size.coefficients,
        "epv": size.events_per_coefficient,
        "needed": number_cell(size.needed_n, unsolvable),
        "needed_events": number_cell(size.needed_events, unsolvable),
        "shrinkage": number_cell(size.shrinkage, unsolvable),
        "apparent": number_cell(boot.apparent_c, why),
        "optimism": number_cell(boot.optimism_c, why),
        "corrected": number_cell(boot.corrected_c, why),
        "slope": number_cell(boot.corrected_slope, why),
    }


def _calibration(record: PerformanceRecord, horizon: float | None) -> FigureEntry | None:
    curves = []
    for name in ("m2", "m4", "m5"):
        entry = record.models.get(name)
        if entry is not None and entry.scores and entry.calibration and entry.calibration.groups:
            curves.append(_curve(name, entry.scores, entry.calibration))
    if horizon is None or not curves:
        return None
    return FigureEntry(
        title=f"Do predicted risks come true by {counted(horizon, 'year')}?",
        label="Calibration",
        section="models",
        caption="Points: groups of patients by predicted risk (mean over replicates of out-of-fold "
        "predictions), "
        "each with about ten events or more, observed risk by Kaplan-Meier with its 95 % interval. Lines: "
        "observed risk as a smooth function of predicted risk. Slope and observed / expected as "
        "in the table.",
        data=CalibrationData(curves=tuple(curves), horizon=horizon),
    )


def _curve(name: str, scores: ScoresRecord, calibration: CalibrationRecord) -> CalibrationCurve:
    groups, smooth = calibration.groups, calibration.smooth
    slope = interval_cell(scores.slope)
    return CalibrationCurve(
        label=short_title(name),
        predicted=tuple(g.predicted for g in groups),
        observed=tuple(g.observed for g in groups),
        low=tuple(g.lower for g in groups),
        high=tuple(g.upper for g in groups),
        n=tuple(g.n for g in groups),
        smooth_predicted=smooth.predicted if smooth else (),
        smooth_observed=smooth.observed if smooth else (),
        slope=slope if isinstance(slope, Estimate) else None,
    )


def _decision(record: PerformanceRecord, horizon: float | None) -> FigureEntry | None:
    if horizon is None or not record.decision:
        return None
    models = [c for c in record.decision if c.model in TITLES]
    defaults = [c for c in record.decision if c.model not in TITLES]
    series = [Series(label=short_title(c.model), x=c.threshold, y=c.benefit) for c in models]
    floor = -0.1
    # Treating all falls without end; below the floor the line says nothing more.
    series += [
        Series(
            label=c.model,
            x=tuple(x for x, y in zip(c.threshold, c.benefit, strict=True) if y is None or y >= floor),
            y=tuple(y for y in c.benefit if y is None or y >= floor),
            role="default",
        )
        for c in defaults
    ]
    return FigureEntry(
        title="Would acting on the predicted risk do good?",
        label="Decision curves",
        section="models",
        caption=f"Net benefit per patient of acting where the predicted risk by {counted(horizon, 'year')} "
        "reaches the threshold (mean over replicates of out-of-fold predictions). A model is of use where "
        "its line lies above both grey ones.",
        data=LinesData(
            series=tuple(series),
            x_label="Threshold of risk (probability)",
            y_label="Net benefit (events per patient)",
        ),
    )


def _auc(record: PerformanceRecord, end_point: EndPointWords) -> FigureEntry | None:
    curves = [c for c in record.auc_over_time if len(c.time) > 1]
    if not curves:
        return None
    return FigureEntry(
        title="How well the models tell apart, by time",
        label="AUC(t)",
        section="models",
        caption=f"{end_point.caption}. Cumulative/dynamic AUC of out-of-fold "
        "risks at each "
        "half year with at least five events before and five patients followed beyond; mean over replicates.",
        data=LinesData(
            series=tuple(Series(label=short_title(c.model), x=c.time, y=c.auc) for c in curves),
            x_label=f"{end_point.time_axis} (years)",
            y_label="AUC(t) (probability)",
            y_reference=0.5,
        ),
    )
