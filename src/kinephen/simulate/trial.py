"""A whole trial with known truth: the women of both cohorts, and each of their exams on request."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from kinephen.core.streams import stream
from kinephen.io.signatures import load_signature
from kinephen.simulate.exam import SimulatedExam, simulate_exam
from kinephen.simulate.expression import ArrayData, simulate_expression
from kinephen.simulate.genes import OWNERS
from kinephen.simulate.identity import ExamIdentity
from kinephen.simulate.settings import TrialSettings
from kinephen.simulate.tables import clinical_table, exams_table
from kinephen.simulate.woman import Woman, simulate_woman


@dataclass(frozen=True)
class SimulatedTrial:
    """The planted trial; images are made exam by exam.

    Parameters
    ----------
    settings : TrialSettings
    seed : int
    women : tuple of Woman
        Discovery first, then validation.
    """

    settings: TrialSettings
    seed: int
    women: tuple[Woman, ...]

    @property
    def clinical(self) -> pd.DataFrame:
        """Clinical table, one row a woman."""
        return clinical_table(self.women)

    @property
    def exams(self) -> pd.DataFrame:
        """Exam table, one row an exam."""
        return exams_table(self.women)

    def exam(self, woman: Woman, visit: str) -> SimulatedExam:
        """Simulate the images of one visit, ``"T1"`` or ``"T2"``."""
        return simulate_exam(
            self.settings.image,
            woman.visits[visit],
            vendor=woman.vendor,
            names=(woman.patient_id, visit),
            laterality=woman.laterality,
            seed=self.seed,
        )

    def expression(self) -> tuple[ArrayData, ...]:
        """Simulate the gene expression arrays, one element a platform; empty if no woman has one."""
        signatures = {name: load_signature(name) for name in OWNERS}
        return simulate_expression(self.women, signatures, self.settings.molecular, seed=self.seed)

    def identity(self, woman: Woman, visit: str) -> ExamIdentity:
        """Return what the headers of an exam say about whom and when."""
        clock = stream(self.seed, woman.patient_id, visit, "clock")
        later = 0 if visit == "T1" else woman.interval_days
        return ExamIdentity(
            patient_id=woman.patient_id,
            visit=visit,
            laterality=woman.laterality,
            age_years=int(woman.age_years),
            site=woman.site,
            day=woman.baseline_day + later,
            injection_s=float(clock.integers(9 * 3600, 17 * 3600)),
            seed=self.seed,
        )


def simulate_trial(settings: TrialSettings, *, seed: int) -> SimulatedTrial:
    """Draw all women of a trial; no image is made yet.

    Parameters
    ----------
    settings : TrialSettings
    seed : int
        >= 0. The same seed and settings give the same trial; each woman has streams of her own.
    """
    pam50 = load_signature("pam50")
    sizes = {"discovery": settings.women, "validation": settings.validation}
    women = [
        simulate_woman(settings, number=n, cohort=cohort, seed=seed, pam50=pam50)
        for cohort, size in sizes.items()
        for n in range(1, size + 1)
    ]
    return SimulatedTrial(settings, seed, tuple(women))
