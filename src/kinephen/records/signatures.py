"""Gene signature scores of every patient with expression data."""

from __future__ import annotations

from typing import TypeAlias

from kinephen.records.base import IssueRecord, Number, Record

Score: TypeAlias = str | float | None
"""A score, a class, or None where it is undefined."""


class CoverageRow(Record):
    """How one gene of a signature was found on one platform."""

    signature: str
    platform: str
    gene: str
    status: str
    matched_by: str | None
    key: str | None
    probes: str | None
    samples_missing: int | float | None


class CentringRecord(Record):
    """Gene centres by signature and platform; see `kinephen.molecular.centring.Centring`."""

    format: int
    mode: str
    n_samples: dict[str, int]
    er_share: Number
    centres: dict[str, dict[str, dict[str, Number]]]
    probes: dict[str, dict[str, dict[str, tuple[str, ...]]]]


class SignaturesRecord(Record):
    """Scores by case.

    Parameters
    ----------
    scores : dict of str to dict of str to Score
        By case and column.
    columns : tuple of str
    coverage : tuple of CoverageRow
    settings : dict of str to str
        What decided the numbers, in words.
    centring : CentringRecord, optional
        None where no platform could be scored.
    issues : tuple of IssueRecord
    """

    scores: dict[str, dict[str, Score]]
    columns: tuple[str, ...]
    coverage: tuple[CoverageRow, ...] = ()
    settings: dict[str, str] | None = None
    centring: CentringRecord | None = None
    issues: tuple[IssueRecord, ...] = ()
