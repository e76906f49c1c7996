"""How a command hears a signal and ends; no process of our own is ended here."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from contextlib import suppress
from types import SimpleNamespace as Of

import pytest

from kinephen.cli import stopping
from kinephen.cli.stopping import Stopping

WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    """Begin with the usual handlers; put handlers, the wake-up file and the hook back at the end.

    A job in the background begins with interrupts ignored.
    """
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    handlers = {number: signal.getsignal(number) for number in WATCHED}
    for number in WATCHED:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    signal.set_wakeup_fd(-1)


@pytest.fixture
def written(monkeypatch):
    """What is written to a file by its number."""
    found = []
    monkeypatch.setattr(stopping.os, "write", lambda fd, data: found.append((fd, data)))
    return found


def told(name):
    heard = Stopping()
    heard.signal = name
    return heard


def watchers():
    return [t for t in threading.enumerate() if t.name == "signals"]


def test_while_a_command_runs_its_signals_are_heard_and_afterwards_as_before(monkeypatch):
    before, real = [signal.getsignal(n) for n in WATCHED], signal.set_wakeup_fd
    others = watchers()
    calls = []

    def recorded(fd, **options):
        calls.append((fd, options))
        return real(fd, **options)

    monkeypatch.setattr(signal, "set_wakeup_fd", recorded)
    heard = Stopping()
    with heard as same:
        assert same is heard
        assert heard.signal == ""
        assert [signal.getsignal(n) for n in WATCHED] == [heard._on_signal] * 3
        (watcher,) = (w for w in watchers() if w not in others)
        assert watcher.daemon
        wake = calls[0][0]
        assert not os.get_blocking(wake)
    assert [signal.getsignal(n) for n in WATCHED] == before
    assert calls == [(wake, {"warn_on_full_buffer": False}), (-1, {})]
    watcher.join(10)
    assert not watcher.is_alive()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(wake)


def test_what_is_ignored_stays_so():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Stopping() as heard:
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) == heard._on_signal


def test_outside_of_the_main_thread_nothing_is_watched():
    found, others = [], watchers()  # one of an earlier test may still be ending

    def run():
        try:
            with Stopping() as heard:
                found.append(
                    (
                        heard.signal,
                        [w for w in watchers() if w not in others],
                        signal.getsignal(signal.SIGTERM),
                    )
                )
        except ValueError as error:
            found.append(error)

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert found == [("", [], before)]


@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP")]
)
def test_the_first_signal_interrupts_and_a_second_is_left_to_the_thread(monkeypatch, number, name):
    monkeypatch.setattr(stopping.threading, "Thread", lambda **_: Of(start=lambda: None))
    with Stopping() as heard:
        with pytest.raises(KeyboardInterrupt):
            heard._on_signal(number, None)
        assert heard._on_signal(signal.SIGINT, None) is None
        assert heard.signal == name
        assert sys.unraisablehook(None) is None
    # The thread goes on watching until the end.
    assert signal.getsignal(number) == heard._on_signal
    os.fstat(heard._wake)


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        ("SIGINT", 130, "stopped; run the same command again to go on from here\n"),
        ("SIGTERM", 143, "stopped from outside (SIGTERM); run the same command again to go on from here\n"),
        (
            "SIGHUP",
            129,
            "stopped since the terminal was closed (SIGHUP); run the same command again to go on from here\n",
        ),
    ],
)
@pytest.mark.parametrize("terminal", [True, False])
def test_the_sentence_is_said_once(monkeypatch, written, name, code, sentence, terminal):
    monkeypatch.setattr(stopping.os, "isatty", lambda fd: terminal and fd == 2)
    heard = told(name)
    assert heard.exit_code == code
    heard.tell()
    again = threading.Thread(target=heard.tell, daemon=True)
    again.start()
    again.join(10)
    assert not again.is_alive()
    assert written == [(2, (("\x1b[?25h" if terminal else "") + sentence).encode())]


def test_without_a_signal_nothing_is_said_and_a_closed_terminal_is_no_error(monkeypatch, written):
    Stopping().tell()
    assert written == []

    def gone(*_):
        raise OSError

    monkeypatch.setattr(stopping.os, "write", gone)
    told("SIGHUP").tell()


def test_the_end_takes_the_workers_along(monkeypatch, written):
    ended, codes = [], []
    monkeypatch.setattr(stopping.os, "_exit", codes.append)
    children = [Of(kill=lambda n=n: ended.append(n)) for n in (1, 2)]
    monkeypatch.setitem(sys.modules, "multiprocessing.process", Of(active_children=lambda: children))
    told("SIGTERM").end_now()
    assert (ended, codes, len(written)) == ([1, 2], [143], 1)
    monkeypatch.delitem(sys.modules, "multiprocessing.process")
    told("SIGINT").end_now()
    assert (ended, codes) == ([1, 2], [143, 130])


@pytest.fixture
def pipe():
    read, write = os.pipe()
    yield read, write
    for fd in (read, write):
        with suppress(OSError):
            os.close(fd)


@pytest.fixture
def watching(monkeypatch):
    """An object that knows its signals, how it ended, and how long it waited each time."""
    heard, ends, waits = Stopping(), [], []
    heard._names = {int(n): n.name for n in WATCHED}
    monkeypatch.setattr(heard, "end_now", lambda: ends.append(heard.signal))

    def ready(read, write, other, timeout):
        waits.append(timeout)
        return real(read, write, other, 0)

    real = select.select
    monkeypatch.setattr(stopping.select, "select", ready)
    return heard, ends, waits


def test_other_signals_are_passed_over(watching, pipe):
    heard, _, waits = watching
    os.write(pipe[1], bytes([signal.SIGCHLD, signal.SIGTERM, signal.SIGINT]))
    assert [heard._next(pipe[0], 5) for _ in range(3)] == ["SIGTERM", "SIGINT", None]
    os.close(pipe[1])
    assert heard._next(pipe[0], None) is None
    assert waits == [5, 5, 5, 5, None]


@pytest.mark.parametrize("known", ["", "SIGHUP"])
def test_the_thread_gives_a_command_time_and_then_ends_it(watching, pipe, known):
    heard, ends, waits = watching
    heard.signal = known
    os.write(pipe[1], bytes([signal.SIGTERM]))
    heard._watch(pipe[0])
    assert ends == [known or "SIGTERM"]
    assert waits == [None, 0.8]


def test_the_thread_ends_by_itself_with_the_command(watching, pipe):
    heard, ends, waits = watching
    os.close(pipe[1])
    heard._watch(pipe[0])
    assert (ends, waits) == ([], [None])
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(pipe[0])
