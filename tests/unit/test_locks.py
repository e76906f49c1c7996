"""The locks are complete and exact, agree with each other, and are installed without asking a resolver."""

from __future__ import annotations

import functools
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from tests.lock_files import (
    FOLDER,
    LOCKS,
    PYTHONS,
    SYSTEMS,
    asked,
    environment,
    install_flags,
    lock_commands,
    logical_lines,
    make_wheel,
    pins,
    read_entry,
    read_lock,
)

HERE = environment(".".join(map(str, sys.version_info[:3])), sys.platform)
EVERYWHERE = [environment(python, system) for python in PYTHONS for system in SYSTEMS]
# The lowest versions have wheels for the lowest Python only.
WHERE = {lock: [e for e in EVERYWHERE if lock != "lowest" or e["python_version"] == "3.11"] for lock in LOCKS}


@functools.cache
def installed(name: str) -> tuple[Version, list[Requirement]] | None:
    """Return version and needs of a package that is installed here."""
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    return Version(found.version), [Requirement(text) for text in found.requires or ()]


def is_installed(name: str, version: Version) -> bool:
    found = installed(name)
    return found is not None and found[0] == version


def needs(name: str, version: Version, extras: set[str], where: dict[str, str]) -> list[Requirement] | None:
    """Return what a pinned release asks for, by the metadata installed here; None if it is not installed."""
    found = installed(name)
    if found is None or found[0] != version:
        return None
    chosen = ("", *extras)
    return [
        r
        for r in found[1]
        if r.marker is None or any(r.marker.evaluate({**where, "extra": e}) for e in chosen)
    ]


def faults(lock: str, where: dict[str, str]) -> tuple[list[str], set[str]]:
    """Return what `lock` lacks or contradicts in `where`, and the names whose own needs were read."""
    have = pins(lock, where)
    wrong: list[str] = []
    read: set[str] = set()
    queue = [("kinephen", r) for r in asked(lock) if r.marker is None or r.marker.evaluate(where)]
    seen = set()
    while queue:
        asker, wanted = queue.pop()
        name = canonicalize_name(wanted.name)
        if (asker, str(wanted)) in seen:
            continue
        seen.add((asker, str(wanted)))
        if name not in have:
            wrong.append(f"{asker} needs {wanted}: not locked")
            continue
        if not wanted.specifier.contains(have[name], prereleases=True):
            wrong.append(f"{asker} needs {wanted}: locked {have[name]}")
        more = needs(name, have[name], wanted.extras, where)
        if more is not None:
            read.add(name)
            queue += [(name, requirement) for requirement in more]
    return wrong, read


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_is_one_exact_version_with_hashes(lock):
    entries = read_lock(FOLDER / f"{lock}.txt")
    assert len(entries) > 30
    assert [entry.name for entry in entries if entry.hashes == 0] == []


@pytest.mark.parametrize(
    "line", ["a>=1", "a==1.*", "a", "a==1,==2", "a @ file:///b", "a[c]==1", "-r other.txt", "-i x"]
)
def test_anything_else_is_no_entry_of_a_lock(line):
    with pytest.raises(ValueError, match=r"exact|requirement|Expected|Parse"):
        read_entry(line)


@pytest.mark.parametrize("lock", LOCKS)
def test_no_address_host_or_path_stands_in_a_lock(lock):
    text = (FOLDER / f"{lock}.txt").read_text()
    assert (
        re.findall(
            r"\S*(?:://|@ |index|find-links|trusted-host|\.org|\.com|/home|/root|/tmp|/work)\S*",
            _names_out(text),
        )
        == []
    )
    assert [line for line in logical_lines(text) if line.startswith("-")] == []


def _names_out(text: str) -> str:
    """Return `text` without the names of packages, of which one holds the word index."""
    return re.sub(r"idc-index(-data)?", "", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_all_that_is_asked_for_on_every_python_and_system(lock):
    found = {f"{e['python_full_version']} {e['sys_platform']}": faults(lock, e)[0] for e in WHERE[lock]}
    assert {where: wrong for where, wrong in found.items() if wrong} == {}


def test_every_entry_of_an_installed_lock_is_needed_and_its_needs_were_read():
    """Else a lock could lack what an entry asks for, or hold what nothing asks for, untold."""
    whole = [lock for lock in LOCKS if all(is_installed(n, v) for n, v in pins(lock, HERE).items())]
    # The marks of the Makefile: an environment that it made has its locks whole.
    marked = [lock for lock in LOCKS if (Path(sys.prefix) / f".{lock}").exists()]
    assert sorted({*marked} - {*whole}) == [], "installed, and then changed"
    if not whole:
        pytest.skip("this environment is no install of a lock (make sets one up)")
    for lock in whole:
        assert sorted(set(pins(lock, HERE)) - faults(lock, HERE)[1]) == [], lock


def test_an_entry_that_nothing_asks_for_is_found(monkeypatch):
    pin = pins("run", HERE)
    assert "pip" not in pin
    monkeypatch.setitem(globals(), "pins", lambda lock, where: {**pin, "pip": Version("1")})
    monkeypatch.setitem(globals(), "installed", lambda name: (({**pin, "pip": Version("1")})[name], []))
    assert "pip" in {**pin, "pip": 1}.keys() - faults("run", HERE)[1]


def test_a_lock_that_lacks_or_contradicts_a_need_is_found(monkeypatch, tmp_path):
    asks = (pins("dev", HERE)["pytest"], [Requirement("pluggy>=1.5")])
    monkeypatch.setitem(globals(), "installed", {"pytest": asks}.get)
    cut = [line for line in logical_lines((FOLDER / "dev.txt").read_text()) if not line.startswith("typer==")]
    (tmp_path / "dev.txt").write_text("\n".join([*cut, "typer==0.1"]).replace("\npluggy==", "\nother=="))
    monkeypatch.setattr("tests.lock_files.FOLDER", tmp_path)
    wrong, _ = faults("dev", HERE)
    assert "kinephen needs typer>=0.19: locked 0.1" in wrong
    assert "pytest needs pluggy>=1.5: not locked" in wrong


@pytest.mark.parametrize("where", EVERYWHERE, ids=lambda e: f"{e['python_full_version']}-{e['sys_platform']}")
def test_the_locks_agree(where):
    run, dev, docs = (pins(lock, where) for lock in ("run", "dev", "docs"))
    assert {name: version for name, version in run.items() if dev.get(name) != version} == {}
    assert {name: version for name, version in run.items() if docs.get(name) != version} == {}
    assert {
        name: (docs[name], dev[name]) for name in docs.keys() & dev.keys() if docs[name] != dev[name]
    } == {}


def test_the_lowest_lock_holds_the_lower_bounds_themselves():
    have = pins("lowest", environment("3.11.9", "linux"))
    bounds = {canonicalize_name(r.name): Version(next(iter(r.specifier)).version) for r in asked("lowest")}
    # scipy 1.11.0 and pydicom 3.0.0 were withdrawn, and a bound names a release by its first two numbers.
    assert {
        n: (b, have[n]) for n, b in bounds.items() if have[n].release[: len(b.release)] != b.release
    } == {}


def test_every_installation_of_the_makefile_is_of_a_lock_or_of_kinephen_itself():
    installs = [words for words in lock_commands() if "install" in words]
    files = {words[words.index("-r") + 1] for words in installs if "-r" in words}
    assert files == {f"requirements/{lock}.txt" for lock in LOCKS}
    for words in installs:
        assert "--no-deps" in words
        if "-r" in words:
            assert {"--require-hashes", "--only-binary"} <= set(words)
        else:
            assert words[-2:] == ["--editable", "."]
            assert "--no-build-isolation" in words


@pytest.fixture
def later_registry(tmp_path):
    """Return a folder of releases, newer ones among them, and a lock of the older ones that lacks a need."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    entries = [
        make_wheel(wheels, "kp-stem", "1", ["kp-leaf[fast]>=1", "kp-thorn"]),
        make_wheel(wheels, "kp-leaf", "1"),
    ]
    for name in ("kp-stem", "kp-leaf", "kp-thorn"):
        make_wheel(wheels, name, "2")
    lock = tmp_path / "lock.txt"
    lock.write_text("\n".join(entries) + "\n")
    return wheels, lock


def pip_install(flags: list[str], wheels: Path, target: Path, *what: str) -> subprocess.CompletedProcess[str]:
    words = [
        "--isolated",
        "install",
        *flags,
        "--no-index",
        "--find-links",
        str(wheels),
        "--target",
        str(target),
    ]
    return subprocess.run(
        [sys.executable, "-m", "pip", *words, *what], capture_output=True, text=True, check=False
    )


def releases(target: Path) -> set[str]:
    return {path.name.removesuffix(".dist-info") for path in target.glob("*.dist-info")}


def test_a_later_registry_changes_nothing_that_is_installed(later_registry, tmp_path):
    wheels, lock = later_registry
    done = pip_install(install_flags("dev"), wheels, tmp_path / "locked", "-r", str(lock))
    assert done.returncode == 0, done.stderr
    assert releases(tmp_path / "locked") == {"kp_stem-1", "kp_leaf-1"}


def test_the_resolver_would_have_been_led_astray(later_registry, tmp_path):
    wheels, lock = later_registry
    flags = [flag for flag in install_flags("dev") if flag != "--no-deps"]
    assert pip_install(flags, wheels, tmp_path / "asked", "-r", str(lock)).returncode != 0
    assert pip_install([], wheels, tmp_path / "free", "kp-stem").returncode == 0
    assert releases(tmp_path / "free") == {"kp_stem-2"}
