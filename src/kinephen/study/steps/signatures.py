"""The molecular step: three signatures for every patient whose expression is linked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kinephen.config.schema import Section, Signatures
from kinephen.core.cohort import ExpressionTable, Issue
from kinephen.core.counted import counted
from kinephen.core.options import RorVariant, SignatureCentring
from kinephen.core.plain import hash_file, hash_json, read_json, write_json
from kinephen.errors import InputError
from kinephen.io.geo import read_expression
from kinephen.io.signatures import load_signature
from kinephen.io.table_files import read_text_table
from kinephen.molecular.centring import ALL, MIN_SAMPLES, Centring
from kinephen.molecular.learn import CentringChoice
from kinephen.molecular.result import MolecularResult
from kinephen.molecular.score import score_cohort
from kinephen.molecular.settings import ScoreSettings
from kinephen.records.base import IssueRecord
from kinephen.records.signatures import CentringRecord, CoverageRow, SignaturesRecord
from kinephen.study.plan import Plan
from kinephen.study.store import StepKey, Store

VERSION = 1
LINK_COLUMNS = ("patient_id", "sample_id")
NAMES = ("gene70", "pam50", "p53")
KEPT = (
    "gene70_cosine",
    "gene70_class",
    "pam50_call",
    "ror_s",
    "ror_s_raw",
    "ror_s_group",
    "p53_score",
    "p53_class",
)


class SignatureSettings(Section):
    """What the step reads of the settings: how signatures enter the Cox models is not asked here."""

    centring: SignatureCentring
    ror_variant: RorVariant
    gene70_cut: float
    min_coverage: float | None

    @classmethod
    def of(cls, settings: Signatures) -> SignatureSettings:
        """Return the step's part of the section."""
        return cls(**settings.model_dump(include=set(cls.model_fields)))


@dataclass(frozen=True, kw_only=True)
class SignatureInputs:
    """Expression tables, and whose samples they hold.

    Parameters
    ----------
    files : tuple of Path
        Expression tables.
    platforms : tuple of Path or None
        Table of the platform of each; one for each file.
    link : dict of str to str or None
        Case of each sample of the link file; None for a sample of nobody in the study.
    er : Series, optional
        Oestrogen receptor by case; None without such a column.
    """

    files: tuple[Path, ...]
    platforms: tuple[Path | None, ...]
    link: dict[str, str | None]
    er: pd.Series | None

    def digests(self) -> dict[str, str]:
        """Return the hash of each input; which sample is whose counts as much as the files do."""
        found = {f"expression {i}": _hash(f) for i, f in enumerate(self.files)}
        found |= {f"platform {i}": _hash(f) for i, f in enumerate(self.platforms) if f}
        er = {} if self.er is None else self.er.to_dict()
        known = {case: None if pd.isna(v) else float(v) for case, v in er.items()}
        return found | {"link": hash_json(self.link), "er": hash_json(known)}


def signature_inputs(plan: Plan) -> SignatureInputs | None:
    """Return what a study gives the step, or None for a study without expression.

    Raises
    ------
    InputError
        ``expression.platforms`` where platform tables are given for some files only.
    """
    expression = plan.study.study.expression
    if not expression.files:
        return None
    platforms = list(expression.platforms) or [""] * len(expression.files)
    if len(platforms) != len(expression.files):
        raise InputError(
            f"{len(expression.files)} expression files and {len(platforms)} platform tables",
            code="expression.platforms",
            hint="list one platform table for each file, or none",
        )
    return SignatureInputs(
        files=tuple(plan.root / f for f in expression.files),
        platforms=tuple(plan.root / f if f else None for f in platforms),
        link=_links(plan),
        er=plan.clinical["er"] if "er" in plan.clinical.columns else None,
    )


def run_signatures(inputs: SignatureInputs, settings: Signatures, store: Store) -> SignaturesRecord:
    """Return the scores of a study, stored or made."""
    chosen = SignatureSettings.of(settings)
    key = StepKey("molecular", VERSION, chosen.model_dump(mode="json"), inputs.digests())

    def fill(folder: Path) -> None:
        record = compute_signatures(chosen, inputs)
        write_json(folder / "molecular.json", record.model_dump(mode="json"))

    return SignaturesRecord.model_validate(read_json(store.run(key, fill) / "molecular.json"))


def compute_signatures(settings: SignatureSettings, inputs: SignatureInputs) -> SignaturesRecord:
    """Return scores by case, genes centred on the samples themselves."""
    tables, small = large_enough(_read_tables(inputs), settings.centring)
    return _scored(inputs, tables, small, settings, settings.centring)


def score_with(settings: SignatureSettings, inputs: SignatureInputs, centring: Centring) -> SignaturesRecord:
    """Return scores by case with gene centres learned before.

    Tables of other platforms than those of the centres are left out and noted.
    """
    tables, unknown = _known_platforms(_read_tables(inputs), centring)
    if not tables:
        return SignaturesRecord(scores={}, columns=KEPT, issues=_issues(unknown))
    return _scored(inputs, tables, unknown, settings, centring)


def _scored(
    inputs: SignatureInputs,
    tables: list[ExpressionTable],
    left_out: list[Issue],
    settings: SignatureSettings,
    centring: CentringChoice,
) -> SignaturesRecord:
    link, issues = _linked(inputs.link, tables)
    issues += left_out
    er = inputs.er
    clinical = None if er is None else pd.DataFrame({"er": er.reindex(link).set_axis(link.index)})
    result = score_samples(tables, settings, centring, clinical)
    kept = result.table[[c for c in KEPT if c in result.table.columns]]
    by_case = kept.loc[[s for s in link.index if s in kept.index]].set_axis(
        [link[s] for s in link.index if s in kept.index], axis=0
    )
    return SignaturesRecord(
        scores=by_case.astype(object).where(by_case.notna(), None).to_dict("index"),
        columns=tuple(kept.columns),
        coverage=_coverage(result.coverage),
        settings=result.settings,
        centring=CentringRecord.model_validate(result.centring.to_dict()),
        issues=_issues([*issues, *result.issues]),
    )


def score_samples(
    tables: list[ExpressionTable],
    settings: SignatureSettings,
    centring: CentringChoice,
    clinical: pd.DataFrame | None,
) -> MolecularResult:
    """Return the three signatures of every sample; one that lacks genes is undefined, with its reason.

    Parameters
    ----------
    tables : list of ExpressionTable
    settings : SignatureSettings
    centring : CentringChoice
        The settings' own, or gene centres learned before.
    clinical : DataFrame, optional
        ``er`` by sample.

    Raises
    ------
    KinephenError
        As `kinephen.molecular.score.score_cohort`.
    """
    return score_cohort(
        tables,
        [load_signature(n) for n in NAMES],
        centring=centring,
        ror_variant=settings.ror_variant,
        clinical=clinical,
        settings=ScoreSettings(
            gene70_cut=settings.gene70_cut, min_coverage=settings.min_coverage, refuse=False
        ),
    )


def signature_columns(molecular: SignaturesRecord | None) -> pd.DataFrame | None:
    """Return the scores with index ``case``, or None."""
    if molecular is None:
        return None
    return pd.DataFrame.from_dict(molecular.scores, orient="index", columns=list(molecular.columns))


def _hash(path: Path) -> str:
    """Return the hash of a file's name and content: a plain matrix has the name of its platform from it."""
    if not path.is_file():
        raise InputError(
            "no such expression file",
            code="expression.missing",
            where=path.name,
            hint="mend its path in study.expression of the study file",
        )
    return hash_json([path.name, hash_file(path)])


def _read_tables(inputs: SignatureInputs) -> list[ExpressionTable]:
    return [
        read_expression(file, platform=platform)
        for file, platform in zip(inputs.files, inputs.platforms, strict=True)
    ]


def large_enough(
    tables: list[ExpressionTable], centring: SignatureCentring
) -> tuple[list[ExpressionTable], list[Issue]]:
    """Leave out platforms with too few samples to centre genes on themselves; say so."""
    needed = 1 if centring == "none" else MIN_SAMPLES
    kept = [t for t in tables if len(t.values) >= needed]
    issues = [
        Issue(
            "molecular.small_platform",
            f"{t.platform} has {len(t.values)} sample(s), centring needs {needed}: left out",
            where="expression",
            count=len(t.values),
        )
        for t in tables
        if len(t.values) < needed
    ]
    return kept, issues


def _known_platforms(
    tables: list[ExpressionTable], centring: Centring
) -> tuple[list[ExpressionTable], list[Issue]]:
    """Keep the tables of platforms that have centres."""
    known = {p for by in centring.centres.values() for p in by}
    everywhere = centring.mode == "none" or ALL in known
    issues = [
        Issue(
            "molecular.platform",
            f"{t.platform or 'a platform without name'}: the gene centres are of {', '.join(sorted(known))}; "
            "its samples have no scores",
            where="expression",
            count=len(t.values),
        )
        for t in tables
        if not (everywhere or t.platform in known)
    ]
    return [t for t in tables if everywhere or t.platform in known], issues


def _linked(pairs: Mapping[str, str | None], tables: list[ExpressionTable]) -> tuple[pd.Series, list[Issue]]:
    """Return case by sample id, and what could not be linked."""
    samples = [str(s) for t in tables for s in t.values.index]
    found = pd.Series({s: pairs[s] for s in samples if pairs.get(s) is not None}, dtype=object)
    issues = []
    if len(samples) > len(found):
        text = "samples belong to no patient of the study"
        issues.append(Issue("molecular.unlinked", text, where="expression", count=len(samples) - len(found)))
    doubled = int(found.duplicated().sum())
    if doubled:
        text = "patients have more than one sample; the first is used"
        issues.append(Issue("molecular.repeated", text, where="expression", count=doubled))
        found = found[~found.duplicated()]
    return found, issues


def _links(plan: Plan) -> dict[str, str | None]:
    """Return the case of each sample in the link file; without one, samples bear the id of their patient."""
    cases = {pid: case for case, pid in plan.patient_ids.items()}
    if not plan.study.study.expression.link:
        return dict(cases)
    pairs = _pairs(plan.root / plan.study.study.expression.link)
    return {sample: cases.get(patient) for sample, patient in pairs.items()}


def _pairs(path: Path) -> dict[str, str]:
    """Return the patient of each sample of a link file.

    Raises
    ------
    InputError
        ``expression.link`` where a column is missing, or a sample is said to be of several patients.
    """
    table = read_text_table(path).frame
    absent = [c for c in LINK_COLUMNS if c not in table.columns]
    if absent:
        raise InputError(
            f"no column {' and '.join(absent)}; found {', '.join(map(str, table.columns[:6])) or 'none'}",
            code="expression.link",
            where=path.name,
            hint=f"a link file has the columns {' and '.join(LINK_COLUMNS)}",
        )
    pairs = table[list(LINK_COLUMNS)].dropna().astype(str).drop_duplicates()
    known = pairs[(pairs != "").all(axis=1)]
    doubtful = int(known.loc[known["sample_id"].duplicated(keep=False), "sample_id"].nunique())
    if doubtful:
        raise InputError(
            f"{counted(doubtful, 'sample')} of more than one patient",
            code="expression.link",
            where=path.name,
            hint="keep one row for each sample",
        )
    return dict(zip(known["sample_id"], known["patient_id"], strict=True))


def _coverage(coverage: pd.DataFrame) -> tuple[CoverageRow, ...]:
    plain = coverage.astype(object).where(coverage.notna(), None)
    return tuple(CoverageRow.model_validate(r) for r in plain.to_dict("records"))


def _issues(issues: Iterable[Issue]) -> tuple[IssueRecord, ...]:
    return tuple(IssueRecord.model_validate(i.to_dict()) for i in issues)
