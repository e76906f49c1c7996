"""Recurrence by a proportional-hazards model with a Weibull baseline, and censoring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinephen.simulate.settings import OutcomeSettings
from kinephen.types import Rng


@dataclass(frozen=True)
class Outcome:
    """Follow-up of one patient, whole days.

    Parameters
    ----------
    rfs_days, rfs_event : int
        Time to recurrence (event 1) or to the end of follow-up (0).
    os_days, os_event : int
        Time to death (1) or to the end of follow-up (0).
    linear_predictor : float
    recurrence_days, censoring_days : float
        The times behind them, of which only the earlier one is seen.
    other_death : bool
        Censoring is a death of another cause than the tumour.
    """

    rfs_days: int
    rfs_event: int
    os_days: int
    os_event: int
    linear_predictor: float
    recurrence_days: float
    censoring_days: float
    other_death: bool = False

    @property
    def event_type(self) -> int:
        """What ended recurrence-free follow-up: 0 censoring, 1 recurrence, 2 death without recurrence."""
        return 1 if self.rfs_event else 2 * int(self.other_death)


def hazard_terms(
    *, increasing: bool, ftv2_cc: float, ror_s: float, p53_mutant: bool, age_years: float, pcr: bool
) -> dict[str, float]:
    """Return the covariates of the hazard by the name of their coefficient in `OutcomeSettings`.

    Continuous ones are centred and scaled by fixed numbers, so that the model is the same in every cohort.
    """
    return {
        "log_hr_increasing": float(increasing),
        "log_hr_ftv2": (float(np.log(ftv2_cc)) - 1.6) / 0.6,
        "log_hr_ror": (ror_s - 45.0) / 35.0,
        "log_hr_p53_mutant": float(p53_mutant),
        "log_hr_age": (age_years - 48.0) / 10.0,
        "log_hr_pcr": float(pcr),
    }


def linear_predictor(terms: Mapping[str, float], settings: OutcomeSettings) -> float:
    """Return ``sum_j beta_j x_j``."""
    return float(sum(getattr(settings, name) * value for name, value in terms.items()))


def draw_outcome(rng: Rng, predictor: float, settings: OutcomeSettings, *, other: Rng) -> Outcome:
    """Draw a patient's follow-up.

    Parameters
    ----------
    rng : Generator
    predictor : float
        ``sum_j beta_j x_j``.
    settings : OutcomeSettings
    other : Generator
        Tells which drop-outs are deaths of other causes: a competing event of constant hazard
        ``death_share_of_drop_out * drop_out_per_day``, the same in all patients.

    Time to recurrence has the hazard ``exp(lp) (k / s) (t / s)^(k - 1)`` and is drawn by inversion:
    ``t = s (-ln U / exp(lp))^(1 / k)``. Censoring is the earlier of administrative (uniform) and random
    (exponential).

    References
    ----------
    Bender R, Augustin T, Blettner M. Stat Med 2005;24:1713-1723.
    """
    u = rng.random(4)
    recurrence = settings.weibull_scale_days * (-np.log1p(-u[0]) / np.exp(predictor)) ** (
        1 / settings.weibull_shape
    )
    low, high = settings.follow_up_days
    administrative = low + (high - low) * u[1]
    drop_out = np.inf
    if settings.drop_out_per_day > 0:
        drop_out = -np.log1p(-u[2]) / settings.drop_out_per_day
    censoring = min(administrative, drop_out)
    died = bool(other.random() < settings.death_share_of_drop_out and drop_out < administrative)
    death = recurrence - np.log1p(-u[3]) * settings.death_after_recurrence_days
    return Outcome(
        rfs_days=_days(min(recurrence, censoring)),
        rfs_event=int(recurrence <= censoring),
        os_days=_days(min(death, censoring)),
        os_event=int(death <= censoring or died),
        linear_predictor=predictor,
        recurrence_days=float(recurrence),
        censoring_days=float(censoring),
        other_death=died,
    )


def _days(value: float) -> int:
    return max(1, int(np.ceil(value)))
