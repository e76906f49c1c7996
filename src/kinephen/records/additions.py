"""What stands beside the article's own analysis of survival."""

from __future__ import annotations

from kinephen.records.base import Record
from kinephen.records.end_points import DeathRecord, ResponseRecord
from kinephen.records.horizon import CompetingRecord, MarkerRecord, PhenotypeTest, RestrictedMeanRecord
from kinephen.records.performance import PerformanceRecord


class AdditionsRecord(Record):
    """Performance at the horizon, other end points, phenotypes and markers at ``performance.horizon``."""

    performance: PerformanceRecord
    response: ResponseRecord
    death: DeathRecord
    restricted_means: tuple[RestrictedMeanRecord, ...]
    tests: tuple[PhenotypeTest, ...]
    markers: tuple[MarkerRecord, ...]
    competing: CompetingRecord
