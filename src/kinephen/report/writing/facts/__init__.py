"""The facts that a run can state, by name: what the methods text and the checklists are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from kinephen.report.writing.evidence import Evidence, Fact
from kinephen.report.writing.facts import features, imaging, models, phenotypes, protocol, results, study

FactMaker = Callable[[Evidence], Fact | None]
FACTS: Mapping[str, FactMaker] = MappingProxyType(
    {
        **study.FACTS,
        **imaging.FACTS,
        **protocol.FACTS,
        **features.FACTS,
        **phenotypes.FACTS,
        **models.FACTS,
        **results.FACTS,
    }
)

__all__ = ["FACTS", "FactMaker"]
