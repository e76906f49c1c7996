"""Every exit code is documented, and an error that nobody expected is told in a sentence."""

from __future__ import annotations

import errno
import json
import re
import subprocess
import sys

import pytest
from tests.conftest import ROOT

from kinephen.cli import app, program
from kinephen.cli.failure import explain
from kinephen.errors import CohortError, ExitCode, MachineError


def test_the_page_lists_every_code_and_no_other():
    page = (ROOT / "docs/reference/exit-codes.md").read_text(encoding="utf-8")
    assert {int(n) for n in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == set(map(int, ExitCode))


def test_the_help_names_every_code():
    assert {int(n) for n in re.findall(r"\d+", program.EPILOG)} == set(map(int, ExitCode))


@pytest.fixture
def failing(monkeypatch, capsys):
    """Return a function that runs a command which raises, and returns exit code, output and errors."""

    def call(error, *words):
        def command(**_):
            raise error

        monkeypatch.setattr(program, "register", lambda: None)
        monkeypatch.setattr(program, "app", command)
        monkeypatch.setattr(sys, "argv", ["kinephen", *words])
        with pytest.raises(SystemExit) as end:
            app.main()
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return call


def test_an_unexpected_error_is_one_sentence_and_a_traceback_only_if_asked_for(failing, monkeypatch):
    monkeypatch.delenv("KINEPHEN_DEBUG", raising=False)
    code, out, err = failing(KeyError("Jane Doe"), "run")
    assert (code, out) == (ExitCode.INTERNAL, "")
    assert err.startswith("error [internal]: internal error, KeyError in test_machine_exit_codes.py:")
    assert "please report it; with KINEPHEN_DEBUG=1" in err
    assert "Traceback" not in err
    assert "Jane Doe" not in err
    monkeypatch.setenv("KINEPHEN_DEBUG", "1")
    err = failing(KeyError("Jane Doe"), "run")[2]
    assert "Traceback" in err
    assert "in command" in err
    # It is to be sent to others.
    assert "Jane Doe" not in err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CohortError("none", code="a.b"), ExitCode.COHORT),
        (MachineError("full", code="machine.full"), ExitCode.MACHINE),
        (MemoryError(), ExitCode.MACHINE),
        (OSError(errno.ENOSPC, "x"), ExitCode.MACHINE),
        (OSError(errno.EMFILE, "x"), ExitCode.MACHINE),
        (PermissionError(errno.EACCES, "x", "/nowhere/out"), ExitCode.MACHINE),
        (FileNotFoundError(errno.ENOENT, "x", "a"), ExitCode.INPUT),
        (NotADirectoryError(errno.ENOTDIR, "x", "a"), ExitCode.USAGE),
        (RecursionError(), ExitCode.INTERNAL),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED),
        (BrokenPipeError(), ExitCode.OK),
    ],
)
def test_each_error_ends_with_its_code(failing, monkeypatch, error, code):
    monkeypatch.setattr(app, "_without_reader", lambda: ExitCode.OK)
    assert failing(error, "run")[0] == code


def test_a_full_disk_without_a_name_is_placed_by_out(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["kinephen", "run", "study.toml", "--out", "there"])
    assert explain(OSError(errno.ENOSPC, "x")).where == "there"


def test_a_full_disk_while_copying_is_the_folder_that_is_written(tmp_path):
    for name in ("run", ".crate.partial"):
        (tmp_path / name).mkdir()
    source, target = tmp_path / "run" / "report.json", tmp_path / ".crate.partial" / "report.json"
    shown = explain(OSError(errno.ENOSPC, "x", str(source), None, str(target)))
    assert (shown.code, shown.where) == ("machine.full", str(tmp_path))


def test_the_package_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "kinephen", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()[0]) == (0, "kinephen")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "a.toml", "--nonsense"), "no such option: --nonsense"),
        (("run",), "missing argument 'study'"),
        (("run", "a.toml", "--workers", "0"), "invalid value for '--workers'"),
        (("nonsense",), "no such command 'nonsense'"),
        (("config", "nonsense"), "no such command 'nonsense'"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_for_programs_json(monkeypatch, capsys, words, says):
    for extra in ((), ("--json",)):
        monkeypatch.setattr(sys, "argv", ["kinephen", *words, *extra])
        with pytest.raises(SystemExit) as end:
            app.main()
        assert end.value.code == ExitCode.USAGE
        out, err = capsys.readouterr()
        assert err.startswith("error [usage.command]: ")
        assert says in err.splitlines()[0]
        assert "--help` shows" in err.splitlines()[1]
        if extra:
            error = json.loads(out)["error"]
            assert (error["code"], says in error["message"]) == ("usage.command", True)


@pytest.mark.parametrize("words", [(), ("config",)])
def test_a_group_without_a_command_shows_its_help(monkeypatch, capsys, words):
    monkeypatch.setattr(sys, "argv", ["kinephen", *words])
    with pytest.raises(SystemExit) as end:
        app.main()
    out, err = capsys.readouterr()
    assert end.value.code == ExitCode.USAGE
    assert "Usage: " in out + err
    assert "error" not in err
