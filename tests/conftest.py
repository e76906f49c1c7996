"""Shared fixtures: where the reference data lie, and what to do when they are absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "house", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
# Laws meet the same examples in every run of the suite, and new ones each night (`make test-nightly`).
settings.register_profile(
    "nightly", deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("KINEPHEN_LAWS", "house"))

ROOT = Path(__file__).resolve().parent.parent


def reference_root() -> Path:
    """Return the reference folder (``KINEPHEN_REFERENCE``, by default ``../shared`` of the project)."""
    root = Path(os.environ.get("KINEPHEN_REFERENCE", "../shared"))
    return root if root.is_absolute() else (ROOT / root).resolve()


@pytest.fixture(scope="session")
def reference():
    """Return a function from a path inside the reference folder to the file, or skip (or fail) if absent."""

    def find(relative: str) -> Path:
        path = reference_root() / relative
        if not path.exists():
            text = f"needs {relative} in the reference folder (KINEPHEN_REFERENCE)"
            if os.environ.get("KINEPHEN_REQUIRE_REFERENCE") == "1":
                pytest.fail(text)
            pytest.skip(text)
        return path

    return find
