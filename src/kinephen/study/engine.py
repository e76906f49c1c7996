"""One interface to run independent jobs, and the two engines behind it."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any, Protocol, TypeVar

from kinephen.core.processes import end_with_parent
from kinephen.errors import ConfigError

Job = TypeVar("Job")
Result = TypeVar("Result")

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)


class Engine(Protocol):
    """Runs a function over jobs and yields the results as they come, each with its job's position."""

    def map(self, function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[tuple[int, Result]]:
        """Yield (position of the job, result); an exception of the function ends the run."""
        ...


class SerialEngine:
    """Runs jobs one after another in this process."""

    def map(self, function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[tuple[int, Result]]:
        """Yield results in the order of the jobs."""
        for position, job in enumerate(jobs):
            yield position, function(job)


class LocalEngine:
    """Runs jobs in a pool of processes on this machine.

    Parameters
    ----------
    workers : int, optional
        By default one for each available core.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = max(1, workers or available_cores())

    def map(self, function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[tuple[int, Result]]:
        """Yield results as they are finished."""
        if self.workers == 1 or len(jobs) < 2:
            yield from SerialEngine().map(function, jobs)
            return
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(
            min(self.workers, len(jobs)),
            mp_context=context,
            initializer=_start_worker,
            initargs=(os.getpid(),),
        ) as pool:
            futures = {pool.submit(function, job): i for i, job in enumerate(jobs)}
            try:
                for future in as_completed(futures):
                    yield futures[future], future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


class DaskEngine:
    """Runs jobs on a Dask scheduler that is already there.

    Parameters
    ----------
    address : str
        For example ``"tcp://host:8786"``; the workers see the same files under the same paths.
    timeout_s : float
        How long to wait for the scheduler.
    """

    def __init__(self, address: str, *, timeout_s: float = 20.0) -> None:
        self.address = address
        self.timeout_s = timeout_s

    def map(self, function: Callable[[Job], Result], jobs: Sequence[Job]) -> Iterator[tuple[int, Result]]:
        """Yield results as they are finished."""
        from distributed import as_completed as dask_as_completed

        with self._client() as client:
            futures = client.map(function, list(jobs), pure=False)
            positions = {future.key: i for i, future in enumerate(futures)}
            for future in dask_as_completed(futures, loop=client.loop):
                yield positions[future.key], future.result()

    def _client(self) -> Any:
        from distributed import Client

        try:
            return Client(self.address, timeout=self.timeout_s, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"no Dask scheduler answers at {self.address} ({type(error).__name__})",
                code="engine.unreachable",
                hint="start one with `dask scheduler`, or leave --scheduler out",
            ) from None


def make_engine(*, scheduler: str | None = None, workers: int | None = None) -> Engine:
    """Return the engine that the options ask for."""
    if scheduler:
        if importlib.util.find_spec("distributed") is None:
            raise ConfigError(
                "a scheduler address was given, but Dask is not installed",
                code="engine.dask_missing",
                hint="install kinephen[dask]",
            )
        return DaskEngine(scheduler)
    return LocalEngine(workers)


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limit_threads() -> None:
    """Ask numerical libraries that are loaded later for one thread: parallelism is over cases."""
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, "1")


def _start_worker(parent: int) -> None:
    limit_threads()
    end_with_parent(parent)
