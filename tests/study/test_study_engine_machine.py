"""Faults of the machine are not faults of the data: no exam fails for them, and the next run goes on."""

from __future__ import annotations

import errno
import io
import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kinephen.core.machine import machine_fault
from kinephen.errors import ExitCode, InputError, MachineError
from kinephen.study.case import lost_case, run_case
from kinephen.study.cases import make_jobs, run_cases, status_rows
from kinephen.study.engine import LocalEngine
from kinephen.study.lock import run_lock
from kinephen.study.plan import make_plan


@pytest.fixture
def opening(monkeypatch):
    """Return a function that lets each opening of files fail to which a condition applies."""
    real = io.open

    def fail(number, when):
        def opened(file, mode="r", *arguments, **named):
            if isinstance(file, (str, Path)) and when(str(file), mode):
                raise OSError(number, os.strerror(number), str(file))
            return real(file, mode, *arguments, **named)

        monkeypatch.setattr(io, "open", opened)

    return fail


def nothing_is_left(out):
    assert not list(out.rglob("failure.json"))
    assert not list(out.rglob(".partial-*"))
    assert not list((out / "store").glob("partial/*"))


@pytest.mark.slow
@pytest.mark.parametrize("writes", [14, 150])
def test_a_full_disk_ends_the_run_and_the_next_ends_as_if_nothing_had_been(
    finished, study_folder, run, tmp_path, opening, monkeypatch, writes
):
    _, _, first = finished
    out = tmp_path / "out"
    shutil.copytree(first / "store", out / "store")
    for step in ("lesion", "features"):
        for folder in sorted((out / "store" / step).iterdir())[:2]:
            shutil.rmtree(folder)
    counted = iter(range(writes))
    opening(errno.ENOSPC, lambda file, mode: "w" in mode and str(out) in file and next(counted, None) is None)
    with pytest.raises((MachineError, OSError)) as caught, run_lock(out):
        run(study_folder, out)
    assert machine_fault(caught.value).code == "machine.full"
    nothing_is_left(out)
    monkeypatch.undo()
    with run_lock(out):
        run(study_folder, out)
    assert (out / "report.json").read_bytes() == (first / "report.json").read_bytes()


@pytest.fixture
def jobs(study_folder, load, tmp_path):
    """Return the jobs of the exams of the tiny study, in a folder of their own."""
    return make_jobs(make_plan(load(study_folder), study_folder), tmp_path / "out")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS])
def test_a_fault_while_writing_what_was_found_is_not_the_exams(jobs, opening, number):
    opening(number, lambda file, mode: "w" in mode and str(jobs[0].out) in file)
    with pytest.raises(MachineError) as caught:
        run_case(jobs[0])
    assert caught.value.exit_code == ExitCode.MACHINE
    assert caught.value.hint
    nothing_is_left(jobs[0].out)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.EIO, errno.ENOMEM])
def test_a_fault_while_reading_an_exam_is_not_the_exams(jobs, opening, number):
    opening(number, lambda file, mode: str(jobs[0].exam) in file)
    with pytest.raises(MachineError):
        run_case(jobs[0])
    nothing_is_left(jobs[0].out)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("std::bad_alloc")])
def test_no_memory_for_an_exam_is_not_the_exams(jobs, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr("kinephen.study.case._steps", fail)
    with pytest.raises(MachineError) as caught:
        run_case(jobs[0])
    assert caught.value.code == "machine.memory"
    nothing_is_left(jobs[0].out)


def test_an_input_that_may_not_be_read_fails_its_exam_by_name(jobs, tmp_path, opening):
    mask = tmp_path / "mask.nii"
    mask.write_bytes(bytes(400))
    denied = replace(jobs[0], mask=mask)
    opening(errno.EACCES, lambda file, mode: file == str(mask))
    outcome = run_case(denied)
    assert outcome.failure.code == "path.permission"
    assert "chmod" in outcome.failure.hint


def test_an_output_that_may_not_be_written_is_the_machines(jobs, opening):
    opening(errno.EACCES, lambda file, mode: "w" in mode and str(jobs[0].out) in file)
    with pytest.raises(MachineError) as caught:
        run_case(jobs[0])
    assert caught.value.code == "machine.permission"


def test_an_exam_whose_process_was_ended_twice_fails_by_name(jobs):
    outcome = lost_case(jobs[3])
    assert outcome.failure.code == "exam.worker"
    note = jobs[3].out / "cases" / jobs[3].case / jobs[3].visit / "failure.json"
    assert json.loads(note.read_text())["code"] == "exam.worker"
    assert status_rows(jobs)[3]["lesion"] == "failed: exam.worker"


class Deadly(LocalEngine):
    """Ends the process that has one exam, each time."""

    def map(self, function, jobs, *, lost=None):
        return super().map(deadly, jobs, lost=lost)


def deadly(job):
    if (job.case, job.visit) == ("case-0002", "T1"):
        os.kill(os.getpid(), 9)
    return run_case(job)


def test_the_other_exams_go_on_when_one_ends_its_process(jobs):
    results = run_cases(jobs[:6], Deadly(2), lambda *_: None)
    assert list(results.failures) == [("case-0002", "T1")]
    assert set(results.lesions) == {(j.case, j.visit) for j in jobs[:6]} - {("case-0002", "T1")}


def limited():
    """Let no file grow beyond 8 kB in the new process."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))


@pytest.mark.parametrize("processes", ["one", "two"])
def test_a_trial_that_cannot_be_written_leaves_nothing(tmp_path, processes):
    patients = ("--patients", "12", "--validation", "0") if processes == "two" else ("--patients", "4")
    size = ("--matrix", "96", "--slices", "8")
    done = subprocess.run(
        [sys.executable, "-m", "kinephen", "simulate", "--out", tmp_path / "a", *patients, *size, "--json"],
        preexec_fn=limited, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == ExitCode.MACHINE, done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "machine.full"
    assert done.stderr.startswith("error [machine.full]: ")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def mounted(folder, size):
    folder.mkdir()
    return subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
    ).returncode


def test_a_disk_of_600_kilobytes_ends_the_run_with_one_sentence(study_folder, tmp_path):
    out = tmp_path / "small"
    if shutil.which("mount") is None or mounted(out, "600k") != 0:
        pytest.skip("needs the right to mount a file system")
    try:
        command = [sys.executable, "-m", "kinephen", "run", study_folder / "study.toml", "-o", out, "-q"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == ExitCode.MACHINE, done.stderr
        assert done.stderr.count("\n") == 2
        assert done.stderr.startswith(f"error [machine.full]: {out}")
        nothing_is_left(out)
    finally:
        subprocess.run(["umount", out], check=True)


def test_standard_output_on_a_full_disk_is_a_fault_of_the_machine():
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kinephen", "info", "maps"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == ExitCode.MACHINE
    assert done.stderr.startswith("error [machine.full]: ")


def test_a_cause_is_found_behind_other_errors():
    full = OSError(errno.ENOSPC, "full")
    error = InputError("damaged", code="a.b")
    assert machine_fault(error) is None
    error.__cause__ = full
    assert machine_fault(error).code == "machine.full"
    error.__cause__, error.__context__, error.__suppress_context__ = None, full, True
    assert machine_fault(error) is None
