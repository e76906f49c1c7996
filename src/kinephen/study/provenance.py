"""What made the numbers: versions (in report.json), and times and hosts (in run.json only)."""

from __future__ import annotations

import platform
import sys
from importlib import metadata

PACKAGES = ("numpy", "scipy", "pandas", "numba", "pydicom", "highdicom", "nibabel", "pydantic", "matplotlib")


def versions() -> dict[str, str]:
    """Return the versions of kinephen, Python and the packages that compute."""
    from kinephen import __version__

    found = {"kinephen": __version__, "python": platform.python_version()}
    for name in (*PACKAGES, "SimpleITK"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str]:
    """Return what the run ran on; for run.json."""
    return {"system": platform.system(), "machine": platform.machine(), "python": sys.version.split()[0]}
