"""What a reader of a Cox model should be told besides its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.survival.cox_model import CoxData
from kinephen.survival.design import aliased_issues
from kinephen.types import BoolArray, FloatArray

EVENTS_PER_COEFFICIENT = 10.0
"""Below this the coefficients are likely too extreme (Peduzzi 1995; see also `sample_size`)."""

SEPARATION = "survival.separation"
"""Code of the issue."""

HIGH_INFLATION = 10.0
"""Variance inflation factor above which collinearity is reported."""


def data_issues(data: CoxData, names: Sequence[str], keep: BoolArray) -> tuple[Issue, ...]:
    """Return issues of the times, aliased covariates and events per coefficient."""
    found = [*data.outcome.issues, *aliased_issues(names, keep)]
    found += _correlated(data.x[:, keep], [name for name, kept in zip(names, keep, strict=True) if kept])
    ratio = data.outcome.events / max(int(keep.sum()), 1)
    if ratio < EVENTS_PER_COEFFICIENT:
        text = (
            f"{ratio:.1f} events a coefficient ({data.outcome.events} events, {int(keep.sum())} coefficients)"
        )
        found.append(Issue("survival.few_events", f"{text}; expect optimism, use shrinkage", where="model"))
    return tuple(found)


def _correlated(x: FloatArray, names: Sequence[str]) -> list[Issue]:
    # Variance inflation: the diagonal of the inverse correlation matrix.
    if x.shape[1] < 2 or x.shape[0] <= x.shape[1]:
        return []
    inflation = np.diag(np.linalg.pinv(np.corrcoef(x, rowvar=False), hermitian=True))
    high = [f"{name} ({v:.0f})" for name, v in zip(names, inflation, strict=True) if v > HIGH_INFLATION]
    if not high:
        return []
    text = f"variance inflation above {HIGH_INFLATION:g}: {', '.join(high)}; hardly separable effects"
    return [Issue("survival.correlated", text, where="model", count=len(high))]


def without_maximum(issues: Sequence[Issue]) -> str:
    """Return why an unpenalised fit has no maximum, a coefficient of it being infinite; or an empty text."""
    return next((i.message for i in issues if i.code == SEPARATION), "")


def separation_issue(names: Sequence[str], *, fallback: bool) -> Issue:
    """Return the issue for coefficients that are infinite."""
    remedy = "Firth's penalised likelihood was used" if fallback else "its value and p are meaningless"
    text = (
        f"monotone likelihood: coefficient of {', '.join(names)} is infinite (no event on one side); {remedy}"
    )
    return Issue(SEPARATION, text, where=", ".join(names), count=len(names))
