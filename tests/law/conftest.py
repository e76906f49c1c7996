"""A tiny study and a finished run of it, made once for all laws."""

from __future__ import annotations

import pytest
from tests.tiny_study import run_tiny, write_tiny_study


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    root = tmp_path_factory.mktemp("tiny")
    write_tiny_study(root / "trial")
    return root, *run_tiny(root / "trial", root / "out")


@pytest.fixture(scope="session")
def tiny_run(tiny):
    """Return the folder that holds the study (``trial``) and its run (``out``), and the trace; read only."""
    root, _, trace = tiny
    return root, trace


@pytest.fixture(scope="session")
def tiny_results(tiny):
    """Return what the same run found."""
    return tiny[1]
