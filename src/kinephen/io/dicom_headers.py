"""One record for each DICOM object of an exam: what ingest needs of its header, read without its pixels."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.tag import Tag

from kinephen.core.machine import raise_machine_fault
from kinephen.io import dicom_values as values
from kinephen.io.dicom_open import HeldFile, refuse_bomb
from kinephen.io.dicom_pixel_headers import (
    IMPLICIT,
    NAMES,
    PHILIPS_CREATOR,
    PHILIPS_SCALE_SLOPE,
    NotDicomError,
    Pixels,
    read_pixels,
)
from kinephen.io.phase_times.clock import Clock
from kinephen.io.phase_times.image import TIME_TAGS, ImageTimes, read_times
from kinephen.io.protocol import tesla

_IMAGES = ("1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.66.4")
"""MR Image Storage and Segmentation Storage: objects that must have rows and columns."""

_TAGS = {
    name: int(Tag(name))
    for name in re.findall(
        r"\w+",
        """
        SpecificCharacterSet ImageType SOPClassUID SOPInstanceUID StudyDate SeriesDate AcquisitionDate
        ContentDate AcquisitionDateTime SeriesTime AcquisitionTime ContentTime Modality Manufacturer
        SeriesDescription ManufacturerModelName DerivationDescription SourceImageSequence
        DerivationCodeSequence DeviceSerialNumber ReferencedSeriesSequence ClinicalTrialTimePointID
        ClinicalTrialTimePointDescription ClinicalTrialProtocolID
        ClinicalTrialProtocolName PatientID ScanOptions SequenceName RepetitionTime EchoTime FlipAngle
        TriggerTime MagneticFieldStrength StudyInstanceUID
        SeriesInstanceUID SeriesNumber AcquisitionNumber InstanceNumber ImagePositionPatient
        ImageOrientationPatient FrameOfReferenceUID TemporalPositionIdentifier
        PixelSpacing ContentLabel SpacingBetweenSlices ImagerPixelSpacing
        """
        + " ".join(NAMES),
    )
}
_READ = [*_TAGS.values(), *TIME_TAGS, PHILIPS_CREATOR, PHILIPS_SCALE_SLOPE]


@dataclass(frozen=True, slots=True)
class Header:
    """What ingest knows of one DICOM object; None or an empty text where the file is silent.

    Times that order images are seconds: moments count from an arbitrary day (or from midnight when the date
    is absent), `trigger` from a start that the scanner chose. `times` is what the times of phases come from.
    `holder` is the SOP instance UID of the object of several frames that an image was taken from.
    """

    path: Path
    uid: str
    study: str
    series: str
    modality: str
    sop_class: str
    manufacturer: str
    model: str
    description: str
    series_number: int | None
    instance_number: int | None
    acquisition_number: int | None
    temporal_position: int | None
    image_type: tuple[str, ...]
    derivation: str
    derivation_codes: tuple[str, ...]
    sources: tuple[str, ...]
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, ...] | None
    frame_of_reference: str
    acquired: float | None
    content: float | None
    series_start: float | None
    trigger: float | None
    times: ImageTimes
    scan_options: tuple[str, ...]
    sequence: str
    contrast_settings: tuple[float | None, float | None, float | None]
    field_strength_t: float | None
    time_point: str
    time_point_description: str
    content_label: str
    collection: str
    patient: str
    scanner_serial: str
    pixels: Pixels | None
    holder: str = ""
    stated_step: float | None = None
    imager_spacing: tuple[float, ...] | None = None

    @property
    def is_image(self) -> bool:
        """True for a single grey MR slice with a place in the patient."""
        return (
            self.modality == "MR"
            and self.pixels is not None
            and self.pixels.frames == 1
            and self.pixels.grey
            and None not in (self.position, self.orientation, self.spacing)
        )

    @property
    def object_uid(self) -> str:
        """SOP instance UID of the object that holds the image: of several frames, or the image itself."""
        return self.holder or self.uid

    @property
    def derived(self) -> bool:
        """True if the object was computed from other images."""
        return bool(self.image_type) and self.image_type[0].upper() == "DERIVED"


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Read other people's files: no value checks and no warnings, whose texts may quote what a file holds."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    with warnings.catch_warnings(), pydicom.config.disable_value_validation():
        warnings.simplefilter("ignore")
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)


_ARCHIVES = (b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"Rar!")
"""First bytes of zip, 7z and RAR."""
_DOCUMENTS = (".docx", ".odp", ".ods", ".odt", ".pptx", ".xlsx")
"""Zip archives that hold no exam. Nor does a gzip file: beside DICOM it is a NIfTI file."""


def read_header(path: Path) -> Header:
    """Read the header of one DICOM file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Header

    Raises
    ------
    NotDicomError
        With the reason as text: no DICOM prefix, unreadable or truncated.
    """
    size = path.stat().st_size
    with HeldFile(path) as stream:
        start = stream.read(132)
        if start[128:] != b"DICM":
            raise NotDicomError("archive, unpack it first" if _is_archive(path, start) else "not DICOM")
        stream.seek(0)
        try:
            refuse_bomb(stream)
            data = pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=_READ)
            syntax = str(data.file_meta.get("TransferSyntaxUID", IMPLICIT))
            pixels = read_pixels(data, stream, syntax, size)
            if pixels is None and data.file_meta.get("MediaStorageSOPClassUID") in _IMAGES:
                raise NotDicomError("truncated, its header ends early")
            return _header(path, data, pixels)
        except NotDicomError:
            raise
        except Exception as error:  # pydicom raises many kinds on damaged files; none of them is ours to name
            raise_machine_fault(error)
            raise NotDicomError("damaged DICOM") from error


def _is_archive(path: Path, start: bytes) -> bool:
    return start.startswith(_ARCHIVES) and path.suffix.lower() not in _DOCUMENTS


def _header(path: Path, data: pydicom.Dataset, pixels: Pixels | None) -> Header:
    def text(name: str) -> str:
        return values.text(data, _TAGS[name])

    def number(name: str) -> float | None:
        return values.number(data, _TAGS[name])

    def integer(name: str) -> int | None:
        return values.integer(data, _TAGS[name])

    times = read_times(data)
    return Header(
        path=path,
        uid=text("SOPInstanceUID"),
        study=text("StudyInstanceUID"),
        series=text("SeriesInstanceUID"),
        modality=text("Modality"),
        sop_class=text("SOPClassUID"),
        manufacturer=text("Manufacturer"),
        model=text("ManufacturerModelName"),
        description=text("SeriesDescription"),
        series_number=integer("SeriesNumber"),
        instance_number=integer("InstanceNumber"),
        acquisition_number=integer("AcquisitionNumber"),
        temporal_position=integer("TemporalPositionIdentifier"),
        image_type=values.words(data, _TAGS["ImageType"]),
        derivation=text("DerivationDescription"),
        derivation_codes=items_text(data, "DerivationCodeSequence", "CodeValue"),
        sources=_sources(data),
        position=values.numbers(data, _TAGS["ImagePositionPatient"], 3),
        orientation=values.numbers(data, _TAGS["ImageOrientationPatient"], 6),
        spacing=values.numbers(data, _TAGS["PixelSpacing"], 2),
        frame_of_reference=text("FrameOfReferenceUID"),
        acquired=_moment(times.acquired_at or times.acquired),
        content=_moment(times.content),
        series_start=_moment(times.series),
        trigger=times.trigger,
        times=times,
        scan_options=values.words(data, _TAGS["ScanOptions"]),
        sequence=text("SequenceName"),
        contrast_settings=(number("RepetitionTime"), number("EchoTime"), number("FlipAngle")),
        field_strength_t=tesla(number("MagneticFieldStrength")),
        time_point=text("ClinicalTrialTimePointID"),
        time_point_description=text("ClinicalTrialTimePointDescription"),
        content_label=text("ContentLabel"),
        collection=_collection(
            f"{text('ClinicalTrialProtocolID')} {text('ClinicalTrialProtocolName')}", text("PatientID")
        ),
        patient=text("PatientID"),
        scanner_serial=text("DeviceSerialNumber"),
        pixels=pixels,
        stated_step=number("SpacingBetweenSlices"),
        imager_spacing=values.numbers(data, _TAGS["ImagerPixelSpacing"], 2),
    )


def _moment(clock: Clock | None) -> float | None:
    return None if clock is None else clock.moment


def _collection(protocol: str, patient: str) -> str:
    """Name the public collection that an exam belongs to: "pilot", "ispy1" or an empty text."""
    protocol, patient = protocol.upper(), patient.upper()
    if "NACT-PILOT" in protocol or "UCSF_PILOT" in protocol or patient.startswith("UCSF-BR-"):
        return "pilot"
    return "ispy1" if "ISPY" in protocol or "6657" in protocol or patient.startswith("ISPY1_") else ""


def items_text(data: pydicom.Dataset, sequence: str, keyword: str) -> tuple[str, ...]:
    """Return one element of each item of a sequence as text; empty if it is absent or malformed."""
    try:
        items = data.get(sequence) or ()
        return tuple(values.text(item, int(Tag(keyword))) for item in items)
    except Exception as error:
        raise_machine_fault(error)
        return ()


def _sources(data: pydicom.Dataset) -> tuple[str, ...]:
    named = items_text(data, "SourceImageSequence", "ReferencedSOPInstanceUID")
    if named:
        return named
    try:
        series = list(data.get("ReferencedSeriesSequence") or ())
    except Exception as error:
        raise_machine_fault(error)
        return ()
    return tuple(
        uid for s in series for uid in items_text(s, "ReferencedInstanceSequence", "ReferencedSOPInstanceUID")
    )
