"""Which files of a BIDS-like folder are exams: images and masks of one subject at one session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydicom.filereader import read_file_meta_info

from kinephen.core.machine import raise_machine_fault
from kinephen.io.bids_names import BidsName, parse_name
from kinephen.io.dicom_headers import quiet_pydicom
from kinephen.io.files import walk_files
from kinephen.io.layout_match import dimensions
from kinephen.io.nifti import is_nifti
from kinephen.io.sources import listed, opened

IMAGE_SUFFIXES = ("dce", "perf", "t1w")
MASK_SUFFIXES = ("mask", "dseg")
MR_STORAGE = tuple(f"1.2.840.10008.5.1.4.1.1.{n}" for n in ("4", "4.1", "4.3", "4.4"))
_PASSED_OVER = ("derivatives", "sourcedata", "code")
"""Folders of a data set whose images are no exams of their own."""


@dataclass(frozen=True)
class BidsExam:
    """One subject at one session.

    Parameters
    ----------
    folder : Path
        Of the session, or of the subject if there are no sessions.
    subject, session : str
        Labels in lower case; the session's may be empty.
    images, masks : tuple of BidsName
        Sorted by path. Masks lie beside the images or in ``derivatives``.
    """

    folder: Path
    subject: str
    session: str
    images: tuple[BidsName, ...]
    masks: tuple[BidsName, ...]


def bids_exams(path: Path) -> tuple[BidsExam, ...]:
    """Return the BIDS-like exams at `path`, sorted by subject, session and folder.

    Parameters
    ----------
    path : Path
        A data set, or a folder of a subject, a session or a datatype, or one image file: the exam it is of.

    Returns
    -------
    tuple of BidsExam
        Empty where names are not BIDS-like, and where DICOM files lie beside them: such a folder is an exam
        in DICOM that something was exported into.
    """
    opened(path)
    if path.is_file():
        return _exam_of_file(path.resolve())
    if not path.is_dir():
        return ()
    base = path.resolve()
    walk = walk_files(base)
    files = (*walk.files, *walk.absent)
    groups: dict[tuple[str, str, Path], list[BidsName]] = {}
    for name in _images(files):
        if not _below(name.path, base, _PASSED_OVER):
            groups.setdefault((name.subject, name.session, name.folder), []).append(name)
    if not groups or _dicom_beside(files, base, {folder for _, _, folder in groups}):
        return ()
    return tuple(
        BidsExam(folder, subject, session, tuple(images), _masks(images[0]))
        for (subject, session, folder), images in sorted(groups.items())
    )


def is_bids_image(path: Path) -> bool:
    """Tell whether a file is named like an image of a BIDS-like exam."""
    return bool(_images([path]))


def _exam_of_file(path: Path) -> tuple[BidsExam, ...]:
    images = _images([path])
    if not images:
        return ()
    own = images[0]
    if dimensions(path) != 4:  # one phase stands for all
        listed(path.parent)
        siblings = _images(p for p in sorted(path.parent.iterdir()) if p.is_file() or not p.exists())
        images = [n for n in siblings if _whose(n) == _whose(own)]
    return (BidsExam(own.folder, own.subject, own.session, tuple(images), _masks(own)),)


def _whose(name: BidsName) -> tuple[str, str, str, str]:
    return name.subject, name.session, name.entities.get("desc", ""), name.suffix


def _images(files: Iterable[Path]) -> list[BidsName]:
    named = [n for p in files if is_nifti(p) and (n := parse_name(p)) is not None]
    return [n for n in named if n.subject and n.suffix in IMAGE_SUFFIXES]


def _masks(image: BidsName) -> tuple[BidsName, ...]:
    own = walk_files(image.folder).files
    listed(image.dataset)
    derived = [
        p
        for folder in (image.dataset.iterdir() if image.dataset != image.path.parent else ())
        if folder.is_dir() and folder.name.lower() == "derivatives"
        for p in walk_files(folder).files
    ]
    named = [n for p in dict.fromkeys((*own, *derived)) if is_nifti(p) and (n := parse_name(p)) is not None]
    who = (image.subject, image.session)
    found = [n for n in named if n.suffix in MASK_SUFFIXES and (n.subject, n.session) == who]
    return tuple(sorted(found, key=lambda n: n.path))


def _below(path: Path, base: Path, folders: tuple[str, ...]) -> bool:
    return any(part.lower() in folders for part in path.relative_to(base).parts[:-1])


def _dicom_beside(files: Iterable[Path], base: Path, exams: set[Path]) -> bool:
    return any(
        not is_nifti(p)
        and p.suffix.lower() not in (".json", ".tsv", ".csv", ".txt", ".md", ".html", ".mrml")
        and not _below(p, base, _PASSED_OVER)
        and not any(p.is_relative_to(folder) for folder in exams if folder != base)
        and _is_mr_image(p)
        for p in files
    )


def _is_mr_image(path: Path) -> bool:
    """Tell whether a file is an MR image in DICOM; segmentations and reports may lie beside an export."""
    with path.open("rb") as handle:
        if handle.read(132)[128:] != b"DICM":
            return False
    with quiet_pydicom():
        try:
            kind = str(read_file_meta_info(path).get("MediaStorageSOPClassUID", ""))
        except Exception as error:  # a damaged header, whatever pydicom makes of it
            raise_machine_fault(error)
            return False
    return kind in MR_STORAGE
