"""A whole trial with known truth: the patients of both cohorts, and each of their exams on request."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from kinephen.core.streams import stream
from kinephen.io.signatures import load_signature
from kinephen.simulate.exam import SimulatedExam, simulate_exam
from kinephen.simulate.expression import ArrayData, simulate_expression
from kinephen.simulate.genes import OWNERS
from kinephen.simulate.identity import ExamIdentity
from kinephen.simulate.patient import Patient, simulate_patient
from kinephen.simulate.settings import TrialSettings
from kinephen.simulate.tables import clinical_table, exams_table


@dataclass(frozen=True)
class SimulatedTrial:
    """The planted trial; images are made exam by exam.

    Parameters
    ----------
    settings : TrialSettings
    seed : int
    patients : tuple of Patient
        Discovery first, then validation.
    """

    settings: TrialSettings
    seed: int
    patients: tuple[Patient, ...]

    @property
    def clinical(self) -> pd.DataFrame:
        """Clinical table, one row a patient."""
        return clinical_table(self.patients)

    @property
    def exams(self) -> pd.DataFrame:
        """Exam table, one row an exam."""
        return exams_table(self.patients)

    def exam(self, patient: Patient, visit: str) -> SimulatedExam:
        """Simulate the images of one visit, ``"T1"`` or ``"T2"``."""
        return simulate_exam(
            self.settings.image,
            patient.visits[visit],
            vendor=patient.vendor,
            names=(patient.patient_id, visit),
            laterality=patient.laterality,
            seed=self.seed,
        )

    def expression(self) -> tuple[ArrayData, ...]:
        """Simulate the gene expression arrays, one element a platform; empty if no patient has one."""
        signatures = {name: load_signature(name) for name in OWNERS}
        return simulate_expression(self.patients, signatures, self.settings.molecular, seed=self.seed)

    def identity(self, patient: Patient, visit: str) -> ExamIdentity:
        """Return what the headers of an exam say about whom and when."""
        clock = stream(self.seed, patient.patient_id, visit, "clock")
        later = 0 if visit == "T1" else patient.interval_days
        return ExamIdentity(
            patient_id=patient.patient_id,
            visit=visit,
            laterality=patient.laterality,
            age_years=int(patient.age_years),
            site=patient.site,
            day=patient.baseline_day + later,
            injection_s=float(clock.integers(9 * 3600, 17 * 3600)),
            seed=self.seed,
        )


def simulate_trial(settings: TrialSettings, *, seed: int) -> SimulatedTrial:
    """Draw all patients of a trial; no image is made yet.

    Parameters
    ----------
    settings : TrialSettings
    seed : int
        >= 0. The same seed and settings give the same trial; each patient has streams of their own.
    """
    pam50 = load_signature("pam50")
    sizes = {"discovery": settings.patients, "validation": settings.validation}
    patients = [
        simulate_patient(settings, number=n, cohort=cohort, seed=seed, pam50=pam50)
        for cohort, size in sizes.items()
        for n in range(1, size + 1)
    ]
    return SimulatedTrial(settings, seed, tuple(patients))
