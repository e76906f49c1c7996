"""What the tests of the commands share: the program called in this process."""

from __future__ import annotations

import pytest
from tests.command import runner


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line; return exit code, standard output and standard error."""
    return runner(monkeypatch, capsys)
