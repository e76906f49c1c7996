"""Layouts of clinical tables that are read without a mapping: I-SPY 1, MAMA-MIA, GSE22226 and our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

DEATH_COUNTS = "recurrence-free survival (event: local or distant progression, or death)"
RECURRENCE = "recurrence-free survival (event: recurrence or metastasis)"
RFS = "recurrence-free survival"
"""What the end point "rfs" is called where its event is stated."""
NOT_STATED = "not stated"
"""End point of a table whose publisher, or study file, does not say what counts as an event."""
OVERALL = "overall survival (event: death)"
DEATH_CENSORED = "recurrence-free survival (event: recurrence; death censored)"

TEXT_COLUMNS = ("cohort", "site", "arm")
FREE_COLUMNS = ("event_free", "os_event_free")
"""Columns in which 1 means free of the event, as some curated tables code it."""
YES_NO_COLUMNS = (
    "er",
    "pgr",
    "hr",
    "her2",
    "pcr",
    "trastuzumab",
    "radiation",
    "event",
    "os_event",
    *FREE_COLUMNS,
)
NUMBER_COLUMNS = ("age", "time", "os_time")
DATE_COLUMNS = ("start_date", "recurrence_date", "last_date", "death_date")
CANONICAL = ("patient_id", *NUMBER_COLUMNS, *YES_NO_COLUMNS, *TEXT_COLUMNS, *DATE_COLUMNS)

MEANING: Mapping[str, str] = MappingProxyType(
    {
        "age": "age, years",
        "er": "oestrogen receptor positive, 1 or 0",
        "pgr": "progesterone receptor positive, 1 or 0",
        "hr": "hormone receptor positive (ER or PgR), 1 or 0",
        "her2": "HER2 positive, 1 or 0",
        "tn": "triple negative (HR and HER2 negative), 1 or 0",
        "pcr": "pathological complete response, 1 or 0",
        "time": "time to the end point or last follow-up",
        "event": "1 = end point reached, 0 = censored",
        "os_time": "time to death or last follow-up",
        "os_event": "1 = died, 0 = censored",
        "event_type": "0 = censored, 1 = recurrence, 2 = death as first event",
        "cohort": "discovery or validation",
        "site": "site of treatment",
        "arm": "arm of treatment",
    }
)


@dataclass(frozen=True)
class Layout:
    """Where the canonical columns stand in one kind of table.

    Parameters
    ----------
    name : str
    columns : mapping of str to str
        Canonical name to column of the file; columns that a file lacks are passed over.
    signature : tuple of str
        Columns by which the layout is recognised.
    time_unit : str
    end_point : str
        What an event is in this table, where its publisher says so.
    sheets : tuple of str
        Sheets of a workbook that are joined by the patient's column.
    recurrence_days : tuple of str
        Columns with days to a recurrence, 0 = none, where the table has no single end point.
    """

    name: str
    columns: Mapping[str, str]
    signature: tuple[str, ...]
    time_unit: str = "days"
    end_point: str = NOT_STATED
    sheets: tuple[str, ...] = ()
    recurrence_days: tuple[str, ...] = field(default=())


ISPY1 = Layout(
    name="ispy1",
    columns={
        "patient_id": "SUBJECTID",
        "age": "age",
        "er": "ERpos",
        "pgr": "PgRpos",
        "hr": "HR Pos",
        "her2": "Her2MostPos",
        "pcr": "PCR",
        "time": "RFS",
        "event": "rfs_ind",
        "os_time": "survDtD2 (tx)",
    },
    signature=("SUBJECTID", "rfs_ind"),
    # The workbook's dictionary: "1 = event (local or distant progression or death)".
    end_point=DEATH_COUNTS,
    sheets=("predictors", "outcomes"),
)

MAMA_MIA = Layout(
    name="mamamia",
    columns={
        "patient_id": "patient_id",
        "age": "age",
        "er": "er",
        "pgr": "pr",
        "hr": "hr",
        "her2": "her2",
        "pcr": "pcr",
        "site": "site",
        "time": "rfs_days",
        "event": "rfs_event",
        "last_days": "days_to_follow_up",
    },
    signature=("patient_id", "days_to_follow_up", "days_to_recurrence"),
    end_point=RECURRENCE,
    recurrence_days=("days_to_recurrence", "days_to_metastasis"),
)

GSE22226 = Layout(
    name="gse22226",
    columns={
        "patient_id": "original_study_patient_ID",
        "age": "age",
        "er": "ER_preTrt",
        "pgr": "PR_preTrt",
        "her2": "HER2_preTrt",
        "pcr": "pCR",
        "time": "RFS_months_or_MIN_months_of_RFS",
        "event_free": "RFS",
        "os_time": "OS_months_or_MIN_months_of_OS",
        "os_event_free": "OS",
    },
    signature=("original_study_patient_ID", "RFS_months_or_MIN_months_of_RFS"),
    time_unit="months",
    end_point=DEATH_COUNTS,
)

OWN = Layout(
    name="kinephen",
    columns={
        **{name: name for name in CANONICAL},
        "time": "rfs_days",
        "event": "rfs_event",
        "os_time": "os_days",
    },
    signature=("patient_id",),
    end_point=NOT_STATED,
)

LAYOUTS: Mapping[str, Layout] = MappingProxyType({x.name: x for x in (ISPY1, MAMA_MIA, GSE22226, OWN)})
