"""The program called in this process, as its tests need it."""

from __future__ import annotations

import sys

from kinephen.cli.app import main


def runner(monkeypatch, capsys, *command):
    """Return a function from words to exit code, standard output and standard error.

    Parameters
    ----------
    monkeypatch, capsys : fixtures
    command : str
        Words that stand before those of each call, for example ``"signatures"``.
    """

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["kinephen", *command, *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run
