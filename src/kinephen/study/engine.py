"""One interface to run independent jobs, and the two engines behind it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Protocol, TypeVar

from kinephen.core.pool import WorkerDied, run_jobs
from kinephen.core.processes import available_cores
from kinephen.errors import ConfigError, MachineError

if TYPE_CHECKING:
    from distributed import Client

Job = TypeVar("Job")
Result = TypeVar("Result")
Found = TypeVar("Found", covariant=True)


class Engine(Protocol):
    """Runs a function over jobs and yields the results as they come, each with its job's position."""

    def map(
        self,
        function: Callable[[Job], Result],
        jobs: Sequence[Job],
        *,
        lost: Callable[[Job], Result] | None = None,
    ) -> Generator[tuple[int, Result], None, None]:
        """Yield (position of the job, result); an exception of the function ends the run.

        `lost` gives the result of a job whose process was ended each time that it was tried; without it such
        a job ends the run with a `MachineError`.
        """
        ...


class SerialEngine:
    """Runs jobs one after another in this process."""

    def map(
        self,
        function: Callable[[Job], Result],
        jobs: Sequence[Job],
        *,
        lost: Callable[[Job], Result] | None = None,
    ) -> Generator[tuple[int, Result], None, None]:
        """Yield results in the order of the jobs; `lost` is never needed."""
        for position, job in enumerate(jobs):
            yield position, function(job)


class LocalEngine:
    """Runs jobs in processes on this machine.

    Parameters
    ----------
    workers : int, optional
        By default one for each available core.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = max(1, workers or available_cores())

    def map(
        self,
        function: Callable[[Job], Result],
        jobs: Sequence[Job],
        *,
        lost: Callable[[Job], Result] | None = None,
    ) -> Generator[tuple[int, Result], None, None]:
        """Yield results as they are finished; a job whose process ends is tried once more alone."""
        if self.workers == 1 or len(jobs) < 2:
            return SerialEngine().map(function, jobs)
        return run_jobs(function, jobs, workers=self.workers, lost=lost)


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

    def map(
        self,
        function: Callable[[Job], Result],
        jobs: Sequence[Job],
        *,
        lost: Callable[[Job], Result] | None = None,
    ) -> Generator[tuple[int, Result], None, None]:
        """Yield results as they are finished.

        The scheduler tries jobs of ended workers again, but gives up all that waited on a worker which ended
        too often; those are tried once more here, one after another.
        """
        from distributed import as_completed as dask_as_completed

        with self._client() as client:
            futures = client.map(function, list(jobs), pure=False)
            positions = {future.key: i for i, future in enumerate(futures)}
            again: list[int] = []
            for future in dask_as_completed(futures, loop=client.loop):
                position = positions[future.key]
                try:
                    result = _result(future)
                except WorkerDied:
                    again.append(position)
                    continue
                yield position, result
            for position in sorted(again):
                job = jobs[position]
                try:
                    result = _result(client.submit(function, job, pure=False))
                except WorkerDied:
                    if lost is None:
                        raise _no_worker("workers with this job were ended from outside or crashed") from None
                    result = lost(job)
                yield position, result

    def _client(self) -> Client:
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


class _Future(Protocol[Found]):
    """A job at the scheduler."""

    def result(self) -> Found: ...


def _result(future: _Future[Result]) -> Result:
    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker:
        raise WorkerDied(ready=True) from None
    except CancelledError:
        raise _no_worker("the scheduler has gone") from None


def _no_worker(found: str) -> MachineError:
    return MachineError(
        found, code="machine.worker", hint="look at the scheduler, then run the same command again"
    )
