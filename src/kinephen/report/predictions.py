"""Predictions for other patients as files: JSON with everything, CSV for tables, one page for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from markupsafe import Markup

from kinephen import __version__
from kinephen.core.files import write_whole
from kinephen.core.plain import json_text
from kinephen.core.written import owned
from kinephen.model.apply import Predictions
from kinephen.model.load import Fitted
from kinephen.records.base import IssueRecord
from kinephen.records.flag import Flag
from kinephen.records.prediction import ModelSummary, Prediction, PredictionsFile
from kinephen.report.formats import format_value
from kinephen.report.schema.base import clean_text
from kinephen.report.templating import page_environment
from kinephen.report.words.patient import outside_words

DETAILED = 50
"""With more patients the page holds the table alone; their details stand in predictions.json."""


def predictions_record(
    fitted: Fitted, predictions: Predictions, label: Callable[[str], str]
) -> PredictionsFile:
    """Return the content of ``predictions.json``.

    Parameters
    ----------
    fitted : Fitted
    predictions : Predictions
    label : callable
        From case number to the name that is shown.
    """
    file = fitted.file
    return PredictionsFile(
        kinephen=__version__,
        model=ModelSummary(
            checksum=file.checksum,
            title=file.card.title,
            kinephen=file.made_by.kinephen,
            preset=file.made_by.preset,
            not_for=file.card.not_for,
            phenotypes=file.phenotype_names,
            cox={m.name: m.title for m in file.cox},
            delta_form=file.features.form,
            reversed=_reversed(file.features.form, file.features.signs),
        ),
        end_point=file.study.end_point,
        time_origin=file.study.time_origin,
        horizons=predictions.horizons,
        issues=tuple(
            IssueRecord(code=i.code, message=i.message, where=i.where, count=i.count)
            for i in predictions.issues
        ),
        patients=tuple(p.model_copy(update={"case": label(p.case)}) for p in predictions.patients),
    )


def _reversed(form: str, signs: Mapping[str, int]) -> tuple[str, ...]:
    """Return the features whose change is multiplied by -1; in the literal form the sign cancels."""
    return () if form == "literal" else tuple(f for f, s in signs.items() if s == -1)


def predictions_csv(fitted: Fitted, predictions: Predictions, label: Callable[[str], str]) -> str:
    """Return one row a patient; undefined values are empty."""
    k = fitted.phenotypes.k
    columns = ["case", "phenotype", "phenotype_name", *(f"distance_{i + 1}" for i in range(k)), "margin"]
    columns += ["features_outside", "out_of_range", "model", "linear_predictor"]
    for h in predictions.horizons:
        columns += [f"risk_{h:g}y", f"risk_{h:g}y_low", f"risk_{h:g}y_high"]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*columns, "note", "flags", "exam_notes"])
    for patient in predictions.patients:
        writer.writerow([_cell(v) for v in _row(patient, label(patient.case), k, len(predictions.horizons))])
    return buffer.getvalue()


def _row(patient: Prediction, name: str, k: int, horizons: int) -> list[object]:
    distances = patient.distances or (None,) * k
    risks = [v for r in patient.risk for v in (r.value, r.low, r.high)] or [None] * (3 * horizons)
    return [
        name,
        patient.phenotype,
        patient.phenotype_name,
        *distances,
        patient.margin,
        patient.features_outside,
        patient.out_of_range,
        patient.model,
        patient.linear_predictor,
        *risks,
        patient.note,
        _codes(patient.flags),
        _codes(patient.notes),
    ]


def _codes(flags: Iterable[Flag]) -> str:
    return ";".join(dict.fromkeys(f.code for f in flags))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    text = str(value)
    # A spreadsheet takes text that begins like this for a formula.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") and isinstance(value, str) else text


def predictions_page(record: PredictionsFile) -> str:
    """Return the page from the content of ``predictions.json``: no script, no request to anywhere."""
    environment = page_environment()
    environment.filters["number"] = format_value
    environment.filters["clean"] = clean_text
    environment.filters["outside"] = _outside
    loader = environment.loader
    assert loader is not None
    style = loader.get_source(environment, "style.css")[0]
    return environment.get_template("predictions.html.j2").render(
        record=record,
        detailed=len(record.patients) <= DETAILED,
        style=Markup(style),  # noqa: S704  (our own file)
    )


def _outside(patient: Prediction) -> str:
    return outside_words(
        flags=len(patient.flags),
        features=patient.features_outside is not None,
        exams=patient.exams_compared,
        wanted=2,
    )


def delta_csv(predictions: Predictions, label: Callable[[str], str]) -> str:
    """Return the delta features that the phenotypes were found by, one row a patient who has them."""
    frame = predictions.delta.rename(index={c: label(c) for c in predictions.delta.index})
    return str(frame.rename_axis("case").to_csv(lineterminator="\n"))


def write_predictions(
    fitted: Fitted, predictions: Predictions, out: Path, label: Callable[[str], str]
) -> PredictionsFile:
    """Write ``predictions.json``, ``.csv`` and ``.html`` and ``delta_features.csv``, each whole.

    Returns the content of the first.
    """
    record = predictions_record(fitted, predictions, label)
    whole = record.model_dump(mode="json", by_alias=True)
    texts = {
        "predictions.json": json_text(whole) + "\n",
        "predictions.csv": predictions_csv(fitted, predictions, label),
        "predictions.html": predictions_page(record),
        "delta_features.csv": delta_csv(predictions, label),
    }
    with owned(out, "predictions", texts):
        for name, text in texts.items():
            write_whole(out / name, text.encode("utf-8"))
    return record
