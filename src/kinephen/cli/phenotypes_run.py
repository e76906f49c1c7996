"""Runs of ``kinephen phenotypes``: from a table to a model file, and from a model file to assignments."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from kinephen.config.load import load_changes
from kinephen.core.cohort import Issue
from kinephen.core.files import atomic_path
from kinephen.core.plain import write_json
from kinephen.core.streams import stream
from kinephen.errors import InputError, UsageError
from kinephen.io.feature_tables import FeatureContent, FeatureTable, read_feature_table
from kinephen.phenotype.delta import DeltaForm, delta_features
from kinephen.phenotype.model import PhenotypeModel
from kinephen.phenotype.settings import PhenotypeSettings
from kinephen.radiomics.catalogue import FEATURES, directions

SECTIONS = ("filters", "groups", "components", "tumours", "sigclust")
MAX_MODEL_BYTES = 500_000_000
BASELINE = (
    "features of one visit, used as they are: these are not deltas, so the groups say nothing about change"
)
RESEARCH = "for research: phenotypes of change are not a diagnostic result"


def settings_for(preset: str, changes: tuple[str, ...] = ()) -> tuple[PhenotypeSettings, DeltaForm]:
    """Return the settings of a preset, with ``section.key=value`` changes, and its form of the delta."""
    settings = load_changes(preset, changes).settings
    plain = {name: getattr(settings, name).model_dump() for name in SECTIONS}
    return PhenotypeSettings.from_plain(plain), settings.delta.form


def fit_table(
    table: Path,
    out: Path,
    *,
    preset: str,
    changes: tuple[str, ...],
    labels: Path | None,
    content: str | None,
    identifiers: bool,
    seed: int,
    progress: Callable[[str, float], None],
) -> dict[str, Any]:
    """Fit a model to a table, write it, and return what the command prints."""
    settings, form = settings_for(preset, changes)
    read = read_feature_table(table, content=_content(content))
    frame, origin, issues = _features(read, form, None)
    model = PhenotypeModel.fit(
        frame,
        settings,
        rng=stream(seed, "phenotypes"),
        direction=directions(frame.columns, signed=_signed(origin)),
        progress=progress,
    )
    model = replace(model, origin=origin)
    write_json(out, model.to_dict(identifiers=identifiers))
    if labels is not None:
        _write_csv(labels, model.labels.to_frame().assign(basis=_basis(model)))
    return {**_summary(model, preset, seed), "model": str(out), "issues": _plain(issues, model.issues)}


def apply_table(model_file: Path, table: Path, out: Path | None, *, k: int | None) -> dict[str, Any]:
    """Assign the patients of a table, write the CSV, and return what the command prints."""
    model = load_model(model_file)
    read = read_feature_table(table)
    if (read.content == "visit") != (model.origin.get("content") == "visit"):
        have = "features of one visit" if read.content == "visit" else "changes between visits"
        raise InputError(
            f"the table holds {have}, the model was learned on {_features_are(model)}",
            code="phenotype.content",
            where=table.name,
            hint="give the same kind of table as the model was fitted to",
        )
    frame, _, issues = _features(read, model.origin.get("form") or "symmetric", model.origin.get("scale"))
    result = model.predict(frame, k=k)
    if out is not None:
        _write_csv(out, result)
    counts = result["phenotype"].value_counts().sort_index()
    return {
        "patients": len(result),
        "k": model.k if k is None else k,
        "sizes": {str(name): int(count) for name, count in counts.items()},
        "out_of_range": int(result["out_of_range"].sum()),
        "undefined": int(result["phenotype"].isna().sum()),
        "features_are": _features_are(model),
        "file": None if out is None else str(out),
        "rows": None if out is not None else _rows(result),
        "issues": _plain(issues),
        "notices": _notices(model),
    }


def load_model(path: Path) -> PhenotypeModel:
    """Read a model file; raises ``InputError`` for anything that is not one."""
    if not path.is_file():
        raise InputError("no such file", code="path.missing", where=path.name)
    if path.stat().st_size > MAX_MODEL_BYTES:
        raise InputError("too large for a model file", code="phenotype.model_file", where=path.name)
    try:
        data = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise InputError(
            "not a JSON file with defined numbers",
            code="phenotype.model_file",
            where=path.name,
            hint="give the file that `kinephen phenotypes fit` wrote",
        ) from None
    return PhenotypeModel.from_dict(data)


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _content(text: str | None) -> FeatureContent | None:
    if text is not None and text not in get_args(FeatureContent):
        raise UsageError(f"--content {text!r}", code="usage.content", hint="delta, visit or visits")
    return text  # type: ignore[return-value]


def _features(
    read: FeatureTable, form: DeltaForm, scale: dict[str, float] | None
) -> tuple[pd.DataFrame, dict[str, Any], tuple[Issue, ...]]:
    """Return what is clustered, what it is, and notes."""
    if read.content != "visits":
        return read.frames[0], {"content": read.content}, read.issues
    result = delta_features(
        *read.frames,
        form=form,
        signs={f.key: f.sign for f in FEATURES},
        retest_sd=None if scale is None else pd.Series(scale),
    )
    used = None if result.scale is None else {str(k): float(v) for k, v in result.scale.items()}
    return result.delta, {"content": "delta", "form": form, "scale": used}, (*read.issues, *result.issues)


def _signed(origin: dict[str, Any]) -> bool:
    """Tell whether the heterogeneity sign stands in the values: in all forms of change but the literal."""
    return origin["content"] == "delta" and origin.get("form") not in (None, "literal")


def _features_are(model: PhenotypeModel) -> str:
    if model.origin.get("content") == "visit":
        return "features of one visit (not deltas)"
    form = model.origin.get("form")
    return f"delta features, form {form}" if form else "delta features as given"


def _notices(model: PhenotypeModel) -> list[str]:
    baseline = [BASELINE] if model.origin.get("content") == "visit" else []
    method = model.origin.get("harmonised")
    changed = (
        [f"learned on features after {method}: give features that were harmonised alike"] if method else []
    )
    return [*baseline, *changed, RESEARCH]


def _summary(model: PhenotypeModel, preset: str, seed: int) -> dict[str, Any]:
    evidence = model.evidence
    tumours = evidence["tumours"]
    splits = evidence["sigclust"]
    return {
        "preset": preset,
        "seed": seed,
        "patients": len(model.scores),
        "features_are": _features_are(model),
        "content": model.origin["content"],
        "features_seen": evidence["features_seen"],
        "features_kept": evidence["features_kept"],
        "dropped": evidence["dropped"],
        "groups": len(model.components),
        "components": model.scores.shape[1],
        "k": model.k,
        "rule": model.rule,
        "conclusion": model.conclusion,
        "sizes": {k: p["sizes"] for k, p in evidence["phenotypes"].items()},
        "rules": _rules(tumours, evidence["shc"]),
        "sigclust": {
            "headline": splits["headline"],
            "p": {
                c: {labels: splits[c][labels]["p_normal"] for labels in ("two_means", "given")}
                for c in ("sample", "soft", "hard")
            },
            "wording": splits["wording"],
        },
        "shc_k": None if evidence["shc"] is None else evidence["shc"]["k"],
        "notices": _notices(model),
    }


def _rules(tumours: dict[str, Any], splits: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    readings = tumours["readings"]
    rules = {name: {"k": readings[name], "meaning": text} for name, text in readings["meaning"].items()}
    reference = tumours["null_reference"]
    text = f"ambiguity against {reference['sets']} Gaussian sets, p = {reference['p']:.3g}; 1 is possible"
    rules["null_pac"] = {"k": reference["k"], "meaning": text}
    if splits is not None:
        text = (
            "the larger of null_pac (p over all k) and the significant splits of the Ward tree; 1 is possible"
        )
        rules["combined"] = {"k": max(reference["k_strict"], splits["k"]), "meaning": text}
    text = "least ambiguity (PAC), which tends to the largest k"
    rules["pac_argmin"] = {"k": tumours["consensus"]["pac_argmin"], "meaning": text}
    return rules


def _rows(result: pd.DataFrame) -> list[dict[str, Any]]:
    table = result.astype(object).where(result.notna(), None).reset_index()
    rows: list[dict[str, Any]] = table.to_dict("records")
    return rows


def _write_csv(path: Path, frame: pd.DataFrame) -> None:
    with atomic_path(path) as temporary:
        frame.to_csv(temporary)


def _plain(*groups: tuple[Issue, ...]) -> list[dict[str, Any]]:
    return [issue.to_dict() for group in groups for issue in group]


def _basis(model: PhenotypeModel) -> str:
    """Return what the labels rest on, in words that travel with them."""
    if model.origin.get("content") == "visit":
        return "features of one visit, not deltas"
    return f"delta features ({model.origin.get('form', 'as given')})"
