"""The page of an external validation: a report of its own, made from the record of the validation."""

from __future__ import annotations

from kinephen.config.presets import PRESET_NAMES, flatten, preset_settings
from kinephen.core.counted import counted
from kinephen.io.clinical_layouts import NOT_STATED
from kinephen.model.load import Fitted
from kinephen.model.patients import NewPatients
from kinephen.records.base import Interval
from kinephen.records.flow import Step
from kinephen.records.names import DRAWN_MODELS, FARTHER
from kinephen.records.validation import CaseMix, Decision, ExternalRecord, FrozenPerformance
from kinephen.report.numbers.survival import km_figure
from kinephen.report.numbers.validation import left_out_words
from kinephen.report.schema import (
    Cell,
    CohortEntry,
    Column,
    Estimate,
    Exclusion,
    FigureEntry,
    FlowStep,
    InputFile,
    IssueEntry,
    Missing,
    Provenance,
    Report,
    Setting,
    Share,
    Statement,
    StatementRef,
    Study,
    Table,
)
from kinephen.report.schema.figures import (
    CalibrationCurve,
    CalibrationData,
    ForestData,
    ForestInterval,
    LinesData,
    Series,
)
from kinephen.report.words.end_point import EndPointWords, clock_words
from kinephen.report.words.estimate import chance, external_words
from kinephen.study.provenance import versions


def external_report(fitted: Fitted, patients: NewPatients, record: ExternalRecord, *, name: str) -> Report:
    """Return the validation page's report.

    Parameters
    ----------
    fitted : Fitted
    patients : NewPatients
    record : ExternalRecord
        Of `kinephen.model.external.validate_model`.
    name : str
        Title of the page.
    """
    file = fitted.file
    tables = {
        "validation_models": _models(record),
        "phenotype_counts": _phenotypes(record),
        "case_mix": _case_mix(record),
        "flags": _flags(record),
    }
    return Report(
        study=Study(
            name=name,
            cohorts=(
                CohortEntry(
                    name="training", n=file.training.cohort.analysed, events=file.training.cohort.events
                ),
                CohortEntry(
                    name="these patients", n=record.flow.n("features"), events=record.flow.events("features")
                ),
            ),
            visits=file.study.visits,
            end_point=patients.end_point or NOT_STATED,
            time_origin=patients.time_origin,
            time_unit="years",
            simulated=patients.simulated,
            seed=file.made_by.seed,
        ),
        preset=file.made_by.preset,
        summary=_summary(fitted, patients, record),
        flow=_flow(record),
        tables=tables,
        figures=_figures(record, _end_point(patients)),
        settings=_settings(fitted),
        issues=tuple(IssueEntry(**i.to_dict()) for i in patients.issues),  # type: ignore[arg-type]
        provenance=Provenance(
            versions=versions(), inputs=(InputFile(name="fitted model (checksum)", sha256=file.checksum),)
        ),
    )


EVENTS_TO_VALIDATE = 100
"""Events in the patients of a validation below which its measures are imprecise (Collins, Ogundimu and
Altman 2016, doi 10.1002/sim.6787)."""
FLOW: tuple[tuple[Step, str], ...] = (
    ("visits", "Both visits"),
    ("exams", "Both exams analysed"),
    ("outcome", "Outcome known"),
    ("features", "Every feature of the model defined: phenotype assigned, analysed"),
)


def _flow(record: ExternalRecord) -> tuple[FlowStep, ...]:
    flow, parent = record.flow, "listed"
    steps = [FlowStep(key=parent, label="Patients listed", n=len(flow.patients))]
    for key, label in FLOW:
        lost = tuple(Exclusion(reason=r, n=n) for r, n in flow.reasons(key).items())
        steps.append(FlowStep(key=key, label=label, n=flow.n(key), parent=parent, excluded=lost))
        parent = key
    return tuple(steps)


def short(title: str) -> str:
    """Return a model's title without its covariates ("Model 2")."""
    return title.split(":")[0]


def _models(record: ExternalRecord) -> Table:
    horizon = record.horizon
    by = "the horizon" if horizon is None else counted(horizon, "year")
    return Table(
        title="The fitted models, frozen, in these patients",
        section="validation",
        columns=(
            Column(key="model", label="Model"),
            Column(key="n", label="Patients", format="int"),
            Column(key="events", label="Events", format="int"),
            Column(key="left_out", label="Analysed patients left out"),
            Column(key="c", label="C here (95 % interval)", format="f2"),
            Column(key="training_c", label="C in training, cross-validated (95 % interval)", format="f2"),
            Column(key="slope", label="Calibration slope (95 % interval)", format="f2"),
            Column(key="in_the_large", label="Observed / expected events (95 % interval)", format="f2"),
            Column(key="at_horizon", label=f"Observed / predicted risk by {by} (95 % interval)", format="f2"),
            Column(key="brier", label=f"Brier score at {by}", format="f3"),
            Column(key="null", label="Brier score of Kaplan-Meier", format="f3"),
            Column(key="ipa", label="IPA", format="f2", description="1 - Brier / Brier of Kaplan-Meier"),
        ),
        rows=tuple(_model_row(m, record.training_c[m.model]) for m in record.models),
        caption="Coefficients and baseline hazard are those of the model file; nothing is fitted again. A "
        "slope of 1 and ratios of 1 are right; a slope below 1 means predictions that are too extreme. IPA "
        "above 0 is better than giving everyone the same risk.",
    )


def _model_row(model: FrozenPerformance, training: Interval) -> dict[str, Cell]:
    late = "no horizon that is followed in both cohorts"
    brier, none = model.brier, Missing(missing=model.reason or late)
    return {
        "model": model.title,
        "n": model.n,
        "events": model.events,
        "left_out": left_out_words(model),
        "c": _estimate(model.c, model.reason),
        "training_c": _estimate(training, ""),
        "slope": _estimate(model.slope, model.reason),
        "in_the_large": _estimate(model.in_the_large, model.reason),
        "at_horizon": _estimate(model.at_horizon, model.reason or late),
        "brier": none if brier is None else brier.brier,
        "null": none if brier is None else brier.null_brier,
        "ipa": none if brier is None else brier.ipa,
    }


def _estimate(found: Interval | None, reason: str) -> Estimate | Missing:
    if found is None:
        return Missing(missing=reason or "not computed")
    return Estimate(value=found.value, low=found.low, high=found.high, reason=found.reason or "not finite")


def _phenotypes(record: ExternalRecord) -> Table:
    rows: list[dict[str, Cell]] = [
        {
            "phenotype": p.label,
            "training": Missing(missing="fewer than 5 patients") if p.training is None else p.training,
            "n": p.n,
            "events": p.events,
            "beyond": p.out_of_range,
        }
        for p in record.phenotypes
    ]
    return Table(
        title="Phenotypes in training and here",
        section="validation",
        columns=(
            Column(key="phenotype", label="Phenotype"),
            Column(key="training", label="Patients in training", format="int"),
            Column(key="n", label="Patients here", format="int"),
            Column(key="events", label="Events here", format="int"),
            Column(key="beyond", label=f"{FARTHER[0].upper()}{FARTHER[1:]}", format="int"),
        ),
        rows=tuple(rows),
        caption="Each patient has the phenotype of the nearest centroid of training.",
    )


def _case_mix(record: ExternalRecord) -> Table:
    return Table(
        title="Case mix in training and here",
        section="cohort",
        columns=(
            Column(key="covariate", label="Covariate"),
            Column(key="training", label="Training: mean or share", format="f2"),
            Column(key="training_sd", label="Training: SD", format="f2"),
            Column(key="share", label="Here: patients (share)"),
            Column(key="mean", label="Here: mean", format="f2"),
            Column(key="sd", label="Here: SD", format="f2"),
            Column(key="outside", label="Outside the training range", format="int"),
        ),
        rows=tuple(_mix_row(line) for line in record.case_mix),
    )


def _mix_row(line: CaseMix) -> dict[str, Cell]:
    training = Missing(missing="fewer than 5 patients") if line.training is None else line.training
    row: dict[str, Cell] = {"covariate": line.label, "training": training}
    if line.kind == "share":
        return {**row, "share": Share(n=line.n or 0, of=line.of)}
    few = Missing(missing="too few patients")
    return {
        **row,
        "training_sd": few if line.training_sd is None else line.training_sd,
        "mean": few if line.mean is None else line.mean,
        "sd": few if line.sd is None else line.sd,
        "outside": line.outside,
    }


def _flags(record: ExternalRecord) -> Table:
    return Table(
        title="Reasons for caution",
        section="validation",
        columns=(
            Column(key="code", label="Flag"),
            Column(key="n", label="Patients", format="int"),
            Column(key="example", label="For example"),
        ),
        rows=tuple({"code": f.code, "n": f.n, "example": f.example} for f in record.flags),
        caption="Patients in whom a covariate, the features, the scanner, the protocol or the lesion is not "
        "as in training; below them (exam.) what was noticed while exams were read and measured.",
    )


def _end_point(patients: NewPatients) -> EndPointWords:
    return EndPointWords(patients.end_point or NOT_STATED, patients.time_origin)


def _figures(record: ExternalRecord, end_point: EndPointWords) -> dict[str, FigureEntry]:
    figures = {
        "km_external": km_figure(
            {"phenotype": record.panel},
            label="",
            title="Survival by assigned phenotype",
            section="validation",
            end_point=end_point,
        ),
        "discrimination": _forest(),
    }
    curves = tuple(_curve(m) for m in record.models if m.model in DRAWN_MODELS and m.calibration)
    if curves and record.horizon is not None:
        figures["calibration"] = FigureEntry(
            title=f"Calibration at {counted(record.horizon, 'year')}",
            section="validation",
            caption="Observed risk (1 - Kaplan-Meier) against the mean predicted risk in groups of patients "
            "by predicted risk, each of about ten events or all patients together; on the diagonal "
            "predictions are right.",
            data=CalibrationData(curves=curves, horizon=record.horizon),
        )
    if record.decision is not None and record.horizon is not None:
        figures["decision"] = _decision(record.decision, record.horizon)
    return figures


def _forest() -> FigureEntry:
    return FigureEntry(
        title="How well the models rank these patients",
        section="validation",
        caption="Harrell's C of the frozen models; 0.5 is chance.",
        data=ForestData(
            table="validation_models",
            label_column="model",
            intervals=(ForestInterval(column="c", name="95 % interval", role="honest"),),
            axis_label="C-statistic (probability)",
            reference=0.5,
        ),
    )


def _curve(model: FrozenPerformance) -> CalibrationCurve:
    groups = model.calibration
    slope = _estimate(model.slope, model.reason)
    return CalibrationCurve(
        label=model.title,
        predicted=tuple(g.predicted for g in groups),
        observed=tuple(g.observed for g in groups),
        low=tuple(g.lower for g in groups),
        high=tuple(g.upper for g in groups),
        n=tuple(g.n for g in groups),
        slope=slope if isinstance(slope, Estimate) else None,
    )


def _decision(record: Decision, horizon: float) -> FigureEntry:
    simple = ("treat all", "treat none")
    return FigureEntry(
        title=f"Decision curves at {counted(horizon, 'year')}",
        section="validation",
        caption="Net benefit per patient of acting on the predicted risk, in the "
        f"{counted(record.n, 'patient')} with {counted(record.events, 'event')} who are complete for all "
        "models; a model is of use "
        "where it lies above treating all and treating none.",
        data=LinesData(
            series=tuple(
                Series(
                    label=k.model,
                    x=k.threshold,
                    y=k.benefit,
                    role="default" if k.model in simple else "model",
                )
                for k in record.lines
            ),
            x_label="Threshold probability",
            y_label="Net benefit",
            y_reference=0.0,
        ),
    )


def _summary(fitted: Fitted, patients: NewPatients, record: ExternalRecord) -> tuple[Statement, ...]:
    found = []
    for i, model in enumerate(record.models):
        if model.model in ("m2", "m4", "m5") and not model.reason:
            place = f"/tables/validation_models/rows/{i}"
            refs = {
                "c": StatementRef(pointer=f"{place}/c/value", format="f2"),
                "low": StatementRef(pointer=f"{place}/c/low", format="f2"),
                "high": StatementRef(pointer=f"{place}/c/high", format="f2"),
                "slope": StatementRef(pointer=f"{place}/slope/value", format="f2"),
            }
            title = short(model.title)
            measured = "C {c} (95 % interval {low} to {high}), calibration slope {slope}."
            text = f"{_literal(title)}, frozen, in these patients: {measured}"
            found.append(Statement(text=text, refs=refs))
    return (*found, *_cautions(fitted, patients, record), *_limits(fitted))


def _cautions(fitted: Fitted, patients: NewPatients, record: ExternalRecord) -> list[Statement]:
    events, about = record.flow.events("features"), fitted.file.study
    texts = []
    measured = [chance(m.c.value, m.c.low, m.c.high) for m in record.models if m.c is not None]
    precision = external_words(events, measured, enough=EVENTS_TO_VALIDATE)
    if precision:
        texts.append(precision)
    here = patients.end_point or NOT_STATED
    if NOT_STATED in (here, about.end_point):
        whose = "of training" if about.end_point == NOT_STATED else "of these patients"
        texts.append(f"Whether both have one end point is not known: that {whose} is not stated.")
    elif here != about.end_point:
        texts.append(f"The end point differs from that of training ({about.end_point}).")
    clock = clock_words(about.time_origin, patients.time_origin)
    if clock:
        texts.append(clock)
    return [Statement(text=_literal(t), kind="caution") for t in texts]


def _limits(fitted: Fitted) -> list[Statement]:
    card = fitted.file.card
    texts = [
        card.not_for,
        "The program cannot tell whether any of these patients were among those of training.",
    ]
    return [Statement(text=_literal(t), kind="limit") for t in (*texts, *card.limits)]


def _literal(text: str) -> str:
    """Return text whose braces are no placeholders."""
    return text.replace("{", "{{").replace("}", "}}")


def _settings(fitted: Fitted) -> tuple[Setting, ...]:
    presets = {name: flatten(preset_settings(name)) for name in PRESET_NAMES}
    return tuple(
        Setting(key=key, value=value, presets={n: v[key] for n, v in presets.items()})
        for key, value in flatten(fitted.settings).items()
    )
