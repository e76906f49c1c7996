"""The study file of a full run: both fetched collections, cohorts by the stated rules, expression linked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from kinephen.config.template import write_study_file
from kinephen.core.files import atomic_path
from kinephen.io.public_tables import PublicTables, patient
from kinephen.reproduce.expression import platform_of, split_files
from kinephen.study.frame import PER_YEAR
from kinephen.study.public_cohorts import PublicCohorts

VISITS = ("T1", "T2")
COLUMNS = ("cohort", "age", "er", "pgr", "hr", "her2", "pcr", "site", "arm", "trastuzumab", "radiation")
DEPARTURES = ("cross_validation.interval=split_jackknife", "tumours.fixed_k=2")
"""From the preset: an interval of sampling error (that over replicates stands beside as "split noise"), and
the article's two phenotypes; what its rule for k answers is shown and compared beside."""


def has_images(tables: PublicTables | None) -> bool:
    """Return True for a folder that ``kinephen fetch`` filled."""
    return tables is not None and tables.study is not None and tables.exams is not None


def write_public_study(
    ispy1: PublicTables,
    nact: PublicTables | None,
    cohorts: PublicCohorts,
    geo: Sequence[Path],
    folder: Path,
    seed: int,
) -> Path:
    """Write study file, exam list, clinical table and link for the patients of both cohorts who have images.

    Parameters
    ----------
    ispy1, nact : PublicTables
        Only what `has_images` accepts gives exams.
    cohorts : PublicCohorts
    geo : sequence of Path
        Expression; left out of the study if empty.
    folder : Path
        Made; it holds identifiers of patients and is closed to others.
    seed : int

    Returns
    -------
    Path
        Of ``study.toml``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    patients = cohorts.patients if cohorts.nact is None else pd.concat([cohorts.patients, cohorts.nact])
    patients = patients[patients["cohort"].notna()]
    exams = pd.concat([_exams(t, folder) for t in (ispy1, nact) if t is not None and has_images(t)])
    exams = exams[exams["patient_id"].isin(patients.index)]
    _write_csv(folder / "exams.csv", exams)
    clinical = patients[[c for c in COLUMNS if c in patients.columns]].assign(
        rfs_days=patients["time"] * PER_YEAR["days"], rfs_event=patients["event"]
    )
    _write_csv(folder / "clinical.csv", clinical.rename_axis("patient_id").reset_index())
    study = {"name": "I-SPY 1 and NACT pilot", "exams": "exams.csv", "clinical": "clinical.csv"}
    expression = _expression(geo, patients, folder)
    content = {"preset": "chitalia2023", "beside": ["recommended"], "seed": seed}
    path = folder / "study.toml"
    nested = {**study, "visits": list(VISITS), **({"expression": expression} if expression else {})}
    write_study_file(path, {**content, "study": nested})
    return path


def _exams(tables: PublicTables, folder: Path) -> pd.DataFrame:
    assert tables.exams is not None
    exams = tables.exams[tables.exams["visit"].isin(VISITS)]
    return pd.DataFrame(
        {
            "patient_id": [patient(p) for p in exams["patient_id"]],
            "visit": exams["visit"].to_numpy(),
            "path": [_relative(tables.folder / p, folder) for p in exams["path"]],
        }
    )


def _expression(geo: Sequence[Path], patients: pd.DataFrame, folder: Path) -> dict[str, object]:
    linked = patients["sample_id"].dropna() if "sample_id" in patients.columns else pd.Series(dtype=object)
    if not geo or linked.empty:
        return {}
    matrices, platforms = split_files(geo)
    named = [platform_of(m, platforms) for m in matrices]
    link = pd.DataFrame({"patient_id": linked.index, "sample_id": linked.to_numpy()})
    _write_csv(folder / "expression_link.csv", link)
    found: dict[str, object] = {
        "files": [_relative(m, folder) for m in matrices],
        "link": "expression_link.csv",
    }
    known = [p for p in named if p is not None]
    if len(known) == len(matrices):
        found["platforms"] = [_relative(p, folder) for p in known]
    return found


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def _write_csv(path: Path, frame: pd.DataFrame) -> None:
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False, lineterminator="\n")
