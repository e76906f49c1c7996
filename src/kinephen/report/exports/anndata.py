"""AnnData: patients by features in one .h5ad file, in the layout that the scverse tools read.

The layout is the published on-disk specification (anndata 0.1.0: each element names its encoding). It is
written with h5py alone, because the anndata library does not go with the pandas that kinephen runs on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import h5py
import numpy as np
import pandas as pd

from kinephen.core.files import atomic_path, file_name
from kinephen.core.result_table import Value
from kinephen.report.exports.source import RunSource
from kinephen.report.schema import Missing
from kinephen.report.words.change import change_words
from kinephen.types import FloatArray

FILE = "features.h5ad"
Element = TypeVar("Element", h5py.Group, h5py.Dataset)


def write_anndata(run: RunSource, out: Path) -> list[str]:
    """Write ``features.h5ad`` into `out`; return its name.

    ``X`` and layer ``delta`` are the change of each feature as the run shows it: ``uns["change"]`` says
    whether it is sign-adjusted, ``var["multiplied_by"]`` of which features. The other layers are the features
    at each visit;
    ``obs`` has the patients, ``var`` the features, ``obsm["components"]`` the component scores,
    ``uns`` settings and versions. What is undefined is NaN.
    """
    layers = _layers(run)
    names = list(layers["delta"].columns)
    with atomic_path(out / FILE) as temporary, h5py.File(temporary, "w") as file:
        _tag(file, "anndata", "0.1.0")
        _array(file, "X", layers["delta"].to_numpy(np.float64))
        _frame(file, "obs", _obs(run))
        _frame(file, "var", _var(run, names))
        _dict(file, "layers", {n: f.to_numpy(np.float64) for n, f in layers.items()})
        scores, components = _components(run)
        _dict(file, "obsm", {"components": scores} if components else {})
        for empty in ("varm", "obsp", "varp"):
            _dict(file, empty, {})
        _dict(file, "uns", {**_uns(run), "component_names": components})
    return [FILE]


def _layers(run: RunSource) -> dict[str, pd.DataFrame]:
    tables = {
        "delta": run.table("delta_features"),
        **{v: run.table(f"features_{file_name(v)}") for v in run.visits},
    }
    names = list(dict.fromkeys(c for frame in tables.values() for c in frame.columns))
    cases = [case for case, _ in run.patients()]
    return {n: frame.reindex(index=cases, columns=names) for n, frame in tables.items()}


def _obs(run: RunSource) -> pd.DataFrame:
    columns = run.report.all_patients_columns()
    rows = {
        case: {c.key: _cell(w.extra.get(c.key, getattr(w, c.key, None))) for c in columns if c.key != "id"}
        for case, w in run.patients()
    }
    return pd.DataFrame.from_dict(rows, orient="index", dtype=object)


def _cell(value: object) -> object:
    return None if isinstance(value, Missing) else value


def _var(run: RunSource, names: Sequence[str]) -> pd.DataFrame:
    decisions = pd.read_parquet(run.folder / "data" / "feature_decisions.parquet").set_index("feature")
    signs = pd.read_parquet(run.folder / "data" / "delta_features_signs.parquet").set_index("feature")
    rows = [
        {
            "map": name.partition("_")[0],
            "family": name.split("_")[1] if name.count("_") else "",
            "sign": int(signs["sign"].get(name, 0)),
            "multiplied_by": int(signs["multiplied_by"].get(name, 1)),
            "kept": bool(decisions["kept"].get(name, False)),
            "reason": str(decisions["reason"].get(name) or ""),
        }
        for name in names
    ]
    return pd.DataFrame(rows, index=list(names), dtype=object)


def _components(run: RunSource) -> tuple[FloatArray, list[str]]:
    rows = [{c.name: c.score for c in run.detail(w).components} for _, w in run.patients()]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return np.array([[row.get(n, np.nan) for n in names] for row in rows], dtype=np.float64), names


def _uns(run: RunSource) -> dict[str, object]:
    report = run.report
    return {
        "study": report.study.name,
        "preset": report.preset,
        "settings": json.dumps({s.key: s.value for s in report.settings}, sort_keys=True),
        "versions": json.dumps(report.provenance.versions, sort_keys=True),
        "end_point": report.study.end_point,
        "time_unit": report.study.time_unit,
        "change": "" if report.change is None else change_words(report.change),
        "simulated": str(report.study.simulated).lower(),
    }


def _tag(element: Element, kind: str, version: str) -> Element:
    element.attrs["encoding-type"], element.attrs["encoding-version"] = kind, version
    return element


def _array(group: h5py.Group, name: str, values: object) -> None:
    _tag(group.create_dataset(name, data=np.asarray(values)), "array", "0.2.0")


def _strings(group: h5py.Group, name: str, values: Sequence[str]) -> None:
    data = np.array(list(values), dtype=object)
    dataset = group.create_dataset(name, data=data, shape=data.shape, dtype=h5py.string_dtype())
    _tag(dataset, "string-array", "0.2.0")


def _dict(group: h5py.Group, name: str, content: Mapping[str, object]) -> None:
    inner = _tag(group.create_group(name), "dict", "0.1.0")
    for key, value in content.items():
        if isinstance(value, str):
            _tag(inner.create_dataset(key, data=value, dtype=h5py.string_dtype()), "string", "0.2.0")
        elif isinstance(value, list):
            _strings(inner, key, value)
        else:
            _array(inner, key, value)


def _frame(group: h5py.Group, name: str, frame: pd.DataFrame) -> None:
    inner = _tag(group.create_group(name), "dataframe", "0.2.0")
    inner.attrs["_index"] = "_index"
    inner.attrs.create("column-order", [str(c) for c in frame.columns], dtype=h5py.string_dtype())
    _strings(inner, "_index", [str(i) for i in frame.index])
    for column in frame.columns:
        _column(inner, str(column), list(frame[column]))


def _column(group: h5py.Group, name: str, values: Sequence[Value]) -> None:
    """Write booleans as nullable, numbers with NaN, and words as categories."""
    present = [v for v in values if v is not None]
    if present and all(isinstance(v, bool) for v in present):
        inner = _tag(group.create_group(name), "nullable-boolean", "0.1.0")
        _array(inner, "values", [bool(v) for v in values])
        _array(inner, "mask", [v is None for v in values])
    elif all(isinstance(v, (int, float)) for v in present):
        _array(group, name, np.array([np.nan if v is None else float(v) for v in values]))
    else:
        words = sorted({str(v) for v in present})
        inner = _tag(group.create_group(name), "categorical", "0.2.0")
        inner.attrs["ordered"] = False
        _strings(inner, "categories", words)
        codes = [-1 if v is None else words.index(str(v)) for v in values]
        _array(inner, "codes", np.array(codes, dtype=np.int32))
