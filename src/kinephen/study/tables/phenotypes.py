"""Phenotypes of a user's own table of features: learned into a model file, and applied to other patients."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pandas as pd

from kinephen.config.load import load_changes
from kinephen.config.schema import Settings
from kinephen.core.cohort import Issue
from kinephen.core.files import atomic_path
from kinephen.core.options import DeltaForm
from kinephen.core.plain import write_json
from kinephen.core.streams import stream
from kinephen.errors import InputError, UsageError
from kinephen.io.feature_tables import FeatureContent, FeatureTable, read_feature_table
from kinephen.phenotype.delta import delta_features
from kinephen.phenotype.fit import FeatureKnowledge, fit_phenotypes
from kinephen.phenotype.model import Origin, PhenotypeModel
from kinephen.radiomics.catalogue import directions
from kinephen.records.clustering import ClusteringRecord
from kinephen.records.phenotype_file import PhenotypeFile
from kinephen.records.split_tests import SplitTests, TreeTestRecord
from kinephen.study.phenotype_file import file_content, phenotype_model, read_phenotypes, write_phenotypes
from kinephen.study.steps.phenotypes import SECTIONS, PhenotypeStepSettings, phenotype_settings, two_d

FORM = "delta.form"
READ_BESIDE = (FORM, "features.two_d_reading")
"""Settings of other sections that learning from a table reads."""
UNREAD = ("filters.icc_limit",)
"""Needs exams that were measured repeatedly, which a table does not tell."""
MAX_MODEL_BYTES = 500_000_000
BASELINE = (
    "features of one visit, used as they are: these are not deltas, so the groups say nothing about change"
)
RESEARCH = "for research: phenotypes of change are not a diagnostic result"


@dataclass(frozen=True, kw_only=True)
class FitRequest:
    """How a model is learned from a table.

    Parameters
    ----------
    preset : str
    changes : tuple of str
        ``section.key=value`` on top of the preset.
    content : {"delta", "visit", "visits"}, optional
        What the table holds, if it does not tell.
    identifiers : bool
        Write the patients' identifiers into the model file.
    seed : int
    """

    preset: str = "recommended"
    changes: tuple[str, ...] = ()
    content: str | None = None
    identifiers: bool = False
    seed: int = 1


@dataclass(frozen=True)
class RuleReading:
    """The number of phenotypes by one rule; None where no number satisfies it."""

    k: int | None
    meaning: str


@dataclass(frozen=True)
class SplitP:
    """p-values of the split into two by one null covariance: of 2-means, and of the tree's labels."""

    two_means: float | None
    given: float | None


@dataclass(frozen=True)
class SplitTest:
    """SigClust by null covariance; `headline` names the one that counts."""

    headline: str
    p: dict[str, SplitP]
    wording: str


@dataclass(frozen=True, kw_only=True)
class FitResult:
    """What was learned.

    Parameters
    ----------
    sizes : dict of str to list of int
        Patients in each phenotype, by number of phenotypes: the chosen and the forced two.
    rules : dict of str to RuleReading
    shc_k : int, optional
        Phenotypes by the significant splits of the tree; None if it is off.
    """

    preset: str
    seed: int
    patients: int
    features_are: str
    content: str
    features_seen: int
    features_kept: int
    dropped: dict[str, int]
    groups: int
    components: int
    k: int
    rule: str
    conclusion: str
    sizes: dict[str, list[int]]
    rules: dict[str, RuleReading]
    sigclust: SplitTest
    shc_k: int | None
    notices: list[str]
    model: str
    issues: tuple[Issue, ...]


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Patients of a table and their phenotypes.

    Parameters
    ----------
    table : DataFrame
        One row a patient, see `PhenotypeModel.predict`.
    k : int
        Number of phenotypes of the solution.
    features_are : str
    notices : list of str
    issues : tuple of Issue
    """

    table: pd.DataFrame
    k: int
    features_are: str
    notices: list[str]
    issues: tuple[Issue, ...]

    @property
    def sizes(self) -> dict[str, int]:
        """Patients in each phenotype."""
        counts = self.table["phenotype"].value_counts().sort_index()
        return {str(name): int(count) for name, count in counts.items()}

    @property
    def out_of_range(self) -> int:
        """Patients with a feature outside of the range of the discovery cohort."""
        return int(self.table["out_of_range"].sum())

    @property
    def undefined(self) -> int:
        """Patients without a phenotype."""
        return int(self.table["phenotype"].isna().sum())


def fit_table(
    table: Path,
    out: Path,
    request: FitRequest,
    *,
    labels: Path | None,
    progress: Callable[[str, float], None],
) -> FitResult:
    """Fit a model to a table and write it.

    Parameters
    ----------
    table, out : Path
        Features, see `read_feature_table`; the model file.
    request : FitRequest
    labels : Path, optional
        CSV of every patient's phenotype to write.
    progress : callable
        Told the step and the share done.
    """
    _require_read(request.changes)
    settings = load_changes(request.preset, request.changes).settings
    read = read_feature_table(table, content=_content(request.content))
    frame, origin, issues = _features(read, settings.delta.form, None)
    issues = (*issues, *_without_effect(request.changes, read.content))
    chosen = PhenotypeStepSettings.of(settings)
    model, evidence = fit_phenotypes(
        frame,
        phenotype_settings(chosen),
        rng=stream(request.seed, "phenotypes"),
        origin=origin,
        known=FeatureKnowledge(
            two_d=two_d(chosen), direction=directions(frame.columns, signed=_signed(origin))
        ),
        progress=progress,
    )
    file = write_phenotypes(model, evidence, identifiers=request.identifiers)
    write_json(out, file_content(file))
    if labels is not None:
        given = model.labels.reindex(frame.index).astype("Int64")
        _write_csv(labels, given.to_frame().assign(basis=_basis(model)))
    return _result(model, file, request, out, (*issues, *evidence.issues))


def apply_table(model_file: Path, table: Path, out: Path | None, *, k: int | None) -> Assignment:
    """Assign the patients of a table to the nearest phenotype; write the CSV if `out` is given."""
    model = load_model(model_file)
    read = read_feature_table(table)
    if (read.content == "visit") != (model.origin.content == "visit"):
        have = "features of one visit" if read.content == "visit" else "changes between visits"
        raise InputError(
            f"the table holds {have}, the model was learned on {_features_are(model)}",
            code="phenotype.content",
            where=table.name,
            hint="give the same kind of table as the model was fitted to",
        )
    frame, _, issues = _features(read, model.origin.form or "symmetric", model.origin.scale)
    result = model.predict(frame, k=k)
    if out is not None:
        _write_csv(out, result)
    return Assignment(
        table=result,
        k=model.k if k is None else k,
        features_are=_features_are(model),
        notices=_notices(model),
        issues=issues,
    )


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
    return phenotype_model(read_phenotypes(data))


def _key(change: str) -> str:
    return change.partition("=")[0].strip()


def _require_read(changes: tuple[str, ...]) -> None:
    """Refuse a change of a setting that learning from a table never reads."""
    for key in map(_key, changes):
        section = key.partition(".")[0]
        if section not in Settings.model_fields:
            continue  # reading the settings refuses it
        if key in UNREAD or (section not in SECTIONS and key not in READ_BESIDE):
            raise UsageError(
                f"--set {key}: learning phenotypes from a table does not read it",
                code="usage.setting",
                hint=f"it reads the sections {', '.join(SECTIONS)}, and {' and '.join(READ_BESIDE)}",
            )


def _without_effect(changes: tuple[str, ...], content: FeatureContent) -> tuple[Issue, ...]:
    """Return a note on a change of the form of change where the table's features are used as they are."""
    if content == "visits" or FORM not in map(_key, changes):
        return ()
    text = f"{FORM}: the table does not hold two visits, so no change is formed and it has no effect"
    return (Issue("settings.no_effect", text, where="settings"),)


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _content(text: str | None) -> FeatureContent | None:
    if text is not None and text not in get_args(FeatureContent):
        raise UsageError(f"--content {text!r}", code="usage.content", hint="delta, visit or visits")
    return text  # type: ignore[return-value]


def _features(
    read: FeatureTable, form: DeltaForm, scale: Mapping[str, float] | None
) -> tuple[pd.DataFrame, Origin, tuple[Issue, ...]]:
    """Return what is clustered, what it is, and notes."""
    if read.content != "visits":
        return read.frames[0], Origin(content=read.content), read.issues
    result = delta_features(
        *read.frames,
        form=form,
        signs=directions(map(str, read.frames[0].columns), signed=False),
        retest_sd=None if scale is None else pd.Series(dict(scale)),
    )
    used = None if result.scale is None else {str(k): float(v) for k, v in result.scale.items()}
    return result.delta, Origin(form=form, scale=used), (*read.issues, *result.issues)


def _signed(origin: Origin) -> bool:
    """Tell whether the heterogeneity sign stands in the values: in all forms of change but the literal."""
    return origin.content == "delta" and origin.form not in (None, "literal")


def _features_are(model: PhenotypeModel) -> str:
    if model.origin.content == "visit":
        return "features of one visit (not deltas)"
    form = model.origin.form
    return f"delta features, form {form}" if form else "delta features as given"


def _notices(model: PhenotypeModel) -> list[str]:
    baseline = [BASELINE] if model.origin.content == "visit" else []
    method = model.origin.harmonised
    changed = (
        [f"learned on features after {method}: give features that were harmonised alike"] if method else []
    )
    return [*baseline, *changed, RESEARCH]


def _result(
    model: PhenotypeModel, file: PhenotypeFile, request: FitRequest, out: Path, issues: tuple[Issue, ...]
) -> FitResult:
    evidence = file.evidence
    assert evidence is not None  # written with it
    return FitResult(
        preset=request.preset,
        seed=request.seed,
        patients=model.patients,
        features_are=_features_are(model),
        content=model.origin.content,
        features_seen=evidence.features_seen,
        features_kept=evidence.features_kept,
        dropped=evidence.dropped,
        groups=len(model.components),
        components=model.scores.shape[1],
        k=model.k,
        rule=model.rule,
        conclusion=model.conclusion,
        sizes={k: list(p.sizes) for k, p in evidence.phenotypes.items()},
        rules=_rules(evidence.tumours, evidence.shc),
        sigclust=_split(evidence.sigclust, model.settings.sigclust.alpha),
        shc_k=None if evidence.shc is None else evidence.shc.k,
        notices=_notices(model),
        model=str(out),
        issues=issues,
    )


def _split(tests: SplitTests, alpha: float) -> SplitTest:
    p = {c: SplitP(t.two_means.p_normal, t.given.p_normal) for c, t in tests.by_covariance().items()}
    if tests.p is None:
        return SplitTest(tests.headline, p, "not decided: the p value is undefined")
    wording = "not one Gaussian" if tests.p < alpha else "compatible with one Gaussian"
    return SplitTest(tests.headline, p, wording)


READINGS = {
    "first_below": "the first k whose area gained less than 10 %",
    "last_gain": "the last k whose area gained at least 10 % (the article's reading)",
    "first_below_shifted": "the first k after which the area gained less than 10 %",
}


def _rules(tumours: ClusteringRecord, splits: TreeTestRecord | None) -> dict[str, RuleReading]:
    readings, reference, consensus = tumours.readings, tumours.null_reference, tumours.consensus
    assert readings is not None  # evidence has all three
    assert reference is not None
    assert consensus is not None
    rules = {name: RuleReading(getattr(readings, name), text) for name, text in READINGS.items()}
    text = f"ambiguity against {reference.sets} Gaussian sets, p = {reference.p:.3g}; 1 is possible"
    rules["null_pac"] = RuleReading(reference.k, text)
    if splits is not None:
        text = (
            "the larger of null_pac (p over all k) and the significant splits of the Ward tree; 1 is possible"
        )
        rules["combined"] = RuleReading(max(reference.k_strict, splits.k), text)
    text = "least ambiguity (PAC), which tends to the largest k"
    rules["pac_argmin"] = RuleReading(consensus.pac_argmin, text)
    return rules


def _write_csv(path: Path, frame: pd.DataFrame) -> None:
    with atomic_path(path) as temporary:
        frame.to_csv(temporary)


def _basis(model: PhenotypeModel) -> str:
    """Return what the labels rest on, in words that travel with them."""
    if model.origin.content == "visit":
        return "features of one visit, not deltas"
    return f"delta features ({model.origin.form or 'as given'})"
