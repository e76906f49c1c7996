"""DICOM objects that are written: read back with highdicom and pydicom, they say what was put in."""

from __future__ import annotations

from datetime import datetime

import highdicom as hd
import numpy as np
import pydicom
import pytest
from tests.export_exams import BORN, NAME, NUMBER, exam_with_lesion, lesion_mask
from tests.io_exams import INJECTION, STARTS, values
from tests.unit.test_io_multiframe import enhanced as enhanced_exam

from kinephen.core.volume import Geometry, Mask
from kinephen.errors import ExitCode, InputError, InternalError
from kinephen.io import dicom_codes as terms
from kinephen.io.dicom_reference_phase import read_reference_phase
from kinephen.io.dicom_seg_writer import Origin, Segment, make_segmentation, segment_numbers, write_dicom
from kinephen.io.dicom_sr_writer import Number, Region, make_report
from kinephen.io.dicom_writer import clock
from kinephen.io.segmentation import read_mask

MOMENT = datetime(2024, 5, 6, 7, 8, 9)
ORIGIN = Origin({"pe_threshold_percent": "70"}, moment=MOMENT)


@pytest.fixture
def phase(tmp_path):
    exam_with_lesion(tmp_path / "exam")
    return read_reference_phase(tmp_path / "exam", 1)


def regions(phase):
    lesion = lesion_mask(phase.geometry.shape)
    ftv = lesion.copy()
    ftv[1, 3, 1] = True
    return [
        Segment("FTV", Mask(ftv, phase.geometry, "threshold")),
        Segment("primary lesion", Mask(lesion, phase.geometry, "largest")),
    ]


def test_a_segmentation_reads_back_voxel_by_voxel(phase, tmp_path):
    path = tmp_path / "seg.dcm"
    write_dicom(path, make_segmentation(phase, regions(phase), ORIGIN))
    volume = hd.seg.segread(path).get_volume(combine_segments=False)
    for n, segment in enumerate(regions(phase)):
        own = read_mask(path, phase.geometry, segment=n + 1)
        assert np.array_equal(own.array, segment.mask.array)
        # highdicom cuts empty slices off, so its volume is compared by the number of voxels and their place.
        inside = np.argwhere(volume.array[..., n])
        places = inside @ volume.affine[:3, :3].T + volume.affine[:3, 3]
        expected = np.argwhere(segment.mask.array) @ phase.geometry.affine[:3, :3].T
        expected = expected + phase.geometry.affine[:3, 3]
        assert sorted(map(tuple, places.round(4))) == sorted(map(tuple, expected.round(4)))


def test_a_segmentation_is_binary_and_of_one_phase(phase):
    data = make_segmentation(phase, regions(phase), ORIGIN)
    assert data.SegmentationType == "BINARY"
    assert data.FrameOfReferenceUID == phase.frame_of_reference
    assert int(data.NumberOfFrames) == 4 + 3
    series = data.ReferencedSeriesSequence
    assert [s.SeriesInstanceUID for s in series] == [phase.images[0].SeriesInstanceUID]
    own = {i.SOPInstanceUID for i in phase.images}
    assert {r.ReferencedSOPInstanceUID for r in series[0].ReferencedInstanceSequence} <= own
    frames = data.PerFrameFunctionalGroupsSequence
    named = [f.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID for f in frames]
    at = {i.SOPInstanceUID: list(i.ImagePositionPatient) for i in phase.images}
    places = [list(f.PlanePositionSequence[0].ImagePositionPatient) for f in frames]
    assert [at[uid] for uid in named] == places


def test_segments_are_coded(phase):
    data = make_segmentation(phase, regions(phase), ORIGIN)
    assert segment_numbers(data) == {"FTV": 1, "primary lesion": 2}
    for item in data.SegmentSequence:
        assert item.SegmentedPropertyCategoryCodeSequence[0].CodeValue == "49755003"
        assert item.SegmentedPropertyTypeCodeSequence[0].CodeValue == "108369006"
        region = item.AnatomicRegionSequence[0]
        assert region.CodeValue == "76752008"
        assert region.AnatomicRegionModifierSequence[0].CodeMeaning == "Left"
        assert item.SegmentAlgorithmType == "SEMIAUTOMATIC"
        algorithm = item.SegmentationAlgorithmIdentificationSequence[0]
        assert "pe_threshold_percent=70" in algorithm.AlgorithmParameters
        assert algorithm.AlgorithmVersion


def test_objects_are_filed_with_the_patient_and_dated(phase):
    seg = make_segmentation(phase, regions(phase), ORIGIN)
    report = make_report(phase, seg, [Region("FTV", 1.0)], ORIGIN)
    for data in (seg, report):
        assert (data.PatientName, data.PatientID, data.PatientBirthDate) == (NAME, NUMBER, BORN)
        assert data.StudyInstanceUID == phase.images[0].StudyInstanceUID
        assert data.StudyDate == "20010203"
        assert (data.ContentDate, data.ContentTime) == ("20240506", "070809.000000")
    assert seg.ContentCreatorName == ""
    assert seg.SeriesInstanceUID != report.SeriesInstanceUID


def test_the_tracking_uid_is_the_same_at_all_visits_of_a_patient_alone(tmp_path):
    uids = []
    for name, number in (("first", NUMBER), ("second", NUMBER), ("other", "QX-78")):
        exam_with_lesion(tmp_path / name, PatientID=number)
        one = read_reference_phase(tmp_path / name, 1)
        data = make_segmentation(one, regions(one), ORIGIN)
        uids.append([str(s.TrackingUID) for s in data.SegmentSequence])
    assert uids[0] == uids[1]
    assert uids[0][0] != uids[0][1]
    assert set(uids[0]).isdisjoint(uids[2])
    assert NUMBER not in "".join(uids[0])


def test_an_empty_region_has_no_segment(phase):
    lesion = regions(phase)[1]
    empty = Mask(np.zeros(phase.geometry.shape, dtype=bool), phase.geometry)
    assert segment_numbers(make_segmentation(phase, [Segment("FTV", empty), lesion], ORIGIN)) == {
        "primary lesion": 1
    }
    assert make_segmentation(phase, [Segment("FTV", empty)], ORIGIN) is None


def content(report):
    """Return each measurement group: label, coded numbers, number of the segment."""
    groups = hd.sr.Comprehensive3DSR.from_dataset(report).content
    volumetric = groups.get_volumetric_roi_measurement_groups()
    plain = groups.get_image_measurement_groups()
    found = {}
    for group in (*volumetric, *plain):
        numbers = {m.name.value: (m.value, m.unit.value) for m in group.get_measurements()}
        segment = [
            int(i.ReferencedSOPSequence[0].ReferencedSegmentNumber)
            for i in group[0].ContentSequence
            if i.ValueType == "IMAGE" and "ReferencedSegmentNumber" in i.ReferencedSOPSequence[0]
        ]
        found[group.tracking_identifier] = (numbers, segment)
    return found


def test_a_report_holds_volumes_and_points_at_the_segments(phase):
    seg = make_segmentation(phase, regions(phase), ORIGIN)
    further = (Number(terms.PE_THRESHOLD, 70.0, terms.PERCENT),)
    report = make_report(phase, seg, [Region("FTV", 1.25, further), Region("primary lesion", 1.0)], ORIGIN)
    found = content(report)
    assert found["FTV"] == ({"118565006": (1.25, "cm3"), "PETHRESH": (70.0, "%")}, [1])
    assert found["primary lesion"] == ({"118565006": (1.0, "cm3")}, [2])
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    referred = {i.ReferencedSOPInstanceUID for s in evidence for i in s.ReferencedSOPSequence}
    assert seg.SOPInstanceUID in referred
    assert (report.CompletionFlag, report.VerificationFlag, report.PreliminaryFlag) == (
        "COMPLETE",
        "UNVERIFIED",
        "PRELIMINARY",
    )


def test_a_volume_of_zero_is_a_measurement_without_a_segment(phase):
    report = make_report(phase, None, [Region("FTV", 0.0)], ORIGIN)
    assert content(report) == {"FTV": ({"118565006": (0.0, "cm3")}, [])}


def test_a_reviewer_is_observer_and_creator(phase):
    origin = Origin({}, reviewer="Reader^One", moment=MOMENT)
    seg = make_segmentation(phase, regions(phase), origin)
    assert seg.ContentCreatorName == "Reader^One"
    names = [
        str(i.PersonName)
        for i in make_report(phase, seg, [Region("FTV", 1.0)], origin).ContentSequence
        if i.ValueType == "PNAME"
    ]
    assert names == ["Reader^One"]


def test_laterality_is_stated_or_left_out(tmp_path):
    exam_with_lesion(tmp_path, Laterality="")
    phase = read_reference_phase(tmp_path, 1)
    assert phase.laterality == ""
    data = make_segmentation(phase, regions(phase), ORIGIN)
    assert "AnatomicRegionModifierSequence" not in data.SegmentSequence[0].AnatomicRegionSequence[0]


def test_trial_elements_are_completed_only_where_there_are_any(tmp_path):
    exam_with_lesion(tmp_path / "trial", ClinicalTrialTimePointID="T1")
    exam_with_lesion(tmp_path / "care")
    trial = read_reference_phase(tmp_path / "trial", 1).images[0]
    assert trial.ClinicalTrialSponsorName == "not stated"
    assert trial.ClinicalTrialSubjectID == NUMBER
    assert trial.ClinicalTrialSiteID == ""
    assert not [e for e in read_reference_phase(tmp_path / "care", 1).images[0] if e.tag.group == 0x0012]


def test_the_phase_is_the_early_one_in_slice_order(phase):
    assert {str(i.ContentTime) for i in phase.images} == {clock(INJECTION + STARTS[1])}
    origins = [(phase.geometry.affine @ [k, 0, 0, 1])[:3] for k in range(phase.geometry.shape[0])]
    assert np.allclose([i.ImagePositionPatient for i in phase.images], origins)


def test_masks_of_another_grid_are_refused(phase):
    other = Geometry((7, 8, 10), phase.geometry.affine)
    mask = Mask(np.ones(other.shape, dtype=bool), other)
    with pytest.raises(InputError, match=r"lie on different grids: shape \(7, 8, 9\) against \(7, 8, 10\)"):
        make_segmentation(phase, [Segment("FTV", mask)], ORIGIN)


def test_images_without_a_frame_of_reference_are_refused(tmp_path):
    exam_with_lesion(tmp_path)
    for path in tmp_path.rglob("*.dcm"):
        data = pydicom.dcmread(path)
        del data.FrameOfReferenceUID
        data.save_as(path)
    with pytest.raises(InputError, match="share one frame of reference in DICOM; found none") as caught:
        read_reference_phase(tmp_path, 1)
    assert caught.value.code == "export.frame_of_reference"
    assert "--seg" in caught.value.hint


def mended(root, **changes):
    """Return the phase of an exam in whose headers elements were changed against the rules."""
    exam_with_lesion(root)
    with pydicom.config.disable_value_validation():
        for path in root.rglob("*.dcm"):
            data = pydicom.dcmread(path)
            for keyword, value in changes.items():
                setattr(data, keyword, value)
            data.save_as(path)
    return read_reference_phase(root, 1)


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 100", "Müller^Änne"),
        ("ISO_IR 192", "Müller^山田"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎"),
    ],
)
def test_names_in_any_script_are_kept(tmp_path, charset, name):
    phase = mended(tmp_path, SpecificCharacterSet=charset, PatientName=name)
    origin = Origin({}, reviewer="Прохор^Ö", moment=MOMENT)
    seg = make_segmentation(phase, regions(phase), origin)
    for n, data in enumerate((seg, make_report(phase, seg, [Region("FTV", 1.0)], origin))):
        write_dicom(tmp_path / f"{n}.dcm", data)
        assert str(pydicom.dcmread(tmp_path / f"{n}.dcm").PatientName) == name
    assert str(pydicom.dcmread(tmp_path / "0.dcm").ContentCreatorName) == "Прохор^Ö"


def test_values_that_break_the_rules_are_left_empty(tmp_path):
    broken = {
        "PatientSex": "6657",
        "PatientBirthDate": "unknown",
        "StudyDate": "1991.08.08",
        "StudyTime": "?",
    }
    phase = mended(tmp_path, **broken)
    seg = make_segmentation(phase, regions(phase), ORIGIN)
    assert [seg[k].value or "" for k in broken] == ["", "", "", ""]
    assert seg.PatientID == NUMBER
    assert make_report(phase, seg, [Region("FTV", 1.0)], ORIGIN).PatientSex == ""


def test_one_object_of_all_phases_is_referred_to_by_the_frames_of_one(tmp_path):
    enhanced_exam(tmp_path / "exam", values(4))
    phase = read_reference_phase(tmp_path / "exam", 1)
    early = 1
    assert len(phase.images) == 1
    assert len(phase.frame_numbers) == phase.geometry.shape[0]
    segments = regions(phase)
    path = tmp_path / "out" / "seg.dcm"
    write_dicom(path, make_segmentation(phase, segments, ORIGIN))
    assert np.array_equal(read_mask(path, phase.geometry, segment=1).array, segments[0].mask.array)
    source = phase.images[0].PerFrameFunctionalGroupsSequence
    for frame in pydicom.dcmread(path).PerFrameFunctionalGroupsSequence:
        (referred,) = frame.DerivationImageSequence[0].SourceImageSequence
        own = source[int(referred.ReferencedFrameNumber) - 1]
        assert int(own.FrameContentSequence[0].TemporalPositionIndex) == early + 1
        place = frame.PlanePositionSequence[0].ImagePositionPatient
        assert list(place) == list(own.PlanePositionSequence[0].ImagePositionPatient)


def test_headers_that_cannot_be_copied_are_named_without_their_content(phase):
    phase.images[0].StudyInstanceUID = None
    with pytest.raises(InputError, match="break DICOM's rules") as caught:
        make_segmentation(phase, regions(phase), ORIGIN)
    assert caught.value.code == "export.source"


@pytest.mark.parametrize(
    "keyword", ["StudyInstanceUID", "PatientID", "SOPInstanceUID", "ImageOrientationPatient"]
)
def test_a_header_that_is_missing_is_a_fault_of_the_headers(phase, keyword):
    delattr(phase.images[0], keyword)
    with pytest.raises(InputError, match="break DICOM's rules") as caught:
        make_segmentation(phase, regions(phase), ORIGIN)
    assert caught.value.code == "export.source"


def _refuse_a_name(monkeypatch):
    monkeypatch.delattr(hd.color.CIELabColor, "from_rgb")


def _refuse_a_module(monkeypatch):
    monkeypatch.delattr(hd, "AlgorithmIdentificationSequence")


def _refuse_an_argument(monkeypatch):
    monkeypatch.setattr(hd.seg, "Segmentation", lambda source_images: None)


@pytest.mark.parametrize("refuse", [_refuse_a_name, _refuse_a_module, _refuse_an_argument])
def test_a_library_that_does_not_fit_is_no_fault_of_the_headers(phase, monkeypatch, refuse):
    refuse(monkeypatch)
    with pytest.raises(
        InternalError, match=f"highdicom {hd.__version__} with pydicom .*not at fault"
    ) as caught:
        make_segmentation(phase, regions(phase), ORIGIN)
    assert caught.value.code == "internal.library"
    assert caught.value.exit_code == ExitCode.INTERNAL


def test_a_report_with_a_library_that_does_not_fit(phase, monkeypatch):
    monkeypatch.setattr(hd.sr, "MeasurementReport", lambda observation_context: None)
    with pytest.raises(InternalError) as caught:
        make_report(phase, None, [Region("FTV", 0.0)], ORIGIN)
    assert isinstance(caught.value.__cause__, TypeError)
    assert NUMBER not in str(caught.value)
