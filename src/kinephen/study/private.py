"""Which case number is which patient: the one file of a run with identifiers, and what belongs to it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from kinephen.core.files import write_whole
from kinephen.core.plain import hash_json, read_json, write_json
from kinephen.core.written import read_written, remove_written, write_written
from kinephen.errors import InputError

FOLDER = "private"
CASES = "cases.json"
SALT = "salt"
REPORT = "report.json"


def keep_private(patient_ids: Mapping[str, str], out: Path) -> None:
    """Write which case number is which patient.

    Where the numbers stood for other patients before, what was written under them goes first: a page of
    ``case-0007`` must never lie beside a table that says another patient of it.
    """
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    salt = folder / SALT
    if not salt.exists():
        write_whole(salt, secrets.token_hex(16).encode())
        salt.chmod(0o600)
    if _are_others(dict(patient_ids), out):
        _forget_report(out)
    path = folder / CASES
    write_json(path, dict(patient_ids))
    path.chmod(0o600)


def seal_report(out: Path) -> None:
    """Record that the report in `out` was made with the present table of case numbers."""
    write_written(out, replace(read_written(out), key=_key(out)))


def require_key(out: Path) -> None:
    """Raise ``InputError`` (``package.key``) where the report was made with another table of case numbers.

    A run without that table, or without a report, is passed.
    """
    key = read_written(out).key
    if not (key and (out / REPORT).is_file() and (out / FOLDER / CASES).is_file()):
        return
    if key != _key(out):
        raise InputError(
            "the report was made with another table of case numbers, so its numbers stand for other patients",
            code="package.key",
            where=f"{FOLDER}/{CASES}",
            hint="let `kinephen run` finish in this folder; it makes the report anew",
        )


def _are_others(patient_ids: dict[str, str], out: Path) -> bool:
    before = _cases(out)
    if before is not None:
        return before != patient_ids
    key = read_written(out).key
    return bool(key) and key != _digest(patient_ids, out)


def _forget_report(out: Path) -> None:
    before = read_written(out).key or _key(out)
    remove_written(out)
    # A report that no record names stays, and is known as one of the earlier numbers.
    left = (out / REPORT).exists()
    write_written(out, replace(read_written(out), key=before if left else ""))


def _cases(out: Path) -> dict[str, str] | None:
    try:
        found = read_json(out / FOLDER / CASES)
    except (OSError, ValueError):
        return None
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else None


def _key(out: Path) -> str:
    cases = _cases(out)
    return "" if cases is None else _digest(cases, out)


def _digest(cases: dict[str, str], out: Path) -> str:
    """Return a hash that tells nothing of the ids without the salt, which lies beside them."""
    try:
        salt = (out / FOLDER / SALT).read_text(encoding="ascii")
    except (OSError, ValueError):
        salt = ""
    return hash_json({"salt": salt, "cases": cases})
