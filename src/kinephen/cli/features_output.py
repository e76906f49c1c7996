"""Tables of ``kinephen features``: features, diagnostics and reasons apart."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kinephen.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from kinephen.records.base import IssueRecord, Number
    from kinephen.study.tables.features import CaseResult, FeatureRow, Settings

FORMATS = {".csv": "csv", ".json": "json", ".parquet": "parquet"}


def feature_frame(results: Sequence[CaseResult]) -> pd.DataFrame:
    """Return one row for each case, label and map in the order of the cases; the features come last.

    A case that failed has one row without values.
    """
    import pandas as pd

    from kinephen.study.registries import FEATURE_NAMES

    computed = [list(row.features) for row in _rows(results)]
    names = list(dict.fromkeys(name for found in computed for name in found)) or list(FEATURE_NAMES)
    rows = [row for result in results for row in _table_rows(result)]
    if not rows:
        return pd.DataFrame(columns=["label", "map", *names])
    columns = list(dict.fromkeys(name for identity, _ in rows for name in identity))
    identities = pd.DataFrame([identity for identity, _ in rows], columns=columns)
    if "label" in columns:
        identities["label"] = identities["label"].astype("Int64")  # a failed case has none
    values = pd.DataFrame([values for _, values in rows], columns=names).astype(float)
    return pd.concat([identities, values], axis=1)


def _table_rows(result: CaseResult) -> list[tuple[dict[str, str | int], dict[str, Number]]]:
    if result.error:
        return [(dict(result.columns), {})]
    return [(row.columns, row.features) for row in result.rows]


def diagnostics_frame(results: Sequence[CaseResult]) -> pd.DataFrame:
    """Return voxels, levels and edges of each row."""
    import pandas as pd

    return pd.DataFrame([{**row.columns, **row.diagnostics} for row in _rows(results)])


def failures(results: Sequence[CaseResult]) -> list[CaseResult]:
    """Return the results of the cases that failed."""
    return [result for result in results if result.error]


def notes_frame(results: Sequence[CaseResult]) -> pd.DataFrame:
    """Return the reason of every undefined feature, issues, and what stopped a case, one a row."""
    import pandas as pd

    rows = [
        {**row.columns, "feature": feature, "note": text}
        for row in _rows(results)
        for feature, text in [*row.reasons.items(), *((i.code, i.message) for i in row.issues)]
    ]
    rows += [
        {**r.columns, "feature": r.error.code, "note": r.error.message}
        for r in results
        if r.error is not None
    ]
    return pd.DataFrame(rows)


def document(
    results: Sequence[CaseResult], settings: Settings, notes: Sequence[IssueRecord]
) -> dict[str, object]:
    """Return everything as one JSON document."""
    return {
        "settings": settings.as_record(),
        "notes": notes,
        "rows": _rows(results),
        "failed": [{"columns": r.columns, "error": r.error} for r in failures(results)],
    }


def write_tables(
    results: Sequence[CaseResult], settings: Settings, notes: Sequence[IssueRecord], out: Path, *, kind: str
) -> list[str]:
    """Write the table, with diagnostics, notes and settings beside it; return the names of the files."""
    from kinephen.core.plain import write_json

    tables = {
        out: feature_frame(results),
        out.with_name(f"{out.stem}.diagnostics{out.suffix}"): diagnostics_frame(results),
        out.with_name(f"{out.stem}.notes{out.suffix}"): notes_frame(results),
    }
    for path, frame in tables.items():
        _write(frame, path, kind)
    record = out.with_name(f"{out.stem}.settings.json")
    write_json(record, {**settings.as_record(), "notes": notes})
    return [path.name for path in (*tables, record)]


def output_kind(out: Path | None, *, as_json: bool, parquet: bool) -> str:
    """Return ``"csv"``, ``"json"`` or ``"parquet"`` from the options and the ending of the file."""
    if parquet and out is None:
        raise UsageError("a Parquet table needs a file", code="features.out", hint="add --out FILE.parquet")
    if as_json:
        return "json"
    if parquet:
        return "parquet"
    return FORMATS.get(out.suffix.lower(), "csv") if out else "csv"


def print_csv(results: Sequence[CaseResult]) -> None:
    """Print the feature table to standard output."""
    feature_frame(results).to_csv(sys.stdout, index=False)


def _rows(results: Sequence[CaseResult]) -> list[FeatureRow]:
    return [row for result in results for row in result.rows]


def _write(frame: pd.DataFrame, path: Path, kind: str) -> None:
    from kinephen.core.files import atomic_path

    with atomic_path(path) as temporary:
        if kind == "parquet":
            frame.to_parquet(temporary, index=False)
        else:
            frame.to_csv(temporary, index=False)
