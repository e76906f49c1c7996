"""``kinephen simulate``: a small study, its JSON, its errors; the same bytes for the same seed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from kinephen.cli.simulate import simulate
from kinephen.errors import ConfigError, UsageError
from kinephen.simulate.settings import make_settings
from kinephen.simulate.study import write_study
from kinephen.simulate.truth import TrialTruth

TINY = {"patients": 3, "validation": 2, "image": {"matrix": 32, "slices": 8}}
ARGUMENTS = ["--patients", "3", "--validation", "2", "--matrix", "32", "--slices", "8"]


OPTIONS = {
    "patients": 3,
    "validation": 0,
    "matrix": 32,
    "slices": 8,
    "seed": 1,
    "preset": "quick",
    "as_json": True,
}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kinephen.cli.app", "simulate", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False
    )


def digest(folder: Path) -> str:
    """Hash of every path and every byte below a folder, but for the study file of the command."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "study.toml"):
        total.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    out = tmp_path_factory.mktemp("study") / "a"
    return write_study(out, make_settings(TINY), seed=5)


def test_command_writes_the_study_that_the_library_writes(tmp_path, study):
    done = run("--out", str(tmp_path / "b"), *ARGUMENTS, "--seed", "5", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["patients"] == 5
    assert result["exams"] == 10
    assert digest(tmp_path / "b") == digest(study.root)


def test_two_processes_write_the_same_bytes_as_one(tmp_path, study):
    two = write_study(tmp_path / "two", make_settings(TINY), seed=5, processes=2)
    assert digest(two.root) == digest(study.root)


def test_another_seed_writes_other_bytes(tmp_path, study):
    other = write_study(tmp_path / "other", make_settings(TINY), seed=6)
    assert digest(other.root) != digest(study.root)


def test_the_folder_holds_what_the_tables_name(study):
    exams = pd.read_csv(study.root / study.exams)
    for path in exams["path"]:
        assert list((study.root / path).rglob("*.dcm"))
    clinical = pd.read_csv(study.root / study.clinical)
    assert len(clinical) == 5
    link = pd.read_csv(study.root / study.expression_link)
    assert set(link["patient_id"]) == set(clinical["patient_id"])
    for matrix, platform in study.expression:
        assert (study.root / matrix).is_file()
        assert (study.root / platform).is_file()


def test_truth_is_complete_and_agrees_with_its_schema(study):
    truth = TrialTruth.model_validate_json((study.root / study.truth).read_text())
    assert truth.seed == 5
    assert truth.settings == make_settings(TINY)
    clinical = pd.read_csv(study.root / study.clinical).set_index("patient_id")
    for patient in truth.patients:
        assert patient.visits.keys() == {"T1", "T2"}
        row = clinical.loc[patient.patient_id]
        assert row["rfs_event"] == int(patient.recurrence_days <= patient.censoring_days)
        second = patient.visits["T2"]
        planted = second.planted["volume_cc"] * (1 - second.planted["necrotic_fraction"])
        assert patient.ftv2_cc == pytest.approx(planted)
        assert second.viable_cc == pytest.approx(planted, rel=0.03)
        assert second.site_ftv_cc == pytest.approx(second.viable_cc, rel=0.35)
    assert "phenotype" in json.dumps(TrialTruth.model_json_schema())


def test_no_file_tells_of_this_machine(study):
    home = str(Path.home())
    for path in study.root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert str(study.root).encode() not in data
            assert home.encode() not in data or home == "/"


def test_progress_counts_the_patients(tmp_path):
    seen = []
    settings = make_settings({**TINY, "validation": 0})
    write_study(tmp_path / "p", settings, seed=1, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("pair", "kind", "text"),
    [
        ("phenotype", UsageError, "expected SECTION.KEY=VALUE, found 'phenotype'"),
        ("separation=1", UsageError, "expected SECTION.KEY=VALUE, found 'separation=1'"),
        ("phenotype.separation=9", ConfigError, "separation: Input should be less than or equal to 4"),
        ("phenotype.speed=1", ConfigError, "phenotype.speed: Extra inputs are not permitted"),
        ("image.matrix=7", ConfigError, "image.matrix: Input should be greater than or equal to 24"),
        ("phenotype.spread=wide", ConfigError, "phenotype.spread: Input should be a valid number"),
    ],
)
def test_wrong_settings_are_named(tmp_path, pair, kind, text):
    with pytest.raises(kind) as caught:
        simulate(out=tmp_path / "x", set_=[pair], **OPTIONS)
    assert text in str(caught.value)
    assert not (tmp_path / "x").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine.txt").write_text("keep")
    done = run("--out", str(tmp_path / "x"), *ARGUMENTS)
    assert done.returncode == 2
    assert "exists and is not empty" in done.stderr
    assert (tmp_path / "x" / "mine.txt").read_text() == "keep"


def test_an_unknown_preset_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UsageError, match="unknown preset 'fast'"):
        simulate(out=tmp_path / "x", set_=[], **(OPTIONS | {"preset": "fast"}))
    assert not (tmp_path / "x").exists()


def test_settings_reach_the_trial(tmp_path, capsys):
    pairs = ["vendors.ge=0", "molecular.share=0", "outcome.follow_up_days=[300, 900]"]
    simulate(out=tmp_path / "x", set_=pairs, **OPTIONS)
    truth = TrialTruth.model_validate_json((tmp_path / "x" / "truth.json").read_text())
    assert truth.settings.vendors.ge == 0
    assert all(w.visits["T1"].vendor != "ge" for w in truth.patients)
    assert truth.settings.outcome.follow_up_days == (300, 900)
    assert json.loads(capsys.readouterr().out)["expression"] == []
    assert not (tmp_path / "x" / "expression").exists()
