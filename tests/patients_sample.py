"""Patients with follow-up whose groups, sides and units are all of different size, so that a swap shows."""

from __future__ import annotations

import numpy as np
import pandas as pd

LABELS = {"1": "1 decreasing", "2": "2 increasing"}


def patients_frame(n: int = 90, seed: int = 11) -> pd.DataFrame:
    """Return patients with all that the ladder asks for; phenotype 2 recurs more, and is the rarer.

    Times are in years, between 0.05 and 7; events are fewer than censored patients.
    """
    rng = np.random.default_rng(seed)
    phenotype = np.where(rng.random(n) < 0.36, "2", "1")
    frame = pd.DataFrame(
        {
            "cohort": "discovery",
            "complete": True,
            "age": rng.normal(48, 9, n),
            "hr": (rng.random(n) < 0.6).astype(float),
            "her2": (rng.random(n) < 0.3).astype(float),
            "ftv1": rng.lognormal(2.5, 0.6, n),
            "ftv2": rng.lognormal(1.5, 0.6, n),
            "gene70_cosine": rng.normal(size=n),
            "ror_s": rng.normal(40, 20, n),
            "p53_score": rng.normal(size=n),
            "gene70_class": rng.choice(["low", "high"], n, p=[0.35, 0.65]),
            "ror_s_group": rng.choice(["low", "med", "high"], n, p=[0.2, 0.5, 0.3]),
            "p53_class": rng.choice(["wild-type", "mutant"], n, p=[0.6, 0.4]),
            "arm": rng.choice(["AC", "AC-T", "other"], n, p=[0.2, 0.7, 0.1]),
            "phenotype": phenotype,
        },
        index=[f"case-{i:04d}" for i in range(n)],
    )
    frame["tn"] = ((frame["hr"] == 0) & (frame["her2"] == 0)).astype(float)
    recurrence = rng.exponential(9.0 * np.exp(-1.2 * (frame["phenotype"] == "2")))
    death, censoring = rng.exponential(25.0, n), rng.uniform(3.0, 7.0, n)
    time = np.maximum(np.minimum(np.minimum(recurrence, death), censoring), 0.05)
    kind = np.where(recurrence == np.minimum(np.minimum(recurrence, death), censoring), 1.0, 0.0)
    kind = np.where((kind == 0) & (death < censoring), 2.0, kind)
    later = np.minimum(recurrence + rng.exponential(2.0, n), np.minimum(death, 8.0))
    return frame.assign(
        time=time,
        event=(kind == 1).astype(float),
        event_type=kind,
        os_time=np.maximum(later, time),
        os_event=(later < 8.0).astype(float),
        pcr=(rng.random(n) < np.where(frame["phenotype"] == "2", 0.2, 0.5)).astype(float),
    )


def survival_by_hand(time: np.ndarray, event: np.ndarray, at: float) -> float:
    """Return the Kaplan-Meier estimate just after `at`, multiplied out over the event times."""
    estimate = 1.0
    for t in sorted(set(time[(event == 1) & (time <= at)])):
        estimate *= 1.0 - ((time == t) & (event == 1)).sum() / (time >= t).sum()
    return float(estimate)


def expected_events(time: np.ndarray, event: np.ndarray, member: np.ndarray) -> float:
    """Return the events that the log-rank test expects among the members."""
    total = 0.0
    for t in sorted(set(time[event == 1])):
        at_risk = time >= t
        total += ((time == t) & (event == 1)).sum() * (at_risk & member).sum() / at_risk.sum()
    return float(total)
