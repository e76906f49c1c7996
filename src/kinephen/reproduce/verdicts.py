"""From a claim and what was found to a verdict with its reason."""

from __future__ import annotations

from typing import Literal

from kinephen.reproduce.claims import Claim
from kinephen.reproduce.found import Found

Verdict = Literal[
    "reproduced",
    "close",
    "contradicted",
    "internally inconsistent",
    "not checkable",
    "simulated: not comparable",
]
VERDICTS: tuple[Verdict, ...] = (
    "reproduced",
    "close",
    "contradicted",
    "internally inconsistent",
    "not checkable",
    "simulated: not comparable",
)
ALPHA = 0.05
C_ROUNDING = 0.005
INTERVAL_CLOSE = 0.03
"""Both limits within this distance: the interval says the same for a reader."""


def tolerance(claim: Claim) -> str:
    """Return in words when ours counts as reproduced, and when as close."""
    if claim.rule == "count":
        return "equal" + (f"; close within {claim.close:g}" if claim.close else "")
    if claim.rule == "value":
        return "equal when rounded as printed" + (f"; close within {claim.close:g}" if claim.close else "")
    return {
        "p": f"equal when rounded as printed; close on the same side of {ALPHA}",
        "below": f"below the printed bound; close if below {ALPHA} as well",
        "above": "above the printed bound when rounded; close if not significant",
        "significant": f"p below {ALPHA}",
        "not_significant": f"p of {ALPHA} or more",
        "c": f"within {C_ROUNDING} of the printed value; close if that lies inside our 95 % interval",
        "interval": f"limits equal when rounded; close if both are within {INTERVAL_CLOSE}",
        "holds": "the statement holds",
        "none": "",
    }[claim.rule]


def compare(claim: Claim, found: Found) -> tuple[Verdict, str]:
    """Compare a defined quantity with the printed value.

    Returns
    -------
    verdict : str
    reason : str
        One clause; the note of `found` is not repeated.
    """
    assert found.value is not None
    if claim.rule in ("count", "value"):
        return _number(claim, float(found.value))
    if claim.rule == "c":
        return _concordance(claim, found)
    if claim.rule == "interval":
        return _interval(claim, found)
    if claim.rule == "holds":
        return ("reproduced", "the statement holds") if found.value else ("contradicted", "it does not hold")
    return _p_value(claim, float(found.value))


def decimals(printed: str) -> int:
    """Return the decimals of the first number of a printed text."""
    digits = "".join(c if c.isdigit() or c == "." else " " for c in printed).split()
    number = next((d for d in digits if d.strip(".")), "0")
    return len(number.partition(".")[2])


def _number(claim: Claim, ours: float) -> tuple[Verdict, str]:
    wanted = claim.values[0]
    unit = 0.0 if claim.rule == "count" else 0.5 * 10.0 ** -decimals(claim.printed)
    gap = abs(ours - wanted)
    if gap <= unit + 1e-9:
        return "reproduced", "equal" if claim.rule == "count" else "equal when rounded as printed"
    if gap <= claim.close + 1e-9:
        return "close", f"differs by {gap:.3g}, at most {claim.close:g} is called close"
    return "contradicted", f"differs by {gap:.3g}" + (f", more than {claim.close:g}" if claim.close else "")


def _p_value(claim: Claim, ours: float) -> tuple[Verdict, str]:
    if claim.rule == "significant":
        return ("reproduced", f"p < {ALPHA}") if ours < ALPHA else ("contradicted", f"p is not below {ALPHA}")
    if claim.rule == "not_significant":
        return (
            ("reproduced", f"p is not below {ALPHA}") if ours >= ALPHA else ("contradicted", f"p < {ALPHA}")
        )
    wanted = claim.values[0]
    rounded = round(ours, decimals(claim.printed))
    if claim.rule == "below" and ours < wanted:
        return "reproduced", "below the printed bound"
    if claim.rule == "above" and rounded >= wanted:
        return "reproduced", "above the printed bound"
    if claim.rule == "p" and abs(rounded - wanted) < 1e-12:
        return "reproduced", "equal when rounded as printed"
    same = (ours < ALPHA) == (wanted < ALPHA or (claim.rule == "below" and wanted <= ALPHA))
    if same:
        return "close", f"another number on the same side of {ALPHA}"
    return "contradicted", f"on the other side of {ALPHA}"


def _concordance(claim: Claim, found: Found) -> tuple[Verdict, str]:
    wanted, ours = claim.values[0], float(found.value or 0.0)
    if abs(ours - wanted) <= C_ROUNDING + 1e-9:
        return "reproduced", "equal when rounded as printed"
    if found.low is not None and found.high is not None and found.low <= wanted <= found.high:
        return "close", "the printed value lies inside our 95 % interval"
    return "contradicted", "the printed value lies outside our 95 % interval"


def _interval(claim: Claim, found: Found) -> tuple[Verdict, str]:
    if found.low is None or found.high is None:
        return "not checkable", "no interval was computed"
    gaps = [abs(found.low - claim.values[0]), abs(found.high - claim.values[1])]
    if max(gaps) <= C_ROUNDING + 1e-9:
        return "reproduced", "equal when rounded as printed"
    if max(gaps) <= INTERVAL_CLOSE:
        return "close", f"both limits within {INTERVAL_CLOSE}"
    width, printed = found.high - found.low, claim.values[1] - claim.values[0]
    return "contradicted", f"an interval of sampling error is {width:.2f} wide, the printed one {printed:.2f}"
