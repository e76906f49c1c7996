"""Words for a test of survival between groups."""

from __future__ import annotations

from dataclasses import dataclass

from kinephen.core.counted import counted
from kinephen.report.words.outcome import TEST_LEVEL, Outcome, Range, outcome_of_test


@dataclass(frozen=True, kw_only=True)
class SurvivalTest:
    """A log-rank test as a sentence needs it.

    Parameters
    ----------
    p : float, optional
    events : int
        In all groups together.
    ratio : Range, optional
        Hazard ratio of two groups.
    reason : str
        Why there is no p value.
    permuted : bool
        Whether the p value is that of the permutation test.
    """

    p: float | None
    events: int
    ratio: Range | None = None
    reason: str = ""
    permuted: bool = False

    @property
    def outcome(self) -> Outcome:
        """What the test says."""
        return outcome_of_test(self.p, self.events, self.ratio)


def survival_words(
    test: SurvivalTest, *, between: str = "the phenotypes", where: str = "", contrast: bool = False
) -> str:
    """Return the sentence of a test of survival.

    Parameters
    ----------
    test : SurvivalTest
    between : str
        The groups.
    where : str
        Begins the sentence, for example ``"In the validation cohort, "``.
    contrast : bool
        Whether the sentence names the two groups of the hazard ratio.

    Returns
    -------
    str
        Placeholders ``{p}`` and, with a hazard ratio that has both limits, ``{value}``, ``{low}``,
        ``{high}``, and ``{last}`` and ``{first}`` for the names of its groups.
    """
    if test.outcome is Outcome.UNDEFINED:
        reason = _braces(test.reason or "no test is possible")
        return _start(where, f"survival was not compared between {between}: {reason}.")
    numbers = _numbers(test, contrast)
    if test.outcome is Outcome.UNDECIDABLE:
        return _start(where, _of_few_events(test, between, numbers))
    sentence = {
        Outcome.CLEAR: f"survival differs between {between} ({numbers}).",
        Outcome.UNCLEAR: f"no difference in survival between {between} was shown ({numbers}); one that "
        "matters is not excluded.",
        Outcome.ABSENT: f"survival is alike between {between} ({numbers}).",
    }[test.outcome]
    return _start(where, sentence)


def _of_few_events(test: SurvivalTest, between: str, numbers: str) -> str:
    """Return what a test of few events says: a permutation test may show a difference, never its size."""
    few = counted(test.events, "event")
    if test.p is None or test.p >= TEST_LEVEL:
        return (
            f"no difference in survival between {between} was shown ({numbers}); {few} can show only a very "
            "large one."
        )
    if not test.permuted:
        return (
            f"whether survival differs between {between} cannot be told ({numbers}): with {few} the p value "
            "is no more than a rough approximation."
        )
    open_ = test.ratio is not None and test.ratio.outcome in (Outcome.UNCLEAR, Outcome.ABSENT)
    end = ", and the interval of the hazard ratio does not exclude that there is none" if open_ else ""
    return (
        f"survival differs between {between} by the test ({numbers}); with {few} the size of the difference "
        f"is hardly known{end}."
    )


def _numbers(test: SurvivalTest, contrast: bool) -> str:
    text = "permutation log-rank p {p}" if test.permuted else "log-rank p {p}"
    known = test.ratio is not None and None not in (test.ratio.value, test.ratio.low, test.ratio.high)
    groups = " ({last} against {first})" if contrast else ""
    return f"{text}; hazard ratio {{value}}{groups}, 95 % CI {{low}} to {{high}}" if known else text


def _start(where: str, sentence: str) -> str:
    return f"{where}{sentence}" if where else f"{sentence[0].upper()}{sentence[1:]}"


def _braces(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
