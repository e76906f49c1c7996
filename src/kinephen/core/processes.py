"""Processes: one thread each, and none that outlives the process that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
)
_PR_SET_PDEATHSIG = 1


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limit_threads() -> None:
    """Ask numerical libraries that are loaded later for one thread: parallelism is over cases."""
    for name in THREAD_VARIABLES:
        os.environ.setdefault(name, "1")


def end_with_parent(parent: int) -> None:
    """Ask the system to end this process when its parent ends; call it first in a new worker.

    A worker that outlives a killed parent would go on writing into a folder that has been started anew.
    Interrupts from the keyboard are left to the parent.

    Parameters
    ----------
    parent : int
        Process id of the parent as it knew itself; if it has gone already this process ends at once.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
