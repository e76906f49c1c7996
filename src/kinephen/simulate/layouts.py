"""How each maker lays an exam's phases out as DICOM series, following the archives' patterns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from pydicom import Dataset

from kinephen.io.dicom_writer import SeriesContent, Slice, clock, decimal, plane_attributes
from kinephen.simulate.exam import SimulatedExam
from kinephen.simulate.identity import ExamIdentity, acquisition_header
from kinephen.simulate.scanner import Vendor

Layout = Callable[[SimulatedExam, ExamIdentity], tuple[SeriesContent, ...]]


def instance_uid(identity: ExamIdentity, phase: int, index: int) -> str:
    """Return the SOPInstanceUID of a slice of a phase."""
    return identity.uid("dce", phase, index)


def one_series_by_content_time(exam: SimulatedExam, identity: ExamIdentity) -> tuple[SeriesContent, ...]:
    """GE: one series; phases differ in ContentTime alone, AcquisitionNumber is 1, 2, 2, ...

    As the archive's GE exams: no AcquisitionTime, TriggerTime or temporal position; signed 16 bits.
    """
    header = series_header(exam, identity, number=2, uid_name="dce")
    header.PixelRepresentation = 1
    header.SeriesTime = clock(identity.injection_s + exam.protocol.starts_s[0])
    slices: list[Slice] = []
    for phase, start in enumerate(exam.protocol.starts_s):
        shared = {
            "ContentTime": clock(identity.injection_s + start),
            "AcquisitionNumber": 1 if phase == 0 else 2,
        }
        slices += phase_slices(exam, identity, phase, shared, first_number=len(slices) + 1)
    return (SeriesContent(header, slices, signed=True, folder="dce"),)


def one_series_a_phase(exam: SimulatedExam, identity: ExamIdentity) -> tuple[SeriesContent, ...]:
    """Siemens: each phase is a series of the same description, told apart by AcquisitionTime."""
    return tuple(phase_series(exam, identity, phase) for phase in range(len(exam.protocol.starts_s)))


def phase_series(
    exam: SimulatedExam, identity: ExamIdentity, phase: int, *, description: str | None = None
) -> SeriesContent:
    """Return one phase as a series of its own, numbered from 4."""
    protocol = exam.protocol
    header = series_header(exam, identity, number=4 + phase, uid_name=f"dce-{phase}")
    if description is not None:
        header.SeriesDescription = description
    start = identity.injection_s + protocol.starts_s[phase]
    header.SeriesTime = header.AcquisitionTime = clock(start)
    header.AcquisitionDate = identity.date
    header.ContentTime = clock(start + protocol.duration_s + 2)
    header.AcquisitionDuration = float(protocol.duration_s)
    header.AcquisitionNumber = 1
    slices = phase_slices(exam, identity, phase, {}, first_number=1)
    return SeriesContent(header, slices, folder=f"dce-{phase}")


def one_series_by_temporal_position(exam: SimulatedExam, identity: ExamIdentity) -> tuple[SeriesContent, ...]:
    """Philips: one series, slice by slice, with temporal positions, TriggerTime and a rescale slope."""
    protocol = exam.protocol
    count = len(protocol.starts_s)
    header = series_header(exam, identity, number=201, uid_name="dce")
    header.SeriesTime = header.AcquisitionTime = clock(identity.injection_s + protocol.starts_s[0])
    header.ContentTime = header.SeriesTime
    header.AcquisitionDate, header.AcquisitionNumber = identity.date, 2
    header.NumberOfTemporalPositions = count
    header.TemporalResolution = decimal(1000 * protocol.duration_s)
    header.RescaleSlope, header.RescaleIntercept, header.RescaleType = (
        decimal(protocol.slope),
        "0",
        "normalized",
    )
    by_phase = []
    for phase, start in enumerate(protocol.starts_s):
        shared = {
            "TemporalPositionIdentifier": phase + 1,
            "TriggerTime": decimal(1000 * (start - protocol.starts_s[0])),
        }
        by_phase.append(phase_slices(exam, identity, phase, shared, first_number=1))
    slices = [one for position in zip(*by_phase, strict=True) for one in position]
    numbered = [
        replace(one, attributes={**one.attributes, "InstanceNumber": n})
        for n, one in enumerate(slices, start=1)
    ]
    return (SeriesContent(header, numbered, folder="dce"),)


def series_header(exam: SimulatedExam, identity: ExamIdentity, *, number: int, uid_name: str) -> Dataset:
    """Return the header of an acquired series."""
    header = acquisition_header(identity, exam)
    header.SeriesNumber, header.SeriesInstanceUID = number, identity.uid("series", uid_name)
    return header


def phase_slices(
    exam: SimulatedExam, identity: ExamIdentity, phase: int, shared: Mapping[str, Any], *, first_number: int
) -> list[Slice]:
    """Return the slices of one phase in the order of the grid."""
    return [
        Slice(
            pixels,
            instance_uid(identity, phase, k),
            {"InstanceNumber": first_number + k, **plane_attributes(exam.geometry, k), **shared},
        )
        for k, pixels in enumerate(exam.stored[phase])
    ]


LAYOUTS: Mapping[Vendor, Layout] = MappingProxyType(
    {
        "ge": one_series_by_content_time,
        "siemens": one_series_a_phase,
        "philips": one_series_by_temporal_position,
    }
)
