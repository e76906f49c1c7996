"""Jobs in worker processes, of which any may end at any moment without loss of the others' results."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from kinephen.core.error_trace import shown_trace
from kinephen.core.machine import machine_fault
from kinephen.core.processes import end_with_parent, limit_threads
from kinephen.errors import MachineError

Job = TypeVar("Job")
Result = TypeVar("Result")

_READY = "ready"
_PATIENCE_S = 5.0
"""How long a worker without work may take to end by itself."""


class WorkerDied(Exception):  # noqa: N818 - a state that is caught here, not an error that is shown
    """The process that had the job has ended; `ready` tells whether it had begun to work at all."""

    def __init__(self, *, ready: bool) -> None:
        super().__init__()
        self.ready = ready


def run_jobs(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    workers: int,
    lost: Callable[[Job], Result] | None = None,
) -> Generator[tuple[int, Result], None, None]:
    """Yield (position of the job, result) as jobs are finished.

    A job whose process ends before its result is there (killed, out of memory, crashed) is tried once more
    when all others are done, alone on the machine.

    Parameters
    ----------
    function : callable
        Found by its name in a new interpreter, as `jobs` and results can be pickled.
    jobs : sequence
    workers : int
        Processes at most.
    lost : callable, optional
        Gives the result of a job whose process ended twice.

    Raises
    ------
    MachineError
        ``machine.worker`` without `lost` for such a job, or if processes end before they begin to work.
    Exception
        What `function` raised; the other workers are ended.
    """
    again: list[int] = []
    with _Crew() as crew:
        waiting = deque(range(len(jobs)))
        for _ in range(min(workers, len(jobs))):
            crew.hire()
        while crew.workers:
            for worker in crew.with_news():
                done, answer = worker.position, None
                try:
                    answer = worker.answer()
                except WorkerDied as death:
                    crew.dismiss(worker)
                    again += _deceased(worker, death)
                    if waiting:
                        crew.hire()
                    continue
                crew.occupy(worker, function, jobs, waiting)
                if answer is not None and done is not None:
                    yield done, answer.value()
    for position in again:
        yield position, _alone(function, jobs[position], lost)


def _deceased(worker: _Worker, death: WorkerDied) -> list[int]:
    if not death.ready:
        raise MachineError(
            "worker processes end before they begin to work",
            code="machine.worker",
            hint="look at the messages above; --workers 1 works in one process",
        )
    return [] if worker.position is None else [worker.position]


def _alone(function: Callable[[Job], Result], job: Job, lost: Callable[[Job], Result] | None) -> Result:
    with _Crew() as crew:
        worker = crew.hire()
        try:
            worker.answer()
            worker.give(0, function, job)
            answer = worker.answer()
        except WorkerDied as death:
            if lost is not None and death.ready:
                return lost(job)
            raise MachineError(
                "a worker process was ended from outside or crashed, twice",
                code="machine.worker",
                hint="mostly memory runs out: close other programs, then run the same command again",
            ) from None
        assert answer is not None
        result: Result = answer.value()
        return result


class _Answer:
    """What a worker sent: a result, or the exception of the function."""

    def __init__(self, result: Any, error: BaseException | None) -> None:
        self._result = result
        self._error = error

    def value(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._result


class _Worker:
    """One process, and the job that it has."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.position: int | None = None
        self._ready = False
        self.process = context.Process(target=_work, args=(theirs, os.getpid()), daemon=True)
        with _interrupts_blocked():
            self.process.start()
        theirs.close()

    def answer(self) -> _Answer | None:
        """Return what the worker sent, None for the news that it is there; raises `WorkerDied`."""
        try:
            message = self.connection.recv()
        except (EOFError, OSError):
            raise WorkerDied(ready=self._ready) from None
        if message == _READY:
            self._ready = True
            return None
        result, error = message
        return _Answer(result, error)

    def give(self, position: int, function: Callable[[Any], Any], job: Any) -> None:
        """Hand a job over; a worker that has ended is found out when its answer is read."""
        self.position = position
        with suppress(BrokenPipeError, ConnectionResetError):
            self.connection.send((function, job))


class _Crew:
    """Workers of one run, none of which outlives the block."""

    def __init__(self) -> None:
        self.workers: list[_Worker] = []
        self._leaving: list[_Worker] = []

    def __enter__(self) -> _Crew:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for worker in (*self.workers, *self._leaving):
            if kind is None:
                worker.process.join(_PATIENCE_S)
            worker.process.kill()
            worker.process.join()
            worker.connection.close()

    def hire(self) -> _Worker:
        """Start a worker."""
        worker = _Worker()
        self.workers.append(worker)
        return worker

    def with_news(self) -> list[_Worker]:
        """Wait until workers have sent something or ended, and return them."""
        ready = wait([w.connection for w in self.workers])
        return [w for w in self.workers if w.connection in ready]

    def dismiss(self, worker: _Worker) -> None:
        """Take a worker off that has ended or is to end."""
        self.workers.remove(worker)
        self._leaving.append(worker)

    def occupy(
        self,
        worker: _Worker,
        function: Callable[[Job], Result],
        jobs: Sequence[Job],
        waiting: deque[int],
    ) -> None:
        """Give the worker the next job, or send it home."""
        if waiting:
            position = waiting.popleft()
            worker.give(position, function, jobs[position])
            return
        with suppress(BrokenPipeError, ConnectionResetError):
            worker.connection.send(None)
        self.dismiss(worker)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Keep an interrupt from the keyboard from a new process until it ignores them; ours waits."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # would change the mask if it were started within
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(connection: Connection, parent: int) -> None:
    end_with_parent(parent)
    limit_threads()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the parent has gone
        connection.send(_READY)
        while (task := connection.recv()) is not None:
            function, job = task
            connection.send_bytes(_answer_of(function, job))


def _answer_of(function: Callable[[Any], Any], job: Any) -> bytes:
    try:
        return pickle.dumps((function(job), None), protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return _packed(machine_fault(error) if _is_machine(error) else error)


def _is_machine(error: Exception) -> bool:
    return machine_fault(error) is not None and not isinstance(error, PermissionError)


def _packed(error: BaseException | None) -> bytes:
    """Pickle an exception, or its text where it does not survive that."""
    assert error is not None
    error.add_note(shown_trace(error))
    try:
        data = pickle.dumps((None, error))
        pickle.loads(data)  # noqa: S301 - our own bytes of the line before
    except Exception:
        return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))
    return data
