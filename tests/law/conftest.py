"""A tiny study and a finished run of it, made once for all laws."""

from __future__ import annotations

import pytest
from tests.tiny_study import run_tiny, write_tiny_study


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """Return the folder that holds the study (``trial``) and its run (``out``), and the trace; read only."""
    root = tmp_path_factory.mktemp("tiny")
    write_tiny_study(root / "trial")
    _, trace = run_tiny(root / "trial", root / "out")
    return root, trace
