"""``kinephen inspect`` on exams, folders of exams, NIfTI and tables."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from tests.io_exams import ExamMaker, ge_exam, values

from kinephen.errors import InputError
from kinephen.io.exam import inspect_path


def run(*args):
    return subprocess.run(
        [sys.executable, "-m", "kinephen.cli.app", "inspect", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_many_exams_one_of_them_unreadable(tmp_path):
    ge_exam(tmp_path / "SUBJECT-17" / "T1")
    ge_exam(tmp_path / "SUBJECT-17" / "T2")
    ExamMaker(tmp_path / "SUBJECT-18" / "T1").series(values(1), 2)
    found = inspect_path(tmp_path)
    assert [e["readable"] for e in found["exams"]] == [True, True, False]
    assert found["exams"][2]["error"]["code"] == "dicom.no_dynamic"
    assert found["exams"][0]["missing"] == ["segmentations"]
    assert "SUBJECT" not in json.dumps(found)


def test_roles_and_decoys(tmp_path):
    maker, *_ = ge_exam(tmp_path)
    maker.series(values(1, seed=3), 7, "SUB of Jane Roe")
    entry = inspect_path(tmp_path)["exams"][0]
    assert [p["role"] for p in entry["phases"]] == ["before contrast", "early", "late"]
    assert {s["number"]: s["kind"] for s in entry["series"]} == {2: "acquired", 7: "other", 21000: "SER"}
    assert entry["series"][1]["description"] == "SUB * * *"
    assert inspect_path(tmp_path, verbatim=True)["exams"][0]["series"][1]["description"] == "SUB of Jane Roe"


def test_command_prints_one_json_document(tmp_path):
    ge_exam(tmp_path)
    done = run(tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["exams"][0]["header"]["pe_threshold_percent"] == 70


def test_command_prints_tables(tmp_path):
    ge_exam(tmp_path)
    done = run(tmp_path)
    assert done.returncode == 0
    assert "before contrast" in done.stdout
    assert "region of interest" in done.stdout
    assert re.search(r"repetition ms\W+8\.2", done.stdout)
    assert re.search(r"fat suppression\W+fat suppressed", done.stdout)
    assert "has no segmentations" in done.stderr


def test_command_reads_clinical_tables(tmp_path):
    (tmp_path / "c.csv").write_text("patient_id,age,rfs_days,rfs_event\nMRN77,50,900,1\nMRN78,40,1200,0\n")
    done = run(tmp_path / "c.csv")
    assert done.returncode == 0
    assert "end point: not stated; 1 event, times in days" in " ".join(done.stdout.split())
    assert "MRN" not in done.stdout + done.stderr


def test_command_fails_with_the_input_code(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 4
    assert "no DICOM MR images found" in done.stderr
    done = run(tmp_path, "--json")
    assert json.loads(done.stdout)["error"]["code"] == "dicom.none"


def test_a_file_that_is_nothing(tmp_path):
    (tmp_path / "x.bin").write_bytes(b"nothing")
    with pytest.raises(InputError, match="no DICOM MR images"):
        inspect_path(tmp_path / "x.bin")


def test_images_of_a_series_are_shown_by_kind(reference):
    folder = reference("cases/imaging/67_one_post_plus_subtraction_later_time")
    assert "24 acquired, 12 subtraction" in run(folder).stdout
