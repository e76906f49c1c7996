"""Runs of ``kinephen fit``, ``predict`` and ``validate``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kinephen.cli.analysis import Teller, prepare_numerics
from kinephen.errors import UsageError

if TYPE_CHECKING:
    from kinephen.config.schema import StudyFile
    from kinephen.model.apply import Predictions
    from kinephen.model.load import Fitted
    from kinephen.model.patients import NewPatients
    from kinephen.model.source import Source

FEW_EXAMS = 4
"""Up to this many exams starting further processes takes longer than they save."""


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
) -> dict[str, Any]:
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
    from kinephen.study.run import run_study

    folder = run if run is not None else out.with_name(f"{out.stem}-run")
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
    return {
        "model": str(out),
        "card": str(page),
        "run": str(folder),
        "checksum": fitted.file.checksum,
        "patients": cohort.patients,
        "events": cohort.events,
        "phenotypes": fitted.phenotypes.k,
        "conclusion": fitted.phenotypes.conclusion,
        "cox": {m.title: _estimate(m.c_cross_validated.model_dump()) for m in fitted.file.cox},
        "failures": len(results.cases.failures),
    }


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
) -> dict[str, Any]:
    """Apply a model, write the predictions, and return what the command prints."""
    _, patients, predictions, files = _predicted(
        source,
        model,
        out,
        horizons=horizons,
        cox_model=cox_model,
        show_ids=show_ids,
        workers=workers,
        quiet=quiet,
    )
    return {**files, **_summary(patients, predictions)}


def validate_patients(
    source: Source,
    model: Path,
    out: Path,
    *,
    horizon: float | None,
    name: str,
    workers: int | None,
    quiet: bool,
) -> dict[str, Any]:
    """Apply a model, hold it against the outcomes, write the report, and return what the command prints."""
    fitted, patients, predictions, files = _predicted(
        source, model, out, horizons=(), cox_model=None, show_ids=False, workers=workers, quiet=quiet
    )
    from kinephen.model.external import validate_model
    from kinephen.report.numbers.external import external_report
    from kinephen.report.render import render_report

    record = validate_model(fitted, patients, predictions, horizon=horizon)
    page = render_report(external_report(fitted, patients, record, name=name), out)
    return {
        **files,
        **_summary(patients, predictions),
        "report": str(page),
        "report_json": str(out / "report.json"),
        "patients": record["flow"]["with_outcome"],
        "events": record["events"],
        "horizon": record["horizon"],
        "models": [
            (
                m["title"],
                m["n"],
                m["events"],
                *((_estimate(m[k]) if not m["reason"] else m["reason"]) for k in ("c", "slope")),
            )
            for m in record["models"]
        ],
    }


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
) -> tuple[Fitted, NewPatients, Predictions, dict[str, str]]:
    prepare_numerics(quiet)
    from kinephen.cli.output import progress
    from kinephen.model.apply import apply_model
    from kinephen.model.load import load_fitted
    from kinephen.model.sources import read_patients
    from kinephen.report.predictions import write_predictions
    from kinephen.study.engine import Engine, SerialEngine, make_engine
    from kinephen.study.lock import run_lock
    from kinephen.study.run import keep_private
    from kinephen.study.store import Store

    def engine(exams: int) -> Engine:
        return SerialEngine() if exams <= FEW_EXAMS else make_engine(workers=workers)

    fitted = load_fitted(model)
    with run_lock(out), progress(quiet=quiet) as bars:
        Store(out / "store").sweep()
        patients = read_patients(source, fitted, out, engine=engine, progress=Teller(bars))
        predictions = apply_model(fitted, patients, horizons=horizons, model=cox_model)
        label: Callable[[str], str] = patients.ids.__getitem__ if show_ids else str
        keep_private(patients.ids, out)
        write_predictions(fitted, predictions, out, label)
    files = {
        "page": str(out / "predictions.html"),
        "table": str(out / "predictions.csv"),
        "json": str(out / "predictions.json"),
    }
    return fitted, patients, predictions, files


def _summary(patients: NewPatients, predictions: Predictions) -> dict[str, Any]:
    sizes = Counter("none" if p.phenotype is None else str(p.phenotype) for p in predictions.patients)
    flags = Counter(code for p in predictions.patients for code in {f.code for f in p.flags})
    return {
        "patients": len(predictions.patients),
        "phenotypes": dict(sorted(sizes.items())),
        "flags": dict(sorted(flags.items(), key=lambda i: (-i[1], i[0]))),
        "issues": [i.to_dict() for i in predictions.issues],
        "failures": sum("failed:" in gap for gap in patients.gaps.values()),
    }


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


def _estimate(record: dict[str, Any]) -> str:
    if record["value"] is None:
        return "undefined"
    low, high = ("?" if record[k] is None else f"{record[k]:.2f}" for k in ("low", "high"))
    return f"{record['value']:.2f} ({low} to {high})"
