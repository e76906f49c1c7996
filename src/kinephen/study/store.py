"""Results kept by content: a step's folder is named after everything that it depends on.

A folder appears whole or not at all: it is filled under another name, flushed to disk and renamed. So a run
may be killed at any moment and started again. Each entry carries the checksums of its files: one that is no
longer as it was written is set aside in ``damaged``, named, and computed again.
"""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kinephen.core.files import atomic_path
from kinephen.core.plain import hash_json, read_json, write_json
from kinephen.study.entry import FORMAT, MANIFEST, DamagedEntryError, open_entry, seal

DAMAGED = "damaged"
_UNFINISHED = re.compile(r"[0-9a-f]{32}-[0-9a-f]{32}")


@dataclass(frozen=True)
class StepKey:
    """The name of a result.

    Parameters
    ----------
    step : str
        Step name, for example ``"features"``.
    version : int
        Raised when the step's code changes its results.
    parameters : mapping
        The settings that the step reads, and no others.
    inputs : mapping of str to str
        Hash of the content of each input. Versions of kinephen and of the packages that compute are no part:
        each entry names them, and a run says where they differ.
    """

    step: str
    version: int
    parameters: Mapping[str, object]
    inputs: Mapping[str, str]

    @property
    def digest(self) -> str:
        """First 32 hexadecimal digits of the SHA-256 of all fields and of the store's format."""
        return hash_json({**self.to_dict(), "format": FORMAT})[:32]

    def to_dict(self) -> dict[str, object]:
        """Return plain fields."""
        return {
            "step": self.step,
            "version": self.version,
            "parameters": dict(self.parameters),
            "inputs": dict(self.inputs),
        }


class Store:
    """Folder of step results.

    Parameters
    ----------
    root : Path
        Made if absent.

    Attributes
    ----------
    used : list of Path
        Folders of the results that were asked for.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.used: list[Path] = []
        self._partial = root / "partial"
        root.mkdir(parents=True, exist_ok=True)

    def folder(self, key: StepKey) -> Path:
        """Return where the result of `key` is or will be."""
        return self.root / key.step / key.digest

    def done(self, key: StepKey) -> bool:
        """Tell whether the result is there, whole."""
        try:
            open_entry(self.folder(key))
        except DamagedEntryError:
            return False
        return True

    def run(self, key: StepKey, compute: Callable[[Path], None]) -> Path:
        """Return the result's folder, computing it if it is not there, or not as it was written.

        The folder is added to `used` once the result stands.

        Parameters
        ----------
        key : StepKey
        compute : callable
            Fills the empty folder that it is given. If it raises, nothing is left behind.
        """
        final = self._stand(key, compute)
        self.used.append(final)
        return final

    def _stand(self, key: StepKey, compute: Callable[[Path], None]) -> Path:
        final = self.folder(key)
        if os.path.lexists(final):
            try:
                open_entry(final)
            except DamagedEntryError as damage:
                self._set_aside(key, str(damage))
            else:
                return final
        partial = self._partial / f"{key.digest}-{uuid.uuid4().hex}"
        partial.mkdir(parents=True)
        try:
            compute(partial)
            seal(partial, key.to_dict())
            _flush(partial)
            _publish(partial, final)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return final

    def sweep(self) -> None:
        """Remove what a killed run left unfinished."""
        for path in self._partial.glob("*"):
            if _UNFINISHED.fullmatch(path.name):
                shutil.rmtree(path, ignore_errors=True)
        with suppress(OSError):  # absent, or it holds what is not ours
            self._partial.rmdir()

    def damaged(self) -> dict[str, str]:
        """Return what was set aside: name in ``damaged`` to what was found."""
        notes = sorted((self.root / DAMAGED).glob("*.json"))
        return {n.stem: str(read_json(n)["reason"]) for n in notes}

    def _set_aside(self, key: StepKey, reason: str) -> None:
        aside = self.root / DAMAGED / f"{key.step}-{key.digest[:12]}-{uuid.uuid4().hex[:8]}"
        aside.parent.mkdir(exist_ok=True)
        try:
            self.folder(key).rename(aside)
        except FileNotFoundError:  # another worker was faster
            return
        write_json(aside.with_name(f"{aside.name}.json"), {"step": key.step, "reason": reason})


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as ``path.csv`` and ``path.parquet``, each whole or not at all."""
    for suffix, data in (
        (".csv", frame.to_csv(index=False).encode()),
        (".parquet", frame.to_parquet(index=False)),
    ):
        with atomic_path(path.with_name(path.name + suffix)) as temporary:
            temporary.write_bytes(data)


def frame_files(folder: str, names: Iterable[str]) -> list[str]:
    """Return the names of the files that `write_frame` makes of tables in `folder`."""
    return [f"{folder}/{name}{suffix}" for name in names for suffix in (".csv", ".parquet")]


def _publish(partial: Path, final: Path) -> None:
    final.parent.mkdir(parents=True, exist_ok=True)
    try:
        partial.rename(final)
    except OSError:
        # Another worker may have finished the same step first; its result is as good as ours.
        if not (final / MANIFEST).is_file():
            raise
    _fsync(final.parent)


def _flush(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            _fsync(path)
    _fsync(folder)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
