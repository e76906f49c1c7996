"""Runs of ``kinephen fit``, ``predict`` and ``validate``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kinephen.cli.analysis import Teller, prepare_numerics
from kinephen.errors import UsageError

if TYPE_CHECKING:
    from kinephen.config.schema import StudyFile
    from kinephen.core.cohort import Issue
    from kinephen.model.apply import Predictions
    from kinephen.model.load import Fitted
    from kinephen.model.patients import NewPatients
    from kinephen.model.source import Source
    from kinephen.records.base import Interval

FEW_EXAMS = 4
"""Up to this many exams starting further processes takes longer than they save."""


@dataclass(frozen=True, kw_only=True)
class FitSummary:
    """What ``kinephen fit`` prints; ``cox`` has the cross-validated C of each model in words.

    The phenotypes were learned from ``learned`` patients; ``events`` are of the ``analysed`` of them, who are
    complete for the Cox models.
    """

    model: str
    card: str
    run: str
    checksum: str
    learned: int
    analysed: int
    events: int
    phenotypes: int
    conclusion: str
    cox: dict[str, str]
    failures: int


@dataclass(frozen=True, kw_only=True)
class PredictSummary:
    """What ``kinephen predict`` prints: files, patients by phenotype and by flag, and notes."""

    page: str
    table: str
    json: str
    delta: str
    patients: int
    phenotypes: dict[str, int]
    flags: dict[str, int]
    limits: str
    issues: tuple[Issue, ...]
    failures: int

    def to_dict(self) -> dict[str, object]:
        """Return what ``--json`` prints."""
        return {**vars(self), "issues": [i.to_dict() for i in self.issues]}


@dataclass(frozen=True, kw_only=True)
class ValidateSummary:
    """What ``kinephen validate`` prints.

    Phenotypes and flags count the ``given`` patients; ``events`` are of the ``analysed`` of them.
    """

    predicted: PredictSummary
    report: str
    report_json: str
    given: int
    analysed: int
    events: int
    left_out: tuple[tuple[str, str, str], ...]
    horizon: float | None
    models: tuple[tuple[str, int, int, str, str], ...]

    def to_dict(self) -> dict[str, object]:
        """Return what ``--json`` prints."""
        predicted = {k: v for k, v in self.predicted.to_dict().items() if k != "patients"}
        return {**predicted, **{k: v for k, v in vars(self).items() if k != "predicted"}}


def fit_study(
    study: StudyFile,
    root: Path,
    out: Path,
    *,
    run: Path | None,
    individuals: bool,
    r_function: Path | None,
    workers: int | None,
    scheduler: str | None,
    quiet: bool,
) -> FitSummary:
    """Run a study as far as needed, write the model file and its card, and return what the command prints."""
    prepare_numerics(quiet)
    from kinephen.cli.info import r_source
    from kinephen.cli.output import progress
    from kinephen.core.files import write_whole
    from kinephen.core.plain import json_text
    from kinephen.model.build import build_model
    from kinephen.model.load import load_fitted
    from kinephen.report.model_card import write_card
    from kinephen.study.engine import make_engine
    from kinephen.study.lock import run_lock
    from kinephen.study.place import refuse_inputs, study_inputs
    from kinephen.study.run import run_study

    folder = run if run is not None else out.with_name(f"{out.stem}-run")
    refuse_inputs(folder, study_inputs(study, root))
    alone = study.model_copy(update={"beside": ()})
    with run_lock(folder), progress(quiet=quiet) as bars:
        engine = make_engine(scheduler=scheduler, workers=workers)
        results = run_study(alone, root, folder, engine=engine, progress=Teller(bars))
    content = build_model(results, individuals=individuals)
    write_whole(out, (json_text(content) + "\n").encode("utf-8"))
    fitted = load_fitted(out)
    _, page = write_card(fitted.file, out)
    if r_function is not None:
        write_whole(r_function, r_source().encode("utf-8"))
    cohort = fitted.file.training.cohort
    return FitSummary(
        model=str(out),
        card=str(page),
        run=str(folder),
        checksum=fitted.file.checksum,
        learned=cohort.patients,
        analysed=cohort.analysed,
        events=cohort.events,
        phenotypes=fitted.phenotypes.k,
        conclusion=fitted.phenotypes.conclusion,
        cox={m.title: _estimate(m.c_cross_validated.record()) for m in fitted.file.cox},
        failures=len(results.cases.failures),
    )


def source_of(
    new: Path,
    *,
    visits: str | None,
    clinical: Path | None,
    given: str | None,
    expression: Sequence[Path],
    platforms: Sequence[Path],
    link: Path | None,
    cohort: str | None,
    prefer_validation: bool = False,
) -> Source:
    """Return where the patients come from, as the options say."""
    from kinephen.config.schema import Expression
    from kinephen.model.source import Source

    return Source(
        path=new,
        visits=_pairs(visits, "--visits", "T1=FOLDER,T2=FOLDER", bare=True),
        clinical=clinical,
        expression=Expression(
            files=tuple(str(p.resolve()) for p in expression),
            platforms=tuple(str(p.resolve()) for p in platforms),
            link=str(link.resolve()) if link else "",
        ),
        given=_pairs(given, "--with", "age=48,hr=1", bare=False),
        cohort=cohort,
        prefer_validation=prefer_validation,
    )


def predict_patients(
    source: Source,
    model: Path,
    out: Path,
    *,
    horizons: tuple[float, ...],
    cox_model: str | None,
    show_ids: bool,
    workers: int | None,
    quiet: bool,
) -> PredictSummary:
    """Apply a model, write the predictions, and return what the command prints."""
    with _predicted(
        source,
        model,
        out,
        horizons=horizons,
        cox_model=cox_model,
        show_ids=show_ids,
        workers=workers,
        quiet=quiet,
    ) as (_, patients, predictions):
        return _summary(patients, predictions, out)


def validate_patients(
    source: Source,
    model: Path,
    out: Path,
    *,
    horizon: float | None,
    name: str,
    workers: int | None,
    quiet: bool,
) -> ValidateSummary:
    """Apply a model, hold it against the outcomes, write the report, and return what the command prints."""
    applied = _predicted(
        source, model, out, horizons=(), cox_model=None, show_ids=False, workers=workers, quiet=quiet
    )
    from kinephen.model.external import validate_model
    from kinephen.report.numbers.external import external_report
    from kinephen.report.render import render_report
    from kinephen.study.private import seal_report

    with applied as (fitted, patients, predictions):
        record = validate_model(fitted, patients, predictions, horizon=horizon)
        page = render_report(external_report(fitted, patients, record, name=name), out)
        seal_report(out)
    return ValidateSummary(
        predicted=_summary(patients, predictions, out),
        report=str(page),
        report_json=str(out / "report.json"),
        given=len(record.flow.patients),
        analysed=record.flow.n("features"),
        events=record.flow.events("features"),
        left_out=tuple((e.case, e.step, e.reason) for e in record.flow.left_out("features")),
        horizon=record.horizon,
        models=tuple(
            (m.title, m.n, m.events, m.reason or _estimate(m.c), m.reason or _estimate(m.slope))
            for m in record.models
        ),
    )


@contextmanager
def _predicted(
    source: Source,
    model: Path,
    out: Path,
    *,
    horizons: tuple[float, ...],
    cox_model: str | None,
    show_ids: bool,
    workers: int | None,
    quiet: bool,
) -> Iterator[tuple[Fitted, NewPatients, Predictions]]:
    """Apply a model and write the predictions; the folder is held until the block ends."""
    prepare_numerics(quiet)
    from kinephen.cli.output import progress, say_issues
    from kinephen.model.apply import apply_model
    from kinephen.model.load import load_fitted
    from kinephen.model.sources import read_patients, source_paths
    from kinephen.report.predictions import write_predictions
    from kinephen.study.engine import Engine, SerialEngine, make_engine
    from kinephen.study.lock import run_lock
    from kinephen.study.place import refuse_inputs, unrecorded_files
    from kinephen.study.private import keep_private
    from kinephen.study.store import Store

    def engine(exams: int) -> Engine:
        return SerialEngine() if exams <= FEW_EXAMS else make_engine(workers=workers)

    fitted = load_fitted(model)
    refuse_inputs(out, source_paths(source))
    with run_lock(out), progress(quiet=quiet) as bars:
        say_issues(unrecorded_files(out))
        Store(out / "store").sweep()
        patients = read_patients(source, fitted, out, engine=engine, progress=Teller(bars))
        predictions = apply_model(fitted, patients, horizons=horizons, model=cox_model)
        label: Callable[[str], str] = patients.ids.__getitem__ if show_ids else str
        keep_private(patients.ids, out)
        write_predictions(fitted, predictions, out, label)
        yield fitted, patients, predictions


def _summary(patients: NewPatients, predictions: Predictions, out: Path) -> PredictSummary:
    from kinephen.records.risk import LOG_LOG

    return PredictSummary(
        page=str(out / "predictions.html"),
        table=str(out / "predictions.csv"),
        json=str(out / "predictions.json"),
        delta=str(out / "delta_features.csv"),
        patients=len(predictions.patients),
        phenotypes=predictions.by_phenotype,
        flags=predictions.by_flag,
        limits=LOG_LOG,
        issues=predictions.issues,
        failures=patients.failed,
    )


def _pairs(text: str | None, option: str, example: str, *, bare: bool) -> dict[str, str]:
    """Return NAME=VALUE,NAME=VALUE as a dictionary; `bare` names have an empty value."""
    found: dict[str, str] = {}
    for part in (text or "").split(",") if text else ():
        name, separator, value = (s.strip() for s in part.partition("="))
        if not name or (not separator and not bare) or name in found:
            raise UsageError(
                f"cannot read {option} {text!r}", code="usage.pairs", hint=f"write {option} {example}"
            )
        found[name] = value
    return found


def _estimate(found: Interval | None) -> str:
    if found is None or found.value is None:
        return "undefined"
    low, high = ("?" if v is None else f"{v:.2f}" for v in (found.low, found.high))
    return f"{found.value:.2f} ({low} to {high})"
