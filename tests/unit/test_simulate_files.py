"""Written exams read back with pydicom: geometry, phase times, values, private header, segmentations."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pydicom
import pytest

from kinephen.core.streams import stream
from kinephen.core.volume import Geometry
from kinephen.errors import InputError
from kinephen.io.dicom_writer import (
    SeriesContent,
    Slice,
    clock,
    decimal,
    grid_header,
    pixel_header,
    plane_attributes,
    uid_from_names,
    write_object,
    write_series,
)
from kinephen.io.segmentation import read_mask
from kinephen.simulate import layout_variants as variants
from kinephen.simulate.exam import simulate_exam
from kinephen.simulate.exam_files import write_exam
from kinephen.simulate.identity import ExamIdentity
from kinephen.simulate.layouts import one_series_a_phase, one_series_by_content_time
from kinephen.simulate.segmentations import segmentation
from kinephen.simulate.settings import ImageSettings
from kinephen.simulate.tumour import draw_baseline

INJECTION = 10 * 3600 + 32 * 60 + 38.0
IMAGE = ImageSettings(matrix=40, slices=10)


def make(vendor="ge", laterality="L", **identity):
    exam = simulate_exam(
        IMAGE, draw_baseline(stream(1, "s")), vendor=vendor, names=("w", "T1"), laterality=laterality, seed=1
    )
    given = {"day": 3, "injection_s": INJECTION, "visit": "T1"} | identity
    who = ExamIdentity("SIM-D0001", laterality=laterality, age_years=50, site="SITE A", seed=1, **given)
    return exam, who


def written(folder: Path, vendor="ge", layout=None, **identity):
    exam, who = make(vendor, **identity)
    analysis = write_exam(folder, exam, who, layout=layout)
    return exam, analysis, [pydicom.dcmread(p) for p in sorted(folder.rglob("*.dcm"))]


def sources(objects):
    return [d for d in objects if d.Modality == "MR" and d.ImageType[0] == "ORIGINAL"]


def seconds(time: str) -> float:
    return int(time[:2]) * 3600 + int(time[2:4]) * 60 + float(time[4:])


def volume(objects, geometry: Geometry) -> np.ndarray:
    """Place slices by their position in the patient."""
    out = np.full(geometry.shape, np.nan)
    inverse = np.linalg.inv(geometry.affine)
    for d in objects:
        k, j, i = (inverse @ [*(float(v) for v in d.ImagePositionPatient), 1.0])[:3]
        assert (round(j, 6), round(i, 6)) == (0.0, 0.0)
        out[round(k)] = d.pixel_array * float(d.get("RescaleSlope", 1))
    return out


def test_ge_is_one_series_whose_phases_differ_in_content_time_alone(tmp_path):
    exam, _, objects = written(tmp_path)
    images = sources(objects)
    assert len({d.SeriesInstanceUID for d in images}) == 1
    assert all("AcquisitionTime" not in d and "TriggerTime" not in d for d in images)
    by_time = defaultdict(list)
    for d in images:
        by_time[seconds(str(d.ContentTime))].append(d)
    assert sorted(t - INJECTION for t in by_time) == [-407.0, 0.0, 354.0]
    for phase, time in enumerate(sorted(by_time)):
        np.testing.assert_array_equal(volume(by_time[time], exam.geometry), exam.stored[phase])


def test_siemens_is_one_series_a_phase(tmp_path):
    exam, _, objects = written(tmp_path, "siemens")
    by_series = defaultdict(list)
    for d in sources(objects):
        by_series[int(d.SeriesNumber)].append(d)
    assert sorted(by_series) == [4, 5, 6]
    assert len({d.SeriesDescription for d in sources(objects)}) == 1
    for phase, number in enumerate(sorted(by_series)):
        one = by_series[number][0]
        assert seconds(str(one.AcquisitionTime)) - INJECTION == exam.protocol.starts_s[phase]
        assert one.AcquisitionDuration == exam.protocol.duration_s
        np.testing.assert_array_equal(volume(by_series[number], exam.geometry), exam.stored[phase])


def test_philips_is_one_series_with_temporal_positions_and_a_slope(tmp_path):
    exam, _, objects = written(tmp_path, "philips")
    images = sources(objects)
    assert len({d.SeriesInstanceUID for d in images}) == 1
    assert {int(d.NumberOfTemporalPositions) for d in images} == {6}
    for phase in range(6):
        own = [d for d in images if d.TemporalPositionIdentifier == phase + 1]
        starts = exam.protocol.starts_s
        assert {float(d.TriggerTime) for d in own} == {1000 * (starts[phase] - starts[0])}
        expected = exam.stored[phase] * exam.protocol.slope
        np.testing.assert_allclose(volume(own, exam.geometry), expected, rtol=1e-12)
    first = sorted(images, key=lambda d: d.InstanceNumber)[:6]
    assert len({tuple(d.ImagePositionPatient) for d in first}) == 1  # numbered slice by slice


def test_geometry_of_the_slices_is_the_planted_one(tmp_path):
    exam, _, objects = written(tmp_path, laterality="R")
    one = sources(objects)[0]
    np.testing.assert_allclose([float(v) for v in one.PixelSpacing], exam.geometry.spacing[1:])
    assert float(one.SpacingBetweenSlices) == exam.geometry.spacing[0]
    row, column = np.array(one.ImageOrientationPatient[:3]), np.array(one.ImageOrientationPatient[3:])
    np.testing.assert_allclose(row, exam.geometry.directions[:, 2])
    np.testing.assert_allclose(column, exam.geometry.directions[:, 1])
    assert float(one.ImagePositionPatient[0]) < 0  # the right breast lies at negative x


def test_the_ser_map_names_its_sources_and_holds_the_ratio(tmp_path):
    exam, analysis, objects = written(tmp_path)
    maps = [d for d in objects if d.Modality == "MR" and d.ImageType[0] == "DERIVED"]
    assert {d.SeriesDescription for d in maps} == {"Dynamic-3dfgre: SER"}
    assert {int(d.SeriesNumber) for d in maps} == {21000}
    by_uid = {d.SOPInstanceUID: d for d in sources(objects)}
    for d in maps:
        found = [by_uid[item.ReferencedSOPInstanceUID] for item in d.SourceImageSequence]
        assert [seconds(str(s.ContentTime)) - INJECTION for s in found] == [-407, 0, 354]
        assert all(s.ImagePositionPatient == d.ImagePositionPatient for s in found)
    ser = volume(maps, exam.geometry)
    np.testing.assert_allclose(ser, np.clip(analysis.ser, 0, 3), atol=0.0005)


def test_the_private_header_states_box_times_thresholds_and_volumes(tmp_path):
    exam, analysis, objects = written(tmp_path)
    d = next(d for d in objects if d.ImageType[0] == "DERIVED")
    block = d.private_block(0x0117, "UCSF BIRP PRIVATE CREATOR 011710xx")
    assert [float(v) for v in block[0x34].value] == [-230, 177, 531]
    named = {str(i[0x01171014].value): int(i[0x01171019].value) for i in block[0x10].value}
    assert named["PE_threshold"] == 70
    assert named["minimum_neighbor_count"] == 4
    assert list(block[0xA1].value) == list(reversed(exam.box_first))
    assert list(block[0xA2].value) == list(reversed(exam.box_last))
    item = block[0x20].value[0]
    centre = np.array([float(v) for v in item[0x01171042].value])
    assert centre[3] == 1
    np.testing.assert_allclose(centre[:3], exam.box.centre_mm, atol=1e-6)
    volumes = {str(i[0x011710B5].value): int(i[0x011710B3].value) for i in block[0xB0].value}
    assert volumes["FTVpe(PEearly>70%)"] == analysis.ftv.pe_voxels
    assert volumes["FTVser(PEearly>70%, SER>0.9)"] == analysis.ftv.ser_voxels


@pytest.mark.parametrize(("vendor", "threshold"), [("siemens", 90), ("philips", 100)])
def test_segmentations_carry_the_box_and_the_threshold(tmp_path, vendor, threshold):
    exam, analysis, objects = written(tmp_path, vendor)
    found = {d.SeriesDescription: d for d in objects if d.Modality == "SEG"}
    assert set(found) == {"VOI Breast Tissue Segmentation", f"VOI PE Segmentation thresh={threshold}"}
    for description, mask in (
        ("VOI Breast Tissue Segmentation", analysis.tissue),
        (f"VOI PE Segmentation thresh={threshold}", analysis.ftv.by_pe),
    ):
        d = found[description]
        frames = d.pixel_array.reshape(-1, *exam.geometry.shape[1:])
        back = np.zeros(exam.geometry.shape)
        inverse = np.linalg.inv(exam.geometry.affine)
        for frame, groups in zip(frames, d.PerFrameFunctionalGroupsSequence, strict=True):
            corner = [float(v) for v in groups.PlanePositionSequence[0].ImagePositionPatient]
            back[round((inverse @ [*corner, 1.0])[0])] = frame
        np.testing.assert_array_equal(back, mask * 255)
    uids = {d.SOPInstanceUID for d in sources(objects)}
    tissue = found["VOI Breast Tissue Segmentation"]
    assert {i.ReferencedSOPInstanceUID for i in tissue.SourceImageSequence} <= uids


def test_an_empty_volume_is_one_frame_of_zeros(tmp_path):
    exam, who = make("siemens")
    data = segmentation(
        exam, who, np.zeros(exam.geometry.shape, bool), description="VOI PE", number=1, label="X"
    )
    assert data.NumberOfFrames == 1
    assert not any(data.PixelData)


@pytest.mark.parametrize("binary", [False, True])
def test_the_projects_reader_finds_the_segmented_voxels(tmp_path, binary):
    exam, who = make("siemens")
    write_exam(tmp_path, exam, who)
    data = segmentation(exam, who, exam.lesion, description="lesion", number=9, label="LESION", binary=binary)
    path = write_object(tmp_path / "seg" / "lesion.dcm", data)
    assert data.BitsAllocated == (1 if binary else 8)
    np.testing.assert_array_equal(read_mask(path, exam.geometry).array, exam.lesion)


@pytest.mark.parametrize("syntax", [variants.EXPLICIT, variants.IMPLICIT, variants.BIG_ENDIAN])
def test_each_transfer_syntax_holds_the_same_values(tmp_path, syntax):
    exam, _, objects = written(tmp_path, layout=variants.with_syntax(one_series_by_content_time, syntax))
    images = sources(objects)
    assert {str(d.file_meta.TransferSyntaxUID) for d in images} == {syntax}
    last = [d for d in images if seconds(str(d.ContentTime)) - INJECTION == 354]
    np.testing.assert_array_equal(volume(last, exam.geometry), exam.stored[2])


def test_midnight_between_the_phases_keeps_times_of_day(tmp_path):
    _, _, objects = written(tmp_path, injection_s=86_390.0)
    times = {str(d.ContentTime) for d in sources(objects)}
    assert times == {"235303", "235950", "000544"}


def test_identifiers_follow_from_the_seed_and_are_valid(tmp_path):
    _, _, a = written(tmp_path / "a")
    _, _, b = written(tmp_path / "b")
    _, _, c = written(tmp_path / "c", visit="T2")
    uids = [{d.SOPInstanceUID for d in objects} for objects in (a, b, c)]
    assert uids[0] == uids[1]
    assert not uids[0] & uids[2]
    assert len(uids[0]) == len(a)
    for uid in uids[0]:
        assert uid.is_valid
        assert uid.startswith("2.25.")
    assert a[0].StudyInstanceUID != c[0].StudyInstanceUID


def test_no_real_person_and_no_clock_in_the_headers(tmp_path):
    _, _, objects = written(tmp_path)
    for d in objects:
        assert d.PatientID == "SIM-D0001"
        assert str(d.PatientName) == "SIM-D0001^KINEPHEN-SIM"
        assert d.PatientBirthDate == ""
        assert str(d.ReferringPhysicianName) == ""
        assert d.StudyDate == d.ContentDate == "20010111"
        assert "OperatorsName" not in d
        assert "InstitutionName" not in d


def grid() -> Geometry:
    affine = np.diag([2.0, 0.7, 0.7, 1.0])[[2, 1, 0, 3]]
    return Geometry((3, 4, 5), affine)


def one_slice(pixels, **attributes):
    header = grid_header(grid())
    header.update(pixel_header(signed=bool(attributes.pop("signed", False))))
    header.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    return header, Slice(pixels, uid_from_names("x"), plane_attributes(grid(), 0) | attributes)


def test_values_beyond_16_bits_are_refused(tmp_path):
    header, one = one_slice(np.full((4, 5), 70000))
    with pytest.raises(InputError, match=r"from 70000 to 70000, expected 0 to 65535"):
        write_series(tmp_path, SeriesContent(header, [one]))


def test_negative_values_need_signed_pixels(tmp_path):
    header, one = one_slice(np.full((4, 5), -7))
    with pytest.raises(InputError, match="expected 0 to 65535"):
        write_series(tmp_path, SeriesContent(header, [one]))
    header, one = one_slice(np.full((4, 5), -7), signed=True)
    (path,) = write_series(tmp_path, SeriesContent(header, [one], signed=True))
    assert (pydicom.dcmread(path).pixel_array == -7).all()


def test_an_unknown_keyword_is_refused(tmp_path):
    header, one = one_slice(np.zeros((4, 5), int), NoSuchElement=1)
    with pytest.raises(InputError, match="no DICOM element is called 'NoSuchElement'"):
        write_series(tmp_path, SeriesContent(header, [one]))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0, "0"), (-21.0, "-21"), (0.703125, "0.703125"), (-40.957809535200003, "-40.957809535")],
)
def test_decimal_strings(value, text):
    assert decimal(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(37958.0, "103238"), (37958.25, "103238.25"), (86400.0, "000000"), (59.999, "000100")]
)
def test_clock(value, text):
    assert clock(value) == text


def test_split_and_renamed_layouts(tmp_path):
    _, _, objects = written(tmp_path / "a", "siemens", layout=variants.posts_under_another_name)
    names = sorted({d.SeriesDescription for d in sources(objects)})
    assert names == ["ACRIN_6657/FL3D_T1_SAG_CA", "ACRIN_6657/FL3D_T1_SAG_CA_"]
    _, _, objects = written(tmp_path / "b", layout=variants.pre_and_post_series)
    counts = {
        n: sum(d.SeriesDescription == n for d in sources(objects))
        for n in ("T1 left breast", "T1 left breast post")
    }
    assert counts == {"T1 left breast": 10, "T1 left breast post": 20}
    _, _, objects = written(tmp_path / "c", layout=variants.with_aborted_series)
    assert sorted(int(d.SeriesNumber) for d in sources(objects)).count(1) == 6


def test_layouts_with_something_missing_or_added(tmp_path):
    layout = variants.without_slice(one_series_by_content_time, phase=1, index=4)
    _, _, objects = written(tmp_path / "a", layout=layout)
    assert len(sources(objects)) == 29
    _, _, objects = written(tmp_path / "b", layout=variants.without_times(one_series_by_content_time))
    assert all("ContentTime" not in d and "SeriesTime" not in d for d in sources(objects))
    _, _, objects = written(tmp_path / "c", layout=variants.with_subtraction(one_series_by_content_time))
    assert sum("SUB" in d.SeriesDescription for d in objects) == 10
    mixed = variants.with_mixed_syntax(one_series_by_content_time, variants.EXPLICIT, variants.BIG_ENDIAN)
    _, _, objects = written(tmp_path / "d", layout=mixed)
    assert len(sources(objects)) == 30
    assert len({str(d.file_meta.TransferSyntaxUID) for d in sources(objects)}) == 2


def test_both_breasts_interleaved(tmp_path):
    other, other_who = make("siemens", laterality="R")
    _, _, objects = written(tmp_path, "siemens", layout=variants.interleaved_with(other, other_who))
    images = sources(objects)
    assert len(images) == 60
    assert len({d.SOPInstanceUID for d in images}) == 60
    assert sorted({int(d.SeriesNumber) for d in images}) == [4, 5, 6, 7, 8, 9]
    left = [d for d in images if float(d.ImagePositionPatient[0]) > 0]
    assert {int(d.SeriesNumber) for d in left} == {4, 6, 8}


def test_layout_by_maker_is_used_when_none_is_given(tmp_path):
    _, _, a = written(tmp_path / "a", "siemens")
    _, _, b = written(tmp_path / "b", "siemens", layout=one_series_a_phase)
    assert [d.SOPInstanceUID for d in a] == [d.SOPInstanceUID for d in b]
