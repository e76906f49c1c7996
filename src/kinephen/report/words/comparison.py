"""Words for what one model adds to another."""

from __future__ import annotations

from kinephen.report.words.outcome import FEW_EVENTS, TEST_LEVEL, Outcome, Range


def addition_outcome(p: float | None, gain: Range, events: int | None = None) -> Outcome:
    """Return what the likelihood-ratio test and the gain in concordance say together.

    Clear needs both: a test below the level, and a gain whose limits lie above 0. With few events nothing is
    decided, whatever the two say.
    """
    if p is None and gain.outcome is Outcome.UNDEFINED:
        return Outcome.UNDEFINED
    few = events is not None and events < FEW_EVENTS
    if few or p is None or gain.outcome in (Outcome.UNDEFINED, Outcome.UNDECIDABLE):
        return Outcome.UNDECIDABLE
    if p < TEST_LEVEL and gain.above:
        return Outcome.CLEAR
    return Outcome.ABSENT if p >= TEST_LEVEL and gain.outcome is Outcome.ABSENT else Outcome.UNCLEAR


def addition_words(p: float | None, gain: Range, *, what: str, to: str, events: int | None = None) -> str:
    """Return the sentence on what something adds to a model; without numbers.

    Parameters
    ----------
    p : float, optional
        Of the likelihood-ratio test.
    gain : Range
        In cross-validated concordance.
    what, to : str
        For example ``"the phenotype"`` and ``"age, receptors and FTV2"``.
    events : int, optional
        Of the patients of both models; None where the model is not of survival.
    """
    whole = f"{what[0].upper()}{what[1:]}"
    outcome = addition_outcome(p, gain, events)
    if outcome is Outcome.UNCLEAR and p is not None and p < TEST_LEVEL:
        if gain.below:
            return f"{whole} improves the fit to these patients, and ranks patients who were left out worse."
        return f"{whole} improves the fit; whether it improves the ranking of other patients is not shown."
    if outcome is Outcome.UNCLEAR and gain.above:
        return f"{whole} improves the ranking beyond {to}; the likelihood-ratio test does not confirm it."
    if outcome is Outcome.UNCLEAR and gain.below:
        return f"With {what}, patients who were left out are ranked worse than by {to}."
    return {
        Outcome.CLEAR: f"{whole} adds to {to}, in fit and in the ranking of patients who were left out.",
        Outcome.UNCLEAR: f"That {what} adds to {to} is not shown; a gain that matters is not excluded.",
        Outcome.ABSENT: f"{whole} adds nothing that matters to {to}.",
        Outcome.UNDECIDABLE: f"What {what} adds to {to} cannot be told from these patients.",
        Outcome.UNDEFINED: f"What {what} adds to {to} was not estimated.",
    }[outcome]


def refit_words(gap: float | None, spread: float | None) -> str:
    """Return what it costs to learn the phenotype anew without the patients who are tested.

    Parameters
    ----------
    gap : float, optional
        Concordance with the phenotype refitted, minus that with the phenotype of all patients.
    spread : float, optional
        Standard error of the first.
    """
    if gap is None:
        return "Not estimated."
    if spread is None:
        return "Without a standard error the two cannot be compared."
    if abs(gap) <= spread:
        return (
            "They differ by no more than one standard error of C: no sign that finding the phenotype on all "
            "patients flattered the model."
        )
    if gap < 0:
        return (
            "Found anew, C is lower by more than one standard error: finding the phenotype on all patients "
            "flattered the model."
        )
    return "Found anew, C is higher by more than one standard error; no cause for that is known."
