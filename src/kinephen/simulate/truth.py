"""What was planted, as ``truth.json``."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field

from kinephen.simulate.analysis_objects import SiteAnalysis
from kinephen.simulate.exam import SimulatedExam
from kinephen.simulate.patient import PCR_MODEL, Patient
from kinephen.simulate.scanner import PROTOCOLS
from kinephen.simulate.settings import TrialSettings
from kinephen.simulate.trial import SimulatedTrial

SCHEMA_VERSION = 1


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VisitTruth(_Record):
    """One exam."""

    vendor: str
    times_s: tuple[float, ...] = Field(description="middle of each phase, s after injection")
    early: int
    late: int
    planted: dict[str, float] = Field(description="state of the lesion: see the simulation's documentation")
    lesion_voxels: int
    lesion_cc: float = Field(description="whole lesion on the grid, cm3")
    viable_cc: float = Field(description="enhancing part on the grid, cm3")
    box_first: tuple[int, int, int] = Field(description="slice, row, column; inclusive")
    box_last: tuple[int, int, int]
    site_ftv_cc: float = Field(description="FTV by the published rule on the stored images, cm3")


class PatientTruth(_Record):
    """One patient."""

    patient_id: str
    cohort: str
    site: str
    phenotype: str
    change: float = Field(description="planted change of heterogeneity; group means are -1 and 1 by default")
    subtype: str
    p53: str
    risk70: str
    ror_s: float
    er: bool
    pgr: bool
    her2: bool
    ftv2_cc: float = Field(description="planted viable volume at T2, cm3: the covariate of the hazard")
    pcr_probability: float
    hazard_terms: dict[str, float]
    linear_predictor: float
    recurrence_days: float
    censoring_days: float
    other_death: bool = Field(description="censoring is a death of another cause")
    visits: dict[str, VisitTruth]


class TrialTruth(_Record):
    """A trial."""

    schema_version: int = SCHEMA_VERSION
    seed: int
    settings: TrialSettings
    pcr_model: dict[str, float] = Field(description="logistic coefficients")
    protocols: dict[str, dict[str, object]]
    patients: tuple[PatientTruth, ...]


def visit_truth(exam: SimulatedExam, patient: Patient, visit: str, analysis: SiteAnalysis) -> VisitTruth:
    """Return the truth of one exam."""
    per_cc = exam.geometry.voxel_volume_mm3 / 1000.0
    voxels = int(exam.lesion.sum())
    return VisitTruth(
        vendor=patient.vendor,
        times_s=exam.protocol.middles_s,
        early=exam.protocol.early,
        late=exam.protocol.late,
        planted=asdict(patient.visits[visit]),
        lesion_voxels=voxels,
        lesion_cc=voxels * per_cc,
        viable_cc=int(exam.viable.sum()) * per_cc,
        box_first=exam.box_first,
        box_last=exam.box_last,
        site_ftv_cc=analysis.ftv.pe_cc,
    )


def patient_truth(patient: Patient, visits: dict[str, VisitTruth]) -> PatientTruth:
    """Return the truth of one patient."""
    molecular = patient.molecular
    return PatientTruth(
        patient_id=patient.patient_id,
        cohort=patient.cohort,
        site=patient.site,
        phenotype=patient.phenotype,
        change=patient.change,
        subtype=molecular.subtype,
        p53=molecular.p53,
        risk70=molecular.risk70,
        ror_s=molecular.ror_s,
        er=molecular.er,
        pgr=molecular.pgr,
        her2=molecular.her2,
        ftv2_cc=patient.second.viable_cc,
        pcr_probability=patient.pcr_probability,
        hazard_terms=patient.hazard_terms,
        linear_predictor=patient.outcome.linear_predictor,
        recurrence_days=patient.outcome.recurrence_days,
        censoring_days=patient.outcome.censoring_days,
        other_death=patient.outcome.other_death,
        visits=visits,
    )


def trial_truth(trial: SimulatedTrial, patients: tuple[PatientTruth, ...]) -> TrialTruth:
    """Return the truth of a trial."""
    return TrialTruth(
        seed=trial.seed,
        settings=trial.settings,
        pcr_model=dict(PCR_MODEL),
        protocols={name: asdict(protocol) for name, protocol in PROTOCOLS.items()},
        patients=patients,
    )
