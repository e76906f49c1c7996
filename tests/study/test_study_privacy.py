"""A name, a birth date and an address planted in every text field of an exam reach no output of a run."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pandas as pd
import pytest
from tests.fault.test_io_privacy import BORN, NAME, STREET, plant

from kinephen.core.error_trace import shown_trace
from kinephen.core.pool import run_jobs
from kinephen.io.contrast_agents import NOT_SHOWN
from kinephen.study.case import run_case
from kinephen.study.case_tables import write_case_tables
from kinephen.study.cases import make_jobs, run_cases
from kinephen.study.engine import SerialEngine
from kinephen.study.plan import make_plan
from kinephen.study.steps.delta import run_delta
from kinephen.study.steps.stability import measure_stability
from kinephen.study.store import Store

WORDS = [w.encode() for w in (NAME, NAME.upper(), NAME.lower(), BORN, STREET, STREET.upper())]


def assert_clean(root):
    files = [p for p in root.rglob("*") if p.is_file() and "private" not in p.parts]
    assert files
    for path in files:
        assert not any(w in str(path.relative_to(root)).encode() for w in WORDS), path.name
        assert not any(w in path.read_bytes() for w in WORDS), path.name


def test_a_run_keeps_what_identifies_a_patient_inside(study_copy, load, tmp_path):
    exams = pd.read_csv(study_copy / "exams.csv")
    for path in exams["path"][:2]:
        plant(study_copy / path)
    study = load(study_copy)
    plan = make_plan(study, study_copy)
    results = run_cases(make_jobs(plan, tmp_path / "out")[:2], SerialEngine(), lambda *_: None)
    delta = run_delta(plan, results, study.preset, study.settings, Store(tmp_path / "out" / "store"))
    stability = measure_stability(results.repeats(study.preset))
    write_case_tables(plan, results, study.preset, delta, stability, tmp_path / "out")
    assert results.failures == {}
    protocols = [record.protocol for record in results.lesions.values()]
    assert protocols
    assert all(p.contrast_agent == p.coil == p.sequence_name == NOT_SHOWN for p in protocols)
    assert_clean(tmp_path / "out")


def test_a_failure_keeps_it_inside_too(study_copy, load, tmp_path):
    exams = pd.read_csv(study_copy / "exams.csv")
    exam = study_copy / exams["path"][0]
    plant(exam)
    for file in sorted(exam.rglob("*.dcm"))[:-3]:
        file.unlink()
    outcome = run_case(make_jobs(make_plan(load(study_copy), study_copy), tmp_path / "out")[0])
    assert outcome.failure is not None
    assert_clean(tmp_path / "out")


def test_a_failure_of_a_library_keeps_the_path_inside(study_copy, load, tmp_path):
    """Messages of libraries hold the whole path of a file; folders are often named after the patient."""
    exams = pd.read_csv(study_copy / "exams.csv")
    exam = study_copy / f"{NAME}_Jane" / "exam"
    exam.mkdir(parents=True)
    for phase in range(3):
        (exam / f"dce_{phase:04d}.nii").write_bytes(b"no image at all" * 40)
    exams.loc[0, "path"] = str(exam.relative_to(study_copy))
    exams.to_csv(study_copy / "exams.csv", index=False)
    outcome = run_case(make_jobs(make_plan(load(study_copy), study_copy), tmp_path / "out")[0])
    assert outcome.failure is not None
    assert outcome.failure.code == "nifti.unreadable"
    note = json.loads((tmp_path / "out" / "cases" / "case-0001" / "T1" / "failure.json").read_text())
    assert "kinephen.errors.InputError" in note["traceback"]
    assert re.search(r"  kinephen\.io\.nifti_file:\d+ in ", note["traceback"])
    assert_clean(tmp_path / "out")


def failing(job):
    raise KeyError(job)


def test_an_error_of_a_worker_tells_frames_and_kinds_only():
    """An error that crosses from a worker keeps where it arose there, and nothing that it said."""
    with pytest.raises(KeyError) as raised:
        list(run_jobs(failing, [NAME], workers=1))
    text = shown_trace(raised.value)
    assert f"  {__name__}:" in text
    assert "in failing" in text
    assert text.endswith("builtins.KeyError\n")
    assert NAME not in text


def test_the_ftv_command_writes_and_prints_nothing_of_it(study_copy, tmp_path):
    exam = study_copy / pd.read_csv(study_copy / "exams.csv")["path"][0]
    plant(exam)
    done = subprocess.run(
        [sys.executable, "-m", "kinephen.cli.app", "ftv", str(exam), "-o", str(tmp_path / "ftv"), "--json"],
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not any(w in done.stdout + done.stderr for w in WORDS)
    assert_clean(tmp_path / "ftv")
