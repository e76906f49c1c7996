"""What the columns and the brackets of the table of evidence are, by the settings that the run had."""

from __future__ import annotations

from collections.abc import Mapping

from kinephen.config.presets import departures, preset_settings
from kinephen.core.counted import counted
from kinephen.core.options import PresetName
from kinephen.records.names import short_title
from kinephen.report.schema import Cell, Estimate
from kinephen.report.words.limits import brackets_words
from kinephen.study.cohort import CohortResults, PresetResults

ARTICLE: PresetName = "chitalia2023"
OF_IMAGES = ("ftv.", "resample.")
"""Settings that describe the images, not the method; see `kinephen.study.cases.all_settings`."""


def repeats_words(main: PresetResults) -> str:
    """Return from what cross-validation each C stands, where a model has one."""
    ladder = main.survival.ladder
    model = ladder.models.get("m4")
    if model is None:
        return "No model with the phenotype was cross-validated."
    plan = ladder.plan
    words = (
        f"C is that of {short_title('m4').lower()}, cross-validated in "
        f"{counted(plan.replicates, 'repeat')} with the "
        "phenotype found once on all patients"
    )
    if model.refitted is None:
        return f"{words}."
    again = counted(plan.refit_replicates, "repeat")
    return f"{words}; found anew in each training fold, in {again}, where the row says so."


def brackets(cohort: CohortResults, rows: Mapping[str, Mapping[str, Cell]]) -> str:
    """Return what the brackets of the rows hold."""

    def shown(*names: str) -> bool:
        cells = (rows[n][column] for n in names if n in rows for column in ("article", "honest"))
        return any(isinstance(cell, Estimate) for cell in cells)

    beside = article_preset(cohort)
    ranked = beside is not None and "m4" in beside.survival.ladder.models
    article = beside.settings.cross_validation.interval if beside is not None and ranked else "split_noise"
    return brackets_words(
        article if shown("ranking") else None,
        ratio=shown("ratio", "validation"),
        again=shown("again"),
        slope=shown("slope"),
    )


def article_preset(cohort: CohortResults) -> PresetResults | None:
    """Return what the article's preset gave, where it was run."""
    return cohort.presets.get(ARTICLE)


def article_words(beside: PresetResults | None) -> str:
    """Return whose column the article's is: with its settings, or with some that were changed.

    Parameters
    ----------
    beside : PresetResults, optional
        The preset as it was run; None where the other models are shown as the article would report them.

    Notes
    -----
    Thresholds and grid describe the images, not the method, and are no change.
    """
    if beside is None:
        return "As the article reports"
    changed = [
        key
        for key, _, _ in departures(preset_settings(ARTICLE), beside.settings)
        if not key.startswith(OF_IMAGES)
    ]
    if not changed:
        return "As the article reports"
    return f"As the article reports, but for {counted(len(changed), 'changed setting')}"
