"""The images that a derived DICOM object refers to: one phase of an exam, with what filing it needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom import Dataset

from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.dicom_exam import outline_exam
from kinephen.io.dicom_headers import Header, quiet_pydicom
from kinephen.io.dicom_scan import scan_folder
from kinephen.io.dicom_writer import uid_from_names
from kinephen.io.manifest import Manifest, read_manifest
from kinephen.io.nifti_exam import holds_nifti_exam

# Elements that DICOM wants in every object, though they may be empty (PS3.3, C.7.1 and C.7.2).
_MAY_BE_EMPTY = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex"),
    *("StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"),
)
# Dates that are none and codes of sex such as 6657 stand in real archives, and would be refused.
_FORMS = {
    **dict.fromkeys(("PatientBirthDate", "StudyDate"), re.compile(r"(\d{8})?")),
    "PatientSex": re.compile(r"[FMO]?"),
    "StudyTime": re.compile(r"(\d{2}([0-5]\d([0-5]\d(\.\d{1,6})?)?)?)?"),
}
_TRIAL_MAY_BE_EMPTY = ("ClinicalTrialProtocolName", "ClinicalTrialSiteID", "ClinicalTrialSiteName")
_DOI = {
    "ispy1": "https://doi.org/10.7937/K9/TCIA.2016.HDHPGJLK",
    "pilot": "https://doi.org/10.7937/K9/TCIA.2016.QHSYHJKY",
}


@dataclass(frozen=True)
class ReferencePhase:
    """One 3-D phase of an exam as derived objects refer to it.

    Parameters
    ----------
    images : tuple of Dataset
        Headers without pixels, in slice order; one object if it holds all slices.
    geometry : Geometry
    laterality : str
        ``"L"``, ``"R"`` or ``"B"`` as the headers state, else empty; never guessed from positions.
    frame_numbers : frozenset of int
        Frames (from 1) of the phase where one object holds all phases; empty for single images.
    source_doi : str
        DOI of the public collection that the exam belongs to, or empty.
    """

    images: tuple[Dataset, ...]
    geometry: Geometry
    laterality: str
    frame_numbers: frozenset[int] = frozenset()
    source_doi: str = ""

    @property
    def frame_of_reference(self) -> str:
        """UID of the coordinate system."""
        return str(self.images[0].FrameOfReferenceUID)

    def tracking_uid(self, lesion: str) -> str:
        """Return the UID of a lesion of this patient: the same at all of their visits."""
        return uid_from_names("kinephen", "lesion", str(self.images[0].PatientID), lesion)


def read_reference_phase(path: Path, phase: int, *, manifest: Path | None = None) -> ReferencePhase:
    """Read the headers of one phase of an exam, such as the early one after contrast.

    Derived objects refer to one 3-D phase and not to the series of all phases: viewers place a segmentation
    by its source images, and several fail where those hold each position more than once.

    Parameters
    ----------
    path : Path
        Folder of one exam in DICOM.
    phase : int
        As read, from 0: the signal may have told that the early phase is not where the headers put it.
    manifest : Path, optional
        As for `kinephen.io.exam.read_exam`.

    Returns
    -------
    ReferencePhase

    Raises
    ------
    InputError
        ``export.not_dicom`` for an exam in NIfTI; ``export.frame_of_reference`` if the images of the phase do
        not share one; else as `kinephen.io.exam.read_exam`.
    """
    if holds_nifti_exam(path):
        raise InputError(
            "DICOM objects refer to DICOM images, and this exam is NIfTI",
            code="export.not_dicom",
            where="exam",
            hint="give the exam's DICOM folder, or leave out --seg and --sr",
        )
    given = Manifest() if manifest is None else read_manifest(manifest)
    outline = outline_exam(scan_folder(path), path, manifest=given)
    slices = outline.dynamic.phases[phase].slices
    paths = dict.fromkeys(header.path for header in slices)
    with quiet_pydicom():
        images = tuple(_completed(pydicom.dcmread(p, stop_before_pixels=True)) for p in paths)
    _require_one_frame_of_reference(images)
    return ReferencePhase(
        images,
        outline.geometry,
        _laterality(images),
        frame_numbers=_frame_numbers(slices) if len(images) < len(slices) else frozenset(),
        source_doi=_DOI.get(slices[0].collection, ""),
    )


def _frame_numbers(slices: Sequence[Header]) -> frozenset[int]:
    return frozenset(header.pixels.frame + 1 for header in slices if header.pixels is not None)


def _completed(image: Dataset) -> Dataset:
    """Add the elements that a derived object must have, and mend those that are copied from its source."""
    # Names are decoded by the source's own character set, and written in one that holds them all.
    image.decode()
    image.SpecificCharacterSet = "ISO_IR 192"
    for keyword in _MAY_BE_EMPTY:
        form = _FORMS.get(keyword)
        if keyword not in image or (form and not form.fullmatch(str(image[keyword].value or ""))):
            setattr(image, keyword, "")
    if any(e.keyword.startswith("ClinicalTrial") for e in image if e.tag.group == 0x0012):
        _complete_trial(image)
    return image


def _complete_trial(image: Dataset) -> None:
    # Sponsor, protocol and subject may not be empty (PS3.3, C.7.1.3); the patient's own id names the subject.
    stated = {
        "ClinicalTrialSponsorName": "not stated",
        "ClinicalTrialProtocolID": "not stated",
        "ClinicalTrialSubjectID": str(image.PatientID) or "not stated",
    }
    if image.get("ClinicalTrialSubjectReadingID"):
        del stated["ClinicalTrialSubjectID"]
    for keyword, value in stated.items():
        if not image.get(keyword):
            setattr(image, keyword, value)
    for keyword in _TRIAL_MAY_BE_EMPTY:
        if keyword not in image:
            setattr(image, keyword, "")


def _require_one_frame_of_reference(images: Sequence[Dataset]) -> None:
    found = {str(image.get("FrameOfReferenceUID", "")) for image in images}
    if len(found) != 1 or "" in found:
        what = "none" if found == {""} else f"{len(found)}"
        raise InputError(
            f"the images of the early phase share one frame of reference in DICOM; found {what}",
            code="export.frame_of_reference",
            where="exam",
            hint="leave out --seg and --sr, or export the series again from its archive",
        )


def _laterality(images: Sequence[Dataset]) -> str:
    stated = {str(i.get("ImageLaterality") or i.get("Laterality") or "").strip().upper() for i in images}
    one = stated.pop() if len(stated) == 1 else ""
    return one if one in ("L", "R", "B") else ""
