"""The command line from start to end: what is flushed, which code it ends with, what the program names."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from types import ModuleType

import pytest
import typer

import kinephen
from kinephen.cli import app, program
from kinephen.errors import ExitCode


@pytest.fixture
def ended(monkeypatch):
    """Return a function that runs a stand-in for the program, and returns the exit code."""

    def call(ends):
        def command(*words, **options):
            assert (words, options) == ((), {"standalone_mode": False})
            return ends()

        monkeypatch.setattr(program, "register", lambda: None)
        monkeypatch.setattr(program, "app", command)
        with pytest.raises(SystemExit) as end:
            app.main()
        return end.value.code

    return call


@pytest.fixture
def flushed(monkeypatch):
    done = []
    monkeypatch.setattr(app, "_flush", lambda: done.append(1))
    return done


@pytest.fixture
def unread(monkeypatch):
    done = []
    monkeypatch.setattr(app, "_without_reader", lambda: done.append(1) or 0)
    return done


def raising(error):
    def ends():
        raise error

    return ends


@pytest.mark.parametrize("ends", [lambda: None, lambda: 0, lambda: 3, raising(SystemExit(5))])
def test_output_is_flushed_before_the_end(ended, flushed, unread, ends):
    code = ended(ends)
    assert code in (0, 3, 5)
    assert (flushed, unread) == ([1], [])


def test_codes_are_those_of_the_command(ended, flushed, unread):
    assert ended(lambda: None) == 0
    assert ended(lambda: 3) == 3
    assert ended(raising(SystemExit(5))) == 5
    assert ended(raising(SystemExit("gone"))) == 0
    assert unread == []
    assert ended(raising(SystemExit(2))) == 2
    assert ended(raising(SystemExit(0))) == 0


@pytest.mark.parametrize("ends", [raising(BrokenPipeError()), raising(SystemExit(1)), lambda: 1])
def test_nobody_reads_any_more(ended, unread, ends):
    assert ended(ends) == 0
    assert unread == [1]


@pytest.mark.parametrize("ends", [lambda: None, raising(SystemExit(5))])
def test_the_last_bytes_find_no_reader_or_no_disk(ended, unread, capsys, monkeypatch, ends):
    monkeypatch.setattr(sys, "argv", ["kinephen"])
    monkeypatch.setattr(app, "_flush", raising(BrokenPipeError()))
    assert ended(ends) == 0
    assert unread == [1]
    monkeypatch.setattr(app, "_flush", raising(OSError(errno.ENOSPC, "full")))
    assert ended(ends) == ExitCode.MACHINE
    assert "error [machine.full]" in capsys.readouterr().err
    assert unread == [1]


def test_output_goes_nowhere_when_its_reader_has_gone(monkeypatch):
    opened, moved = [], []
    monkeypatch.setattr(app.os, "open", lambda *words: opened.append(words) or 77)
    monkeypatch.setattr(app.os, "dup2", lambda *words: moved.append(words))
    assert app._without_reader() == 0
    assert (opened, moved) == ([(os.devnull, os.O_WRONLY)], [(77, 1)])


class Heard:
    """Stands for `Stopping` after a signal, or where Ctrl-C comes between two of our lines."""

    def __init__(self, signal, at_exit=False):
        self.signal, self.at_exit, self.ends = signal, at_exit, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.at_exit:
            raise KeyboardInterrupt

    def end_now(self):
        self.ends += 1


@pytest.mark.parametrize(
    ("heard", "ends", "code", "at_once"),
    [
        (Heard(""), lambda: 3, 3, 0),
        (Heard("SIGTERM"), lambda: None, 0, 0),
        (Heard("SIGTERM"), lambda: 3, 3, 1),
        (Heard("SIGINT"), raising(KeyboardInterrupt()), 130, 1),
        (Heard("", at_exit=True), lambda: None, 130, 0),
    ],
)
def test_after_a_signal_the_end_comes_at_once(ended, flushed, monkeypatch, heard, ends, code, at_once):
    monkeypatch.setattr(app, "Stopping", lambda: heard)
    assert (ended(ends), heard.ends) == (code, at_once)


def test_an_interrupt_while_the_program_is_loaded(monkeypatch):
    class Interrupted(ModuleType):
        def __getattr__(self, name):
            raise KeyboardInterrupt

    written = []

    def leave(code):
        written.append(code)
        raise SystemExit(code)

    monkeypatch.setitem(sys.modules, "kinephen.cli.stopping", Interrupted("kinephen.cli.stopping"))
    monkeypatch.setattr(os, "write", lambda fd, data: written.append((fd, data)))
    monkeypatch.setattr(os, "_exit", leave)
    with pytest.raises(SystemExit):
        importlib.reload(app)
    assert written == [(2, b"stopped; run the same command again to go on from here\n"), 130]


def test_the_version(call):
    assert call("--version") == (0, f"kinephen {kinephen.__version__}\n", "")
    program._version(False)
    program.register()
    (option,) = typer.main.get_command(program.app).params
    assert option.is_eager  # whatever else is given


def test_the_root_answers_to_help_in_both_ways(call):
    first, second = call("-h"), call("--help")
    assert first == second
    assert first[0] == 0
    assert "Exit codes: 0 ok" in first[1]


@pytest.mark.parametrize("words", [(), ("phenotypes",), ("config",), ("signatures",), ("review",)])
def test_without_a_command_help_is_shown(call, words):
    code, out, err = call(*words)
    assert (code, err) == (2, "")
    assert "Usage" in out


def test_the_program_leaves_completion_and_tracebacks_out(call):
    assert "--install-completion" not in call("--help")[1]
    assert program.app.pretty_exceptions_enable is False


def test_names_stand_for_their_functions(monkeypatch):
    fresh = typer.Typer()
    monkeypatch.setattr(program, "app", fresh)
    program.register()
    program.register()
    assert [c.name for c in fresh.registered_commands] == list(program.COMMANDS)
    assert [c.callback.__name__ for c in fresh.registered_commands] == list(program.COMMANDS)
    assert [g.name for g in fresh.registered_groups] == list(program.GROUPS)
    assert all(type(g.typer_instance) is typer.Typer for g in fresh.registered_groups)
