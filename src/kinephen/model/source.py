"""Where other patients come from, and which of them are wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from kinephen.config.schema import Expression
from kinephen.errors import InputError, UsageError
from kinephen.records.covariate import Covariate
from kinephen.study.steps.covariates import usable_value


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the patients come from; see the help of ``kinephen predict``.

    Parameters
    ----------
    path : Path
        Study file, exam list, folder of one patient, folder of feature tables, or feature table.
    visits : dict of str to str
        The two visits in order: name to path (of one patient's exams or of feature tables), or name to empty.
    clinical : Path, optional
        Covariates, and for a validation the outcome; not beside a study file, which names its own.
    expression : Expression
    given : dict of str to str
        Covariates of the one patient.
    cohort : str, optional
        Only the patients of whom the clinical table says so.
    prefer_validation : bool
        Without a cohort, take the validation cohort of a study that has one.
    """

    path: Path
    visits: dict[str, str] = field(default_factory=dict)
    clinical: Path | None = None
    expression: Expression = field(default_factory=Expression)
    given: dict[str, str] = field(default_factory=dict)
    cohort: str | None = None
    prefer_validation: bool = False


def of_cohort(ids: Sequence[str], clinical: pd.DataFrame, cohort: str | None) -> list[str]:
    """Return the patients of a cohort; all without one."""
    if cohort is None:
        return list(ids)
    column = clinical["cohort"] if "cohort" in clinical else pd.Series(dtype=object)
    found = {str(i) for i in column.index[column == cohort]}
    if not found & set(ids):
        known = ", ".join(sorted(map(str, column.dropna().unique()))[:6]) or "no cohorts"
        raise InputError(
            f"no patient of cohort {cohort!r}; the clinical table has {known}",
            code="predict.cohort",
            hint="give one of these, or leave --cohort out",
        )
    return [i for i in ids if i in found]


def with_given(frame: pd.DataFrame, given: Mapping[str, str]) -> pd.DataFrame:
    """Return the rows with covariates that were given by hand, which only one patient may have."""
    if not given:
        return frame
    if len(frame) != 1:
        raise UsageError(
            f"--with gives covariates of one patient, there are {len(frame)}",
            code="predict.with",
            hint="give a table with --clinical",
        )
    return frame.assign(**{name: _value(text) for name, text in given.items()})


def require_readable(given: Mapping[str, str], known: Mapping[str, Covariate]) -> None:
    """Check that the model can read each covariate that was given by hand.

    Raises
    ------
    UsageError
        ``predict.with`` naming the value, and what is allowed.
    """
    for name, text in given.items():
        if name not in known:
            near = get_close_matches(name, list(known), n=1, cutoff=0.5)
            raise UsageError(
                f"the model has no covariate {name!r}{f'; did you mean {near[0]!r}?' if near else ''}",
                code="predict.with",
                where=f"--with {name}={text}",
                hint=f"it has {', '.join(known)}",
            )
        used, flags = usable_value(name, _value(text), known[name])
        if used is None:
            raise UsageError(
                flags[0].text if flags else f"{name} has no value",
                code="predict.with",
                where=f"--with {name}={text}",
                hint=f"give {_allowed(known[name])}, or leave {name} out",
            )


def _allowed(known: Covariate) -> str:
    if known.kind == "yes-no":
        return "1 or 0"
    if known.kind == "class":
        return f"one of {', '.join(known.levels)}"
    if known.low is None or known.high is None:
        return "a number"
    return f"a number (training: {known.low:.4g} to {known.high:.4g})"


def _value(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
