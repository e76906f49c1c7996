"""Dynamic exams as NIfTI: one file a phase (``*_0000``, ``*_0001``, ...) or one 4-D file, and its times.

The sidecar is JSON::

    {"times_s": [-230, 177, 531], "pe_threshold_percent": 70, "early": 1, "late": 2,
     "box": [{"centre_mm": [...], "half_vectors_mm": [[...], [...], [...]], "omit": false}]}

``times_s`` are middles of acquisitions, seconds after injection. Times that count from the image before
contrast, such as those of MAMA-MIA, are given as ``acquisition_times_s`` and converted.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from kinephen.core.dynamic import DynamicSeries, ExamHeader
from kinephen.core.volume import Geometry, require_same_grid
from kinephen.errors import InputError
from kinephen.io.dicom_pixels import source_hash
from kinephen.io.dicom_timing import choose_early_late
from kinephen.io.manifest import Manifest
from kinephen.io.nifti import nifti_stem, read_nifti_array
from kinephen.io.nifti_layout import PHASE_NAME, exam_files
from kinephen.io.nifti_named import named_files, read_named
from kinephen.io.nifti_place import WHERE
from kinephen.io.sidecar import own_terms, read_sidecar
from kinephen.io.sources import listed, opened
from kinephen.types import FrameStack


def read_dynamic(
    path: Path, *, manifest: Manifest | None = None, nominal_times_s: tuple[float, ...] | None = None
) -> DynamicSeries:
    """Read a dynamic exam from NIfTI.

    Parameters
    ----------
    path : Path
        A folder of phase files, one of which may be named instead, or one 4-D file.
    manifest : Manifest, optional
        Overrules the sidecar.
    nominal_times_s : tuple of float, optional
        Used only where neither tells the times.

    Returns
    -------
    DynamicSeries

    Raises
    ------
    InputError
        ``nifti.*``, ``geometry.mismatch`` between phases, ``nifti.times`` without times, ``dynamic.*``.
    """
    given = manifest if manifest is not None else Manifest()
    named = named_files(path, given)
    files = tuple(n.path for n in named) or exam_files(path)
    frames, geometry = read_named(named) if named else read_frames(files)
    sidecar = _sidecar(files)
    times, rule = _times(given, sidecar, nominal_times_s, len(frames))
    early, late = choose_early_late(times)
    early = given.early or sidecar.early or early
    late = given.late or sidecar.late or max(late, early + 1)
    return DynamicSeries(
        frames=frames,
        geometry=geometry,
        times_s=times,
        timing_rule=rule,
        phase_rule="manifest" if named else _rule(files),
        early=early,
        late=late,
        header=given.over(sidecar.over(ExamHeader(), "sidecar"), "manifest"),
        source_hash=source_hash(frames, geometry),
    )


def _rule(files: tuple[Path, ...]) -> str:
    return "NIfTI, one file a phase" if len(files) > 1 else "NIfTI, fourth dimension"


def read_frames(files: tuple[Path, ...]) -> tuple[FrameStack, Geometry]:
    """Return the frames of one 4-D file, or of one file a phase, shape (n, nz, ny, nx), and their grid.

    Raises
    ------
    InputError
        ``nifti.*``, ``geometry.mismatch`` between phases.
    """
    for number, path in enumerate(files):
        opened(path, "phases" if len(files) == 1 else f"phase {number}")
    arrays = [read_nifti_array(p) for p in files]
    if len(files) == 1:
        array, geometry = arrays[0]
        if array.ndim != 4:
            raise InputError(
                "one volume is no dynamic exam; expected a 4-D file or files *_0000, *_0001, ...",
                code="nifti.layout",
                where=WHERE,
            )
        return array, geometry
    first = arrays[0][1]
    for i, (array, geometry) in enumerate(arrays):
        if array.ndim != 3:
            raise InputError(f"phase {i} has {array.ndim} dimensions", code="nifti.dimensions", where=WHERE)
        require_same_grid(first, geometry, what=f"phases 0 and {i}")
    return np.stack([a for a, _ in arrays]), first


def phase_sidecar(path: Path, manifest: Manifest) -> dict[str, object]:
    """Return the fields of the sidecar of an exam without BIDS-like names; empty where there is none."""
    found = None if named_files(path, manifest) else _sidecar_path(exam_files(path))
    return {} if found is None else read_sidecar(found)


def _sidecar(files: tuple[Path, ...]) -> Manifest:
    found = _sidecar_path(files)
    return Manifest() if found is None else _parse(found)


def _sidecar_path(files: tuple[Path, ...]) -> Path | None:
    first = files[0]
    listed(first.parent)
    stem = nifti_stem(first)
    match = PHASE_NAME.match(stem)
    bases = [stem] if match is None or len(files) == 1 else [match["stem"].rstrip("_"), stem]
    names = [f"{b}{end}" for b in bases for end in (".json", "_times.json")] + ["times.json"]
    return next((p for p in (first.parent / name for name in names) if p.is_file()), None)


def _parse(path: Path) -> Manifest:
    content = read_sidecar(path)
    found = own_terms(content)
    if "acquisition_times_s" not in content or found.times_s is not None:
        return found
    counted = own_terms({"times_s": content["acquisition_times_s"]}).times_s or ()
    return replace(found, times_s=times_after_injection(counted))


def times_after_injection(acquisition_times_s: tuple[float, ...]) -> tuple[float, ...]:
    """Convert starts of acquisition that count from the image before contrast.

    The injection is taken to coincide with the start of the first phase after contrast, and a phase to last
    as long as the smallest distance of two phases after contrast, as UCSF's analysis of the public
    collections did.

    Parameters
    ----------
    acquisition_times_s : tuple of float
        For example ``(0, 407, 761)``.

    Returns
    -------
    tuple of float
        Middle of each phase, seconds after injection: ``(-230.0, 177.0, 531.0)``.
    """
    starts = np.asarray(acquisition_times_s, dtype=np.float64)
    if starts.size < 3:
        return tuple(float(s) for s in starts)
    duration = float(np.diff(starts[1:]).min())
    return tuple(float(s) for s in starts - starts[1] + duration / 2)


def _times(
    manifest: Manifest, sidecar: Manifest, nominal: tuple[float, ...] | None, n: int
) -> tuple[tuple[float, ...], str]:
    for times, rule in ((manifest.times_s, "manifest"), (sidecar.times_s, "sidecar"), (nominal, "nominal")):
        if times is not None:
            return times, rule
    raise no_times(n)


def no_times(n: int) -> InputError:
    """Return the error for an exam in NIfTI that does not tell its times."""
    return InputError(
        f"NIfTI files do not tell when their {n} phases were acquired",
        code="nifti.times",
        where=WHERE,
        hint='write times.json beside them: {"times_s": [-230, 177, 531]}, seconds after injection',
    )
