"""``kinephen review`` on a small simulated study, from export to a run that takes confirmed masks only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import nibabel
import numpy as np
import pytest

from kinephen.simulate.settings import make_settings
from kinephen.simulate.study import write_study
from kinephen.simulate.study_file import add_study_file


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Return a study of three patients at a tiny matrix; read only."""
    root = tmp_path_factory.mktemp("review") / "trial"
    settings = make_settings({"patients": 3, "validation": 0, "image": {"matrix": 48, "slices": 10}})
    add_study_file(write_study(root, settings, seed=5, processes=1), seed=5, preset="quick")
    return root


@pytest.fixture
def study(simulated, tmp_path):
    """Return a copy of the study file that a test may review."""
    return shutil.copytree(simulated, tmp_path / "trial") / "study.toml"


@pytest.fixture
def run(study):
    """Return a function that calls a review command in this process."""
    from typer.testing import CliRunner

    from kinephen.cli.review import review_app

    def call(command, *args, json_output=True):
        options = ["--json"] if json_output else []
        return CliRunner().invoke(review_app, [command, str(study), *map(str, args), *options])

    return call


def answer(result):
    assert result.exit_code == 0, result.output + str(result.exception)
    return json.loads(result.stdout)


ONE = ("--case", "case-0001", "--visit", "T1")


def edit(study, folder):
    """Remove a slice from the exported mask, as a reader would, and save it under its name."""
    path = study.parent / folder / "mask.nii.gz"
    image = nibabel.load(path)
    data = np.asarray(image.dataobj).copy()
    data[..., np.flatnonzero(data.any(axis=(0, 1)))[0]] = 0
    nibabel.save(nibabel.Nifti1Image(data, image.affine, image.header), path)
    return int(data.sum())


def test_export_edit_import_confirm(study, run):
    exported = answer(run("export", *ONE, "--quiet"))["exams"]
    assert [(e["case"], e["visit"], e["revision"]) for e in exported] == [("case-0001", "T1", 0)]
    voxels = edit(study, exported[0]["folder"])
    decision = answer(run("import", *ONE, "--name", "E. Editor"))["decision"]
    assert (decision["action"], decision["revision"], decision["voxels_added"]) == ("edit", 1, 0)
    assert decision["voxels_removed"] > 0
    assert 0 < decision["dice_to_automatic"] < 1
    assert answer(run("status"))["exams"][0]["state"] == "edited"
    confirmed = answer(run("confirm", *ONE, "--name", "C. Confirmer"))["decision"]
    assert (confirmed["action"], confirmed["same_person"]) == ("accept", True)
    row = answer(run("status"))["exams"][0]
    assert (row["state"], row["revision"], row["name"]) == ("confirmed", 1, "C. Confirmer")
    assert row["note"] == "same person edited and confirmed"
    assert voxels > 0
    check = answer(run("verify-log"))
    assert (check["lines"], check["intact"], check["problems"]) == (2, True, [])


def test_export_of_all_exams_and_status_of_each(study, run):
    exported = answer(run("export", "--quiet"))["exams"]
    assert len(exported) == 6
    rows = answer(run("status"))["exams"]
    assert [(r["state"], r["note"]) for r in rows] == [("open", "exported")] * 6
    assert {e["folder"].split("/")[-1][:12] for e in exported} == {
        f"case-000{n}-{v}"[:12] for n in (1, 2, 3) for v in ("T1", "T2")
    }


def test_reject_shows_in_the_status(run):
    answer(run("export", *ONE, "--quiet"))
    answer(run("reject", *ONE, "--name", "C. Confirmer", "--reason", "motion"))
    row = answer(run("status"))["exams"][0]
    assert (row["state"], row["note"]) == ("rejected", "motion")


def test_verify_log_finds_tampering_and_cut_lines_and_ends_with_code_4(study, run):
    answer(run("export", *ONE, "--quiet"))
    answer(run("reject", *ONE, "--name", "C. Confirmer", "--reason", "motion"))
    answer(run("confirm", *ONE, "--name", "C. Confirmer", "--reason", "mistaken"))
    head = answer(run("verify-log"))["head"]
    assert answer(run("verify-log", "--head", head))["intact"]
    log = study.parent / "review" / "decisions.jsonl"
    whole = log.read_text()
    log.write_text(whole.replace("motion", "nothing"))
    result = run("verify-log", json_output=False)
    assert result.exit_code == 4
    assert "problem: line 1: its content is not what its hash says" in result.stderr
    assert "NOT as it was written" in result.stderr
    log.write_text(whole.splitlines(keepends=True)[0])
    assert "1 line(s) at the end are missing" in run("verify-log", json_output=False).stderr


def test_verify_log_finds_a_changed_mask(study, run):
    exported = answer(run("export", *ONE, "--quiet"))["exams"][0]
    answer(run("confirm", *ONE, "--name", "C. Confirmer"))
    mask = next((study.parent / "review" / "masks").rglob("rev-000.nii.gz"))
    mask.chmod(0o644)
    edit(study, exported["folder"])
    shutil.copy(study.parent / exported["folder"] / "mask.nii.gz", mask)
    result = run("verify-log")
    assert result.exit_code == 4
    assert json.loads(result.stdout)["problems"][0].endswith("mask file of revision 0 was changed")


def test_an_unknown_exam_is_named(run):
    result = run("confirm", "--case", "case-0009", "--visit", "T1", "--name", "C. Confirmer")
    assert result.exception.message == "the study has no exam case-0009 T1"


def test_review_folders_hold_no_identifier_of_the_study(study, run):
    answer(run("export", "--quiet"))
    answer(run("confirm", *ONE, "--name", "C. Confirmer"))
    ids = {line.split(",")[0] for line in (study.parent / "exams.csv").read_text().splitlines()[1:]}
    for path in (study.parent / "review").rglob("*"):
        assert not any(i in path.name for i in ids)
        if path.suffix in (".json", ".jsonl"):
            assert not any(i in path.read_text() for i in ids)


def test_a_run_takes_confirmed_masks_and_refuses_the_others(study, run):
    answer(run("export", "--quiet"))
    answer(run("confirm", *ONE, "--name", "C. Confirmer"))
    (study.parent / "out" / "store").mkdir(parents=True)  # a run that has begun
    done = subprocess.run(
        [
            *(sys.executable, "-m", "kinephen.cli.app", "status", str(study)),
            *("--set", "features.allow_unreviewed=false", "--out", str(study.parent / "out"), "--json"),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["cases"]
    assert [r["lesion"] for r in rows] == ["open", *["review.unreviewed"] * 5]
