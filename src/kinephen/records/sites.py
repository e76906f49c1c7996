"""How much of the change of features lies between sites, before and after ComBat."""

from __future__ import annotations

from pydantic import Field

from kinephen.records.base import Record


class SiteShare(Record):
    """One principal component of the delta features: its share of all variance, and of it between sites."""

    component: str
    explained: float
    by_batch: float
    expected: float
    """Share between sites without any effect of theirs: (sites - 1) / (patients - 1)."""


class Sites(Record):
    """Sites of the discovery cohort; `reason` says why nothing can be told of them."""

    column: str
    """Clinical column that names the site."""
    combat: bool
    reason: str = ""
    patients: int = 0
    batches: dict[str, int] = Field(default_factory=dict)
    before: tuple[SiteShare, ...] = ()
    after: tuple[SiteShare, ...] = ()
