"""Predictions for other patients as files: JSON with everything, CSV for tables, one page for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from markupsafe import Markup

from kinephen import __version__
from kinephen.core.files import write_whole
from kinephen.core.plain import json_text, plain
from kinephen.model.apply import Predictions
from kinephen.model.load import Fitted
from kinephen.records.flag import Flag
from kinephen.records.prediction import Prediction
from kinephen.report.formats import format_value
from kinephen.report.schema.base import clean_text
from kinephen.report.templating import page_environment

KIND = "kinephen.predictions"
SCHEMA = 1
DETAILED = 50
"""With more patients the page holds the table alone; their details stand in predictions.json."""


def predictions_record(
    fitted: Fitted, predictions: Predictions, label: Callable[[str], str], end_point: str
) -> dict[str, Any]:
    """Return the content of ``predictions.json``.

    Parameters
    ----------
    fitted : Fitted
    predictions : Predictions
    label : callable
        From case number to the name that is shown.
    end_point : str
        Of the model.
    """
    file = fitted.file
    record: dict[str, Any] = plain(
        {
            "kind": KIND,
            "schema": SCHEMA,
            "kinephen": __version__,
            "model": {
                "checksum": file.checksum,
                "title": file.card.title,
                "kinephen": file.made_by.kinephen,
                "preset": file.made_by.preset,
                "not_for": file.card.not_for,
                "phenotypes": list(file.phenotype_names),
                "cox": {m.name: m.title for m in file.cox},
            },
            "end_point": end_point,
            "time_unit": "years",
            "horizons": list(predictions.horizons),
            "issues": [i.to_dict() for i in predictions.issues],
            "patients": [{**w.model_dump(), "case": label(w.case)} for w in predictions.patients],
        }
    )
    return record


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


def _row(patient: Prediction, name: str, k: int, horizons: int) -> list[Any]:
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


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    text = str(value)
    # A spreadsheet takes text that begins like this for a formula.
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") and isinstance(value, str) else text


def predictions_page(record: dict[str, Any]) -> str:
    """Return the page from the content of ``predictions.json``: no script, no request to anywhere."""
    environment = page_environment()
    environment.filters["number"] = format_value
    environment.filters["clean"] = clean_text
    loader = environment.loader
    assert loader is not None
    style = loader.get_source(environment, "style.css")[0]
    return environment.get_template("predictions.html.j2").render(
        record=record,
        detailed=len(record["patients"]) <= DETAILED,
        style=Markup(style),  # noqa: S704  (our own file)
    )


def write_predictions(
    fitted: Fitted, predictions: Predictions, out: Path, label: Callable[[str], str]
) -> dict[str, Any]:
    """Write ``predictions.json``, ``.csv`` and ``.html``, each whole; return the content of the first."""
    record = predictions_record(fitted, predictions, label, fitted.file.study.end_point)
    write_whole(out / "predictions.json", (json_text(record) + "\n").encode("utf-8"))
    write_whole(out / "predictions.csv", predictions_csv(fitted, predictions, label).encode("utf-8"))
    write_whole(out / "predictions.html", predictions_page(record).encode("utf-8"))
    return record
