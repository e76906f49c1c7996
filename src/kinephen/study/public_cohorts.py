"""The article's two cohorts from the public tables, by stated rules, with who was left out and why.

The article's own lists of patients are not public. The rules are the nearest reading of its text: the size
and the events of the discovery cohort come out, single counts differ by one to three patients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from kinephen.core.cohort import ClinicalTable
from kinephen.io.public_tables import PublicTables, patient
from kinephen.study.frame import PER_YEAR

COMPLETE = ("age", "hr", "her2", "pcr", "time", "event")
WORDS = {
    "age": "age unknown",
    "hr": "HR unknown",
    "her2": "HER2 unknown",
    "pcr": "pCR unknown",
    "time": "outcome unknown",
    "event": "outcome unknown",
}
HORIZON = 3.0
"""Years at which the validation cohort's outcome must be known."""
DIAMETERS = {"MRI LD Baseline": "ld1", "MRI LD 1-3dAC": "ld2"}
PUBLISHED_EVENT_AGE = 28.76
RULES = {
    "discovery": "SER maps at a patient's first two studies; age, HR, HER2, pCR and outcome known; "
    "expression linked",
    "validation_ispy1": "the same without expression; recurrence, or follow-up of at least three years",
    "validation_nact": "SER maps at the first two studies; age, HR, HER2 and outcome known; recurrence, or "
    "follow-up of at least three years",
}


@dataclass(frozen=True, kw_only=True)
class FlowBox:
    """Patients who remain after one rule, and who left at it, by reason."""

    key: str
    label: str
    n: int
    parent: str | None = None
    left: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, kw_only=True)
class PublicCohorts:
    """The cohorts that the tables allow.

    Parameters
    ----------
    patients : DataFrame
        Patients of I-SPY 1 (index ``patient_id``): canonical columns, ``time`` in years, ``ld1``, ``ld2``
        (mm), ``maps`` (SER maps at the first two studies), ``sample_id``, ``pam50``, ``cohort`` ("discovery",
        "validation" or None).
    nact : DataFrame, optional
        Patients of the pilot, same columns.
    flow : tuple of FlowBox
    missing : tuple of str
        What was not given, in words.
    """

    patients: pd.DataFrame
    nact: pd.DataFrame | None
    flow: tuple[FlowBox, ...]
    missing: tuple[str, ...]
    end_point: str

    @property
    def discovery(self) -> pd.DataFrame:
        """The discovery cohort."""
        return self.patients[self.patients["cohort"] == "discovery"]

    @property
    def validation(self) -> pd.DataFrame:
        """The validation cohort of both collections, as far as given."""
        parts = [self.patients] if self.nact is None else [self.patients, self.nact]
        return pd.concat([p[p["cohort"] == "validation"] for p in parts])


def build_cohorts(ispy1: PublicTables, nact: PublicTables | None = None) -> PublicCohorts | None:
    """Apply the rules; None without the I-SPY 1 clinical table.

    Parameters
    ----------
    ispy1 : PublicTables
    nact : PublicTables, optional

    Returns
    -------
    PublicCohorts or None
        Without a list of studies all patients count as having maps, without a link none has expression and
        the discovery cohort stays empty; both are named in `missing`.
    """
    if ispy1.clinical is None:
        return None
    missing = []
    patients = _patients(ispy1)
    if ispy1.visits is None:
        missing.append("list of studies of I-SPY 1: patients without both visits cannot be left out")
    if ispy1.link is None:
        missing.append("link to GSE22226: the discovery cohort cannot be told from the validation cohort")
    patients, flow = _ispy1_flow(patients)
    pilot = None
    if nact is not None and nact.clinical is not None:
        pilot, more = _nact_flow(_patients(nact))
        flow = (*flow, *more)
        if nact.visits is None:
            missing.append("list of studies of the pilot: patients without both visits cannot be left out")
    else:
        missing.append(
            "clinical table of Breast-MRI-NACT-Pilot: the validation cohort has its I-SPY 1 part only"
        )
    return PublicCohorts(
        patients=patients, nact=pilot, flow=flow, missing=tuple(missing), end_point=ispy1.clinical.end_point
    )


def _patients(tables: PublicTables) -> pd.DataFrame:
    assert tables.clinical is not None
    frame = _clinical(tables.clinical)
    # The pilot's clinical table may carry the archive's name of a patient beside its own.
    keys = [patient(k) for k in (frame["tcia_id"] if "tcia_id" in frame.columns else frame.index)]
    frame = frame.set_axis(pd.Index(keys, name="patient_id"))
    if tables.visits is not None:
        mapped = tables.visits[tables.visits["maps"]].groupby("patient_id")["order"].agg(set)
        both = {str(p) for p, orders in mapped.items() if {1, 2} <= orders}
        listed = pd.Index(sorted(set(tables.visits["patient_id"]) | set(frame.index)), name="patient_id")
        frame = frame.reindex(listed).assign(
            clinical=listed.isin(frame.index), maps=[p in both for p in listed]
        )
    else:
        frame = frame.assign(clinical=True, maps=True)
    for column in ("sample_id", "pam50"):
        values = None if tables.link is None else tables.link.set_index("patient_id")[column]
        frame[column] = None if values is None else values.reindex(frame.index).astype(object)
    frame["sample_id"] = frame["sample_id"].where(frame["sample_id"].notna(), None)
    return frame


def _clinical(table: ClinicalTable) -> pd.DataFrame:
    frame = table.frame.rename(columns=DIAMETERS)
    for column in (*COMPLETE, "ld1", "ld2"):
        if column not in frame.columns:
            frame[column] = float("nan")
    return frame.assign(time=frame["time"] / PER_YEAR[table.time_unit])


def _known_at_horizon(frame: pd.DataFrame) -> pd.Series:
    return (frame["event"] == 1) | (frame["time"] >= HORIZON)


def _ispy1_flow(patients: pd.DataFrame) -> tuple[pd.DataFrame, tuple[FlowBox, ...]]:
    complete, boxes = _common(patients, "ispy1", "I-SPY 1", COMPLETE)
    genes = complete & patients["sample_id"].notna()
    later = complete & ~genes
    known = later & _known_at_horizon(patients)
    cohort = pd.Series(None, index=patients.index, dtype=object)
    cohort[genes], cohort[known] = "discovery", "validation"
    boxes += [
        FlowBox(
            key="discovery", label="Discovery: expression linked", n=int(genes.sum()), parent="ispy1_complete"
        ),
        FlowBox(
            key="validation_ispy1",
            label="Validation, I-SPY 1: no expression, outcome known at 3 years",
            n=int(known.sum()),
            parent="ispy1_complete",
            left=_left({"followed for less than 3 years": int((later & ~known).sum())}),
        ),
    ]
    return patients.assign(cohort=cohort), tuple(boxes)


def _nact_flow(patients: pd.DataFrame) -> tuple[pd.DataFrame, tuple[FlowBox, ...]]:
    complete, boxes = _common(patients, "nact", "NACT pilot", tuple(c for c in COMPLETE if c != "pcr"))
    known = complete & _known_at_horizon(patients)
    cohort = pd.Series(None, index=patients.index, dtype=object)
    cohort[known] = "validation"
    boxes.append(
        FlowBox(
            key="validation_nact",
            label="Validation, NACT pilot: outcome known at 3 years",
            n=int(known.sum()),
            parent="nact_complete",
            left=_left({"followed for less than 3 years": int((complete & ~known).sum())}),
        )
    )
    return patients.assign(cohort=cohort), tuple(boxes)


def _common(
    patients: pd.DataFrame, key: str, name: str, needed: Sequence[str]
) -> tuple[pd.Series, list[FlowBox]]:
    """Return who has a clinical row, maps at both visits and all values, and the boxes up to there."""
    maps = patients["clinical"] & patients["maps"]
    reason = pd.Series("", index=patients.index)
    for column in reversed(needed):
        reason = reason.mask(patients[column].isna(), WORDS[column])
    complete = maps & (reason == "")
    counts = reason[maps & ~complete].value_counts().to_dict()
    without = {
        "no clinical row": int((~patients["clinical"]).sum()),
        "no SER maps at the first two studies": int((patients["clinical"] & ~patients["maps"]).sum()),
    }
    return complete, [
        FlowBox(key=key, label=f"{name}: patients with images or a clinical row", n=len(patients)),
        FlowBox(
            key=f"{key}_maps",
            label="Clinical row and maps of both visits",
            n=int(maps.sum()),
            parent=key,
            left=_left(without),
        ),
        FlowBox(
            key=f"{key}_complete",
            label="Covariates and outcome known",
            n=int(complete.sum()),
            parent=f"{key}_maps",
            left=_left({str(k): int(v) for k, v in counts.items()}),
        ),
    ]


def _left(reasons: dict[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple((reason, n) for reason, n in sorted(reasons.items()) if n)
