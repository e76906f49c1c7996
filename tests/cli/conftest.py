"""What the tests of the commands share: the program called in this process, and the tables that it prints."""

from __future__ import annotations

import sys

import pytest

from kinephen.cli.app import main


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line; return exit code, standard output and standard error."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["kinephen", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run
