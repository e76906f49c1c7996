"""Choose and learn the centring of a scoring run, and say what looks wrong about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias

import pandas as pd

from kinephen.core.cohort import Issue
from kinephen.molecular.centring import MIN_SUBGROUP, Centring, CentringMode, fit_centring
from kinephen.molecular.checks import centring_issues, er_share, is_unbalanced
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
    share, known = er_share(er)
    enough = all(
        int(((platform == p) & (er == status)).sum()) >= MIN_SUBGROUP
        for p in platform.unique()
        for status in (0.0, 1.0)
    )
    mode: CentringMode = "balanced" if is_unbalanced(share, known) and enough else "platform-median"
    mix = f"{share:.0%} of {known} tumours are receptor positive" if known else "no receptor status is known"
    return mode, Issue("centring.auto", f"{mode} centring chosen: {mix}", count=known)


def centring_notes(
    chosen: Sequence[Signature],
    ready: Prepared,
    centred: Mapping[str, pd.DataFrame],
    learned: Centring,
    er: pd.Series | None,
) -> list[Issue]:
    """Warn of uncentred values, of an unbalanced cohort (once), and of genes without a learned centre."""
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
