"""A fitted model file read back: hostile until every value is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import ValidationError

from kinephen.config.schema import Settings
from kinephen.core.counted import counted
from kinephen.core.plain import canonical_json, hash_json
from kinephen.errors import InputError, KinephenError
from kinephen.io.strict_json import read_strict_json
from kinephen.model.schema import KIND, MAX_BYTES, SCHEMA, CoxModel, FittedFile
from kinephen.molecular.centring import Centring
from kinephen.phenotype.model import PhenotypeModel
from kinephen.study.phenotype_file import file_content, phenotype_model, read_phenotypes
from kinephen.study.steps.cox_models import FittedCox
from kinephen.survival.baseline import HazardSteps
from kinephen.survival.design import Term
from kinephen.survival.frozen import FrozenCox
from kinephen.types import FloatArray

CODE = "model.file"
WHAT = "the model.json that `kinephen fit` wrote"
LARGEST = 1e30
"""No quantity of a model is larger; beyond this, products of numbers may leave the range of arithmetic."""
TOLERANCE = 1e-6
"""Share by which a covariance may fail to be symmetric or to have eigenvalues of at least 0."""


@dataclass(frozen=True)
class Fitted:
    """A checked model, ready to be applied.

    Parameters
    ----------
    file : FittedFile
    phenotypes : PhenotypeModel
    cox : dict of str to FittedCox
        By model name.
    centring : Centring, optional
        Of the gene signatures.
    """

    file: FittedFile
    phenotypes: PhenotypeModel
    cox: dict[str, FittedCox]
    centring: Centring | None

    @property
    def settings(self) -> Settings:
        """With which exams are processed."""
        return self.file.settings

    def record(self, name: str) -> CoxModel:
        """Return what the file says of a Cox model."""
        return next(m for m in self.file.cox if m.name == name)


def load_fitted(path: Path) -> Fitted:
    """Read a fitted model.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        ``path.missing``; ``model.file`` for anything else than a whole, consistent model file;
        ``model.schema`` for a schema that this version does not read; ``model.checksum``.
    """
    data, text = read_strict_json(path, max_bytes=MAX_BYTES, code=CODE, what=WHAT)
    return parse_fitted(data, text, where=path.name)


def parse_fitted(data: object, text: str, *, where: str = "model") -> Fitted:
    """Return the model of parsed content and its text; raises as `load_fitted`."""
    content = _document(data, where)
    if content.get("checksum") != hash_json({k: v for k, v in content.items() if k != "checksum"}):
        raise InputError(
            "the checksum does not match: the file was changed or cut short",
            code="model.checksum",
            where=where,
            hint="get the file again from where it came, or fit the model again",
        )
    try:
        return _checked(_parsed(content, text), content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "/".join(str(p) for p in first["loc"])
        raise _wrong(
            f"{counted(error.error_count(), 'fault')}; the first at {place}: {first['msg']}", where
        ) from None
    except KinephenError as error:
        raise _wrong(str(error), where) if error.code != CODE else error from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise _wrong(f"malformed content ({type(error).__name__})", where) from None


def _parsed(data: dict[str, object], text: str) -> FittedFile:
    """Return the file; its phenotypes may be as an earlier version wrote them."""
    written = data.get("phenotypes")
    own = read_phenotypes(written)
    if isinstance(written, dict) and own.checksum == written["checksum"]:
        return FittedFile.model_validate_json(text)
    return FittedFile.model_validate_json(canonical_json({**data, "phenotypes": file_content(own)}))


def _document(data: object, where: str) -> dict[str, object]:
    """Return the content if its kind and schema are those that are read here."""
    if not isinstance(data, dict) or data.get("kind") != KIND:
        kind = data.get("kind") if isinstance(data, dict) else None
        hint = (
            WHAT
            if kind != "kinephen.phenotype_model"
            else f"{WHAT}; this one is for `kinephen phenotypes apply`"
        )
        raise InputError("this is not a fitted model", code=CODE, where=where, hint=f"give {hint}")
    schema = data.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool):
        raise _wrong("the schema version is not a whole number", where)
    if schema > SCHEMA:
        raise InputError(
            f"written with schema {schema}; this version reads schema {SCHEMA}",
            code="model.schema",
            where=where,
            hint="update kinephen",
        )
    if schema < SCHEMA:
        raise InputError(
            f"written with schema {schema}, which this version no longer reads; it reads schema {SCHEMA}",
            code="model.schema",
            where=where,
            hint="fit the model again",
        )
    return data


def _checked(file: FittedFile, data: Mapping[str, object]) -> Fitted:
    _require(_largest(data) <= LARGEST, f"a number beyond {LARGEST:g}")
    phenotypes = phenotype_model(file.phenotypes)
    _check_features(file, phenotypes, file.settings)
    names = [m.name for m in file.cox]
    _require(len(set(names)) == len(names), "two Cox models of one name")
    return Fitted(file, phenotypes, {m.name: _cox(m, file) for m in file.cox}, _centring(file))


def _largest(value: object) -> float:
    """Return the largest absolute number in nested plain values."""
    if isinstance(value, (dict, list)):
        parts = value.values() if isinstance(value, dict) else value
        return max(map(_largest, parts), default=0.0)
    return abs(float(value)) if isinstance(value, (int, float)) else 0.0


def _check_features(file: FittedFile, phenotypes: PhenotypeModel, settings: Settings) -> None:
    features = set(phenotypes.features)
    _require(set(file.features.signs) == features, "signs of other features than those of the phenotypes")
    origin = phenotypes.origin
    _require(origin.content == "delta", "phenotypes that were not learned on delta features")
    _require(origin.form == file.features.form == settings.delta.form, "three forms of change that differ")
    scale = file.features.scale
    _require(
        (scale is not None) == (file.features.form == "difference"), "a scale that does not fit the form"
    )
    _require(scale is None or set(scale) == features, "a scale of other features")
    _require(len(file.phenotype_names) == phenotypes.k, f"names for other than {phenotypes.k} phenotypes")
    visits = file.study.visits
    _require(visits[0] != visits[1] and set(file.training.visits) == set(visits), "ranges of other visits")
    ranges = [r for v in file.training.visits.values() for r in v.values()]
    ranges += [*file.training.components.values()]
    _require(all(low <= high for low, high in ranges), "a range whose lower end is above its upper end")
    components = {n for g in phenotypes.components for n in g.names}
    _require(set(file.training.components) == components, "ranges of other components")


def _cox(model: CoxModel, file: FittedFile) -> FittedCox:
    p, g = len(model.terms), len(model.time)
    coef, means = _array(model.coef, (p,)), _array(model.means, (p,))
    vcov, pull = _array(model.vcov, (p, p)), _array(model.pull, (g, p))
    time, cumulative, variance = (_array(v, (g,)) for v in (model.time, model.cumulative, model.variance))
    _require(bool((np.diff(time) > 0).all()), "event times that do not rise")
    _require(bool((np.diff(cumulative) >= 0).all() and (np.diff(variance) >= 0).all()), "a hazard that falls")
    _require(time[-1] <= model.last_time, "an event after the longest follow-up")
    _require_covariance(vcov)
    known = file.training.covariates
    for term in model.terms:
        _require(term.column in known, f"a term {term.column} that is no covariate")
        covariate = known[term.column]
        _require(
            (term.level is not None) == (covariate.kind == "class"), f"a term {term.column} of another kind"
        )
        _require(term.level is None or term.level in covariate.levels, f"an unknown class of {term.column}")
    names = tuple(t.column if t.level is None else f"{t.column}={t.level}" for t in model.terms)
    _require(len(set(names)) == p, "a term that stands twice")
    frozen = FrozenCox(
        names=names,
        coef=coef,
        means=means,
        vcov=vcov,
        steps=HazardSteps(time, cumulative, variance, pull),
        last_time=model.last_time,
    )
    return FittedCox(
        name=model.name,
        title=model.title,
        terms=tuple(Term(t.column, t.level) for t in model.terms),
        frozen=frozen,
        method=model.method,
        ties=model.ties,
        n=model.n,
        events=model.events,
    )


def _require_covariance(vcov: FloatArray) -> None:
    size = float(np.abs(vcov).max())
    _require(bool((np.abs(vcov - vcov.T) <= TOLERANCE * size).all()), "a covariance that is not symmetric")
    lowest = float(np.linalg.eigvalsh((vcov + vcov.T) / 2.0).min())
    _require(lowest >= -TOLERANCE * size, "a covariance with a negative eigenvalue")


def _centring(file: FittedFile) -> Centring | None:
    rules = file.signatures
    if rules is None:
        return None
    centring = Centring.from_dict(rules.centring)
    for by_platform in centring.centres.values():
        for platform, values in by_platform.items():
            _require(bool((np.isfinite(values) | values.isna()).all()), f"centres of {platform} out of range")
    return centring


def _array(values: object, shape: tuple[int, ...]) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    _require(array.shape == shape, f"an array of shape {array.shape}, expected {shape}")
    return array


def _require(condition: bool, found: str) -> None:
    if not condition:
        raise _wrong(f"found {found}, which a model cannot hold", "model")


def _wrong(message: str, where: str) -> InputError:
    return InputError(message, code=CODE, where=where, hint=f"give {WHAT}")
