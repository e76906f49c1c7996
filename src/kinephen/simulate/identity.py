"""Who and when an exam says it is of: invented codes, fixed dates, identifiers that follow from the seed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pydicom import Dataset

from kinephen.io.dicom_writer import clock, decimal, grid_header, pixel_header, uid_from_names
from kinephen.simulate.exam import SimulatedExam

FIRST_DAY = dt.date(2001, 1, 8)
MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"
PROTOCOL_ID = "KINEPHEN-SIM"


@dataclass(frozen=True)
class ExamIdentity:
    """One exam's place in the trial.

    Parameters
    ----------
    patient_id : str
        Invented code.
    visit : str
        ``"T1"`` or ``"T2"``.
    laterality : str
        ``"L"`` or ``"R"``.
    age_years : int
    site : str
    day : int
        Days after `FIRST_DAY`.
    injection_s : float
        Time of day of the injection, seconds after midnight.
    seed : int
        Root of the UIDs.
    """

    patient_id: str
    visit: str
    laterality: str
    age_years: int
    site: str
    day: int
    injection_s: float
    seed: int

    @property
    def date(self) -> str:
        """DICOM date of the study."""
        return (FIRST_DAY + dt.timedelta(days=self.day)).strftime("%Y%m%d")

    def uid(self, *names: str | int) -> str:
        """Return the UID of a part of this exam."""
        return uid_from_names("kinephen-simulate", self.seed, self.patient_id, self.visit, *names)


def exam_header(identity: ExamIdentity, exam: SimulatedExam) -> Dataset:
    """Return the elements that all objects of an exam share: patient, trial, study, equipment."""
    protocol = exam.protocol
    header = Dataset()
    header.StudyDate = header.SeriesDate = header.ContentDate = identity.date
    header.StudyTime = clock(identity.injection_s - 1200)
    header.AccessionNumber = header.ReferringPhysicianName = ""
    header.Manufacturer, header.ManufacturerModelName = protocol.manufacturer, protocol.model
    header.StudyDescription = "MR BREAST, SIMULATED"
    header.PatientName = f"{identity.patient_id}^{PROTOCOL_ID}"
    header.PatientID, header.PatientBirthDate, header.PatientSex = identity.patient_id, "", "F"
    header.PatientAge = f"{identity.age_years:03d}Y"
    header.ClinicalTrialSponsorName = header.ClinicalTrialProtocolID = PROTOCOL_ID
    header.ClinicalTrialProtocolName = "kinephen simulated trial"
    header.ClinicalTrialSiteID = header.ClinicalTrialSiteName = identity.site
    header.ClinicalTrialSubjectID = identity.patient_id
    header.ClinicalTrialTimePointID = identity.visit
    header.ClinicalTrialTimePointDescription = f"MRI_{identity.visit[1:]}"
    header.BodyPartExamined, header.PatientPosition = "BREAST", "FFP"
    header.Laterality = identity.laterality
    header.StudyInstanceUID, header.StudyID = identity.uid("study"), "1"
    header.FrameOfReferenceUID, header.PositionReferenceIndicator = identity.uid("frame"), "XY"
    return header


def acquisition_header(identity: ExamIdentity, exam: SimulatedExam) -> Dataset:
    """Return the elements that all acquired images of an exam share."""
    protocol = exam.protocol
    header = exam_header(identity, exam)
    header.update(grid_header(exam.geometry))
    header.update(pixel_header())
    header.SOPClassUID, header.Modality = MR_IMAGE, "MR"
    header.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    header.SeriesDescription, header.SequenceName = protocol.description, protocol.sequence
    header.ScanningSequence, header.SequenceVariant = protocol.scanning_sequence, protocol.sequence_variant
    header.ScanOptions, header.MRAcquisitionType = list(protocol.scan_options), protocol.acquisition_type
    header.RepetitionTime, header.EchoTime = decimal(protocol.repetition_ms), decimal(protocol.echo_ms)
    header.FlipAngle, header.EchoTrainLength = decimal(protocol.flip_degrees), 1
    header.NumberOfAverages, header.ReceiveCoilName = "1", protocol.coil
    header.ContrastBolusAgent, header.ContrastBolusRoute = protocol.contrast_agent, protocol.contrast_route
    header.ContrastBolusVolume = decimal(protocol.contrast_volume_ml)
    # Some scanners of the time state the field in gauss.
    header.MagneticFieldStrength = "15000" if protocol.vendor == "ge" else "1.5"
    header.PatientOrientation = ["P", "F"]
    return header
