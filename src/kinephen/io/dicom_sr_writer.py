"""Writing volumes as a DICOM structured report that points at their segmentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import TypeAlias

import highdicom as hd
from highdicom import sr
from pydicom import Dataset
from pydicom.sr.coding import Code

from kinephen import __version__
from kinephen.io import dicom_codes as terms
from kinephen.io.dicom_reference_phase import ReferencePhase
from kinephen.io.dicom_seg_writer import (
    MANUFACTURER,
    SERIES_NUMBERS,
    Origin,
    built_from_source,
    segment_numbers,
    stamp,
)
from kinephen.io.dicom_writer import uid_from_names

_Group: TypeAlias = (
    sr.MeasurementsAndQualitativeEvaluations | sr.VolumetricROIMeasurementsAndQualitativeEvaluations
)


@dataclass(frozen=True)
class Number:
    """A coded number, for example a volume or the threshold behind it."""

    name: Code
    value: float
    unit: Code


@dataclass(frozen=True)
class Region:
    """The numbers of one region.

    Parameters
    ----------
    label : str
        As the label of its segment; also the tracking identifier.
    volume_cc : float
        0 for an empty region, which has no segment.
    further : tuple of Number
    """

    label: str
    volume_cc: float
    further: tuple[Number, ...] = ()


def make_report(
    phase: ReferencePhase,
    segmentation: hd.seg.Segmentation | None,
    regions: Sequence[Region],
    origin: Origin,
) -> sr.Comprehensive3DSR:
    """Return a report of measurements after template TID 1500.

    Parameters
    ----------
    phase : ReferencePhase
    segmentation : Segmentation or None
        A region is linked to the segment of its label; one without a segment is a measurement alone.
    regions : sequence of Measured
    origin : Origin
        With a reviewer the report names a person as observer; a reader who confirmed the lesion's mask
        verifies it, by role unless the name is asked for.

    Returns
    -------
    Comprehensive3DSR
        Complete; final and verified only if a reader confirmed the lesion's mask. Carries the patient and
        study modules of the source images.

    Raises
    ------
    InputError
        ``export.source`` if the headers of the source images cannot be copied.

    References
    ----------
    DICOM PS3.16, TID 1500 Measurement Report, TID 1411 Volumetric ROI, TID 1501 Measurement Group.
    """
    with built_from_source():
        report = _report(phase, segmentation, regions, origin)
    stamp(report, origin)
    return report


def _report(
    phase: ReferencePhase,
    segmentation: hd.seg.Segmentation | None,
    regions: Sequence[Region],
    origin: Origin,
) -> sr.Comprehensive3DSR:
    numbers = segment_numbers(segmentation)
    content = sr.MeasurementReport(
        observation_context=_observers(origin),
        procedure_reported=terms.MRI_OF_BREAST,
        imaging_measurements=[
            _commented(_group(phase, segmentation, numbers, region), origin.comment(region.label))
            for region in regions
        ],
    )
    confirmed = origin.review is not None and origin.review.confirmed
    evidence: list[Dataset] = [*([] if segmentation is None else [segmentation]), *phase.images]
    report = sr.Comprehensive3DSR(
        evidence=evidence,
        content=content[0],
        series_instance_uid=origin.uid(phase, "SR", "series"),
        series_number=SERIES_NUMBERS["SR"],
        sop_instance_uid=origin.uid(phase, "SR", "instance"),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=True,
        is_final=confirmed,
        is_verified=confirmed,
        verifying_observer_name=origin.person if confirmed else None,
        verifying_organization="not stated" if confirmed else None,
    )
    if origin.review is not None and confirmed:
        moment = origin.review.moment.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")
        report.VerifyingObserverSequence[0].VerificationDateTime = moment
    report.SeriesDescription = "Functional tumour volume, measurements"
    return report


def _observers(origin: Origin) -> sr.ObservationContext:
    device = sr.ObserverContext(
        observer_type=sr.CodedConcept("121007", "DCM", "Device"),
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=uid_from_names("kinephen", __version__),
            name=MANUFACTURER,
            manufacturer_name=MANUFACTURER,
            model_name=__version__,
        ),
    )
    person = None
    if origin.person:
        person = sr.ObserverContext(
            observer_type=sr.CodedConcept("121006", "DCM", "Person"),
            observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(name=origin.person),
        )
    return sr.ObservationContext(observer_person_context=person, observer_device_context=device)


def _commented(group: _Group, text: str) -> _Group:
    item = sr.TextContentItem(terms.COMMENT, text, sr.RelationshipTypeValues.CONTAINS)
    group[0].ContentSequence.append(item)
    return group


def _group(
    phase: ReferencePhase,
    segmentation: hd.seg.Segmentation | None,
    numbers: dict[str, int],
    region: Region,
) -> _Group:
    tracking = sr.TrackingIdentifier(uid=phase.tracking_uid(region.label), identifier=region.label)
    side = terms.SIDES[phase.laterality] if phase.laterality else None
    volume = Number(terms.VOLUME, region.volume_cc, terms.CUBIC_CENTIMETRE)
    measurements = [
        sr.Measurement(name=n.name, value=float(n.value), unit=n.unit) for n in (volume, *region.further)
    ]
    site = sr.FindingSite(anatomic_location=terms.BREAST, laterality=side)
    if segmentation is None or region.label not in numbers:
        return sr.MeasurementsAndQualitativeEvaluations(
            tracking_identifier=tracking,
            finding_type=terms.NEOPLASM,
            finding_sites=[site],
            measurements=measurements,
        )
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking,
        referenced_segment=_reference(phase, segmentation, numbers[region.label]),
        finding_type=terms.NEOPLASM,
        finding_sites=[site],
        measurements=measurements,
    )


def _reference(phase: ReferencePhase, segmentation: hd.seg.Segmentation, number: int) -> sr.ReferencedSegment:
    return sr.ReferencedSegment(
        sop_class_uid=segmentation.SOPClassUID,
        sop_instance_uid=segmentation.SOPInstanceUID,
        segment_number=number,
        source_series=sr.SourceSeriesForSegmentation(str(phase.images[0].SeriesInstanceUID)),
    )
