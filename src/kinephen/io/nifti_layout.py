"""Which NIfTI files are the phases of an exam, by the layouts that are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kinephen.errors import InputError
from kinephen.io.annexed import require_fetched
from kinephen.io.files import walk_files
from kinephen.io.layout import Layout
from kinephen.io.layout_match import PhaseSet, dimensions, layout_error, matches
from kinephen.io.layout_registry import known_layouts
from kinephen.io.nifti import is_nifti
from kinephen.io.sources import listed, opened


def find_phases(path: Path) -> PhaseSet | None:
    """Return the files of the exam at `path`; None where there is none.

    Layouts of definite names come first; `kinephen.io.layout.Layout.general` ones count where none of them
    fits.

    Parameters
    ----------
    path : Path
        A folder, a 4-D file, or the file of one phase, which stands for all.

    Raises
    ------
    InputError
        ``nifti.layout`` if several layouts or several exams fit, and as `kinephen.io.layout_match.matches`.
    """
    if path.is_file():
        return _of_file(path) if is_nifti(path) else None
    if not path.is_dir():
        return None
    images = _images(path)
    for general in (False, True):
        found = _one_of(_fitting(images, general))
        if found is not None:
            return found
    return None


def exam_phases(path: Path) -> PhaseSet:
    """Return the files of the exam at `path`; raises ``InputError`` (``nifti.layout``) without one."""
    found = find_phases(path)
    if found is None:
        raise no_layout(_images(path) if path.is_dir() else [path])
    return found


def holds_phases(path: Path) -> bool:
    """Tell whether `path` is a NIfTI file, or a folder with files that fit a layout."""
    if path.is_file():
        return is_nifti(path)
    if not path.is_dir():
        return False
    images = _images(path)
    try:
        return bool(_fitting(images, general=False) or _fitting(images, general=True))
    except InputError:  # reading the exam says what is wrong with it
        return True


def nifti_folders(root: Path) -> tuple[Path, ...]:
    """Return the folders below `root` that hold a NIfTI exam, sorted."""
    walk = walk_files(root)
    parents = dict.fromkeys(p.parent for p in (*walk.files, *walk.absent) if is_nifti(p))
    return tuple(p for p in sorted(parents) if holds_phases(p))


def no_layout(files: Sequence[Path]) -> InputError:
    """Return the error for NIfTI files whose names fit no layout, or whose content is absent."""
    for path in files:
        require_fetched(path)
    names = ", ".join(found.name for found in known_layouts())
    count = len(files)
    subject = "the one NIfTI file fits" if count == 1 else f"the names of {count} NIfTI files fit"
    return layout_error(f"{subject} no layout that is known ({names})")


def _of_file(path: Path) -> PhaseSet:
    images = _images(path.parent)
    if dimensions(path) != 4:
        for general in (False, True):
            fitting = [found for found in _fitting(images, general) if path in found.files]
            found = _one_of(fitting)
            if found is not None:
                return found
    return PhaseSet(Layout(name="fourth dimension", whole=True), (path,))


def _fitting(images: Sequence[Path], general: bool) -> list[PhaseSet]:
    layouts = [found for found in known_layouts() if found.general == general]
    return [found for layout in layouts for found in matches(images, layout)]


def _one_of(fitting: Sequence[PhaseSet]) -> PhaseSet | None:
    """Return the only exam; layouts that find the same files in the same order agree."""
    several = [found for found in fitting if found.layout is fitting[0].layout]
    if len(several) > 1:
        raise layout_error(
            f"the phases of {len(several)} exams lie in one folder",
            "one folder for each exam, or give the file of one phase",
        )
    if len({found.files for found in fitting}) > 1:
        named = "; ".join(f"{found.layout.name} ({len(found.files)} files)" for found in fitting)
        raise layout_error(f"the files fit several layouts: {named}")
    return fitting[0] if fitting else None


def _images(folder: Path) -> list[Path]:
    listed(folder)
    named = sorted(p for p in folder.iterdir() if is_nifti(p) and not p.name.startswith("."))
    for path in named:  # a link may lead elsewhere tomorrow
        opened(path)
    # A link that leads nowhere would be a phase, and reading it says so.
    return [p for p in named if p.is_file() or (p.is_symlink() and not p.exists())]
