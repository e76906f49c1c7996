"""BIDS-like NIfTI of a simulated exam, in the forms that converters and people give them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import nibabel
import numpy as np

from kinephen.core.files import atomic_path
from kinephen.core.plain import write_json
from kinephen.core.volume import Mask, Volume
from kinephen.io.bids_protocol import Acquired, acquired_fields
from kinephen.io.nifti import nifti_affine, write_mask, write_volume
from kinephen.records.protocol import Protocol
from kinephen.simulate.exam import SimulatedExam
from kinephen.simulate.identity import ExamIdentity
from kinephen.types import FloatVolume

Form = Callable[[SimulatedExam, ExamIdentity, Path, str], None]
"""Called with the exam, its identity, the folder of the session and the start of every name."""


def write_bids_exam(
    root: Path, exam: SimulatedExam, identity: ExamIdentity, form: str, *, lesion: Mask | None = None
) -> Path:
    """Write an exam below a BIDS-like data set and return the folder of its session.

    Parameters
    ----------
    root : Path
        Of the data set; created.
    exam : SimulatedExam
    identity : ExamIdentity
    form : str
        A key of `FORMS`.
    lesion : Mask, optional
        Written to ``derivatives``, as a reader's.
    """
    labels = {key: re.sub("[^A-Za-z0-9]", "", text) for key, text in _who(identity).items()}
    name = "_".join(f"{key}-{label}" for key, label in labels.items())
    session = root.joinpath(*(f"{key}-{label}" for key, label in labels.items()))
    write_json(root / "dataset_description.json", {"Name": "simulated", "BIDSVersion": "1.9.0"})
    FORMS[form](exam, identity, session, name)
    if lesion is not None:
        place = root / "derivatives" / "reader" / session.relative_to(root) / "dce"
        write_mask(place / f"{name}_label-lesion_mask.nii.gz", lesion)
    return session


def one_4d_file(exam: SimulatedExam, identity: ExamIdentity, session: Path, name: str) -> None:
    """``perf/..._dce``: all phases in the fourth dimension, times as BIDS has them for PET."""
    starts = exam.protocol.starts_s
    array = np.stack([_frame(exam, n) for n in range(len(starts))]).transpose(3, 2, 1, 0)
    image = nibabel.Nifti1Image(np.ascontiguousarray(array), nifti_affine(exam.geometry))
    with atomic_path(session / "perf" / f"{name}_dce.nii.gz") as temporary:
        nibabel.save(image, temporary)
    zero = starts[0]
    times = {
        "FrameTimesStart": [s - zero for s in starts],
        "FrameDuration": [exam.protocol.duration_s] * len(starts),
        "InjectionStart": -zero,
    }
    write_json(session / "perf" / f"{name}_dce.json", {**_terms(exam), **times})


def one_run_a_phase(exam: SimulatedExam, identity: ExamIdentity, session: Path, name: str) -> None:
    """``anat/..._run-N_T1w``: a file a phase, numbered from 1, with the clock time of the converter."""
    for n, start in enumerate(exam.protocol.starts_s):
        second = (identity.injection_s + start) % 86_400
        hours, minutes = int(second // 3600), int(second % 3600 // 60)
        clock = f"{hours:02d}:{minutes:02d}:{second % 60:09.6f}"
        times = {"AcquisitionTime": clock, "AcquisitionDuration": exam.protocol.duration_s}
        _write_phase(exam, n, session / "anat" / f"{name}_run-{n + 1}_T1w.nii", times)


def pre_and_posts(exam: SimulatedExam, identity: ExamIdentity, session: Path, name: str) -> None:
    """``dce/..._acq-pre_T1w``, ``acq-post1``, ...: phases by word, with the trigger time of DICOM in ms."""
    starts = exam.protocol.starts_s
    for n, start in enumerate(starts):
        word = f"post{n}" if n else "pre"
        times = {
            "TriggerTime": 1000.0 * (start - starts[0]),
            "AcquisitionDuration": exam.protocol.duration_s,
        }
        _write_phase(exam, n, session / "dce" / f"{name}_acq-{word}_T1w.nii.gz", times)


FORMS: Mapping[str, Form] = MappingProxyType(
    {"4-D file": one_4d_file, "runs": one_run_a_phase, "pre and posts": pre_and_posts}
)


def _who(identity: ExamIdentity) -> dict[str, str]:
    return {"sub": identity.patient_id, "ses": identity.visit}


def _write_phase(exam: SimulatedExam, n: int, path: Path, times: Mapping[str, Any]) -> None:
    write_volume(path, Volume(_frame(exam, n), exam.geometry), sidecar={**_terms(exam), **times})


def _frame(exam: SimulatedExam, n: int) -> FloatVolume:
    frame: FloatVolume = (exam.stored[n] * exam.protocol.slope).astype(np.float32)
    return frame


def _acquired(exam: SimulatedExam) -> Acquired:
    """Return scanner and protocol as a converter takes them from the headers, and the field of all: 1.5 T."""
    own = exam.protocol
    protocol = Protocol(
        scanning_sequence=(own.scanning_sequence,),
        sequence_variant=(own.sequence_variant,),
        scan_options=own.scan_options,
        sequence_name=own.sequence,
        acquisition_type=own.acquisition_type,
        repetition_ms=own.repetition_ms,
        echo_ms=own.echo_ms,
        flip_degrees=own.flip_degrees,
        echo_train=1.0,
        averages=1.0,
        slice_thickness_mm=exam.geometry.spacing[0],
        coil=own.coil,
        contrast_agent=own.contrast_agent,
        contrast_route=own.contrast_route,
        contrast_volume_ml=own.contrast_volume_ml,
    )
    return Acquired(own.manufacturer, own.model, 1.5, protocol)


def _terms(exam: SimulatedExam) -> dict[str, object]:
    """Return what BIDS has no fields for, in kinephen's own terms."""
    box = {
        "centre_mm": list(exam.box.centre_mm),
        "half_vectors_mm": list(map(list, exam.box.half_vectors_mm)),
    }
    return {
        **acquired_fields(_acquired(exam)),
        "pe_threshold_percent": float(exam.protocol.pe_threshold_percent),
        "box": [box],
    }
