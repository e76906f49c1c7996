"""NIfTI files that a manifest names as the phases of an exam."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinephen.core.volume import Geometry, require_same_grid
from kinephen.errors import InputError
from kinephen.io.files import walk_files
from kinephen.io.manifest import Manifest, PhaseEntry
from kinephen.io.nifti import is_nifti, read_nifti_array
from kinephen.io.sources import opened
from kinephen.types import FrameStack


@dataclass(frozen=True)
class NamedFile:
    """One phase: a file, and which volume of it (from 1) if it holds several."""

    path: Path
    part: int | None


def named_files(path: Path, manifest: Manifest) -> tuple[NamedFile, ...]:
    """Return the file of each phase; nothing if the manifest names no NIfTI files at `path`.

    Raises
    ------
    InputError
        ``manifest.files`` if some entries name a NIfTI file and others none or several.
    """
    if not manifest.phases or not path.exists():
        return ()
    base = path.resolve()
    base = base.parent if base.is_file() else base
    files = (
        [p for p in walk_files(base).files if is_nifti(p)] if any(e.files for e in manifest.phases) else []
    )
    fitting = [_fitting(files, entry, base) for entry in manifest.phases]
    if not any(fitting):
        return ()
    for number, found in enumerate(fitting, start=1):
        if len(found) != 1:
            raise InputError(
                f"phase {number}: {len(found)} NIfTI file(s) fit; expected one",
                code="manifest.files",
                where="manifest",
                hint="patterns are relative to the exam's folder, for example dce/*_run-1_T1w.nii.gz",
            )
    return tuple(NamedFile(f[0], e.part) for f, e in zip(fitting, manifest.phases, strict=True))


def read_named(files: tuple[NamedFile, ...]) -> tuple[FrameStack, Geometry]:
    """Read named phases; raises ``InputError`` as `read_nifti_array`, and ``manifest.files``."""
    frames, first = [], None
    for number, file in enumerate(files, start=1):
        opened(file.path, f"phase {number - 1}")
        array, geometry = read_nifti_array(file.path)
        first = geometry if first is None else first
        require_same_grid(first, geometry, what=f"phases 1 and {number}")
        volumes = array[None] if array.ndim == 3 else array
        if not 1 <= (file.part or 1) <= len(volumes) or (file.part is None and len(volumes) > 1):
            raise InputError(
                f"phase {number}: its file holds {len(volumes)} volume(s); part {file.part} is asked for",
                code="manifest.files",
                where="manifest",
                hint="part counts volumes from 1",
            )
        frames.append(volumes[(file.part or 1) - 1])
    assert first is not None
    return np.stack(frames), first


def _fitting(files: list[Path], entry: PhaseEntry, base: Path) -> list[Path]:
    return [p for p in files if any(p.relative_to(base).match(pattern) for pattern in entry.files)]
