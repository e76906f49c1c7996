"""JSON Schemas of the files that kinephen reads and writes, made from their models."""

from __future__ import annotations

from collections.abc import Callable

from kinephen.errors import UsageError


def json_schema(what: str) -> dict[str, object]:
    """Return the JSON Schema of ``study``, ``report``, ``model``, ``fitted`` or ``truth``.

    Raises
    ------
    UsageError
        ``schema.unknown``.
    """
    if what not in _SCHEMAS:
        raise UsageError(f"no schema {what!r}", code="schema.unknown", hint=f"one of {', '.join(_SCHEMAS)}")
    return _SCHEMAS[what]()


def _study() -> dict[str, object]:
    from kinephen.config.schema import StudyFile

    return StudyFile.model_json_schema()


def _report() -> dict[str, object]:
    from kinephen.report.schema import report_json_schema

    return report_json_schema()


def _model() -> dict[str, object]:
    from kinephen.records.phenotype_file import PhenotypeFile

    return PhenotypeFile.model_json_schema()


def _fitted() -> dict[str, object]:
    from kinephen.model.schema import FittedFile

    return FittedFile.model_json_schema()


def _truth() -> dict[str, object]:
    from kinephen.simulate.truth import TrialTruth

    return TrialTruth.model_json_schema()


_SCHEMAS: dict[str, Callable[[], dict[str, object]]] = {
    "study": _study,
    "report": _report,
    "model": _model,
    "fitted": _fitted,
    "truth": _truth,
}
