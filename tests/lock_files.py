"""The locks of ``requirements/`` as data, the install commands of the Makefile, and wheels made for tests."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import re
import shlex
import subprocess
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"

# What each lock is compiled from (`make lock`): extras, dependency groups.
LOCKS: dict[str, tuple[bool, tuple[str, ...]]] = {
    "run": (False, ("build",)),
    "dev": (True, ("dev", "browser")),
    "docs": (True, ("build", "docs")),
    "lowest": (True, ("build", "test")),
}
PYTHONS = ("3.11.0", "3.11.9", "3.12.4", "3.13.2", "3.14.1")
SYSTEMS = {"linux": ("Linux", "posix"), "darwin": ("Darwin", "posix"), "win32": ("Windows", "nt")}

_LINE = re.compile(r"^(?P<requirement>[^#\s][^\\]*?)(?P<hashes>( --hash=sha256:[0-9a-f]{64})*)$")


@dataclass(frozen=True)
class Pin:
    """One entry of a lock."""

    name: NormalizedName
    version: Version
    marker: Marker | None
    hashes: int

    def holds(self, environment: dict[str, str]) -> bool:
        return self.marker is None or self.marker.evaluate(environment)


def logical_lines(text: str) -> list[str]:
    """Return a requirements file's entries, continued lines joined, comments left out."""
    kept = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\s*\n\s*", "", "\n".join(kept))
    return [line.strip() for line in joined.splitlines() if line.strip()]


def read_entry(line: str) -> Pin:
    """Return one entry; ValueError if it is no ``name==version [; marker]`` with hashes."""
    match = _LINE.match(re.sub(r"\s+--hash", " --hash", line))
    if match is None:
        raise ValueError(f"no requirement: {line[:80]}")
    wanted = Requirement(match["requirement"])
    exact = [s for s in wanted.specifier if s.operator == "==" and "*" not in s.version]
    if wanted.url or wanted.extras or len(exact) != 1 or len(wanted.specifier) != 1:
        raise ValueError(f"not one exact version: {wanted}")
    version = Version(exact[0].version)
    return Pin(canonicalize_name(wanted.name), version, wanted.marker, match["hashes"].count("--hash="))


@functools.cache
def read_lock(path: Path) -> list[Pin]:
    return [read_entry(line) for line in logical_lines(path.read_text())]


def pins(lock: str, environment: dict[str, str]) -> dict[str, Version]:
    """Return name to version of what `lock` installs in `environment`; ValueError if a name stands twice."""
    found: dict[str, Version] = {}
    for pin in read_lock(FOLDER / f"{lock}.txt"):
        if not pin.holds(environment):
            continue
        if pin.name in found:
            raise ValueError(f"{lock}: {pin.name} stands twice for {environment}")
        found[pin.name] = pin.version
    return found


def environment(python: str, system: str) -> dict[str, str]:
    """Return the markers of CPython `python` on `system` (linux, darwin, win32)."""
    platform, os_name = SYSTEMS[system]
    return {
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": python,
        "implementation_version": python,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": system,
        "platform_system": platform,
        "os_name": os_name,
        "platform_machine": {"darwin": "arm64", "win32": "AMD64"}.get(system, "x86_64"),
        "extra": "",
    }


@functools.cache
def asked(lock: str) -> list[Requirement]:
    """Return what pyproject.toml asks for in the environment of `lock`."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras, groups = LOCKS[lock]
    texts = list(table["project"]["dependencies"])
    if extras:
        texts += [text for extra in table["project"]["optional-dependencies"].values() for text in extra]
    for group in groups:
        texts += _group(table["dependency-groups"], group)
    return [Requirement(text) for text in texts]


def _group(groups: dict[str, list[str | dict[str, str]]], name: str) -> Iterator[str]:
    for item in groups[name]:
        if isinstance(item, str):
            yield item
        else:
            yield from _group(groups, item["include-group"])


def lock_commands() -> list[list[str]]:
    """Return the words of each pip command by which the Makefile sets up its environments."""
    goals = ("demo", "test", "docs", "test-lowest")
    words = ["make", "--dry-run", "--always-make", "--no-print-directory", "VENV=VENV", *goals]
    clean = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    done = subprocess.run(words, cwd=ROOT, env=clean, capture_output=True, text=True, check=True)
    return [shlex.split(line.split("||")[0]) for line in done.stdout.splitlines() if " -m pip " in line]


def install_flags(lock: str) -> list[str]:
    """Return the options with which the Makefile installs `lock`."""
    file = f"requirements/{lock}.txt"
    command = next(words for words in lock_commands() if file in words)
    return [word for word in command[command.index("install") + 1 :] if word not in {"-r", file}]


def make_wheel(folder: Path, name: str, version: str, needs: Iterable[str] = ()) -> str:
    """Write an empty wheel that asks for `needs`; return its entry for a lock."""
    plain = name.replace("-", "_")
    info = f"{plain}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    files = {
        f"{info}/METADATA": "\n".join([*metadata, *(f"Requires-Dist: {need}" for need in needs)]) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},sha256={_record_hash(text)},{len(text)}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    wheel = folder / f"{plain}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"


def _record_hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
