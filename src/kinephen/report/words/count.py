"""Words for a number of groups."""

from __future__ import annotations

from kinephen.report.words.outcome import TEST_LEVEL, Outcome


def groups_outcome(k: int, p: float | None) -> Outcome:
    """Return what the number of phenotypes and the p value against one group say together.

    Parameters
    ----------
    k : int
        Phenotypes.
    p : float, optional
        Against the null of a single group, where the rule of k gives one.
    """
    if p is None:
        return Outcome.UNDEFINED if k > 1 else Outcome.UNCLEAR
    if k == 1:
        return Outcome.UNCLEAR if p < TEST_LEVEL else Outcome.ABSENT
    return Outcome.CLEAR if p < TEST_LEVEL else Outcome.UNCLEAR


def groups_words(k: int, p: float | None, *, fixed: bool = False) -> str:
    """Return what is to be thought of a number of phenotypes.

    Parameters
    ----------
    k : int
    p : float, optional
        As of `groups_outcome`.
    fixed : bool
        The number was set by hand: no rule found it, and nothing is claimed of it.
    """
    if fixed:
        return "The number was set by hand: it is no finding, and says nothing of how many there are."
    outcome = groups_outcome(k, p)
    if k == 1:
        return {
            Outcome.UNCLEAR: "The rule takes one group; more than one is not excluded.",
            Outcome.ABSENT: "One group suffices: the data give no evidence for more.",
        }[outcome]
    return {
        Outcome.CLEAR: "More than one group is likely; their number is less certain than it looks.",
        Outcome.UNCLEAR: "A single cloud of patients without groups would give the same picture.",
        Outcome.UNDEFINED: "The number was set or read off a curve; no test stands behind it.",
    }[outcome]
