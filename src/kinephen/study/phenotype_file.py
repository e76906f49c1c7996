"""The one writer and the one reader of phenotype files; whatever is read is checked as if it were hostile."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pydantic import ValidationError

from kinephen.core.plain import hash_text
from kinephen.errors import InputError, KinephenError
from kinephen.phenotype.components import GroupComponents
from kinephen.phenotype.evidence import Evidence as Found
from kinephen.phenotype.model import Origin, PhenotypeModel
from kinephen.phenotype.moments import Moments
from kinephen.phenotype.settings import K_RULES, PhenotypeSettings
from kinephen.phenotype.solution import Solution
from kinephen.records.phenotype_file import (
    KIND,
    SCHEMA,
    FeatureMoments,
    GroupOfFeatures,
    OriginRecord,
    PhenotypeFile,
    SolutionAtK,
)
from kinephen.study.phenotype_file_older import upgraded
from kinephen.study.steps.phenotype_evidence import evidence_record
from kinephen.types import FloatArray

MAX_K = 50


def write_phenotypes(
    model: PhenotypeModel, evidence: Found | None = None, *, identifiers: bool = False
) -> PhenotypeFile:
    """Return the content of a phenotype file.

    Parameters
    ----------
    model : PhenotypeModel
    evidence : Evidence, optional
        Without it the file has none.
    identifiers : bool
        Also write the patients' identifiers beside their labels; by default they are numbered.
    """
    content = {
        "kind": KIND,
        "schema": SCHEMA,
        "settings": model.settings.to_plain(),
        "features": [
            FeatureMoments(name=name, mean=mean, sd=sd, low=low, high=high)
            for name, mean, sd, low, high in zip(
                model.features,
                model.moments.mean,
                model.moments.sd,
                model.ranges["low"],
                model.ranges["high"],
                strict=True,
            )
        ],
        "components": [_group(g) for g in model.components],
        "origin": OriginRecord.model_validate(vars(model.origin)),
        "k": model.k,
        "rule": model.rule,
        "conclusion": model.conclusion,
        "solutions": {str(k): _solution(s) for k, s in model.solutions.items()},
        "discovery": {
            "patients": model.patients,
            "scores": model.scores.to_numpy() if len(model.scores) else None,
            "ids": [str(i) for i in model.scores.index] if identifiers else None,
        },
        "evidence": None if evidence is None else evidence_record(model, evidence),
    }
    return _sealed(PhenotypeFile.model_validate({**content, "checksum": "0" * 64}))


def without_individuals(file: PhenotypeFile) -> PhenotypeFile:
    """Return a file without each patient's scores and label and the evidence.

    What is left is all that other patients need, and holds a patient of discovery only where they are an
    extreme.
    """
    return _sealed(
        file.model_copy(
            update={
                "solutions": {k: s.model_copy(update={"labels": None}) for k, s in file.solutions.items()},
                "discovery": file.discovery.model_copy(update={"scores": None, "ids": None}),
                "evidence": None,
            }
        )
    )


def file_content(file: PhenotypeFile) -> dict[str, object]:
    """Return a file as plain data that JSON can hold."""
    content: dict[str, object] = file.model_dump(mode="json", by_alias=True)
    return content


def read_phenotypes(data: object) -> PhenotypeFile:
    """Return the checked file of parsed JSON, also of one that an earlier version wrote.

    Raises
    ------
    InputError
        ``phenotype.model_file``: another kind of file, a newer schema, a wrong checksum, missing keys, or
        values that are undefined, out of range or of the wrong shape.
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
        if schema < SCHEMA:
            file = _sealed(PhenotypeFile.model_validate({**upgraded(data), "checksum": "0" * 64}))
        else:
            file = PhenotypeFile.model_validate(data)
        phenotype_model(file)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "/".join(str(p) for p in first["loc"])
        raise _wrong(f"malformed content ({place}: {first['msg']})") from None
    except KinephenError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise _wrong(f"malformed content ({type(error).__name__})") from None
    return file


def phenotype_model(file: PhenotypeFile) -> PhenotypeModel:
    """Return the frozen model that a file holds.

    Raises
    ------
    InputError
        ``phenotype.model_file`` where its parts do not fit each other.
    """
    names = [f.name for f in file.features]
    _require(len(set(names)) == len(names), "feature names that occur twice")
    _require(all(f.low <= f.high for f in file.features), "a range whose lower end is above its upper end")
    components = tuple(_read_group(i + 1, g, names) for i, g in enumerate(file.components))
    columns = [name for g in components for name in g.names]
    scores, index = _scores(file, len(columns))
    solutions = {
        _k(key): _read_solution(_k(key), s, index, len(columns)) for key, s in file.solutions.items()
    }
    _require({file.k, 2} <= set(solutions), f"no solution for k = {file.k} and k = 2")
    _require(file.rule in (*K_RULES, "fixed"), f"the rule {file.rule!r}")
    scale = file.origin.scale
    return PhenotypeModel(
        settings=PhenotypeSettings.from_plain(file.settings),
        moments=Moments(
            pd.Series([f.mean for f in file.features], index=names),
            pd.Series([f.sd for f in file.features], index=names),
        ),
        ranges=pd.DataFrame(
            {"low": [f.low for f in file.features], "high": [f.high for f in file.features]}, index=names
        ),
        components=components,
        k=file.k,
        rule=file.rule,
        solutions=solutions,
        scores=pd.DataFrame(scores, index=index, columns=columns),
        patients=file.discovery.patients,
        origin=Origin(
            content=file.origin.content,
            form=file.origin.form,
            scale=None if scale is None else {f: np.nan if v is None else v for f, v in scale.items()},
            harmonised=file.origin.harmonised,
        ),
    )


def checksum(data: Mapping[str, object]) -> str:
    """Return the SHA-256 of the data without its own checksum; the order of keys does not matter."""
    return hash_text(_canonical({k: v for k, v in data.items() if k != "checksum"}))


def _canonical(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{k!s}:{_canonical(value[k])}" for k in sorted(value, key=str)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_canonical(v) for v in value) + "]"
    if isinstance(value, bool) or value is None:
        return repr(value)
    return repr(float(value)) if isinstance(value, int | float) else f"s{len(str(value))}:{value}"


def _sealed(file: PhenotypeFile) -> PhenotypeFile:
    return file.model_copy(update={"checksum": checksum(file_content(file))})


def _group(group: GroupComponents) -> GroupOfFeatures:
    return GroupOfFeatures.model_validate(
        {
            "group": group.group,
            "features": group.features,
            "centre": group.centre,
            "loadings": group.loadings,
            "explained": group.explained,
        }
    )


def _solution(solution: Solution) -> SolutionAtK:
    labels = solution.labels.to_numpy() if len(solution.labels) else None
    return SolutionAtK.model_validate(
        {"labels": labels, "centroids": solution.centroids, "radius": solution.radius}
    )


def _read_group(number: int, group: GroupOfFeatures, names: list[str]) -> GroupComponents:
    what = f"of group {number}"
    _require(group.group == number, f"feature group {group.group} in place {number}")
    features = group.features
    _require(set(features) <= set(names) and len(set(features)) == len(features), f"features {what}")
    loadings = _array(group.loadings, f"loadings {what}", (len(features), None))
    centre = _array(group.centre, f"centre {what}", (len(features),))
    _require(len(group.explained) >= loadings.shape[1], f"explained shares {what}")
    return GroupComponents(number, features, centre, loadings, np.array(group.explained))


def _scores(file: PhenotypeFile, columns: int) -> tuple[FloatArray, pd.Index]:
    """Return the scores and their index; a file without individual patients has rows of none of them."""
    discovery = file.discovery
    if discovery.scores is None:
        return np.empty((0, columns)), pd.RangeIndex(1, 1)
    n, ids = discovery.patients, discovery.ids
    _require(ids is None or (len(ids) == n and len(set(ids)) == n), "identifiers")
    index = pd.RangeIndex(1, n + 1) if ids is None else pd.Index(ids)
    return _array(discovery.scores, "scores", (n, columns)), index


def _read_solution(k: int, found: SolutionAtK, index: pd.Index, columns: int) -> Solution:
    labels = np.array(found.labels or (), dtype=np.int64)
    _require(labels.shape == (len(index),), f"labels at k = {k}")
    _require(bool((labels >= 1).all() and (labels <= k).all()), f"labels outside 1 to {k}")
    centroids = _array(found.centroids, f"centroids at k = {k}", (k, columns))
    radius = _array(found.radius, f"radius at k = {k}", (k,))
    return Solution(pd.Series(labels, index=index, name="phenotype"), centroids, radius)


def _k(key: str) -> int:
    k = int(key)
    _require(1 <= k <= MAX_K, f"k = {k}")
    return k


def _array(values: object, what: str, shape: tuple[int | None, ...]) -> FloatArray:
    try:
        array = np.array(values, dtype=np.float64)
    except ValueError:
        raise _wrong(f"found {what} of unequal lengths, which a model cannot hold") from None
    fits = array.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, array.shape, strict=True))
    _require(fits, f"{what}: shape {array.shape}, expected {shape}")
    return array


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise _wrong(f"found {what}, which a model cannot hold")


def _wrong(message: str, hint: str = "") -> InputError:
    return InputError(message, code="phenotype.model_file", where="phenotype model", hint=hint)
