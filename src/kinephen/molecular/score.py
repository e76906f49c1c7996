"""Score a cohort by several signatures, on one platform or several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import pandas as pd

from kinephen.core.cohort import ExpressionTable, Issue
from kinephen.errors import UsageError
from kinephen.molecular.centring import Centring
from kinephen.molecular.checks import check_values
from kinephen.molecular.clinical import clinical_column, receptor_status
from kinephen.molecular.harmony import harmonised
from kinephen.molecular.learn import CentringChoice, centring_notes, learn_centring
from kinephen.molecular.pam50 import score_pam50
from kinephen.molecular.prepare import Prepared, prepare
from kinephen.molecular.result import RE_CREATION, MolecularResult
from kinephen.molecular.scoring import Reason, Scored, score_signature
from kinephen.molecular.settings import ScoreSettings
from kinephen.molecular.signature import Signature

Harmonise: TypeAlias = Callable[[pd.DataFrame, pd.Series], pd.DataFrame]
_RENAME = {
    "gene70": {"score": "gene70_cosine", "class": "gene70_class", "genes": "gene70_genes"},
    "pam50": {"class": "pam50_call", "confidence": "pam50_confidence", "genes": "pam50_genes"},
}


def score_cohort(
    expression: ExpressionTable | Sequence[ExpressionTable],
    signatures: Mapping[str, Signature] | Iterable[Signature],
    *,
    centring: CentringChoice = "platform-median",
    ror_variant: str = "parker-code",
    clinical: pd.DataFrame | None = None,
    harmonise: Harmonise | None = None,
    settings: ScoreSettings | None = None,
) -> MolecularResult:
    """Score every sample by every signature (research re-creations).

    Parameters
    ----------
    expression : ExpressionTable or sequence of ExpressionTable
        One a platform or batch, with different platform names.
    signatures : mapping or iterable of Signature
        For example ``[load_signature(n) for n in ("gene70", "pam50", "p53")]``.
    centring : str or Centring
        ``"none"``, ``"cohort-median"``, ``"platform-median"``, ``"platform-mean"``, ``"balanced"``, or
        ``"auto"``: balanced where the receptor mix is skewed and known, else the platform's median. Or a
        `Centring` learned before (its platform, its probes), for new samples or a single one.
    ror_variant : {"parker-code", "published"}
        Equation of ROR-S.
    clinical : DataFrame, optional
        By sample id: ``er`` (1, 0, NaN) for balanced centring and the check of the mix, by default from the
        characteristics of the samples; ``tumour_gt_2cm`` (1, 0, NaN) for ROR-C and ROR-PC.
    harmonise : callable, optional
        Called with (samples x genes of all signatures, platform by sample), gives the same table back without
        batch effects, for example ComBat. Only genes found on all platforms take part; others are left out.
    settings : ScoreSettings, optional

    Returns
    -------
    MolecularResult

    Raises
    ------
    UsageError, InputError, CohortError
        With codes ``expression.*``, ``molecular.*`` and ``centring.*``.

    References
    ----------
    van 't Veer et al. 2002; Parker et al. 2009; Troester et al. 2006; Chitalia et al. 2023.
    """
    options = settings or ScoreSettings()
    tables = [expression] if isinstance(expression, ExpressionTable) else list(expression)
    chosen = _signatures(signatures, options)
    if not tables or not chosen:
        found = f"{len(tables)} tables, {len(chosen)} signatures"
        raise UsageError(found, code="molecular.nothing", hint="give both")
    issues = [i for t in tables for i in (*t.issues, *_checked(t, chosen, options))]
    ready = _prepared(tables, chosen, centring, options)
    ready = ready if harmonise is None else harmonised(ready, harmonise)
    tumours = _tumours(clinical, tables, ready.platform.index)
    learned, why = learn_centring(ready, centring, tumours.er, options.er_share)
    centred = {s.name: learned.apply(s.name, ready.genes[s.name], ready.platform) for s in chosen}
    notes = centring_notes(chosen, ready, centred, learned, tumours.er)
    scored = [_score_one(s, centred[s.name], ready, tumours, ror_variant) for s in chosen]
    platform = ready.platform.rename("platform").to_frame()
    reasons = [r for s in scored for r in s.reasons]
    return MolecularResult(
        table=pd.concat([platform, *(s.table for s in scored)], axis=1).rename_axis("sample_id"),
        reasons=pd.DataFrame(reasons, columns=["sample_id", "column", "reason"]),
        coverage=ready.coverage,
        genes=centred,
        centring=learned,
        settings=_described(chosen, learned, ror_variant, options, harmonise is not None),
        signatures=tuple(chosen),
        issues=(*issues, *ready.issues, *why, *notes),
    )


@dataclass(frozen=True)
class _Tumours:
    er: pd.Series
    larger_than_2cm: pd.Series | None


def _tumours(clinical: pd.DataFrame | None, tables: Sequence[ExpressionTable], samples: pd.Index) -> _Tumours:
    er = clinical_column(clinical, "er", samples)
    return _Tumours(
        er=receptor_status(tables) if er is None else er,
        larger_than_2cm=clinical_column(clinical, "tumour_gt_2cm", samples),
    )


def _prepared(
    tables: Sequence[ExpressionTable],
    chosen: Sequence[Signature],
    centring: CentringChoice,
    options: ScoreSettings,
) -> Prepared:
    fixed = centring.probes if isinstance(centring, Centring) else None
    return prepare(
        tables, chosen, rule=options.collapse, order=options.order, fixed=fixed, refuse=options.refuse
    )


def _signatures(
    given: Mapping[str, Signature] | Iterable[Signature], options: ScoreSettings
) -> list[Signature]:
    chosen = list(given.values()) if isinstance(given, Mapping) else list(given)
    names = [s.name for s in chosen]
    if len(set(names)) < len(names):
        found = f"signatures {', '.join(names)}: a name stands twice"
        raise UsageError(found, code="molecular.names", hint="name each once")
    if options.min_coverage is not None:
        chosen = [replace(s, min_coverage=options.min_coverage) for s in chosen]
    return [
        replace(s, rule=replace(s.rule, cuts=(options.gene70_cut,))) if s.name == "gene70" else s
        for s in chosen
    ]


def _checked(
    table: ExpressionTable, chosen: Sequence[Signature], options: ScoreSettings
) -> tuple[Issue, ...]:
    symbols = {symbol for s in chosen for names in s.genes["symbols"] for symbol in names}
    return check_values(table, symbols) if options.check_values else ()


def _score_one(
    signature: Signature, genes: pd.DataFrame, ready: Prepared, tumours: _Tumours, ror_variant: str
) -> Scored:
    tables: list[pd.DataFrame] = []
    reasons: list[Reason] = []
    for platform, block in genes.groupby(ready.platform, sort=False):
        shared = ready.shared[signature.name][str(platform)]
        if signature.ror:
            size = tumours.larger_than_2cm
            scored = score_pam50(block, signature, shared, ror_variant=ror_variant, tumour_gt_2cm=size)
        else:
            scored = score_signature(block, signature, shared, er=tumours.er)
        names = {c: _name(signature.name, c) for c in scored.table.columns}
        tables.append(scored.table.rename(columns=names))
        reasons += [(sample, names[column], why) for sample, column, why in scored.reasons]
    return Scored(pd.concat(tables).loc[genes.index], tuple(reasons))


def _name(signature: str, column: str) -> str:
    special = _RENAME.get(signature, {}).get(column)
    if special or column.startswith(("ror_", "proliferation")):
        return special or column
    return f"{signature}_{column.replace('-', '_')}"


def _described(
    chosen: Sequence[Signature], learned: Centring, ror_variant: str, options: ScoreSettings, harmonise: bool
) -> dict[str, str]:
    return {
        "signatures": ", ".join(s.name for s in chosen),
        "nature": RE_CREATION,
        "centring": learned.mode + (f" (receptor share {learned.er_share:g})" if learned.er_share else ""),
        "harmonised": "yes" if harmonise else "no",
        "ror_variant": ror_variant,
        "gene70_cut": f"{options.gene70_cut:g}",
        "collapse": options.collapse,
        "missing_values": "none imputed: each sample is scored on the genes that it has",
        "matching_order": ", ".join(options.order),
    }
