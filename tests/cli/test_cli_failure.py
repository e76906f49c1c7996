"""How an error that ended a command is told, and with which code it ends."""

from __future__ import annotations

import errno
import json
import os
import sys
from types import SimpleNamespace as Of

import pytest
import typer

from kinephen.cli.failure import explain, report_failure
from kinephen.errors import CohortError, ExitCode, InputError, MachineError

PATHS = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTEMPTY)


@pytest.fixture(autouse=True)
def words(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["kinephen", "run", "study.toml"])
    monkeypatch.delenv("KINEPHEN_DEBUG", raising=False)
    return sys.argv


def test_place_message_and_hint(capsys):
    code = report_failure(InputError("no phases", code="a.b", where="exam 3", hint="look there"))
    assert (code, capsys.readouterr()) == (
        4,
        ("", "error [a.b]: exam 3: no phases\nwhat to do: look there\n"),
    )
    assert report_failure(CohortError("none", code="a.c")) == 6
    assert capsys.readouterr() == ("", "error [a.c]: none\n")


def test_for_programs_the_same_stands_in_one_document(capsys, words):
    words.append("--json")
    assert report_failure(InputError("no phases", code="a.b", where="exam 3", hint="look")) == 4
    out, err = capsys.readouterr()
    error = {"code": "a.b", "message": "no phases", "hint": "look", "where": "exam 3"}
    assert json.loads(out) == {"error": error}
    assert err == "error [a.b]: exam 3: no phases\nwhat to do: look\n"


def test_the_trace_is_shown_where_it_is_asked_for(capsys, monkeypatch):
    monkeypatch.setenv("KINEPHEN_DEBUG", "1")
    report_failure(InputError("no phases", code="a.b"))
    first, second = capsys.readouterr().err.splitlines()[:2]
    assert (first, second.split()[0]) == ("error [a.b]: no phases", "Traceback")


def test_a_group_without_its_command_has_shown_its_help(capsys):
    class NoArgsIsHelpError(Exception):
        pass

    assert report_failure(NoArgsIsHelpError()) == ExitCode.USAGE
    assert capsys.readouterr() == ("", "")


def test_a_full_disk_behind_standard_error_changes_no_code(monkeypatch, words):
    words.append("--json")

    def full(_):
        raise OSError(errno.ENOSPC, "full")

    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, Of(write=full, flush=lambda: None))
    assert report_failure(InputError("no phases", code="a.b")) == 4


def test_the_document_is_sent_at_once(monkeypatch, words):
    words.append("--json")
    done = []
    monkeypatch.setattr(sys, "stdout", Of(write=lambda _: done.append("w"), flush=lambda: done.append("f")))
    report_failure(InputError("no phases", code="a.b"))
    assert done == ["w", "f"]


def test_a_wrong_word_is_told_with_its_command():
    error = typer.BadParameter("Not  a\nnumber.")
    shown = explain(error)
    assert (shown.code, shown.where, shown.exit_code) == ("usage.command", "kinephen", ExitCode.USAGE)
    assert shown.message == "invalid value: Not a number"
    assert shown.hint == "`kinephen --help` shows what it takes"
    error.ctx = Of(command_path="kinephen run")
    shown = explain(error)
    assert (shown.where, shown.hint) == ("kinephen run", "`kinephen run --help` shows what it takes")


@pytest.mark.parametrize("option", ["--out", "-o"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_fault_of_the_disk_without_a_place_is_where_the_command_writes(words, option, code):
    words += ["--preset", "quick", option, "there", "-q"]
    fault = explain(OSError(code, "x"))
    assert (fault.where, fault.exit_code) == ("there", ExitCode.MACHINE)
    assert fault.code in ("machine.full", "machine.permission")
    assert "run the same command again" in fault.hint


def test_other_faults_of_the_machine_are_told_as_they_are(words):
    assert explain(OSError(errno.ENOSPC, "x")).where == ""
    words += ["--out", "there"]
    fault = MachineError("full", code="machine.full", where="here")
    assert explain(fault) is fault
    for error in (MemoryError(), OSError(errno.EMFILE, "x"), MachineError("ended", code="machine.worker")):
        assert explain(error).where == ""


def test_a_path_that_is_not_there():
    shown = explain(FileNotFoundError(errno.ENOENT, "No such file", "a.csv"))
    assert (shown.code, shown.message, shown.where) == ("path.missing", "no such file", "a.csv")
    assert (shown.hint, shown.exit_code) == ("check the path", ExitCode.INPUT)


@pytest.mark.parametrize("number", PATHS)
def test_a_path_of_another_kind(number):
    shown = explain(OSError(number, "Is Odd", "a.csv"))
    assert (shown.code, shown.message, shown.where) == ("path.unusable", "is odd", "a.csv")
    assert (shown.hint, shown.exit_code) == ("give another path", ExitCode.USAGE)


def test_an_error_without_words_is_told_by_its_kind():
    error = FileNotFoundError(errno.ENOENT, "x", "a.csv")
    error.strerror = None
    assert explain(error).message == "filenotfounderror"


@pytest.mark.parametrize("error", [FileNotFoundError(errno.ENOENT, "x"), OSError(errno.EPROTO, "x", "a")])
def test_an_error_of_the_system_that_names_nothing_known_is_internal(error):
    assert explain(error).code == "internal"


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("")
    monkeypatch.setattr(os, "access", lambda *_: False)
    shown = explain(PermissionError(errno.EACCES, "x", str(path)))
    assert (shown.code, shown.where) == ("path.permission", "input")


def test_a_mistake_of_ours_names_its_line():
    try:
        {}["Jane"]
    except KeyError as error:
        found, line = explain(error), error.__traceback__.tb_lineno
    assert found.message == f"internal error, KeyError in test_cli_failure.py:{line}"
    assert (found.code, found.where, found.exit_code) == ("internal", "", ExitCode.INTERNAL)
    assert explain(ValueError("Jane")).message == "internal error, ValueError"


def test_of_several_frames_the_last_is_named():
    def inner():
        raise ValueError

    with pytest.raises(ValueError) as caught:  # noqa: PT011
        inner()
    line = caught.value.__traceback__.tb_next.tb_lineno
    assert explain(caught.value).message.endswith(f"test_cli_failure.py:{line}")
