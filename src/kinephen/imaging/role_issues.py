"""What is said of the order of the phases: stops, warnings and notes."""

from __future__ import annotations

from kinephen.core.cohort import Issue, Level
from kinephen.imaging.roles import ARRIVAL_ASYMMETRY, ARRIVAL_SHARE, PhaseRoles

STOPS = ("identical", "reversed", "swapped", "lost", "no_arrival")
"""Verdicts with which no number is believed."""


def role_issues(roles: PhaseRoles) -> tuple[Issue, ...]:
    """Return what is to be said of the phases.

    Parameters
    ----------
    roles : PhaseRoles

    Returns
    -------
    tuple of Issue
        Stops ``roles.identical``, ``roles.reversed``, ``roles.swapped``, ``roles.lost``,
        ``roles.no_arrival``; warnings ``roles.several_pre``, ``roles.partial_arrival`` (a note unless it is
        the early phase), ``roles.drift``, ``roles.late``, ``roles.weak_arrival``, ``roles.same_pre``.
    """
    found = [_stop(roles)] if roles.verdict in STOPS else []
    if roles.first_post is not None and roles.first_post > 1:
        text = (
            f"contrast arrives in phase {roles.first_post}, not in phase 1; phase {roles.pre} is taken as "
            "the last one before contrast"
        )
        found.append(Issue("roles.several_pre", text, count=roles.pre + 1, level="warning"))
    if roles.identical and roles.verdict != "identical":
        pairs = " and ".join(f"{i} = {j}" for i, j in roles.identical)
        text = f"phases before contrast hold the same image ({pairs})"
        found.append(Issue("roles.same_pre", text, level="warning"))
    if roles.partial:
        names = ", ".join(map(str, roles.partial))
        level: Level = "warning" if roles.early_partial else "note"
        text = f"contrast is still on its way in phase {names}"
        if roles.early_partial:
            text += ", the early one: enhancement and volume are too low"
        found.append(Issue("roles.partial_arrival", text, count=len(roles.partial), level=level))
    if roles.verdict in ("right", "several_pre") and roles.drift_doubtful:
        text = (
            f"normal tissue changes by {100 * roles.drift:+.1f} % from the early to the late phase, where it "
            f"goes on rising in most women (7 to 19 %): the order of early and late is not confirmed"
        )
        found.append(Issue("roles.drift", text, level="warning"))
    if roles.late_missing:
        text = f"{roles.late_missing}: SER and wash-out are not those of exams with a late phase"
        found.append(Issue("roles.late", text, level="warning"))
    if roles.weak:
        text = (
            f"contrast is seen in normal tissue, but only {100 * max(roles.rises):.2f} % of it rises above "
            "the threshold: hardly anything enhances, as after a complete response; look whether that is so"
        )
        found.append(Issue("roles.weak_arrival", text, level="warning"))
    return tuple(found)


def _stop(roles: PhaseRoles) -> Issue:
    if roles.verdict == "identical":
        pairs = " and ".join(f"{i} = {j}" for i, j in roles.identical)
        return Issue("roles.identical", f"phases hold the same image ({pairs})", level="stop")
    if roles.verdict == "reversed":
        k = roles.without or 0
        text = (
            f"phase 0 holds contrast and phase {k} does not: from 0 to {k} the signal falls in "
            f"{100 * roles.falls[k]:.1f} % of the tissue (A = {roles.asymmetry[k]:.2f}); phase 0 should be "
            "the one before contrast"
        )
        return Issue("roles.reversed", text, level="stop")
    if roles.verdict == "swapped":
        text = (
            f"normal tissue falls by {-100 * roles.drift:.1f} % from the early to the late phase, where it "
            "goes on rising in most women (7 to 19 %): early and late may be swapped"
        )
        return Issue("roles.swapped", text, level="stop")
    if roles.verdict == "lost":
        named = ", ".join(map(str, roles.lost))
        text = (
            f"contrast arrives in phase {roles.first_post} and is not in phase {named}, which looks like the "
            "one before contrast: the phases are not in order of time"
        )
        return Issue("roles.lost", text, count=len(roles.lost), level="stop")
    text = (
        f"no contrast arrival seen in {len(roles.rises)} phases: at most {100 * max(roles.rises):.2f} % of "
        f"the tissue rises above the threshold (at least {100 * ARRIVAL_SHARE:.1f} % are expected), and the "
        f"asymmetry of the change is at most {max(roles.asymmetry):.2f} (at least {ARRIVAL_ASYMMETRY:g}); "
        "the phases are not in order, one is missing, or this breast hardly enhances"
    )
    return Issue("roles.no_arrival", text, level="stop")
