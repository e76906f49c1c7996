"""Signals that end a command (Ctrl-C, SIGTERM, a closed terminal): within two seconds, whatever it is doing.

The first signal raises `KeyboardInterrupt` in the main thread, so that files and workers are put away in
order. Where that does not end the command in time (a long computation in C, a second signal), a thread ends
it. This module imports little, since it is there before everything else is imported.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None
"""What a signal is met with: a function, or one of Python's or the system's own ways."""

GRACE_S = 0.8
_AGAIN = "run the same command again to go on from here\n"
_SENTENCES = {
    "SIGINT": (130, f"stopped; {_AGAIN}"),
    "SIGTERM": (143, f"stopped from outside (SIGTERM); {_AGAIN}"),
    "SIGHUP": (129, f"stopped since the terminal was closed (SIGHUP); {_AGAIN}"),
}
_SHOW_CURSOR = "\x1b[?25h"


class Stopping:
    """Watches for signals while a command runs.

    Attributes
    ----------
    signal : str
        Name of the first signal that came; empty before.
    """

    def __init__(self) -> None:
        self.signal = ""
        self._names: dict[int, str] = {}
        self._before: dict[int, Handler] = {}
        self._told = threading.Lock()
        self._wake = -1

    def __enter__(self) -> Stopping:
        if threading.current_thread() is not threading.main_thread():
            return self
        for name in _SENTENCES:
            number = getattr(signal, name, None)
            # What is ignored stays ignored: nohup, and a shell's jobs in the background.
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                self._names[number] = name
                self._before[number] = signal.signal(number, self._on_signal)
        read, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        threading.Thread(target=self._watch, args=(read,), daemon=True, name="signals").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._wake < 0 or self.signal:  # after a signal the thread goes on watching until the end
            return
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        os.close(self._wake)

    @property
    def exit_code(self) -> int:
        """Exit code of the signal that came."""
        return _SENTENCES[self.signal][0]

    def tell(self) -> None:
        """Say once, in one sentence, why the command ended."""
        if self.signal and self._told.acquire(blocking=False):
            show = _SHOW_CURSOR if os.isatty(2) else ""
            text = show + _SENTENCES[self.signal][1]
            with suppress(OSError):  # the terminal has gone
                os.write(2, text.encode())

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.signal:
            return  # the thread ends the process at a second one
        self.signal = self._names[number]
        sys.unraisablehook = lambda _: None  # where the exception cannot be raised it is not shown either
        raise KeyboardInterrupt

    def _watch(self, read: int) -> None:
        first = self._next(read, None)
        if first is None:
            os.close(read)
            return
        self._next(read, GRACE_S)
        self.signal = self.signal or first
        self.end_now()

    def _next(self, read: int, timeout_s: float | None) -> str | None:
        """Return the next signal that ends; None when nothing more comes or the time is over."""
        while select.select([read], [], [], timeout_s)[0]:
            data = os.read(read, 1)
            if not data:
                return None
            if data[0] in self._names:
                return self._names[data[0]]
        return None

    def end_now(self) -> None:
        """End this process and its workers at once."""
        self.tell()
        if "multiprocessing.process" in sys.modules:
            for child in sys.modules["multiprocessing.process"].active_children():
                child.kill()
        os._exit(self.exit_code)
