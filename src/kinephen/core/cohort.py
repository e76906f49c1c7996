"""Tables over patients: clinical data, gene expression, features, and the notes that go with them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import pandas as pd

from kinephen.errors import InputError

CODE = re.compile(r"[a-z0-9_]+(\.[A-Za-z0-9_]+)+")
"""Of an issue: its room or subject, and its name."""

Level: TypeAlias = Literal["note", "warning", "stop"]
"""How much a finding weighs: good to know; numbers may be off; numbers are given only to who insists."""


@dataclass(frozen=True)
class Issue:
    """One thing that was noticed.

    Parameters
    ----------
    code : str
        Stable short name, for example ``"maps.denominator_zero"``.
    message : str
        What was found, in plain words, without identifiers read from files.
    where : str
        Case, visit, map, column or feature.
    count : int
        How many voxels, rows or features it concerns.
    level : {"note", "warning", "stop"}
        Of a finding about an exam, see `kinephen.records.plausibility`. A stop ends what measures the exam,
        unless its code is accepted; elsewhere every issue is a note.

    Raises
    ------
    ValueError
        The code is none: it and the message were given in the wrong order.
    """

    code: str
    message: str
    where: str = ""
    count: int = 1
    level: Level = "note"

    def __post_init__(self) -> None:
        if not CODE.fullmatch(self.code):
            raise ValueError(f"no code of an issue, such as maps.denominator_zero: {self.code}")

    def to_dict(self) -> dict[str, str | int]:
        """Return plain fields; the level belongs to exams and their record."""
        return {"code": self.code, "message": self.message, "where": self.where, "count": self.count}


def issues_frame(issues: Iterable[Issue]) -> pd.DataFrame:
    """Return issues as a table with columns code, message, where, count."""
    return pd.DataFrame([i.to_dict() for i in issues], columns=["code", "message", "where", "count"])


@dataclass(frozen=True)
class ClinicalTable:
    """Clinical data and outcome, one row a patient.

    Parameters
    ----------
    frame : DataFrame
        Index ``patient_id`` (text, unique). Canonical columns where known: ``age`` (years), ``hr``, ``her2``,
        ``tn``, ``pcr`` (1.0, 0.0 or NaN), ``time`` (in `time_unit`), ``event`` (1.0 or 0.0), ``cohort``,
        ``site``, ``arm``; further columns as given.
    dictionary : dict of str to str
        What each column means and where it came from.
    end_point : str
        Named in every output, for example ``"recurrence-free survival (event: progression or death)"``.
    time_unit : str
        ``"days"``, ``"months"`` or ``"years"``.
    issues : tuple of Issue
    """

    frame: pd.DataFrame
    dictionary: dict[str, str] = field(default_factory=dict)
    end_point: str = "recurrence-free survival"
    time_unit: str = "days"
    issues: tuple[Issue, ...] = ()

    def __post_init__(self) -> None:
        require_unique_index(self.frame, what="clinical table")


@dataclass(frozen=True)
class ExpressionTable:
    """Gene expression, one row a sample.

    Parameters
    ----------
    values : DataFrame
        Samples in rows, probes in columns; log ratios or log intensities.
    probes : DataFrame
        Index as the columns of `values`; text columns ``symbol``, ``entrez``, ``probe_name``.
    samples : DataFrame
        Index as the rows of `values`; what the file says of each sample, keys normalised to lower case.
    platform : str
        For example ``"GPL1708"``.
    issues : tuple of Issue
    """

    values: pd.DataFrame
    probes: pd.DataFrame
    samples: pd.DataFrame
    platform: str = ""
    issues: tuple[Issue, ...] = ()

    def __post_init__(self) -> None:
        require_unique_index(self.values, what="expression table")
        if not self.values.columns.equals(self.probes.index):
            raise InputError("probe table and expression columns differ", code="expression.probes")
        if not self.values.index.equals(self.samples.index):
            raise InputError("sample table and expression rows differ", code="expression.samples")


def require_unique_index(frame: pd.DataFrame, *, what: str) -> None:
    """Raise ``InputError`` (``table.duplicates``) with the number of repeated keys, if any."""
    repeated = int(frame.index.duplicated().sum())
    if repeated:
        raise InputError(
            f"{what}: {repeated} row(s) repeat the key of an earlier row",
            code="table.duplicates",
            hint="keep one row for each patient or sample",
        )
