"""Reading one exam, whatever its layout."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kinephen.io.dicom_exam import Exam, read_dicom_exam
from kinephen.io.dicom_scan import scan_folder
from kinephen.io.inspection import inspect_path
from kinephen.io.manifest import Manifest, read_manifest
from kinephen.io.nifti_exam import holds_nifti_exam, nested_nifti_exam, read_nifti_exam
from kinephen.io.sources import recording

__all__ = ["Exam", "inspect_path", "read_exam"]

VERSION = 16
"""Raised when the readers give something else of the same files."""


def read_exam(
    path: Path,
    *,
    manifest: Path | None = None,
    nominal_times_s: tuple[float, ...] | None = None,
) -> Exam:
    """Read one exam.

    Parameters
    ----------
    path : Path
        A folder of DICOM files (nested and mixed as it likes); a BIDS-like folder of one session, or a data
        set of one; a folder of NIfTI files that a layout knows (see `kinephen.io.layouts`), or one 4-D file,
        with JSON sidecars that tell their times.
    manifest : Path, optional
        TOML or JSON file that names the phases and overrules every rule (see `kinephen.io.manifest`).
    nominal_times_s : tuple of float, optional
        Middle of each phase, seconds after injection; used, and flagged, only where the exam tells no times.

    Returns
    -------
    Exam
        With its `sources`: every file that was opened and every folder whose names were listed.

    Raises
    ------
    InputError
        With what was found, what was expected and what to do; codes ``path.*``, ``dicom.*``, ``manifest.*``,
        ``nifti.*``, ``dynamic.*``, ``geometry.mismatch``.
    """
    with recording() as sources:
        exam = _read(Path(path), manifest, nominal_times_s)
    return replace(exam, sources=sources)


def _read(path: Path, manifest: Path | None, nominal_times_s: tuple[float, ...] | None) -> Exam:
    given = Manifest() if manifest is None else read_manifest(manifest)
    exam = _exam(path, given, nominal_times_s)
    return replace(exam, accepted=given.accept)


def _exam(path: Path, manifest: Manifest, nominal_times_s: tuple[float, ...] | None) -> Exam:
    if holds_nifti_exam(path, manifest):
        return read_nifti_exam(path, manifest=manifest, nominal_times_s=nominal_times_s)
    scan = scan_folder(path)
    nested = None if any(h.is_image for h in scan.headers) else nested_nifti_exam(path)
    if nested is not None:
        return read_nifti_exam(nested, manifest=manifest, nominal_times_s=nominal_times_s)
    return read_dicom_exam(scan, path, manifest=manifest, nominal_times_s=nominal_times_s)
