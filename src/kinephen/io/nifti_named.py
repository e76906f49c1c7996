"""NIfTI files that a manifest names as the phases of an exam."""

from __future__ import annotations

from pathlib import Path

from kinephen.errors import InputError
from kinephen.io.files import walk_files
from kinephen.io.manifest import Manifest, PhaseEntry
from kinephen.io.nifti import is_nifti
from kinephen.io.nifti_frames import Part


def named_files(path: Path, manifest: Manifest) -> tuple[Part, ...]:
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
    return tuple(Part(f[0], e.part) for f, e in zip(fitting, manifest.phases, strict=True))


def _fitting(files: list[Path], entry: PhaseEntry, base: Path) -> list[Path]:
    return [p for p in files if any(p.relative_to(base).match(pattern) for pattern in entry.files)]
