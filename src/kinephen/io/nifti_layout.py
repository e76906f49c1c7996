"""Which NIfTI files of a folder are the phases of an exam."""

from __future__ import annotations

import re
from pathlib import Path

import nibabel

from kinephen.core.machine import raise_machine_fault
from kinephen.errors import InputError
from kinephen.io.files import walk_files
from kinephen.io.nifti import is_nifti, nifti_stem
from kinephen.io.sources import listed, opened

# "ISPY1_1002_DCE_0000_N3", "DUKE_001_0001": four digits, with a mark of bias correction after them or not.
PHASE_NAME = re.compile(r"^(?P<stem>.*?)_?(?P<index>\d{4})(?P<tail>_N\d)?$", re.IGNORECASE)

Group = dict[int, Path]


def phase_files(folder: Path) -> tuple[Path, ...]:
    """Return the files of a ``_000k`` layout in order, or nothing.

    Files whose number belongs to a patient are no phases: only names of which a ``0000`` exists count.

    Raises
    ------
    InputError
        ``nifti.layout`` if numbers are missing, or several exams lie in one folder.
    """
    exams = [group for group in _groups(folder).values() if 0 in group]
    if not exams:
        return ()
    if len(exams) > 1:
        raise InputError(
            f"the phases of {len(exams)} exams lie in one folder",
            code="nifti.layout",
            where="exam folder",
            hint="one folder for each exam",
        )
    indices = sorted(exams[0])
    if indices != list(range(len(indices))):
        raise InputError(
            f"phase files must be numbered 0000, 0001, ... without gaps; found {indices}",
            code="nifti.layout",
            where="exam folder",
        )
    return tuple(exams[0][i] for i in indices)


def exam_files(path: Path) -> tuple[Path, ...]:
    """Return the files of the exam at `path`: phases in order, or one 4-D file.

    Parameters
    ----------
    path : Path
        A folder, a 4-D file, or one of the phase files.

    Raises
    ------
    InputError
        As `phase_files`; ``nifti.layout`` for a folder without an exam.
    """
    if path.is_file():
        match = PHASE_NAME.match(nifti_stem(path))
        phases = phase_files(path.parent) if match and dimensions(path) == 3 else ()
        return phases if path in phases else (path,)
    files = phase_files(path) or _whole(path)
    if not files:
        raise InputError(
            "no files *_0000, *_0001, ... and no 4-D file", code="nifti.layout", where="exam folder"
        )
    return files


def holds_phase_files(path: Path) -> bool:
    """Tell whether `path` is a NIfTI file, or a folder that holds phases or one 4-D file."""
    if path.is_file():
        return is_nifti(path)
    if not path.is_dir():
        return False
    return any(0 in group for group in _groups(path).values()) or bool(_whole(path))


def nifti_folders(root: Path) -> tuple[Path, ...]:
    """Return the folders below `root` that hold a NIfTI exam, sorted."""
    parents = dict.fromkeys(p.parent for p in walk_files(root).files if is_nifti(p))
    return tuple(p for p in sorted(parents) if holds_phase_files(p))


def dimensions(path: Path) -> int:
    """Return how many dimensions a NIfTI file has (0 if it cannot be read)."""
    opened(path)
    try:
        return len(nibabel.load(path).shape)
    except Exception as error:  # nibabel raises many kinds on damaged files; reading it says why
        raise_machine_fault(error)
        return 0


def _groups(folder: Path) -> dict[tuple[str, str], Group]:
    groups: dict[tuple[str, str], Group] = {}
    for path in _images(folder):
        match = PHASE_NAME.match(nifti_stem(path))
        if match:
            groups.setdefault((match["stem"], match["tail"] or ""), {})[int(match["index"])] = path
    return groups


def _whole(folder: Path) -> tuple[Path, ...]:
    found = _images(folder)
    return (found[0],) if len(found) == 1 and dimensions(found[0]) == 4 else ()


def _images(folder: Path) -> list[Path]:
    listed(folder)
    named = sorted(p for p in folder.iterdir() if is_nifti(p))
    for path in named:  # a link may lead elsewhere tomorrow
        opened(path)
    return [p for p in named if p.is_file()]
