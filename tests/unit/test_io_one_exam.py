"""Phases of one examination: images sent twice, several patients or scanners, other orders, midnight."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from pydicom import dcmread
from tests.io_exams import SHAPE, STARTS, ExamMaker, ge_exam, values

from kinephen.errors import InputError
from kinephen.io.dicom_phases import unwrapped
from kinephen.io.exam import read_exam

DAY = 86400.0


def codes(exam):
    return {i.code: i.level for i in exam.issues}


def exam_of(root, n=3, **changes):
    maker, frames = ExamMaker(root), values(n)
    changes.setdefault("key", "AcquisitionTime")
    maker.series(frames, 2, starts=(*STARTS, 700.0)[:n], **changes)
    return maker, frames


def send_again(root, edit=lambda data: None, *, keep=lambda i: True):
    """Copy the images of a folder under new UIDs."""
    for i, path in enumerate(sorted(root.glob("s2-*/*.dcm"))):
        if keep(i):
            data = dcmread(path)
            data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = f"1.2.9.{i + 1}"
            edit(data)
            data.save_as(root / f"again{i}.dcm")


def new_series(data):
    data.SeriesInstanceUID, data.SeriesNumber = "1.2.8.1", 802


def renumbered(data):
    data.InstanceNumber = int(data.InstanceNumber) + 100


def other_content(data):
    data.ContentTime, data.ContentDate = "120000", "20010203"


@pytest.mark.parametrize("edit", [lambda d: None, new_series, renumbered, other_content])
@pytest.mark.parametrize("part", [1, 2])
def test_images_sent_twice_count_once(tmp_path, edit, part):
    _, frames = exam_of(tmp_path)
    send_again(tmp_path, edit, keep=lambda i: i % part == 0)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    again = next(i for i in exam.issues if i.code == "dicom.sent_twice")
    assert again.count == len(range(0, 3 * SHAPE[0], part))


def test_the_copy_that_the_maps_name_is_kept(tmp_path):
    _, frames, _ = ge_exam(tmp_path)
    for path in tmp_path.glob("map*/*.dcm"):
        data = dcmread(path)
        for item in data.SourceImageSequence:
            name = next(
                p for p in tmp_path.glob("s2-*/*.dcm") if dcmread(p).SOPInstanceUID == item[0x81155].value
            )
            item.ReferencedSOPInstanceUID = f"1.2.9.{sorted(tmp_path.glob('s2-*/*.dcm')).index(name) + 1}"
        data.save_as(path)
    send_again(tmp_path)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert exam.series.phase_rule.startswith("source images")


def test_blank_slices_are_no_copies(tmp_path):
    """Where instance numbers alone tell the phases apart, an empty slice looks the same in each."""
    maker, frames = ExamMaker(tmp_path), values()
    frames[:, 0] = 0
    same = {"AcquisitionTime": "100000"}
    maker.series(frames, 2, key="", attributes=lambda p, k: {"InstanceNumber": 1 + 3 * k + p, **same})
    exam = read_exam(tmp_path, nominal_times_s=(-60, 60, 200))
    assert np.array_equal(exam.series.frames, frames)
    assert "dicom.sent_twice" not in codes(exam)


def test_other_images_of_the_same_place_and_time_are_named(tmp_path):
    exam_of(tmp_path)
    maker = ExamMaker(tmp_path)
    maker.series(
        values(seed=8),
        2,
        starts=STARTS,
        key="AcquisitionTime",
        first=20,
        attributes=lambda p, k: {"InstanceNumber": 100 + 7 * p + k},
    )
    with pytest.raises(InputError, match="2 different images share a place and AcquisitionTime") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.same_time"


@pytest.mark.parametrize("content", [True, False])
def test_unmarked_images_with_the_times_of_phases_are_named(tmp_path, content):
    """As subtractions that keep the time of acquisition of the later phase."""

    def own(first, p, k):
        told = {"InstanceNumber": first + 7 * p + k}
        return told | ({"ContentTime": f"{10 + first // 100}{p}000"} if content else {})

    exam_of(tmp_path, attributes=lambda p, k: own(1, p, k))
    ExamMaker(tmp_path).series(
        values(2, seed=8),
        2,
        starts=STARTS[1:],
        key="AcquisitionTime",
        first=20,
        attributes=lambda p, k: own(100, p, k),
    )
    with pytest.raises(InputError, match="2 different images share a place and AcquisitionTime") as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.same_time"


def test_phases_after_contrast_of_one_scan_may_share_its_time(tmp_path):
    shared = ("100000", "100500", "100500")
    _, frames = exam_of(tmp_path, attributes=lambda p, k: {"AcquisitionTime": shared[p]}, key="ContentTime")
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


def test_numbers_alone_that_tell_phases_of_one_time_apart_are_said(tmp_path):
    shared = ("100000", "100500", "100500")
    own = {p: {"AcquisitionTime": shared[p]} for p in range(3)}
    _, frames = exam_of(tmp_path, key="", attributes=lambda p, k: own[p])
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert codes(exam)["dicom.shared_time"] == "warning"


def test_images_sent_twice_without_any_time(tmp_path):
    _, frames = exam_of(tmp_path, key="")
    send_again(tmp_path, renumbered)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert codes(exam)["dicom.sent_twice"] == "note"


def test_two_versions_of_one_acquisition_are_named(tmp_path):
    """With and without a filter, each in a series of its own."""
    maker = ExamMaker(tmp_path)
    for i in range(2):
        frames = values(seed=i)
        for p in range(3):
            own = {"ContentTime": f"11{i}{p}00", "ContentDate": "20010203"}
            maker.series(
                frames[p : p + 1],
                4 + 10 * i + p,
                "fl3d",
                starts=STARTS[p : p + 1],
                key="AcquisitionTime",
                attributes=lambda _, k, own=own: own,
            )
    with pytest.raises(
        InputError, match="series 4, series 5.* hold 2 images of each place and time"
    ) as error:
        read_exam(tmp_path)
    assert error.value.code == "dicom.same_time"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"PatientID": "another"}, "dicom.several_patients"),
        ({"DeviceSerialNumber": "77"}, "dicom.several_scanners"),
        ({"MagneticFieldStrength": "3"}, "dicom.several_scanners"),
        ({"ManufacturerModelName": "Another"}, "dicom.several_scanners"),
        ({"Manufacturer": "SIEMENS"}, "dicom.several_scanners"),
    ],
)
def test_a_phase_of_another_patient_or_scanner_is_a_stop(tmp_path, change, code):
    maker = ExamMaker(tmp_path)
    maker.common = {
        "PatientID": "one",
        "DeviceSerialNumber": "5",
        "MagneticFieldStrength": "1.5",
        "ManufacturerModelName": "SIGNA",
    }
    maker.series(values(), 2, key="AcquisitionTime", attributes=lambda p, k: change if p == 1 else {})
    found = codes(read_exam(tmp_path))
    assert found[code] == "stop"


@pytest.mark.parametrize("change", [{"Manufacturer": "SIEMENS"}, {"PatientID": "another"}])
def test_a_series_of_another_scanner_or_patient_is_a_stop(tmp_path, change):
    maker, frames = ExamMaker(tmp_path), values()
    maker.common = {"PatientID": "one"}
    for p in range(3):
        own = change if p == 2 else {}
        maker.series(
            frames[p : p + 1],
            4 + p,
            "fl3d",
            starts=STARTS[p : p + 1],
            key="AcquisitionTime",
            overrides=own,
        )
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert "stop" in codes(exam).values()
    assert "another" not in str(exam.issues)


def test_spellings_of_one_scanner_are_one(tmp_path):
    maker = ExamMaker(tmp_path, maker="GE MEDICAL SYSTEMS")
    maker.common = {"MagneticFieldStrength": "1.494", "ManufacturerModelName": "Signa  HDx"}
    other = {"Manufacturer": "GE", "MagneticFieldStrength": "15000", "ManufacturerModelName": "SIGNA HDX"}
    maker.series(values(), 2, key="AcquisitionTime", attributes=lambda p, k: other if p == 1 else {})
    assert "dicom.several_scanners" not in codes(read_exam(tmp_path))


@pytest.mark.parametrize("name", ["AcquisitionNumber", "InstanceNumber"])
def test_numbers_against_the_order_of_time_are_said(tmp_path, name):
    places = [0, 20, 10]
    _, frames = exam_of(
        tmp_path, attributes=lambda p, k: {name: places[p] + k // 7 + 1 + k * (name[0] == "I")}
    )
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    said = next(i for i in exam.issues if i.code == "dicom.phase_order_differs")
    assert said.message.startswith(name)
    assert said.level == "warning"


def test_temporal_positions_stand_over_other_numbers(tmp_path):
    places = [0, 2, 1]
    _, frames = exam_of(
        tmp_path,
        key="",
        attributes=lambda p, k: {"TemporalPositionIdentifier": 1 + places[p], "AcquisitionNumber": 1 + p},
    )
    exam = read_exam(tmp_path, nominal_times_s=(-60, 60, 200))
    assert np.array_equal(exam.series.frames, frames[places])
    said = [i.message for i in exam.issues if i.code == "dicom.phase_order_differs"]
    assert any(text.startswith("AcquisitionNumber") for text in said)


MIDNIGHT = {
    "no date": (86000.0, 86300.0, 200.0),
    "one date for all": (5 * DAY + 86000, 5 * DAY + 86300, 5 * DAY + 200),
    "date changes at midnight": (5 * DAY + 86000, 5 * DAY + 86300, 6 * DAY + 200),
    "date changes with the last series": (5 * DAY + 86000, 5 * DAY + 100, 6 * DAY + 500),
    "date of the next day for all": (6 * DAY + 86000, 6 * DAY + 86300, 6 * DAY + 200),
}


@pytest.mark.parametrize("name", MIDNIGHT)
def test_midnight_lies_between_phases(name):
    turned = unwrapped(MIDNIGHT[name])
    assert (np.diff(turned) > 0).all()
    assert np.ptp(turned) < 1200


@pytest.mark.parametrize(
    "times", [(5 * DAY + 36000, 6 * DAY + 36300), (36000, 36300), (5 * DAY + 50000, 9 * DAY + 100)]
)
def test_other_times_are_left_as_they_are(times):
    assert tuple(unwrapped(times)) == times


@pytest.mark.parametrize("name", MIDNIGHT)
def test_series_by_time_over_midnight(tmp_path, name):
    maker, frames = ExamMaker(tmp_path), values()
    for p, moment in enumerate(MIDNIGHT[name]):
        clock = moment % DAY
        own = {
            "AcquisitionTime": f"{int(clock // 3600):02d}{int(clock % 3600 // 60):02d}{int(clock % 60):02d}"
        }
        if name != "no date":
            own["AcquisitionDate"] = f"200102{int(moment // DAY):02d}"
        maker.series(frames[p : p + 1], 9 - p, "fl3d", key="", attributes=lambda _, k, own=own: own)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert "dicom.times_far_apart" not in codes(exam)


def test_visits_of_two_days_in_one_study_are_a_stop(tmp_path):
    maker = ExamMaker(tmp_path)
    for visit, day in enumerate(("20010203", "20010301")):
        for p in range(3):
            maker.series(
                values(seed=visit)[p : p + 1],
                4 + 10 * visit + p,
                "fl3d",
                key="",
                attributes=lambda _, k, day=day, p=p: {
                    "AcquisitionDate": day,
                    "AcquisitionTime": f"10{p}000",
                },
            )
    assert "stop" in codes(read_exam(tmp_path)).values()


def test_a_copy_under_the_same_uid_is_one(tmp_path):
    _, frames = exam_of(tmp_path)
    shutil.copytree(tmp_path, tmp_path / "copy", ignore=shutil.ignore_patterns("copy"))
    assert np.array_equal(read_exam(tmp_path).series.frames, frames)


def test_images_without_identifiers(tmp_path):
    _, frames = exam_of(tmp_path)
    maker = ExamMaker(tmp_path)
    sub = {"ImageType": ["DERIVED", "PRIMARY", "SUBTRACT"]}
    maker.series(values(1, seed=5), 2, starts=(900.0,), key="AcquisitionTime", overrides=sub, first=30)
    for path in tmp_path.rglob("*.dcm"):
        data = dcmread(path)
        del data.SOPInstanceUID
        data.save_as(path)
    exam = read_exam(tmp_path)
    assert np.array_equal(exam.series.frames, frames)
    assert codes(exam)["dicom.subtraction"] == "note"
