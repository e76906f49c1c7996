"""Which items of a scored checklist a run can judge, and how the score stands before the author's part.

A judge looks at the same evidence as the item's sentences and answers yes, no or nothing. An item is judged
only where its wording leaves no question of taste that a program would have to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from kinephen.report.schema import ChecklistItem, Score
from kinephen.report.schema.checklists import Verdict
from kinephen.report.writing.evidence import Evidence

Judge = Callable[[Evidence, bool], Verdict | None]
"""From the evidence, and whether the facts that the item needs are there, to a verdict."""


def _described(_: Evidence, answered: bool) -> Verdict | None:
    """The item asks for a description: yes when the run gives it, otherwise the author may still."""
    return "yes" if answered else None


def _standard_software(e: Evidence, answered: bool) -> Verdict | None:
    if e.setting("features.mode") is None:
        return None
    return "yes" if answered else "no"


def _unstable_removed(e: Evidence, _: bool) -> Verdict | None:
    if not e.has_setting("filters.icc_limit"):
        return None
    measured = bool(e.setting("features.perturbations"))
    return "yes" if measured and e.setting("filters.icc_limit") is not None else "no"


def _redundant_removed(e: Evidence, answered: bool) -> Verdict | None:
    if not e.has_setting("filters.drop_duplicates"):
        return None
    return "yes" if answered else None


def _proper_partition(e: Evidence, _: bool) -> Verdict | None:
    """Yes when patients were kept out of every fit; without such a cohort the author must judge."""
    frozen = e.cohort("validation") is not None and e.table("validation") is not None
    return "yes" if frozen else None


def _sampling_interval(e: Evidence, answered: bool) -> Verdict | None:
    """No when the headline interval is the spread of splits, which does not stand for sampling error."""
    if not answered:
        return None
    return "no" if e.setting("cross_validation.interval") == "split_noise" else "yes"


def _calibrated(e: Evidence, answered: bool) -> Verdict | None:
    if e.table("table4") is None:
        return None
    return "yes" if answered else "no"


def _compared(e: Evidence, answered: bool) -> Verdict | None:
    if e.table("table4") is None:
        return None
    return "yes" if answered else None


def _tested(e: Evidence, _: bool) -> Verdict | None:
    """No without a cohort outside the fits; with one, only the author knows where it comes from."""
    return "no" if e.cohort("validation") is None else None


JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        "described": _described,
        "standard_software": _standard_software,
        "unstable_removed": _unstable_removed,
        "redundant_removed": _redundant_removed,
        "proper_partition": _proper_partition,
        "sampling_interval": _sampling_interval,
        "calibrated": _calibrated,
        "compared": _compared,
        "tested": _tested,
    }
)


def score(items: Sequence[ChecklistItem]) -> Score | None:
    """Return what is known of the score; None for a checklist without weights.

    The published score is the sum of weights of items judged yes over the sum of weights of items that
    apply. Open items count as no for `low` and as yes for `high`.
    """
    apply = [(i, i.weight) for i in items if i.status != "not_applicable" and i.weight is not None]
    if not apply:
        return None
    applicable = sum(w for _, w in apply)
    judged = [(i, w) for i, w in apply if i.verdict is not None]
    reached = sum(w for i, w in judged if i.verdict == "yes")
    weighed = sum(w for _, w in judged)
    return Score(
        reached=round(reached, 4),
        judged=round(weighed, 4),
        applicable=round(applicable, 4),
        low=round(reached / applicable, 4),
        high=round((reached + applicable - weighed) / applicable, 4),
        items_judged=len(judged),
        items_applicable=len(apply),
    )
