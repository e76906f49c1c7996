"""A name, a birth date and an address planted in every text field of an exam reach no output of a run."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
from tests.fault.test_io_privacy import BORN, NAME, STREET, plant

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
