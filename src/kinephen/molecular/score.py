"""Score a cohort by several signatures, on one platform or several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import pandas as pd

from kinephen.core.cohort import ExpressionTable, Issue
from kinephen.errors import UsageError
from kinephen.molecular.centring import MIN_SUBGROUP, Centring, CentringMode, fit_centring
from kinephen.molecular.checks import centring_issues, check_values, er_share, is_unbalanced
from kinephen.molecular.clinical import clinical_column, receptor_status
from kinephen.molecular.harmony import harmonised
from kinephen.molecular.pam50 import score_pam50
from kinephen.molecular.prepare import Prepared, prepare
from kinephen.molecular.result import RE_CREATION, MolecularResult
from kinephen.molecular.scoring import Reason, Scored, score_signature
from kinephen.molecular.settings import ScoreSettings
from kinephen.molecular.signature import Signature

CentringChoice: TypeAlias = CentringMode | Literal["auto"] | Centring
Harmonise: TypeAlias = Callable[[pd.DataFrame, pd.Series], pd.DataFrame]
SELF_CENTRED = ("cohort-median", "platform-median", "platform-mean")
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
        raise UsageError(
            f"{len(tables)} tables, {len(chosen)} signatures", code="molecular.nothing", hint="give both"
        )
    issues = [i for t in tables for i in (*t.issues, *_checked(t, chosen, options))]
    fixed = centring.probes if isinstance(centring, Centring) else None
    ready = prepare(
        tables, chosen, rule=options.collapse, order=options.order, fixed=fixed, refuse=options.refuse
    )
    if harmonise is not None:
        ready = harmonised(ready, harmonise)
    status = clinical_column(clinical, "er", ready.platform.index)
    status = receptor_status(tables) if status is None else status
    learned, why = _learn(ready, centring, status, options)
    centred = {s.name: learned.apply(s.name, ready.genes[s.name], ready.platform) for s in chosen}
    issues += [*ready.issues, *why, *_centring_notes(chosen, ready, centred, learned, status)]
    size = clinical_column(clinical, "tumour_gt_2cm", ready.platform.index)
    blocks = [_score_one(s, centred[s.name], ready, ror_variant, size) for s in chosen]
    return MolecularResult(
        table=pd.concat(
            [ready.platform.rename("platform").to_frame(), *(b.table for b in blocks)], axis=1
        ).rename_axis("sample_id"),
        reasons=pd.DataFrame(
            [r for b in blocks for r in b.reasons], columns=["sample_id", "column", "reason"]
        ),
        coverage=ready.coverage,
        genes=centred,
        centring=learned,
        settings=_described(chosen, learned, ror_variant, options, harmonise is not None),
        signatures=tuple(chosen),
        issues=tuple(issues),
    )


def _signatures(
    given: Mapping[str, Signature] | Iterable[Signature], options: ScoreSettings
) -> list[Signature]:
    chosen = list(given.values()) if isinstance(given, Mapping) else list(given)
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


def _learn(
    ready: Prepared, choice: CentringChoice, er: pd.Series | None, options: ScoreSettings
) -> tuple[Centring, list[Issue]]:
    if isinstance(choice, Centring):
        return choice, []
    issues: list[Issue] = []
    if choice == "auto":
        share, known = er_share(er)
        enough = all(_both(er, rows) for rows in ready.platform.groupby(ready.platform).groups.values())
        choice = "balanced" if is_unbalanced(share, known) and enough else "platform-median"
        text = (
            f"{choice} centring chosen: {share:.0%} of {known} tumours are receptor positive"
            if known
            else ("platform-median centring chosen: no receptor status was given")
        )
        issues.append(Issue("centring.auto", text, count=known))
    learned = fit_centring(ready.genes, ready.platform, choice, er=er, er_share=options.er_share)
    return replace(learned, probes=ready.probes), issues


def _both(er: pd.Series | None, rows: pd.Index) -> bool:
    return er is not None and all(int((er.reindex(rows) == v).sum()) >= MIN_SUBGROUP for v in (0.0, 1.0))


def _centring_notes(
    chosen: Sequence[Signature],
    ready: Prepared,
    centred: Mapping[str, pd.DataFrame],
    learned: Centring,
    er: pd.Series | None,
) -> list[Issue]:
    own = learned.mode in SELF_CENTRED
    notes: list[Issue] = []
    for number, signature in enumerate(chosen):
        mix = er if number == 0 else None
        notes += centring_issues(signature.name, centred[signature.name], centred=own, er=mix)
        lost = [g for g in ready.genes[signature.name] if centred[signature.name][g].isna().all()]
        if lost:
            text = f"{len(lost)} gene(s) without a learned centre left out: {', '.join(lost[:8])}"
            notes.append(Issue("molecular.no_centre", text, where=signature.name, count=len(lost)))
    return notes


def _score_one(
    signature: Signature, genes: pd.DataFrame, ready: Prepared, ror_variant: str, size: pd.Series | None
) -> Scored:
    tables: list[pd.DataFrame] = []
    reasons: list[Reason] = []
    for platform, block in genes.groupby(ready.platform, sort=False):
        shared = ready.shared[signature.name][str(platform)]
        scored = (
            score_pam50(block, signature, shared, ror_variant=ror_variant, tumour_gt_2cm=size)
            if signature.ror
            else score_signature(block, signature, shared)
        )
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
        "matching_order": ", ".join(options.order),
    }
