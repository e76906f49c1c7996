"""The phenotype model as plain data, and back, with every value checked on the way in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kinephen.core.plain import hash_text
from kinephen.errors import InputError, KinephenError
from kinephen.phenotype.components import GroupComponents
from kinephen.phenotype.evidence import plain_data
from kinephen.phenotype.moments import Moments
from kinephen.phenotype.settings import K_RULES, PhenotypeSettings
from kinephen.phenotype.solution import Solution
from kinephen.types import FloatArray

if TYPE_CHECKING:
    from kinephen.phenotype.model import PhenotypeModel

KIND = "kinephen.phenotype_model"
SCHEMA = 1
MAX_FEATURES = 100_000
MAX_PATIENTS = 100_000
MAX_K = 50


def model_to_dict(model: PhenotypeModel, *, identifiers: bool, individuals: bool = True) -> dict[str, Any]:
    """Return the model as plain data; see `PhenotypeModel.to_dict`."""
    data = {
        "kind": KIND,
        "schema": SCHEMA,
        "settings": model.settings.to_plain(),
        "features": [
            {"name": name, "mean": mean, "sd": sd, "low": low, "high": high}
            for name, mean, sd, low, high in zip(
                model.features,
                model.moments.mean,
                model.moments.sd,
                model.ranges["low"],
                model.ranges["high"],
                strict=True,
            )
        ],
        "components": [_components(g) for g in model.components],
        "origin": model.origin,
        "k": model.k,
        "rule": model.rule,
        "conclusion": model.conclusion,
        "solutions": {str(k): _solution(s, individuals) for k, s in model.solutions.items()},
        "discovery": _discovery(model, identifiers, individuals),
        "evidence": model.evidence if individuals else {},
    }
    plain: dict[str, Any] = plain_data(data)
    plain["checksum"] = checksum(plain)
    return plain


def _components(group: GroupComponents) -> dict[str, Any]:
    return {
        "group": group.group,
        "features": group.features,
        "centre": group.centre,
        "loadings": group.loadings,
        "explained": group.explained,
    }


def _solution(solution: Solution, individuals: bool) -> dict[str, Any]:
    rows = {"labels": solution.labels.to_numpy()} if individuals else {}
    return {**rows, "centroids": solution.centroids, "radius": solution.radius}


def _discovery(model: PhenotypeModel, identifiers: bool, individuals: bool) -> dict[str, Any]:
    if not individuals:
        return {"patients": len(model.scores)}
    data: dict[str, Any] = {"patients": len(model.scores), "scores": model.scores.to_numpy()}
    if identifiers:
        data["ids"] = [str(i) for i in model.scores.index]
    return data


def checksum(data: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the data without its own checksum; the order of keys does not matter."""
    rest = {k: v for k, v in data.items() if k != "checksum"}
    return hash_text(_canonical(rest))


def _canonical(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{k!s}:{_canonical(value[k])}" for k in sorted(value, key=str)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_canonical(v) for v in value) + "]"
    if isinstance(value, bool) or value is None:
        return repr(value)
    return repr(float(value)) if isinstance(value, int | float) else f"s{len(str(value))}:{value}"


def model_from_dict(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a `PhenotypeModel` from plain data.

    Raises
    ------
    InputError
        Another kind of file, a newer schema, a wrong checksum, missing keys, or values that are undefined,
        out of range or of the wrong shape.
    """
    if not isinstance(data, Mapping) or data.get("kind") != KIND:
        raise _wrong("this is not a phenotype model", "give the file that `kinephen phenotypes fit` wrote")
    schema = data.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise _wrong(f"schema version {schema!r} is not a whole number of at least 1")
    if schema > SCHEMA:
        raise _wrong(f"written with schema {schema}, this version reads up to {SCHEMA}", "update kinephen")
    try:
        if data.get("checksum") != checksum(data):
            raise _wrong(
                "the checksum does not match: the file was changed or cut short", "fit the model again"
            )
        return _fields(data)
    except KinephenError:
        raise
    except (
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        OverflowError,
        RecursionError,
    ) as error:
        raise _wrong(f"malformed content ({type(error).__name__}: {error})") from None


def _fields(data: Mapping[str, Any]) -> dict[str, Any]:
    features = data["features"]
    names = [f["name"] for f in features]
    _require(0 < len(names) <= MAX_FEATURES, f"{len(names)} features")
    _require(all(isinstance(n, str) and n for n in names) and len(set(names)) == len(names), "feature names")
    mean, sd, low, high = (_numbers([f[key] for f in features], key) for key in ("mean", "sd", "low", "high"))
    _require(bool((sd > 0.0).all()), "an SD that is not positive")
    _require(bool((low <= high).all()), "a range whose lower end is above its upper end")
    components = tuple(_read_components(i + 1, c, names) for i, c in enumerate(data["components"]))
    columns = [name for g in components for name in g.names]
    # Files of versions before 0.2 call them women.
    count = data["discovery"]["women" if "women" in data["discovery"] else "patients"]
    patients, k = _whole(count, 2, MAX_PATIENTS), _whole(data["k"], 1, MAX_K)
    # A model that was written without individual patients has their number, and rows of none of them.
    rows = patients if "scores" in data["discovery"] else 0
    index = _index(data["discovery"], rows)
    scores = (
        _numbers(data["discovery"]["scores"], "scores", (rows, len(columns)))
        if rows
        else np.empty((0, len(columns)))
    )
    solutions = {
        _whole(int(key), 1, MAX_K): _read_solution(int(key), value, index, len(columns))
        for key, value in data["solutions"].items()
    }
    _require({k, 2} <= set(solutions), f"no solution for k = {k} and k = 2")
    return {
        "settings": PhenotypeSettings.from_plain(data["settings"]),
        "moments": Moments(pd.Series(mean, index=names), pd.Series(sd, index=names)),
        "ranges": pd.DataFrame({"low": low, "high": high}, index=names),
        "components": components,
        "k": k,
        "rule": _one_of(data["rule"], (*K_RULES, "fixed")),
        "solutions": solutions,
        "scores": pd.DataFrame(scores, index=index, columns=columns),
        "origin": _origin(data["origin"]),
        "filter_table": pd.DataFrame(data["evidence"].get("filter", [])),
        "evidence": dict(data["evidence"]),
    }


def _origin(data: Mapping[str, Any]) -> dict[str, Any]:
    _require(set(data) <= {"content", "form", "scale", "harmonised"}, f"origin with keys {sorted(data)}")
    scale = data.get("scale")
    if scale is not None:
        _numbers(list(scale.values()), "scale of the differences")
    return dict(data)


def _read_components(group: int, data: Mapping[str, Any], names: list[str]) -> GroupComponents:
    _require(data["group"] == group, f"feature group {data['group']!r} in place {group}")
    features = tuple(data["features"])
    _require(
        set(features) <= set(names) and len(set(features)) == len(features), f"features of group {group}"
    )
    loadings = _numbers(data["loadings"], f"loadings of group {group}")
    _require(loadings.ndim == 2 and len(loadings) == len(features), f"shape of the loadings of group {group}")
    centre = _numbers(data["centre"], f"centre of group {group}", (len(features),))
    explained = _numbers(data["explained"], f"explained shares of group {group}")
    _require(
        explained.ndim == 1 and len(explained) >= loadings.shape[1], f"explained shares of group {group}"
    )
    _require(bool((np.abs(loadings) <= 1.0 + 1e-9).all()), f"a loading of group {group} beyond 1")
    return GroupComponents(group, features, centre, loadings, explained)


def _read_solution(k: int, data: Mapping[str, Any], index: pd.Index, columns: int) -> Solution:
    labels = np.asarray(data["labels"] if len(index) else [], dtype=None if len(index) else np.int64)
    _require(labels.shape == (len(index),) and labels.dtype.kind == "i", f"labels at k = {k}")
    _require(bool((labels >= 1).all() and (labels <= k).all()), f"labels outside 1 to {k}")
    centroids = _numbers(data["centroids"], f"centroids at k = {k}", (k, columns))
    radius = _numbers(data["radius"], f"radius at k = {k}", (k,))
    _require(bool((radius >= 0.0).all()), f"a negative radius at k = {k}")
    return Solution(pd.Series(labels.astype(np.int64), index=index, name="phenotype"), centroids, radius)


def _index(discovery: Mapping[str, Any], patients: int) -> pd.Index:
    ids = discovery.get("ids")
    if ids is None:
        return pd.RangeIndex(1, patients + 1)
    _require(len(ids) == patients and len(set(ids)) == patients, "identifiers")
    return pd.Index([str(i) for i in ids])


def _numbers(values: Any, what: str, shape: tuple[int, ...] | None = None) -> FloatArray:
    array = np.asarray(values)
    _require(array.dtype.kind in "fi", f"{what}: not numbers")
    _require(bool(np.isfinite(array).all()), f"{what}: undefined or infinite values")
    _require(shape is None or array.shape == shape, f"{what}: shape {array.shape}, expected {shape}")
    return array.astype(np.float64)


def _whole(value: Any, low: int, high: int) -> int:
    _require(isinstance(value, int) and not isinstance(value, bool), f"{value!r} is not a whole number")
    _require(low <= value <= high, f"{value} is not between {low} and {high}")
    return int(value)


def _one_of(value: Any, allowed: tuple[str, ...]) -> str:
    _require(value in allowed, f"{value!r} where one of {', '.join(allowed)} is expected")
    return str(value)


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise _wrong(f"found {what}, which a model cannot hold")


def _wrong(message: str, hint: str = "") -> InputError:
    return InputError(message, code="phenotype.model_file", where="phenotype model", hint=hint)
