"""Exams in NIfTI: files that the manifest names, BIDS-like folders, files that another layout knows."""

from __future__ import annotations

from pathlib import Path

from kinephen.errors import InputError
from kinephen.io.bids_dynamic import read_bids_exam
from kinephen.io.bids_layout import BidsExam, bids_exams, is_bids_image
from kinephen.io.bids_protocol import sidecar_acquired
from kinephen.io.dicom_exam import Exam
from kinephen.io.files import walk_files
from kinephen.io.layout_match import layout_error
from kinephen.io.manifest import Manifest
from kinephen.io.nifti import is_nifti
from kinephen.io.nifti_dynamic import read_nifti_dynamic
from kinephen.io.nifti_layout import holds_phases, nifti_folders, no_layout
from kinephen.io.nifti_named import named_files


def holds_nifti_exam(path: Path, manifest: Manifest | None = None) -> bool:
    """Tell whether there is a NIfTI exam at `path`, or whether the manifest names NIfTI files there."""
    if manifest is not None and named_files(path, manifest):
        return True
    return bool(bids_exams(path)) or holds_phases(path)


def read_nifti_exam(
    path: Path, *, manifest: Manifest, nominal_times_s: tuple[float, ...] | None = None
) -> Exam:
    """Read the one exam at `path`.

    The order of rules: files that the manifest names; BIDS-like names; the layouts of `kinephen.io.layouts`.

    Raises
    ------
    InputError
        ``nifti.layout`` if there are several, and as the reader of each layout.
    """
    exams = () if named_files(path, manifest) else bids_exams(path)
    if not exams:
        found = read_nifti_dynamic(path, manifest=manifest, nominal_times_s=nominal_times_s)
        acquired = sidecar_acquired(found.sidecars)
        return Exam(
            found.series,
            issues=found.issues,
            segmentations=found.masks,
            manufacturer=acquired.manufacturer,
            scanner_model=acquired.scanner_model,
            field_strength_t=acquired.field_strength_t,
            protocol=acquired.protocol,
        )
    return read_bids_exam(one_exam(exams), manifest=manifest, nominal_times_s=nominal_times_s)


def one_exam(exams: tuple[BidsExam, ...]) -> BidsExam:
    """Return the only exam of a folder; raises ``InputError`` (``nifti.layout``) if there are several."""
    if len(exams) > 1:
        subjects = len({e.subject for e in exams})
        raise InputError(
            f"the folder holds {len(exams)} exams of {subjects} subject(s)",
            code="nifti.layout",
            where="exam folder",
            hint="give the folder of one session (sub-.../ses-...); kinephen inspect lists them",
        )
    return exams[0]


def other_nifti_folders(path: Path) -> tuple[Path, ...]:
    """Return the folders below `path` that hold an exam in NIfTI without BIDS-like names, sorted."""
    if not path.is_dir():
        return ()
    return tuple(p for p in nifti_folders(path) if not any(map(is_bids_image, p.iterdir())))


def nested_nifti_exam(path: Path) -> Path | None:
    """Return the only folder below `path` that holds an exam in NIfTI; None if there is none.

    Raises
    ------
    InputError
        ``nifti.layout`` if there are several, or NIfTI files whose names fit no layout.
    """
    folders = other_nifti_folders(path)
    if len(folders) > 1:
        raise layout_error(
            f"{len(folders)} folders below it hold an exam in NIfTI",
            "give the folder of one exam; kinephen inspect lists them",
        )
    if folders:
        return folders[0]
    files = [p for p in walk_files(path).files if is_nifti(p)] if path.is_dir() else []
    if files:
        raise no_layout(files)
    return None
