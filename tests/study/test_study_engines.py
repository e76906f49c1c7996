"""Engines: one interface, the same results; a killed run goes on."""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from tests.study.conftest import SMALL

from kinephen.errors import ConfigError
from kinephen.study.engine import DaskEngine, LocalEngine, SerialEngine, make_engine


def square(number):
    if number == 13:
        raise ValueError("thirteen")
    return number * number, os.getpid()


@pytest.fixture(scope="module")
def scheduler():
    """Return the address of a scheduler with one worker in this process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.parametrize("kind", ["serial", "local", "dask"])
def test_every_engine_gives_each_job_its_result(kind, request):
    engine = {
        "serial": SerialEngine,
        "local": lambda: LocalEngine(2),
        "dask": lambda: make_engine(scheduler=request.getfixturevalue("scheduler")),
    }[kind]()
    found = dict(engine.map(square, list(range(6))))
    assert {i: value for i, (value, _) in found.items()} == {i: i * i for i in range(6)}
    if kind == "local":
        assert os.getpid() not in {pid for _, pid in found.values()}


@pytest.mark.parametrize("engine", [SerialEngine(), LocalEngine(2)])
def test_an_exception_of_a_job_reaches_the_caller(engine):
    with pytest.raises(ValueError, match="thirteen"):
        list(engine.map(square, [1, 13, 2]))


def test_a_scheduler_that_does_not_answer_is_named():
    with pytest.raises(ConfigError, match="no Dask scheduler answers at tcp://127.0.0.1:9"):
        list(DaskEngine("tcp://127.0.0.1:9", timeout_s=1.0).map(square, [1, 2]))


def test_without_dask_the_message_names_the_extra(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"kinephen\[dask\]"):
        make_engine(scheduler="tcp://host:8786")


@pytest.mark.slow
def test_dask_gives_the_same_report(finished, study_folder, run, scheduler, tmp_path):
    _, _, first = finished
    run(study_folder, tmp_path / "dask", engine=DaskEngine(scheduler))
    assert (tmp_path / "dask" / "report.json").read_bytes() == (first / "report.json").read_bytes()


def start(study_folder, out):
    words = [word for change in SMALL for word in ("--set", change)]
    command = [sys.executable, "-m", "kinephen.cli.app", "run", str(study_folder / "study.toml")]
    return subprocess.Popen(
        [*command, "-o", str(out), "-q", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


@pytest.mark.slow
def test_killed_three_times_and_run_again_the_report_is_the_same(study_folder, tmp_path):
    clean, killed = tmp_path / "clean", tmp_path / "killed"
    begun = time.monotonic()
    whole = start(study_folder, clean)
    whole.communicate()
    assert whole.returncode == 0
    length = time.monotonic() - begun
    chance = random.Random(7)
    for _ in range(3):
        process = start(study_folder, killed)
        time.sleep(chance.uniform(0.1, 0.8) * length)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    last = start(study_folder, killed)
    _, errors = last.communicate()
    assert last.returncode == 0, errors
    assert (killed / "report.json").read_bytes() == (clean / "report.json").read_bytes()
    assert not (killed / "store" / "partial").exists()
    assert [p for p in killed.rglob(".*") if p.name != ".lock"] == []


def test_two_runs_in_one_folder_are_refused(tmp_path):
    from kinephen.errors import UsageError
    from kinephen.study.lock import run_lock

    with run_lock(tmp_path), pytest.raises(UsageError, match="another run is at work"), run_lock(tmp_path):
        pass
    with run_lock(tmp_path):
        pass
