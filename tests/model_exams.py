"""Other patients of an exam list or a study, whose exams give records instead of being processed."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
from tests import exam_records
from tests.fitted_model import model

from kinephen.model import sources
from kinephen.model.sources import read_patients
from kinephen.records.failure import Failure
from kinephen.records.plausibility import Finding

FAILED = Failure(code="exam.broken", message="no phase times")
PAIR = {"T1": "", "T2": ""}


def reading(monkeypatch, tmp_path):
    """Return a function that reads patients; exams give records instead of being processed."""
    seen = []

    def exams_of(jobs, engine, progress):
        seen.append((jobs, engine, progress))
        keys = {(j.case, j.visit): i for i, j in enumerate(jobs)}
        bad = {k: i for k, i in keys.items() if "broken" in str(jobs[i].exam)}
        good = {k: i for k, i in keys.items() if k not in bad}
        noted = {k: (Finding(code=f"noted.{i}", message="m"),) for k, i in good.items()}
        found = exam_records.cases(
            lesions={k: exam_records.lesion(pe_voxels=200 + 50 * i) for k, i in good.items()},
            features={k: exam_records.features(shift=float(i), issues=noted[k]) for k, i in good.items()},
            failures=dict.fromkeys(bad, FAILED),
            preset="recommended",
        )
        return found if good else replace(found, features={})

    monkeypatch.setattr(sources, "run_cases", exams_of)

    def reader(source, fitted=None):
        found = read_patients(
            source, fitted or model(), tmp_path / "out", engine=lambda n: f"engine of {n}", progress=len
        )
        return found, *seen.pop()

    return reader


def exam_list(folder, rows, name="list.csv", columns=("patient_id", "visit", "path")):
    pd.DataFrame(rows, columns=columns).to_csv(folder / name, index=False)
    return folder / name


def clinical(folder, rows, name="clinical.csv"):
    columns = ["patient_id", "age", "rfs_days", "rfs_event", "cohort"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / name, index=False)
    return folder / name


ROWS = [
    ("W3", "T1", "c/1"),
    ("W3", "T2", "broken"),
    ("W1", "T1", "a/1"),
    ("W1", "T2", "a/2"),
    ("W1", "T9", "a/9"),
    ("W2", "T2", "b/2"),
]
TABLE = [
    ("W1", 41.0, 730.5, 1, "validation"),
    ("W2", 42.0, 1461.0, 0, "discovery"),
    ("W0", 40.0, 365.25, 0, "validation"),
]
