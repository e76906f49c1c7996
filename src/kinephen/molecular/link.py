"""Which expression sample belongs to which patient with images, and which belongs to none, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from kinephen.errors import InputError

STUDY_NUMBER = re.compile(r"^(?:ISPY-?1?[-_ ]?)?(\d{4})(?:\.0+)?$", re.IGNORECASE)
"""I-SPY 1 numbers patients by four digits: ``ISPY-1028`` in expression data, ``ISPY1_1028`` among images."""
PATIENT_KEYS = ("i-spy id", "ispy id", "patient_id", "patient id", "original_study_patient_id")


@dataclass(frozen=True)
class SampleLink:
    """Pairs of sample and patient.

    Parameters
    ----------
    pairs : DataFrame
        Columns ``sample_id``, ``patient_id``; one row a linked sample.
    unmatched_samples : DataFrame
        Columns ``sample_id``, ``found`` (what the sample says of its patient), ``reason``.
    unmatched_patients : tuple of str
        Patients with images and no sample.
    """

    pairs: pd.DataFrame
    unmatched_samples: pd.DataFrame
    unmatched_patients: tuple[str, ...] = ()

    def by_patient(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table of samples as a table of patients (index ``patient_id``), linked samples only."""
        pairs = self.pairs.set_index("sample_id")["patient_id"]
        rows = table.loc[[s for s in table.index if s in pairs.index]]
        return rows.set_axis(pd.Index(pairs.loc[rows.index], name="patient_id"), axis=0)


def study_number(identifier: str) -> str:
    """Return the four digits of an I-SPY 1 identifier, empty if it has another form."""
    match = STUDY_NUMBER.match(str(identifier).strip())
    return match.group(1) if match else ""


def link_samples(samples: pd.Series, patients: Iterable[str], *, by_number: bool = True) -> SampleLink:
    """Link expression samples to patients with images.

    Parameters
    ----------
    samples : Series of str
        By sample id: the patient's identifier as the expression data write it; missing where unknown.
    patients : iterable of str
        Identifiers of the patients with images.
    by_number : bool
        Compare the I-SPY 1 study number where the identifiers differ as text.

    Returns
    -------
    SampleLink
        The first sample of a patient is linked, further ones are listed with the reason.

    Raises
    ------
    InputError
        ``link.ambiguous`` when two patients share a study number.
    """
    known = [str(p).strip() for p in dict.fromkeys(patients)]
    numbers = _numbers(known) if by_number else {}
    exact = set(known)
    pairs: list[tuple[str, str]] = []
    unmatched: list[tuple[str, str, str]] = []
    taken: set[str] = set()
    for sample, identifier in samples.items():
        text = "" if pd.isna(identifier) else str(identifier).strip()
        number = study_number(text) if by_number else ""
        patient = text if text in exact else numbers.get(number, "")
        if patient and patient not in taken:
            taken.add(patient)
            pairs.append((str(sample), patient))
        else:
            unmatched.append((str(sample), text, _reason(text, number, patient, by_number=by_number)))
    return SampleLink(
        pd.DataFrame(pairs, columns=["sample_id", "patient_id"]),
        pd.DataFrame(unmatched, columns=["sample_id", "found", "reason"]),
        tuple(p for p in known if p not in taken),
    )


def patient_column(samples: pd.DataFrame) -> pd.Series:
    """Return the column of a sample table that names the patient.

    Raises
    ------
    InputError
        ``link.no_column`` when there is none.
    """
    for key in PATIENT_KEYS:
        if key in samples.columns:
            return samples[key]
    raise InputError(
        f"no characteristic names the patient; looked for {', '.join(PATIENT_KEYS)}",
        code="link.no_column",
        hint="give a link table with the columns patient_id and sample_id",
    )


def _numbers(patients: list[str]) -> dict[str, str]:
    table: dict[str, str] = {}
    for patient in patients:
        number = study_number(patient)
        if number and number in table:
            raise InputError(
                f"study number {number} stands for two patients",
                code="link.ambiguous",
                hint="keep one identifier each",
            )
        if number:
            table[number] = patient
    return table


def _reason(text: str, number: str, patient: str, *, by_number: bool) -> str:
    if not text:
        return "no identifier of a patient"
    if patient:
        return "a second sample of a patient who is linked already"
    if by_number and not number:
        return "not a study number of four digits, and no patient has this identifier"
    return "no patient with images has this identifier"
