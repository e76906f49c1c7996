"""By what an exam is known, remembered while nothing that its reader looked at has changed."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict

import numpy as np

from kinephen.core.files import atomic_path
from kinephen.core.plain import hash_file, hash_json
from kinephen.errors import InputError
from kinephen.io.array_volume import OTHERS, read_array_volume
from kinephen.io.exam import VERSION, Exam, read_exam
from kinephen.io.exam_identity import ExamIdentity, exam_identity
from kinephen.io.nifti import nifti_ending
from kinephen.io.nifti_file import is_pair
from kinephen.io.sources import ExamSources, state_of


class Fingerprints:
    """Identities of exams.

    An exam is read to know it. Its identity is then remembered with the state (place behind links, size,
    times of change, file number) of every file that was opened and of every folder that was listed, and holds
    until one of these changes.

    Parameters
    ----------
    root : Path
        Where they are remembered. A note can be read only by who knows the exam's path: paths may hold names.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def of(
        self, path: Path, manifest: Path | None = None, *, read: Callable[[], Exam] | None = None
    ) -> ExamIdentity:
        """Return by what an exam is known.

        Parameters
        ----------
        path : Path
        manifest : Path, optional
        read : callable, optional
            Reads the exam; for a caller who keeps it.

        Raises
        ------
        InputError
            As `kinephen.io.exam.read_exam`.
        """
        note = _Note(self._root, path, manifest)
        known = note.identity()
        if known is not None:
            return known
        exam = read_exam(path, manifest=manifest) if read is None else read()
        found = exam_identity(exam)
        if exam.sources.settled:
            note.write(found, exam.sources)
        return found


def mask_hash(path: Path | None) -> str:
    """Return the hash of a mask's file, or ``"none"``; raises ``InputError`` (``path.missing``).

    The ending of its name counts beside its content: by it the file is read, as NIfTI (packed or not) or as
    DICOM. Of NRRD, MetaImage and a pair of ``.hdr`` and ``.img`` the values and their grid count.
    """
    if path is None:
        return "none"
    if not path.is_file():
        raise InputError(
            "no such file", code="path.missing", where="mask file", hint="mend its path in the exam list"
        )
    if path.suffix.lower() in OTHERS or is_pair(path):  # its values may lie in a file beside
        volume = read_array_volume(path)
        values = hashlib.sha256(np.ascontiguousarray(volume.array).data).hexdigest()
        return hash_json(
            [str(volume.array.dtype), volume.array.shape, volume.geometry.affine.tolist(), values]
        )
    return hash_json([nifti_ending(path), hash_file(path)])


class _Content(TypedDict):
    """What a note holds: an identity by field, and the state of each path that was read."""

    identity: dict[str, str]
    states: dict[str, list[str | int]]


class _Note:
    """The note on one exam. Its content is covered with a key that follows from the paths of the exam.

    A path counts with the name that was given and the place behind all links: two links of other names to one
    file may be read differently.
    """

    def __init__(self, root: Path, path: Path, manifest: Path | None) -> None:
        given = [path] if manifest is None else [path, manifest]
        where = [[p.name, os.path.realpath(p)] for p in given]
        self._key = hash_json([VERSION, where])
        self._file = root / f"{hash_json(self._key)[:32]}.note"

    def identity(self) -> ExamIdentity | None:
        """Return what is remembered; None without a note, or if anything has changed since."""
        content = self._content()
        if content is None:
            return None
        if any(list(state_of(path)) != state for path, state in content["states"].items()):
            return None
        return ExamIdentity(**content["identity"])

    def write(self, identity: ExamIdentity, sources: ExamSources) -> None:
        """Remember an identity."""
        content = {"identity": asdict(identity), "states": sources.states}
        with suppress(OSError), atomic_path(self._file) as temporary:  # a note saves time, no more
            temporary.write_bytes(self._covered(zlib.compress(json.dumps(content).encode())))

    def _content(self) -> _Content | None:
        try:
            content = json.loads(zlib.decompress(self._covered(self._file.read_bytes())))
        except (OSError, ValueError, zlib.error):  # none, or damaged: the exam is read again
            return None
        whole = isinstance(content, dict) and content.keys() == {"identity", "states"}
        return content if whole else None

    def _covered(self, data: bytes) -> bytes:
        key = hashlib.shake_256(self._key.encode()).digest(len(data))
        return (int.from_bytes(data) ^ int.from_bytes(key)).to_bytes(len(data))
