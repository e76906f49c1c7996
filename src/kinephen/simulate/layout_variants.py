"""Less tidy ways in which the archives lay an exam out: for tests of readers and for trials of one's own."""

from __future__ import annotations

from dataclasses import replace

from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from kinephen.io.dicom_writer import SeriesContent, Slice, clock
from kinephen.simulate.exam import SimulatedExam
from kinephen.simulate.identity import ExamIdentity
from kinephen.simulate.layouts import (
    Layout,
    one_series_by_content_time,
    phase_series,
    phase_slices,
    series_header,
)

BIG_ENDIAN = str(ExplicitVRBigEndian)
IMPLICIT = str(ImplicitVRLittleEndian)
EXPLICIT = str(ExplicitVRLittleEndian)
TIME_ELEMENTS = (
    "SeriesTime",
    "AcquisitionTime",
    "AcquisitionDate",
    "ContentTime",
    "TriggerTime",
    "TemporalPositionIdentifier",
    "NumberOfTemporalPositions",
    "TemporalResolution",
    "AcquisitionDuration",
)


def posts_under_another_name(exam: SimulatedExam, identity: ExamIdentity) -> tuple[SeriesContent, ...]:
    """Siemens: descriptions cut at 26 characters; those of the posts end in an underscore."""
    names = ["ACRIN_6657/FL3D_T1_SAG_CA"] + ["ACRIN_6657/FL3D_T1_SAG_CA_"] * (len(exam.stored) - 1)
    return tuple(phase_series(exam, identity, phase, description=name) for phase, name in enumerate(names))


def pre_and_post_series(exam: SimulatedExam, identity: ExamIdentity) -> tuple[SeriesContent, ...]:
    """GE: the pre phase in one series, all posts in a second one named ``... post``."""
    side = "left" if identity.laterality == "L" else "right"
    pre = series_header(exam, identity, number=2, uid_name="pre")
    pre.SeriesDescription = f"T1 {side} breast"
    post = series_header(exam, identity, number=3, uid_name="post")
    post.SeriesDescription = f"T1 {side} breast post"
    parts: list[list[Slice]] = [[], []]
    for phase, start in enumerate(exam.protocol.starts_s):
        part = parts[min(phase, 1)]
        shared = {"ContentTime": clock(identity.injection_s + start), "AcquisitionNumber": phase + 1}
        part += phase_slices(exam, identity, phase, shared, first_number=len(part) + 1)
    return SeriesContent(pre, parts[0], folder="pre"), SeriesContent(post, parts[1], folder="post")


def with_aborted_series(exam: SimulatedExam, identity: ExamIdentity) -> tuple[SeriesContent, ...]:
    """GE: a first try of the same name that stopped after two thirds of the pre phase."""
    whole = one_series_by_content_time(exam, identity)[0]
    header = series_header(exam, identity, number=1, uid_name="aborted")
    header.PixelRepresentation = 1
    kept = max(1, exam.geometry.shape[0] * 2 // 3)
    early = clock(identity.injection_s + exam.protocol.starts_s[0] - 120)
    slices = [
        replace(
            one,
            uid=identity.uid("aborted", k),
            attributes={**one.attributes, "ContentTime": early},
        )
        for k, one in enumerate(whole.slices[:kept])
    ]
    return SeriesContent(header, slices, signed=True, folder="aborted"), whole


def with_subtraction(layout: Layout) -> Layout:
    """Return a layout with a decoy: the early subtraction, of the same slices, as a series of the scanner."""

    def laid_out(exam: SimulatedExam, identity: ExamIdentity) -> tuple[SeriesContent, ...]:
        series = layout(exam, identity)
        header = series_header(exam, identity, number=90, uid_name="subtraction")
        header.ImageType, header.SeriesDescription = ["DERIVED", "PRIMARY", "OTHER", "SUBTRACTION"], "SUB 1-0"
        early = exam.protocol.early
        pixels = exam.stored[early].astype("i4") - exam.stored[0]
        shared = {"ContentTime": clock(identity.injection_s + 1800)}
        template = phase_slices(exam, identity, early, shared, first_number=1)
        slices = [
            replace(one, pixels=pixels[k].clip(0), uid=identity.uid("subtraction", k))
            for k, one in enumerate(template)
        ]
        return (*series, SeriesContent(header, slices, folder="subtraction"))

    return laid_out


def interleaved_with(other: SimulatedExam, other_identity: ExamIdentity) -> Layout:
    """Return a layout in which each phase of this breast is followed by that of the other breast.

    Names and numbers do not tell the side; the positions of the slices do. Both identities must have the
    same patient, visit and seed; the other breast's UIDs come from its laterality.
    """

    def laid_out(exam: SimulatedExam, identity: ExamIdentity) -> tuple[SeriesContent, ...]:
        series = []
        for phase in range(len(exam.protocol.starts_s)):
            name = f"DCE {'PRE' if phase == 0 else 'POST'}"
            own = phase_series(exam, identity, phase, description=name)
            second = _renamed(
                phase_series(other, other_identity, phase, description=name), other_identity, phase
            )
            for side, one in enumerate((own, second)):
                one.header.SeriesNumber = 4 + 2 * phase + side
                series.append(replace(one, folder=f"dce-{phase}-{side}"))
        return tuple(series)

    return laid_out


def with_syntax(layout: Layout, transfer_syntax: str) -> Layout:
    """Return a layout written in another transfer syntax."""

    def laid_out(exam: SimulatedExam, identity: ExamIdentity) -> tuple[SeriesContent, ...]:
        return tuple(replace(one, transfer_syntax=transfer_syntax) for one in layout(exam, identity))

    return laid_out


def with_mixed_syntax(layout: Layout, first: str, second: str) -> Layout:
    """Return a layout in which every other slice of each series has another transfer syntax."""

    def laid_out(exam: SimulatedExam, identity: ExamIdentity) -> tuple[SeriesContent, ...]:
        parts = []
        for one in layout(exam, identity):
            parts.append(replace(one, slices=one.slices[::2], transfer_syntax=first, prefix="1-"))
            parts.append(replace(one, slices=one.slices[1::2], transfer_syntax=second, prefix="2-"))
        return tuple(parts)

    return laid_out


def without_times(layout: Layout) -> Layout:
    """Return a layout whose headers hold no time and no temporal position: only numbers are left."""

    def laid_out(exam: SimulatedExam, identity: ExamIdentity) -> tuple[SeriesContent, ...]:
        series = layout(exam, identity)
        for one in series:
            for keyword in TIME_ELEMENTS:
                if keyword in one.header:
                    del one.header[keyword]
        return tuple(
            replace(
                one,
                slices=[
                    replace(s, attributes={k: v for k, v in s.attributes.items() if k not in TIME_ELEMENTS})
                    for s in one.slices
                ],
            )
            for one in series
        )

    return laid_out


def without_slice(layout: Layout, *, phase: int, index: int) -> Layout:
    """Return a layout in which one slice of one phase is missing."""

    def laid_out(exam: SimulatedExam, identity: ExamIdentity) -> tuple[SeriesContent, ...]:
        lost = identity.uid("dce", phase, index)
        return tuple(
            replace(one, slices=[s for s in one.slices if s.uid != lost]) for one in layout(exam, identity)
        )

    return laid_out


def _renamed(series: SeriesContent, identity: ExamIdentity, phase: int) -> SeriesContent:
    side = identity.laterality
    series.header.SeriesInstanceUID = identity.uid("series", "other", side, phase)
    slices = [replace(s, uid=identity.uid("other", side, phase, k)) for k, s in enumerate(series.slices)]
    return replace(series, slices=slices)
