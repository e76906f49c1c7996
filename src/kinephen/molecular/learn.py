"""Choose and learn the centring of a scoring run, and say what looks wrong about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.molecular.centring import ALL, MIN_SUBGROUP, Centring, CentringMode, fit_centring
from kinephen.molecular.checks import er_share, is_unbalanced, unbalanced_issue, uncentred_issue
from kinephen.molecular.prepare import Prepared
from kinephen.molecular.signature import Signature

CentringChoice: TypeAlias = CentringMode | Literal["auto"] | Centring
SELF_CENTRED = ("cohort-median", "platform-median", "platform-mean")


def learn_centring(
    ready: Prepared, choice: CentringChoice, er: pd.Series, share: float
) -> tuple[Centring, list[Issue]]:
    """Learn the wanted centring with the probes it rests on, or take the one that was learned before.

    Parameters
    ----------
    ready : Prepared
    choice : str or Centring
        ``"auto"``: balanced where the receptor mix is skewed and every platform has enough of both, else the
        platform's median.
    er : Series of float
        Oestrogen-receptor status by sample: 1, 0, NaN.
    share : float
        Share of receptor-positive tumours that balanced centring stands for.
    """
    if isinstance(choice, Centring):
        return choice, []
    issues: list[Issue] = []
    if choice == "auto":
        choice, note = _automatic(ready.platform, er)
        issues.append(note)
    learned = fit_centring(ready.genes, ready.platform, choice, er=er, er_share=share)
    return replace(learned, probes=ready.probes), issues


def _automatic(platform: pd.Series, er: pd.Series) -> tuple[CentringMode, Issue]:
    groups = [er.reindex(rows) for rows in platform.groupby(platform).groups.values()]
    skewed = any(is_unbalanced(*er_share(group)) for group in groups)
    enough = all(int((group == status).sum()) >= MIN_SUBGROUP for group in groups for status in (0.0, 1.0))
    mode: CentringMode = "balanced" if skewed and enough else "platform-median"
    share, known = er_share(er)
    mix = f"{share:.0%} of {known} tumours are receptor positive" if known else "no receptor status is known"
    return mode, Issue("centring.auto", f"{mode} centring chosen: {mix}", count=known)


def centring_notes(
    chosen: Sequence[Signature],
    ready: Prepared,
    centred: Mapping[str, pd.DataFrame],
    learned: Centring,
    er: pd.Series,
) -> list[Issue]:
    """Warn of an unbalanced cohort, of uncentred values, and of genes and platforms not learned."""
    own = learned.mode in SELF_CENTRED
    notes = _mix(ready.platform, learned.mode, er) if own else []
    for name in (s.name for s in chosen):
        found = None if own else uncentred_issue(name, centred[name])
        notes += [found] if found else []
        notes += _not_learned(name, ready, centred[name], learned)
    return notes


def _mix(platform: pd.Series, mode: str, er: pd.Series) -> list[Issue]:
    together = mode == "cohort-median"
    label = pd.Series(ALL, index=platform.index) if together else platform
    found = [unbalanced_issue(str(p), er.reindex(rows)) for p, rows in label.groupby(label).groups.items()]
    return [issue for issue in found if issue]


def _not_learned(name: str, ready: Prepared, centred: pd.DataFrame, learned: Centring) -> list[Issue]:
    notes = []
    lost = [g for g in ready.genes[name] if centred[g].isna().all()]
    if lost:
        text = f"{len(lost)} gene(s) without a learned centre left out: {', '.join(lost[:8])}"
        notes.append(Issue("molecular.no_centre", text, where=name, count=len(lost)))
    known = learned.probes.get(name, {})
    new = sorted(set(ready.platform) - set(known)) if known else []
    if new:
        text = f"the centring was learned on {', '.join(known)}, the samples are on {', '.join(new)}"
        notes.append(Issue("centring.new_platform", text, where=name, count=len(new)))
    return notes
