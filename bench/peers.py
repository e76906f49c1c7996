"""Where the programs that are measured beside ours live: an environment each, or R."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ENVS = Path(__file__).resolve().parent / ".envs"


def environment(name: str, python: str | None, steps: list[list[str]], check: str) -> Path | None:
    """Return the interpreter of a peer's environment, made if it is not there; None if that is impossible."""
    interpreter = ENVS / name / "bin" / "python"
    if python is None:
        print(f"{name}: no suitable Python found; left out", file=sys.stderr)
        return None
    if not interpreter.exists():
        subprocess.run([python, "-m", "venv", ENVS / name], check=True)
    probe = [interpreter, "-c", f"import importlib.util as u, sys; sys.exit(u.find_spec('{check}') is None)"]
    if subprocess.run(probe, check=False).returncode:
        for step in steps:
            command = [interpreter, "-m", "pip", "install", "--quiet", *step]
            if subprocess.run(command, check=False).returncode:
                print(f"{name}: the installation failed; left out", file=sys.stderr)
                return None
    return interpreter


def r_has(package: str) -> bool:
    """Tell whether R is there with a package."""
    if shutil.which("Rscript") is None:
        return False
    return subprocess.run(["Rscript", "-e", f"library({package})"], capture_output=True).returncode == 0
