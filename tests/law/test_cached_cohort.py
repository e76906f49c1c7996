"""What is edited in tables or the study file is computed again where it is read, and nowhere else."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from tests.settings_leaves import LEAVES, changed
from tests.tiny_study import run_tiny, tiny_study

from kinephen.errors import KinephenError

EXAM_STEPS = {"lesion", "features"}


@pytest.fixture
def place(tiny_run, tmp_path):
    """Return a copy of the study and its run that a test may change."""
    return shutil.copytree(tiny_run[0], tmp_path / "place")


def compare(place: Path, tmp_path: Path, study=None):
    """Run on the warm store and on one without results of patients; return both traces."""
    fresh = tmp_path / "fresh"
    for step in EXAM_STEPS:  # cached equals fresh for these: see test_cached_equals_fresh
        shutil.copytree(place / "out" / "store" / step, fresh / "store" / step)
    _, found = run_tiny(place / "trial", place / "out", study=study)
    _, wanted = run_tiny(place / "trial", fresh, study=study)
    assert [e for e in found.entries if e[0] not in EXAM_STEPS] == [
        e for e in wanted.entries if e[0] not in EXAM_STEPS
    ]
    return found


def table(place: Path, name: str):
    path = place / "trial" / name
    return path, pd.read_csv(path, dtype=str, keep_default_na=False)


def rows_reversed(place):
    for name in ("exams.csv", "clinical.csv", "expression_link.csv"):
        path, frame = table(place, name)
        frame[::-1].to_csv(path, index=False)


def files_touched(place):
    for path in (place / "trial").rglob("*"):
        path.touch()


def study_moved(place):
    (place / "trial").rename(place / "ä b")
    (place / "ä b").rename(place / "trial")


def covariate(place):
    path, frame = table(place, "clinical.csv")
    frame.loc[0, "age"] = "77"
    frame.to_csv(path, index=False)


def samples_swapped(place):
    path, frame = table(place, "expression_link.csv")
    first, second = frame.loc[0, "sample_id"], frame.loc[1, "sample_id"]
    frame.loc[0, "sample_id"], frame.loc[1, "sample_id"] = second, first
    frame.to_csv(path, index=False)


def ids_corrected(place):
    """Two patients had each other's id in the list of exams."""
    path, frame = table(place, "exams.csv")
    ids = sorted(set(frame["patient_id"]))[:2]
    frame["patient_id"] = frame["patient_id"].replace(dict(zip(ids, ids[::-1], strict=True)))
    frame.to_csv(path, index=False)


def patient_removed(place):
    """One of the validation cohort: nobody else gets another number."""
    for name in ("exams.csv", "clinical.csv"):
        path, frame = table(place, name)
        frame[frame["patient_id"] != "SIM-V0002"].to_csv(path, index=False)


def patient_added(place):
    """Another patient, with copies of the exams of one who is there already."""
    for name in ("exams.csv", "clinical.csv"):
        path, frame = table(place, name)
        more = frame[frame["patient_id"] == "SIM-D0004"].assign(patient_id="SIM-A0000")
        pd.concat([more, frame]).to_csv(path, index=False)


def visit_renamed(place):
    path, frame = table(place, "exams.csv")
    frame.assign(visit=frame["visit"].replace({"T1": "before"})).to_csv(path, index=False)
    text = (place / "trial" / "study.toml").read_text()
    text = text.replace('"T1"', '"before"').replace(
        'truth = "truth.json"\n', ""
    )  # which knows visits by name
    (place / "trial" / "study.toml").write_text(text)


COHORT = {"delta", "phenotypes", "survival", "recipes"}
CHANGES = {
    "order of rows": (rows_reversed, set()),
    "samples of two patients swapped": (samples_swapped, {"molecular", "survival"}),
    "ids of two patients corrected": (ids_corrected, COHORT),
}
MORE = {
    "files touched": (files_touched, set()),
    "study moved and moved back": (study_moved, set()),
    "a covariate edited": (covariate, {"survival", "recipes"}),
    "a patient of the validation cohort removed": (patient_removed, {"delta", "phenotypes", "molecular"}),
    "a patient added": (patient_added, {"molecular", *COHORT}),
    "a visit renamed": (visit_renamed, {"delta"}),
}


@pytest.mark.parametrize("name", [*CHANGES, *(pytest.param(name, marks=pytest.mark.slow) for name in MORE)])
def test_tables_changed(place, tmp_path, name):
    change, expected = {**CHANGES, **MORE}[name]
    change(place)
    assert compare(place, tmp_path).steps == expected


AFTER = {
    "delta": {"phenotypes", "survival", "recipes"},
    "phenotypes": {"survival", "recipes"},
    "molecular": {"survival", "recipes"},
    "survival": {"recipes"},
    "recipes": set(),
}
"""Steps that may follow where what they are given has changed."""


def readers(section: str, key: str) -> set[str]:
    """Return the steps over patients that read a leaf of the settings."""
    if section in ("delta", "harmonise"):
        return {"delta"}
    if section in ("filters", "groups", "components", "tumours", "sigclust") or key == "two_d_reading":
        # A refit in the folds learns as the whole cohort did.
        return {"phenotypes"}
    if section == "signatures":
        return {"survival"} if key == "covariates" else {"molecular"}
    if section in ("cox", "performance", "end_points", "landmark"):
        return {"survival"} if (section, key) != ("landmark", "column") else set()
    if section == "cross_validation":
        return set() if key in ("estimator", "interval") else {"survival"}
    return set()


COHORT_LEAVES = [
    leaf
    for leaf in LEAVES
    if leaf[0] not in ("ftv", "bias", "maps", "resample", "features") or leaf[1] == "two_d_reading"
]


@pytest.mark.slow
@pytest.mark.parametrize("leaf", COHORT_LEAVES, ids=".".join)
def test_each_leaf_of_the_settings_concerns_the_steps_over_patients_that_read_it(place, tmp_path, leaf):
    study = tiny_study(place / "trial")
    other = study.model_copy(update={"settings": changed(study.settings, *leaf)})
    try:
        computed = compare(place, tmp_path, other).steps - EXAM_STEPS
    except KinephenError as error:
        with pytest.raises(type(error), match=re.escape(error.message)):
            run_tiny(place / "trial", tmp_path / "empty", study=other)
        return
    first = readers(*leaf)
    follow = set().union(*(AFTER[step] for step in first))
    assert computed <= first | follow
    if leaf[0] != "landmark":  # the clock may be off
        assert first <= computed
