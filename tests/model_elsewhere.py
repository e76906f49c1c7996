"""31 invented patients of another hospital with outcomes, under a small fitted model."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from tests.fitted_model import model

from kinephen.model.apply import apply_model
from kinephen.model.external import validate_model
from kinephen.model.patients import NewPatients
from kinephen.records.flow import LeftOut

CASES = [f"case-{i:04d}" for i in range(1, 32)]
GAP = LeftOut(case="case-0001", step="exams", reason="the exam at T1 failed: x")


@cache
def patients():
    """31 patients: one without features, two without outcome, three without HER2; ages partly outside."""
    rng, names = np.random.default_rng(21), list(model().phenotypes.features)
    first, second = (pd.DataFrame(rng.uniform(1, 2, (31, 8)), CASES, names) for _ in "ab")
    frame = pd.DataFrame(
        {
            "age": np.linspace(22.0, 82.0, 31),
            "hr": (np.arange(31) % 3 > 0).astype(float),
            "her2": (np.arange(31) % 4 == 0).astype(float),
            "time": rng.uniform(0.5, 7.5, 31).round(2),
            "event": (rng.uniform(size=31) < 0.4).astype(float),
        },
        index=CASES,
    )
    frame.loc[CASES[1], "event"] = np.nan
    frame.loc[CASES[2], "time"] = np.nan
    frame.loc[CASES[5:8], "her2"] = np.nan
    both = (first.drop(index=CASES[0]), second.drop(index=CASES[0]))
    return NewPatients(ids=dict.fromkeys(CASES, "W"), frame=frame, visits=both, gaps={CASES[0]: GAP})


@cache
def predictions():
    return apply_model(model(), patients())


@cache
def record(horizon=3.0):
    return validate_model(model(), patients(), predictions(), horizon=horizon)


@cache
def rows():
    label = {p.case: p.phenotype for p in predictions().patients}
    return patients().frame.iloc[3:].assign(phenotype=[label[c] for c in CASES[3:]])
