"""The tables of a simulated study: clinical data, exams, data dictionary."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kinephen.simulate.patient import Patient
from kinephen.simulate.scanner import PROTOCOLS

DICTIONARY: tuple[tuple[str, str, str, str], ...] = (
    ("patient_id", "invented code of a simulated patient", "", ""),
    ("cohort", "which cohort they belong to", "", "discovery | validation"),
    ("site", "imaging site", "", ""),
    ("age", "age at the first visit", "years", ""),
    ("er", "oestrogen receptor", "", "1 positive, 0 negative, blank unknown"),
    ("pgr", "progesterone receptor", "", "1 positive, 0 negative, blank unknown"),
    ("her2", "HER2", "", "1 positive, 0 negative, blank unknown"),
    ("pcr", "pathological complete response", "", "1 yes, 0 no"),
    ("arm", "chemotherapy", "", "AC | AC+T"),
    ("trastuzumab", "trastuzumab given", "", "1 yes, 0 no"),
    ("radiation", "radiation given", "", "1 yes, 0 no"),
    ("rfs_days", "time from the first visit to recurrence or end of follow-up", "days", ""),
    ("rfs_event", "recurrence", "", "1 recurrence, 0 censored"),
    ("os_days", "time from the first visit to death or end of follow-up", "days", ""),
    ("os_event", "death", "", "1 death, 0 censored"),
    (
        "event_type",
        "what ended recurrence-free follow-up",
        "",
        "0 censored, 1 recurrence, 2 death without recurrence",
    ),
    ("t2_days", "time from the first to the second visit", "days", ""),
)


def clinical_table(patients: Sequence[Patient]) -> pd.DataFrame:
    """Return one row a patient, columns as in the data dictionary; unknown receptors are missing."""
    rows = [
        {
            "patient_id": w.patient_id,
            "cohort": w.cohort,
            "site": w.site,
            "age": w.age_years,
            "er": int(w.molecular.er),
            "pgr": int(w.molecular.pgr),
            "her2": int(w.molecular.her2),
            "pcr": int(w.pcr),
            "arm": w.arm,
            "trastuzumab": int(w.trastuzumab),
            "radiation": int(w.radiation),
            "rfs_days": w.outcome.rfs_days,
            "rfs_event": w.outcome.rfs_event,
            "os_days": w.outcome.os_days,
            "os_event": w.outcome.os_event,
            "event_type": w.outcome.event_type,
            "t2_days": w.interval_days,
        }
        for w in patients
    ]
    frame = pd.DataFrame(rows, columns=[name for name, *_ in DICTIONARY])
    for column in ("er", "pgr", "her2"):
        unknown = [w.unknown_receptor == column for w in patients]
        frame[column] = frame[column].astype("Int64").mask(pd.Series(unknown, dtype=bool))
    return frame


def exam_path(patient_id: str, visit: str) -> str:
    """Return the folder of an exam, relative to the study."""
    return f"exams/{patient_id}/{visit}"


def exams_table(patients: Sequence[Patient]) -> pd.DataFrame:
    """Return one row an exam: patient_id, visit, path, scanner."""
    rows = [
        {
            "patient_id": w.patient_id,
            "visit": visit,
            "path": exam_path(w.patient_id, visit),
            "scanner": f"{PROTOCOLS[w.vendor].manufacturer} {PROTOCOLS[w.vendor].model}",
        }
        for w in patients
        for visit in w.visits
    ]
    return pd.DataFrame(rows, columns=["patient_id", "visit", "path", "scanner"])


def dictionary_table() -> pd.DataFrame:
    """Return the data dictionary of the clinical table."""
    return pd.DataFrame(DICTIONARY, columns=["column", "meaning", "unit", "codes"])
