"""The ladder of Cox models of ``kinephen survival --model NAME=A,B``: same rows, compared as nested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from kinephen.cli.output import emit_table
from kinephen.cli.survival_table import EVENT, TIME
from kinephen.core.streams import stream
from kinephen.errors import UsageError
from kinephen.survival.cross_validation import CrossValidation
from kinephen.survival.results import format_p
from kinephen.survival.validation import LadderResult, cox_ladder


def parse_models(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the columns of each model from ``NAME=A,B`` texts.

    Raises
    ------
    UsageError
        ``survival.model`` for a text of another form or a repeated name.
    """
    models: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, found, columns = text.partition("=")
        names = tuple(c.strip() for c in columns.split(",") if c.strip())
        if not found or not name.strip() or not names or name.strip() in models:
            raise UsageError(
                f"cannot read {text!r} as a model, or its name stands twice",
                code="survival.model",
                where="--model",
                hint="write NAME=COLUMN,COLUMN, for example --model base=age,hr --model more=age,hr,her2",
            )
        models[name.strip()] = names
    return models


def run_ladder(
    frame: pd.DataFrame, models: Mapping[str, tuple[str, ...]], *, replicates: int, seed: int
) -> LadderResult:
    """Fit and cross-validate all models on the rows that are complete for the largest."""
    plan = CrossValidation(replicates=max(replicates, 1))
    return cox_ladder(models, frame, TIME, EVENT, plan=plan, rng=stream(seed, "survival", "ladder"))


def show_ladder(result: LadderResult) -> None:
    """Print the models, and what each adds to the ones it contains."""
    rows = [
        (
            m.name,
            " + ".join(m.columns),
            m.apparent.c,
            f"{m.cross_validated.c:.3f} ({m.cross_validated.interval.lower:.3f} to "
            f"{m.cross_validated.interval.upper:.3f})",
            m.cross_validated.fold_mean.sd,
            format_p(m.fit.lrt.p),
            m.events_per_coefficient,
        )
        for m in result.models
    ]
    emit_table(
        f"Cox models on the same {result.n} rows with {result.events} events",
        ("model", "covariates", "C", "C, cross-validated", "split noise", "p (null)", "events/coefficient"),
        rows,
    )
    pairs = [
        (c.larger, c.smaller, c.test.statistic, c.test.df, format_p(c.test.p), str(c.gain))
        for c in result.comparisons
    ]
    if pairs:
        emit_table("nested models", ("model", "against", "chi-square", "df", "p", "gain in C"), pairs)


def ladder_table(result: LadderResult) -> pd.DataFrame:
    """Return one row a model, for a CSV file."""
    return pd.DataFrame(
        [
            {
                "model": m.name,
                "covariates": " + ".join(m.columns),
                "n": result.n,
                "events": result.events,
                "c_apparent": m.apparent.c,
                "c_cross_validated": m.cross_validated.c,
                "c_lower": m.cross_validated.interval.lower,
                "c_upper": m.cross_validated.interval.upper,
                "split_noise_sd": m.cross_validated.fold_mean.sd,
                "p_null": m.fit.lrt.p,
            }
            for m in result.models
        ]
    )
