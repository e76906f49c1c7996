"""The locks as a fresh machine installs them, on a later day: beside every locked release lies a newer one.

Slow: each pip of `PIPS` sets up the environment of `make demo`, and installs the other locks dry.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from tests.lock_files import LOCKS, ROOT, environment, install_flags, make_wheel, pins, read_lock

pytestmark = pytest.mark.locks

HERE = environment(".".join(map(str, sys.version_info[:3])), sys.platform)
PIPS = ("23.2.1", "newest")
# `python -m venv` brings these; they are no part of a lock.
BROUGHT = {"pip", "setuptools", "kinephen"}


def run(words: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        words, cwd=folder, env={**inherited, **variables}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """Return a folder with a release 9999 of everything that any lock names."""
    folder = tmp_path_factory.mktemp("later")
    for name in sorted(
        {pin.name for lock in LOCKS for pin in read_lock(ROOT / "requirements" / f"{lock}.txt")}
    ):
        make_wheel(folder, name, "9999")
    return folder


@pytest.fixture(scope="module", params=PIPS)
def fresh(request, tmp_path_factory, later):
    """Return a new environment with one pip and the variables under which it sees the later releases."""
    folder = tmp_path_factory.mktemp(f"pip-{request.param}") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = str(folder / "bin" / "python")
    if request.param == "newest":
        done = run([python, "-m", "pip", "install", "--quiet", "--upgrade", "pip"], ROOT)
        if done.returncode:
            pytest.skip("no registry can be reached for the newest pip")
    elif request.param not in run([python, "-m", "pip", "--version"], ROOT).stdout:
        done = run([python, "-m", "pip", "install", "--quiet", f"pip=={request.param}"], ROOT)
        assert done.returncode == 0, done.stderr
    links = f"{os.environ.get('PIP_FIND_LINKS', '')} {later}".strip()
    return python, {"PIP_FIND_LINKS": links}


def listed(python: str) -> dict[str, str]:
    done = run([python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"], ROOT)
    return {canonicalize_name(item["name"]): item["version"] for item in json.loads(done.stdout)}


def locked(lock: str) -> dict[str, str]:
    return {name: str(version) for name, version in pins(lock, HERE).items()}


def test_pip_sees_the_later_releases(fresh, tmp_path):
    python, variables = fresh
    report = tmp_path / "report.json"
    words = [
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--dry-run",
        "--ignore-installed",
        "--report",
        str(report),
    ]
    done = run([python, "-m", "pip", *words, "coverage"], ROOT, **variables)
    assert done.returncode == 0, done.stderr
    assert json.loads(report.read_text())["install"][0]["metadata"]["version"] == "9999"


@pytest.mark.parametrize("lock", [lock for lock in LOCKS if lock != "run"])
def test_what_would_be_installed_is_the_lock(fresh, lock, tmp_path):
    if lock == "lowest" and HERE["python_version"] != "3.11":
        pytest.skip("the lowest versions have wheels for Python 3.11 only")
    python, variables = fresh
    report = tmp_path / "report.json"
    words = [*install_flags(lock), "--dry-run", "--ignore-installed", "--report", str(report)]
    done = run([python, "-m", "pip", "install", *words, "-r", f"requirements/{lock}.txt"], ROOT, **variables)
    assert done.returncode == 0, done.stderr
    chosen = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    assert {canonicalize_name(item["name"]): item["version"] for item in chosen} == locked(lock)


def test_make_installs_the_lock_and_kinephen_starts(fresh):
    python, variables = fresh
    venv = Path(python).parents[1]
    done = run(["make", f"VENV={venv}", f"{venv}/.run"], ROOT, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No broken requirements found." in done.stdout
    assert {n: v for n, v in listed(python).items() if n not in BROUGHT} == locked("run")
    assert run([str(venv / "bin" / "kinephen"), "--version"], venv).returncode == 0
