"""What limits are: of a cross-validated concordance by the settings, and of the brackets of a table."""

from __future__ import annotations

from typing import Literal, TypeAlias

LimitsChoice: TypeAlias = Literal["split_noise", "split_jackknife", "jackknife", "nadeau_bengio"]
NAMES: dict[LimitsChoice, str] = {
    "split_jackknife": "95 % interval (split jackknife)",
    "jackknife": "95 % interval (jackknife within folds)",
    "nadeau_bengio": "95 % interval (Nadeau-Bengio)",
    "split_noise": "spread over replicates",
}
"""Limits of a cross-validated C by the setting ``cross_validation.interval``."""
MEANINGS: dict[LimitsChoice, str] = {
    "split_jackknife": "how far it would move in other patients",
    "jackknife": "how far it would move in other patients, dealt into the same folds",
    "nadeau_bengio": "how far it would move in other patients, by a correction for overlapping folds",
    "split_noise": "how far it moves when the same patients are dealt into folds anew",
}


def limits_words(chosen: object) -> str:
    """Return what limits of a cross-validated C are within a sentence: an interval, or a spread."""
    return "spread over replicates" if chosen == "split_noise" else "95 % interval"


def brackets_words(article: LimitsChoice | None, *, ratio: bool, again: bool, slope: bool) -> str:
    """Return what the brackets of the table of evidence hold.

    Parameters
    ----------
    article : str, optional
        Limits of C in the article's column; None where no C is shown. The honest ones are the split
        jackknife's.
    ratio, again, slope : bool
        Whether a row shows a hazard ratio, the phenotype found anew, a calibration slope.
    """
    parts = []
    if ratio:
        parts.append("of hazard ratios the 95 % interval of the Cox model, in both columns")
    if article is not None:
        own: LimitsChoice = "split_jackknife"
        parts.append(
            f"of C in the article's column the {NAMES[article]}, which tells {MEANINGS[article]}, and in the "
            f"honest one (of a gain in C too) the {NAMES[own]}, which tells {MEANINGS[own]}"
        )
    if again:
        parts.append("of C with the phenotype found once and found anew the split jackknife's, in both")
    if slope:
        parts.append("of the calibration slope the mean of its 95 % limits over replicates")
    return f"In brackets: {'; '.join(parts)}." if parts else ""
