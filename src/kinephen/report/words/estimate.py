"""Words for an estimate with its interval: a hazard ratio, a concordance, a calibration slope."""

from __future__ import annotations

from collections.abc import Sequence

from kinephen.core.counted import counted
from kinephen.report.words.outcome import FEW_EVENTS, TEST_LEVEL, Outcome, Range

WIDE = 4.0
"""A hazard ratio whose limits are this many times apart may be weak or strong."""
WIDE_C = 0.1
"""A concordance whose limits are this far apart may rank patients a little or well."""
CHANCE = 0.5


def ratio_words(ratio: Range, events: int | None = None) -> str:
    """Return what a hazard ratio of increasing against decreasing heterogeneity says.

    Parameters
    ----------
    ratio : Range
    events : int, optional
        Of the model; None where they are counted elsewhere.
    """
    if ratio.outcome is Outcome.UNDEFINED:
        return "Not estimated."
    if events is not None and events < FEW_EVENTS:
        return "Too few events to tell."
    if ratio.outcome is Outcome.CLEAR:
        side = "more" if ratio.above else "less"
        if ratio.slight:
            return f"The event is {side} frequent with it, by too little to matter."
        if _wide(ratio):
            return f"The event is {side} frequent with it; whether by little or by much is not known."
        return f"The event is {side} frequent with it."
    return {
        Outcome.UNCLEAR: "Compatible with no difference and with one that matters.",
        Outcome.ABSENT: "No difference that matters.",
        Outcome.UNDECIDABLE: "The data set no limit to the ratio.",
    }[ratio.outcome]


def _wide(ratio: Range) -> bool:
    return ratio.low is None or ratio.high is None or ratio.high / ratio.low > WIDE


def validated_words(
    discovery: Range, ratio: Range, *, events: int, p: float | None = None, permuted: bool = False
) -> str:
    """Return whether a hazard ratio of discovery was seen again in the validation cohort.

    Parameters
    ----------
    discovery, ratio : Range
        Of the discovery and of the validation cohort, of the same contrast.
    events : int
        Of the validation cohort.
    p : float, optional
        Of the log-rank test in the validation cohort.
    permuted : bool
        Whether `p` is that of the permutation test, which holds with few events too.
    """
    if ratio.outcome is Outcome.UNDEFINED:
        return "Not estimated in the validation cohort."
    if events < FEW_EVENTS:
        return _few_validated(discovery, ratio, events, shown=permuted and p is not None and p < TEST_LEVEL)
    if ratio.outcome is Outcome.CLEAR and discovery.outcome is not Outcome.CLEAR:
        side = "more" if ratio.above else "less"
        shown = f"in the validation cohort the event is {side} frequent with it"
        return f"Not shown in the discovery cohort; {shown}."
    if ratio.outcome is Outcome.CLEAR and ratio.above != discovery.above:
        return "Contradicted: the ratio is reversed in the validation cohort."
    if ratio.outcome is Outcome.CLEAR:
        end = "; how strong it is, is not known" if _wide(ratio) else ""
        end = ", by too little to matter" if ratio.slight else end
        return f"Seen again in the validation cohort{end}."
    if discovery.outcome is not Outcome.CLEAR:
        return _nothing_to_confirm(ratio)
    return {
        Outcome.UNCLEAR: "Not confirmed in the validation cohort, and not contradicted.",
        Outcome.ABSENT: "Not seen in the validation cohort: a difference that matters is excluded.",
        Outcome.UNDECIDABLE: "The validation cohort sets no limit to the ratio.",
    }[ratio.outcome]


def _few_validated(discovery: Range, ratio: Range, events: int, *, shown: bool) -> str:
    """Return what few events of a validation cohort say: by their test at most that there is a difference."""
    few = counted(events, "event")
    if not shown or ratio.outcome is not Outcome.CLEAR:
        return f"The validation cohort has too few events ({events}) to tell."
    if discovery.outcome is not Outcome.CLEAR:
        side = "more" if ratio.above else "less"
        start = f"Not shown in the discovery cohort; in the validation cohort the event is {side} frequent"
    else:
        side = "same" if ratio.above == discovery.above else "other"
        start = f"In the validation cohort survival differs in the {side} direction"
    return f"{start} by the permutation test; with {few} the ratio is hardly known."


def external_words(events: int, intervals: Sequence[Range], *, enough: int) -> str:
    """Return how much the concordance of frozen models in other patients can bear.

    Parameters
    ----------
    events : int
    intervals : sequence of Range
        C of the models.
    enough : int
        Events from which the measures are precise as a rule.

    Returns
    -------
    str
        Empty where there is nothing to warn of, or no C.
    """
    known = [c for c in intervals if c.value is not None]
    if not known:
        return ""
    few = counted(events, "event")
    if any(c.low is None or c.high is None for c in known):
        return f"With {few} a C stands without limits: how well it is known cannot be told."
    if any(_apart(c) > WIDE_C for c in known):
        return f"With {few} an interval of C is wide: it holds weak and good rankings."
    if events < enough:
        return (
            f"With {few}, fewer than {enough}, the limits of C rest on an approximation for many events and "
            "may be too close."
        )
    return ""


def _apart(c: Range) -> float:
    assert c.low is not None
    assert c.high is not None
    return c.high - c.low


def _nothing_to_confirm(ratio: Range) -> str:
    """Return what an unclear ratio of validation says where discovery had shown none either."""
    end = {
        Outcome.UNCLEAR: "shown in neither cohort, and one that matters is not excluded",
        Outcome.ABSENT: "not shown in the discovery cohort, and excluded in the validation cohort",
        Outcome.UNDECIDABLE: "not shown in the discovery cohort; the validation cohort sets no limit to the "
        "ratio",
    }[ratio.outcome]
    return f"A difference that matters: {end}."


def ranking_words(c: Range) -> str:
    """Return what a concordance says, held against chance."""
    if c.outcome is Outcome.UNDEFINED:
        return "Not estimated."
    if c.outcome is Outcome.CLEAR:
        if c.below:
            return "Worse than chance in patients who were left out."
        if c.slight:
            return "Better than chance, by too little to be of use."
        if c.low is None or c.high is None or _apart(c) > WIDE_C:
            return "Better than chance; how much better is uncertain."
        return "Better than chance in patients who were left out."
    if c.outcome is Outcome.UNDECIDABLE:
        return "Without an interval it cannot be told from chance."
    if c.outcome is Outcome.ABSENT:
        return "No better than chance in patients who were left out: a ranking of use is excluded."
    if c.value is not None and c.value <= CHANCE:
        return "No better than chance in these patients; a useful ranking is not excluded."
    return "Compatible with chance and with a useful ranking."


def calibration_words(slope: Range, *, beats_average: bool | None) -> str:
    """Return whether predicted risks are right.

    Parameters
    ----------
    slope : Range
        Calibration slope, 1 where predicted risks are right.
    beats_average : bool, optional
        Whether predictions err less than giving every patient the average risk; None where unknown.
    """
    if slope.outcome is Outcome.UNDEFINED:
        return "Not known."
    words = {
        Outcome.CLEAR: "Predicted risks are too much alike."
        if slope.above
        else "Predicted risks are too extreme.",
        Outcome.UNCLEAR: "Whether predicted risks are right cannot be told from these patients.",
        Outcome.ABSENT: "Predicted risks are right, as far as the slope tells.",
        Outcome.UNDECIDABLE: "Not known: the slope has no limits.",
    }[slope.outcome]
    return (
        f"{words} Giving every patient the average risk would err less." if beats_average is False else words
    )


def chance(value: float | None, low: float | None, high: float | None) -> Range:
    """Return a concordance as a range around chance; within 0.02 of it a ranking is of no use."""
    return Range(value=value, low=low, high=high, null=CHANCE, margin=(CHANCE - 0.02, CHANCE + 0.02))


def slope(value: float | None, low: float | None, high: float | None) -> Range:
    """Return a calibration slope as a range; between 0.9 and 1.1 a departure does not matter."""
    return Range(value=value, low=low, high=high, null=1.0, margin=(0.9, 1.1))
