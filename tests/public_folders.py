"""Folders laid out as `kinephen fetch` and the archives give them, made from a simulated trial."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

STUDY = '[study]\nname = "{name}"\nexams = "exams.csv"\nclinical = "{clinical}"\nvisits = ["T1", "T2"]\n'


def write_ispy1(trial: Path, folder: Path, *, images: bool = True) -> Path:
    """Write the discovery patients of a simulated trial in the layout of the I-SPY 1 workbook."""
    patients = pd.read_csv(trial / "clinical.csv")
    patients = patients[patients["cohort"] == "discovery"]
    folder.mkdir(parents=True)
    table = pd.DataFrame(
        {
            "SUBJECTID": patients["patient_id"],
            "age": patients["age"],
            "ERpos": patients["er"],
            "PgRpos": patients["pgr"],
            "HR Pos": patients[["er", "pgr"]].max(axis=1),
            "Her2MostPos": patients["her2"],
            "PCR": patients["pcr"],
            "RFS": patients["rfs_days"],
            "rfs_ind": patients["rfs_event"],
            "survDtD2 (tx)": patients["os_days"],
            "sstat": patients["os_event"].map({1: 8, 0: 7}),
            "MRI LD 1-3dAC": range(20, 20 + len(patients)),
        }
    )
    table.to_csv(folder / "my own name.csv", index=False)
    _exams(trial, folder, set(patients["patient_id"]))
    if images:
        (folder / "study.toml").write_text(STUDY.format(name="ispy1", clinical="my own name.csv"))
    return folder


def write_nact(trial: Path, folder: Path) -> Path:
    """Write the validation patients as the pilot's folder, its clinical table in our own layout."""
    patients = pd.read_csv(trial / "clinical.csv")
    patients = patients[patients["cohort"] == "validation"].drop(columns=["cohort"])
    folder.mkdir(parents=True)
    patients.to_csv(folder / "clinical.csv", index=False)
    _exams(trial, folder, set(patients["patient_id"]))
    (folder / "study.toml").write_text(STUDY.format(name="breast-mri-nact-pilot", clinical="clinical.csv"))
    return folder


def geo_options(trial: Path) -> list[str]:
    """Return --geo options for all expression files of a trial."""
    return [w for f in sorted((trial / "expression").iterdir()) for w in ("--geo", str(f))]


def _exams(trial: Path, folder: Path, patients: set[str]) -> None:
    exams = pd.read_csv(trial / "exams.csv")
    exams = exams[exams["patient_id"].isin(patients)][["patient_id", "visit", "path"]]
    exams["path"] = [os.path.relpath(trial / p, folder) for p in exams["path"]]
    exams.assign(study_order=exams["visit"].str[1:]).to_csv(folder / "exams.csv", index=False)
