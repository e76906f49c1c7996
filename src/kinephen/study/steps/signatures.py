"""The molecular step: three signatures for every patient whose expression is linked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from kinephen.config.schema import Signatures
from kinephen.core.cohort import ExpressionTable, Issue
from kinephen.core.plain import hash_file, hash_json, read_json, write_json
from kinephen.errors import InputError
from kinephen.io.geo import read_expression
from kinephen.io.signatures import load_signature
from kinephen.io.table_files import read_text_table
from kinephen.molecular.centring import ALL, MIN_SAMPLES, Centring
from kinephen.molecular.learn import CentringChoice
from kinephen.molecular.score import score_cohort
from kinephen.molecular.settings import ScoreSettings
from kinephen.records.base import IssueRecord
from kinephen.records.signatures import CentringRecord, CoverageRow, SignaturesRecord
from kinephen.study.plan import Plan
from kinephen.study.store import StepKey

VERSION = 1
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


def molecular_key(plan: Plan, settings: Signatures) -> StepKey | None:
    """Return the step's name in the store, or None for a study without expression.

    Which sample belongs to which case counts as much as the files do: a corrected patient id changes it.
    """
    expression = plan.study.study.expression
    if not expression.files:
        return None
    inputs = {f"expression {i}": _hash(plan.root / f) for i, f in enumerate(expression.files)}
    inputs |= {f"platform {i}": _hash(plan.root / f) for i, f in enumerate(expression.platforms) if f}
    inputs["link"] = hash_json(_links(plan))
    er = plan.clinical["er"].to_dict() if "er" in plan.clinical.columns else {}
    inputs["er"] = hash_json({case: None if pd.isna(v) else float(v) for case, v in er.items()})
    return StepKey("molecular", VERSION, _read(settings), inputs)


def compute_molecular(folder: Path, plan: Plan, settings: Signatures) -> None:
    """Write ``molecular.json``, a `SignaturesRecord`."""
    tables, small = large_enough(_read_tables(plan), settings)
    record = _scored(plan, tables, small, settings, settings.centring)
    write_json(folder / "molecular.json", record.model_dump(mode="json"))


def score_with(plan: Plan, settings: Signatures, centring: Centring) -> SignaturesRecord:
    """Return scores by case with gene centres learned before.

    Tables of other platforms than those of the centres are left out and noted.
    """
    tables, unknown = _known_platforms(_read_tables(plan), centring)
    if not tables:
        return SignaturesRecord(scores={}, columns=KEPT, issues=_issues(unknown))
    return _scored(plan, tables, unknown, settings, centring)


def _scored(
    plan: Plan,
    tables: list[ExpressionTable],
    left_out: list[Issue],
    settings: Signatures,
    centring: CentringChoice,
) -> SignaturesRecord:
    link, issues = _linked(plan, tables)
    issues += left_out
    er = plan.clinical["er"] if "er" in plan.clinical.columns else None
    clinical = None if er is None else pd.DataFrame({"er": er.reindex(link).set_axis(link.index)})
    result = score_cohort(
        tables,
        [load_signature(n) for n in NAMES],
        centring=centring,
        ror_variant=settings.ror_variant,
        clinical=clinical,
        settings=ScoreSettings(
            gene70_cut=settings.gene70_cut, min_coverage=settings.min_coverage, refuse=False
        ),
    )
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


def load_molecular(folder: Path) -> SignaturesRecord:
    """Read what `compute_molecular` wrote."""
    return SignaturesRecord.model_validate(read_json(folder / "molecular.json"))


def signature_columns(molecular: SignaturesRecord | None) -> pd.DataFrame | None:
    """Return the scores with index ``case``, or None."""
    if molecular is None:
        return None
    return pd.DataFrame.from_dict(molecular.scores, orient="index", columns=list(molecular.columns))


def _read(settings: Signatures) -> dict[str, object]:
    """Return what the step reads; how signatures enter the Cox models is not asked here."""
    return settings.model_dump(mode="json", exclude={"covariates"})


def _hash(path: Path) -> str:
    """Return the hash of a file's name and content: a plain matrix has the name of its platform from it."""
    if not path.is_file():
        raise InputError("no such expression file", code="expression.missing", where=path.name)
    return hash_json([path.name, hash_file(path)])


def _read_tables(plan: Plan) -> list[ExpressionTable]:
    expression = plan.study.study.expression
    platforms = list(expression.platforms) or [""] * len(expression.files)
    if len(platforms) != len(expression.files):
        raise InputError(
            f"{len(expression.files)} expression files and {len(platforms)} platform tables",
            code="expression.platforms",
            hint="list one platform table for each file, or none",
        )
    return [
        read_expression(plan.root / file, platform=plan.root / platform if platform else None)
        for file, platform in zip(expression.files, platforms, strict=True)
    ]


def large_enough(
    tables: list[ExpressionTable], settings: Signatures
) -> tuple[list[ExpressionTable], list[Issue]]:
    """Leave out platforms with too few samples to centre genes on themselves; say so."""
    needed = 1 if settings.centring == "none" else MIN_SAMPLES
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


def _linked(plan: Plan, tables: list[ExpressionTable]) -> tuple[pd.Series, list[Issue]]:
    """Return case by sample id, and what could not be linked."""
    samples = [str(s) for t in tables for s in t.values.index]
    pairs = _links(plan)
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
    table = read_text_table(plan.root / plan.study.study.expression.link).frame
    return {str(s): cases.get(str(p)) for p, s in zip(table["patient_id"], table["sample_id"], strict=True)}


def _coverage(coverage: pd.DataFrame) -> tuple[CoverageRow, ...]:
    plain = coverage.astype(object).where(coverage.notna(), None)
    return tuple(CoverageRow.model_validate(r) for r in plain.to_dict("records"))


def _issues(issues: Iterable[Issue]) -> tuple[IssueRecord, ...]:
    return tuple(IssueRecord.model_validate(i.to_dict()) for i in issues)
