"""Workers that end in the middle of a job cost nothing but a second try of that job."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from contextlib import closing

import pytest

from kinephen.core.pool import run_jobs
from kinephen.errors import CohortError, MachineError
from kinephen.study.engine import DaskEngine, LocalEngine


def work(job):
    """Square a number; end the own process at the jobs and as often as they ask for."""
    number, notes, deaths = job
    tries = notes / f"{number}"
    tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
    if len(tries.read_text()) <= deaths:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return number * number


def jobs_of(folder, deaths):
    return [(number, folder, deaths.get(number, 0)) for number in range(8)]


def tries(folder):
    return {int(p.name): len(p.read_text()) for p in folder.iterdir()}


def fail(number):
    if number == 3:
        raise CohortError("three", code="test.three", hint="take two", where="here")
    time.sleep(30 if number > 3 else 0)
    return number


def unspeakable(_):
    class LocalError(Exception):
        pass

    raise LocalError("cannot be pickled")


def memory(_):
    raise MemoryError


def test_a_job_whose_worker_is_killed_is_tried_once_more_and_only_that_job(tmp_path):
    found = dict(LocalEngine(2).map(work, jobs_of(tmp_path, {2: 1, 5: 1})))
    assert found == {i: i * i for i in range(8)}
    assert tries(tmp_path) == {i: 2 if i in (2, 5) else 1 for i in range(8)}
    assert multiprocessing.active_children() == []


def test_a_job_whose_worker_is_killed_twice_is_lost_by_name_and_the_others_go_on(tmp_path):
    found = dict(LocalEngine(2).map(work, jobs_of(tmp_path, {4: 9}), lost=lambda job: f"lost {job[0]}"))
    assert found == {i: "lost 4" if i == 4 else i * i for i in range(8)}
    assert tries(tmp_path) == {i: 2 if i == 4 else 1 for i in range(8)}


def test_without_a_result_for_lost_jobs_the_run_ends_after_all_others(tmp_path):
    seen = []
    with pytest.raises(MachineError, match="a worker process was ended from outside or crashed, twice"):
        seen.extend(LocalEngine(2).map(work, jobs_of(tmp_path, {0: 9})))
    assert tries(tmp_path)[0] == 2
    assert set(tries(tmp_path)) == set(range(8))


def test_an_exception_ends_the_others_at_once_and_keeps_its_fields():
    begun = time.monotonic()
    with pytest.raises(CohortError) as caught:
        list(run_jobs(fail, [1, 2, 3, 4, 5], workers=2))
    assert caught.value.to_dict() == {
        "code": "test.three", "message": "three", "hint": "take two", "where": "here"
    }  # fmt: skip
    assert time.monotonic() - begun < 25
    assert multiprocessing.active_children() == []


def test_an_exception_that_cannot_be_sent_arrives_as_text():
    with pytest.raises(RuntimeError, match="LocalError: cannot be pickled"):
        list(run_jobs(unspeakable, [1, 2], workers=2))


def test_no_memory_in_a_worker_is_a_fault_of_the_machine():
    with pytest.raises(MachineError) as caught:
        list(run_jobs(memory, [1, 2], workers=2))
    assert caught.value.code == "machine.memory"


def test_workers_end_with_the_block_that_reads_their_results(tmp_path):
    with closing(LocalEngine(2).map(work, jobs_of(tmp_path, {}))) as results:
        next(results)
    assert multiprocessing.active_children() == []


def test_dask_gives_up_a_job_that_ends_its_workers_and_goes_on(tmp_path):
    distributed = pytest.importorskip("distributed")
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=True, protocol="tcp", dashboard_address=":0",
            silence_logs=50,
        ) as cluster,
    ):  # fmt: skip
        engine = DaskEngine(cluster.scheduler_address)
        jobs = jobs_of(tmp_path, {2: 9})[:4]
        found = dict(engine.map(work, jobs, lost=lambda job: f"lost {job[0]}"))
    assert found == {0: 0, 1: 1, 2: "lost 2", 3: 9}
