"""Worker processes that do not outlive the process that started them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


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
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
