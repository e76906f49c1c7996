"""Results kept by content: a step's folder is named after everything that it depends on.

A folder appears whole or not at all: it is filled under another name, flushed to disk and renamed. So a run
may be killed at any moment and started again; what is there is right, what is missing is made.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kinephen import __version__
from kinephen.core.files import atomic_path
from kinephen.core.plain import hash_file, hash_json, write_json
from kinephen.errors import InputError

MANIFEST = "step.json"


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
        Hash of each input.
    """

    step: str
    version: int
    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]

    @property
    def digest(self) -> str:
        """First 32 hexadecimal digits of the SHA-256 of all fields and of kinephen's version."""
        return hash_json(self.to_dict())[:32]

    def to_dict(self) -> dict[str, Any]:
        """Return plain fields."""
        return {
            "kinephen": __version__,
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
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._partial = root / "partial"
        root.mkdir(parents=True, exist_ok=True)

    def folder(self, key: StepKey) -> Path:
        """Return where the result of `key` is or will be."""
        return self.root / key.step / key.digest

    def done(self, key: StepKey) -> bool:
        """Tell whether the result is there, whole."""
        return (self.folder(key) / MANIFEST).is_file()

    def run(self, key: StepKey, compute: Callable[[Path], None]) -> Path:
        """Return the result's folder, computing it if it is not there.

        Parameters
        ----------
        key : StepKey
        compute : callable
            Fills the empty folder that it is given. If it raises, nothing is left behind.
        """
        final = self.folder(key)
        if self.done(key):
            return final
        partial = self._partial / f"{key.digest}-{uuid.uuid4().hex}"
        partial.mkdir(parents=True)
        try:
            compute(partial)
            write_json(partial / MANIFEST, key.to_dict())
            _flush(partial)
            _publish(partial, final)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return final

    def sweep(self) -> None:
        """Remove what a killed run left unfinished."""
        shutil.rmtree(self._partial, ignore_errors=True)


def hash_folder(path: Path) -> str:
    """Return the SHA-256 of the contents of all files below `path`, whatever their names."""
    if path.is_file():
        return hash_file(path)
    if not path.is_dir():
        raise InputError("no such exam folder", code="exam.missing", where=path.name)
    digests = sorted(hash_file(f) for f in path.rglob("*") if f.is_file() and not f.is_symlink())
    return hash_json(digests)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as ``path.csv`` and ``path.parquet``, each whole or not at all."""
    for suffix, data in (
        (".csv", frame.to_csv(index=False).encode()),
        (".parquet", frame.to_parquet(index=False)),
    ):
        with atomic_path(path.with_name(path.name + suffix)) as temporary:
            temporary.write_bytes(data)


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
