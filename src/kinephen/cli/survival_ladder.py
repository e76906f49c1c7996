"""The ladder of Cox models of ``kinephen survival --model NAME=A,B``: same rows, compared as nested."""

from __future__ import annotations

from collections.abc import Sequence

from kinephen.cli.output import emit_table
from kinephen.core.counted import counted
from kinephen.core.p_values import format_p
from kinephen.errors import UsageError
from kinephen.study.tables.survival_result import Analysis


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


def show_ladder(found: Analysis) -> None:
    """Print the models, and what each adds to the ones it contains."""
    result = found.ladder
    if result is None:
        return
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
        f"Cox models on the same {counted(result.n, 'row')} with {counted(result.events, 'event')}",
        ("model", "covariates", "C", "C, cross-validated", "split noise", "p (null)", "events/coefficient"),
        rows,
    )
    pairs = [
        (c.larger, c.smaller, c.test.statistic, c.test.df, format_p(c.test.p), str(c.gain))
        for c in result.comparisons
    ]
    if pairs:
        emit_table("nested models", ("model", "against", "chi-square", "df", "p", "gain in C"), pairs)
