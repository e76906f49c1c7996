"""Small exams, one for each attribute that tells times and each maker: the right times by the named rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from tests.io_exams import INJECTION, SHAPE, ExamMaker, values
from tests.unit.test_io_multiframe import enhanced

from kinephen.io.dicom_headers import quiet_pydicom
from kinephen.io.dicom_writer import clock, decimal
from kinephen.io.exam import inspect_path, read_exam
from kinephen.io.phase_times.table import DURATION_SOURCES, TIME_SOURCES

STARTS = (0.0, 150.0, 330.0)
MIDDLES = (-60.0, 90.0, 270.0)
GE, SIEMENS, PHILIPS = "GE MEDICAL SYSTEMS", "SIEMENS", "Philips Medical Systems"
STEPS = "TemporalPositionIdentifier x TemporalResolution"
Edit = Callable[[Dataset, int], None]


@dataclass(frozen=True)
class Case:
    """One header: the maker, what it writes, the attribute that must tell the times, and of what duration."""

    name: str
    maker: str
    edit: Edit
    starts_by: str
    lasting: str = "half the distance of the phases after contrast"
    times: tuple[float, ...] = MIDDLES


def at(phase: int, *, later: float = 0.0) -> str:
    return clock(INJECTION + STARTS[phase] + later)


def first_time(data: Dataset) -> None:
    """Write the start of the series into every image, as GE and Philips do."""
    data.AcquisitionTime = data.SeriesTime = at(0)


def block(data: Dataset, creator: str, group: int, slot: int) -> int:
    data.add_new((group << 16) | slot, "LO", creator)
    return (group << 16) | (slot << 8)


def siemens_clock(data: Dataset, p: int) -> None:
    data.AcquisitionTime, data.ContentTime = at(p), at(p, later=182)


def date_and_time(data: Dataset, p: int) -> None:
    data.AcquisitionDateTime = f"20010203{at(p)}.000000"
    first_time(data)


def trigger(data: Dataset, p: int) -> None:
    first_time(data)
    data.TriggerTime = decimal(STARTS[p] * 1000)
    data.TemporalPositionIdentifier = p + 1


def ge_duration(data: Dataset, p: int) -> None:
    trigger(data, p)
    block(data, "GEMS_IDEN_01", 0x0019, 0x10)
    data.add_new(block(data, "GEMS_ACQU_01", 0x0019, 0x11) | 0x5A, "FL", 3 * 175.0e6)


def philips_begin(data: Dataset, p: int) -> None:
    first_time(data)
    data.TemporalPositionIdentifier = p + 1
    data.TriggerTime = decimal(1000.0 * p)
    block(data, "Philips MR Imaging DD 002", 0x2005, 0x10)
    start = block(data, "Philips MR Imaging DD 001", 0x2005, 0x21)
    data.add_new(start | 0xA0, "FL", STARTS[p])
    data.add_new(start | 0x33, "FL", 172.5)


def philips_nested(data: Dataset, p: int) -> None:
    first_time(data)
    data.TemporalPositionIdentifier = p + 1
    item = Dataset()
    item.add_new(block(item, "Philips MR Imaging DD 001", 0x2005, 0x10) | 0xA0, "FL", STARTS[p])
    data.add_new(block(data, "Philips MR Imaging DD 005", 0x2005, 0x14) | 0x0F, "SQ", Items([item]))


def steps(data: Dataset, p: int) -> None:
    first_time(data)
    data.ContentTime = data.SeriesTime
    data.TemporalPositionIdentifier, data.TemporalResolution = p + 1, "60000.0"
    data.NumberOfTemporalPositions = 3


def content(data: Dataset, p: int) -> None:
    data.ContentTime, data.AcquisitionNumber = at(p), min(p + 1, 2)


def stated_duration(data: Dataset, p: int) -> None:
    siemens_clock(data, p)
    data.AcquisitionDuration = 170.0


def stated_injection(data: Dataset, p: int) -> None:
    siemens_clock(data, p)
    data.ContrastBolusStartTime = at(1, later=-12)


CASES = [
    Case("Siemens, AcquisitionTime", SIEMENS, siemens_clock, "AcquisitionTime"),
    Case("Siemens, AcquisitionDateTime", SIEMENS, date_and_time, "AcquisitionDateTime"),
    Case(
        "Siemens, AcquisitionDuration",
        SIEMENS,
        stated_duration,
        "AcquisitionTime",
        "half of AcquisitionDuration",
        (-65.0, 85.0, 265.0),
    ),
    Case(
        "Siemens, ContrastBolusStartTime",
        SIEMENS,
        stated_injection,
        "AcquisitionTime",
        "phases after contrast, injection by ContrastBolusStartTime",
        (-48.0, 102.0, 282.0),
    ),
    Case("GE, TriggerTime", GE, trigger, "TriggerTime"),
    Case(
        "GE, private duration of the series",
        GE,
        ge_duration,
        "TriggerTime",
        "half of GE AcquisitionDuration shared among the phases of its series",
        (-62.5, 87.5, 267.5),
    ),
    Case("GE, ContentTime", GE, content, "ContentTime"),
    Case("Philips, TriggerTime", PHILIPS, trigger, "TriggerTime"),
    Case(
        "Philips, private begin and duration",
        PHILIPS,
        philips_begin,
        "DynamicScanBeginTime",
        "half of ScanDuration",
        (-63.75, 86.25, 266.25),
    ),
    Case("Philips, private begin in a private sequence", PHILIPS, philips_nested, "DynamicScanBeginTime"),
    Case(
        "Philips, temporal positions",
        PHILIPS,
        steps,
        STEPS,
        "half of TemporalResolution",
        (-30.0, 30.0, 90.0),
    ),
]
SYNTAXES = (ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)


def write(folder: Path, case: Case, *, syntax: UID = ExplicitVRLittleEndian) -> np.ndarray:
    frames = values()
    plain = ExplicitVRLittleEndian if syntax.is_deflated else syntax
    ExamMaker(folder, maker=case.maker).series(frames, 5, "t1_fl3d_dyn", key="", syntax=plain)
    for path in sorted(folder.rglob("*.dcm")):
        data = dcmread(path)
        with quiet_pydicom():
            case.edit(data, (int(data.InstanceNumber) - 1) // SHAPE[0])
            data.file_meta.TransferSyntaxUID = syntax
            data.save_as(path)
    return frames


def check(exam, case: Case) -> None:
    assert exam.series.times_s == pytest.approx(case.times)
    assert exam.series.timing_rule.startswith(f"{case.starts_by} + ")
    assert case.lasting in exam.series.timing_rule
    assert exam.times.attribute == case.starts_by
    assert exam.times.rule == exam.series.timing_rule


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_times_by_the_named_rule(tmp_path, case):
    frames = write(tmp_path, case)
    exam = read_exam(tmp_path)
    check(exam, case)
    assert np.array_equal(exam.series.frames, frames)


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda s: s.name)
@pytest.mark.parametrize("case", [c for c in CASES if "private" in c.name], ids=lambda c: c.name)
def test_private_times_in_every_syntax(tmp_path, case, syntax):
    write(tmp_path, case, syntax=syntax)
    facts = inspect_path(tmp_path)["exams"][0]
    assert [p["time_s"] for p in facts["phases"]] == pytest.approx(case.times)
    assert facts["times"]["attribute"] == case.starts_by
    assert case.lasting in facts["timing_rule"]


def test_one_series_a_phase_by_the_start_of_the_series(tmp_path):
    maker = ExamMaker(tmp_path, maker=SIEMENS)
    for p, frame in enumerate(values()):
        own = {"SeriesTime": at(p), "SeriesDate": "20010203"}
        maker.series(frame[None], 4 + p, "t1_fl3d", key="", overrides=own)
    series = read_exam(tmp_path).series
    assert series.times_s == MIDDLES
    assert series.timing_rule.startswith("SeriesTime + ")


# Objects of many frames.
FRAME_STARTS = (0.0, 150.0, 330.0, 510.0)
FRAME_MIDDLES = (-60.0, 90.0, 270.0, 450.0)


def many_frames(folder: Path, edit: Callable[[Dataset, Dataset, int], None]) -> None:
    """Write an enhanced object whose frames tell no time, then let `edit` (object, frame, phase) say it."""
    _, path = enhanced(folder, values(4))
    data = dcmread(path)
    for frame in data.PerFrameFunctionalGroupsSequence:
        content = frame.FrameContentSequence[0]
        phase = int(content.TemporalPositionIndex) - 1
        del content.FrameAcquisitionDuration, content.FrameAcquisitionDateTime
        edit(data, frame, phase)
    data.save_as(path)


def offset_of_position(data: Dataset, frame: Dataset, p: int) -> None:
    item = Dataset()
    item.TemporalPositionTimeOffset = FRAME_STARTS[p]
    frame.TemporalPositionSequence = Items([item])


def frame_clock(data: Dataset, frame: Dataset, p: int) -> None:
    content = frame.FrameContentSequence[0]
    content.FrameAcquisitionDateTime = f"20010203{clock(INJECTION + FRAME_STARTS[p])}+0100"
    content.FrameAcquisitionDuration = 175_000.0


def trigger_delay(data: Dataset, frame: Dataset, p: int) -> None:
    item = Dataset()
    item.NominalCardiacTriggerDelayTime = FRAME_STARTS[p] * 1000
    frame.CardiacSynchronizationSequence = Items([item])


def unassigned(data: Dataset, frame: Dataset, p: int) -> None:
    item = Dataset()
    item.AcquisitionTime = clock(INJECTION + FRAME_STARTS[p])
    frame.UnassignedPerFrameConvertedAttributesSequence = Items([item])


def philips_of_frame(data: Dataset, frame: Dataset, p: int) -> None:
    item = Dataset()
    item.add_new(block(item, "Philips MR Imaging DD 001", 0x2005, 0x10) | 0xA0, "FL", FRAME_STARTS[p])
    frame.add_new(block(frame, "Philips MR Imaging DD 005", 0x2005, 0x14) | 0x0F, "SQ", Items([item]))


def steps_of_frames(data: Dataset, frame: Dataset, p: int) -> None:
    data.TemporalResolution = "180000"


@pytest.mark.parametrize(
    ("edit", "name", "times"),
    [
        (offset_of_position, "TemporalPositionTimeOffset", FRAME_MIDDLES),
        (frame_clock, "FrameAcquisitionDateTime", (-62.5, 87.5, 267.5, 447.5)),
        (trigger_delay, "TriggerTime", FRAME_MIDDLES),
        (philips_of_frame, "DynamicScanBeginTime", FRAME_MIDDLES),
        (unassigned, "AcquisitionTime", FRAME_MIDDLES),
        (steps_of_frames, STEPS, (-90.0, 90.0, 270.0, 450.0)),
    ],
)
def test_times_of_frames(tmp_path, edit, name, times):
    many_frames(tmp_path, edit)
    exam = read_exam(tmp_path)
    assert exam.series.times_s == pytest.approx(times)
    assert exam.times.attribute == name


def test_a_group_of_the_object_counts_for_all_frames(tmp_path):
    def edit(data, frame, p):
        offset_of_position(data, frame, p)
        shared = Dataset()
        shared.FrameAcquisitionDuration = 172_000.0
        data.SharedFunctionalGroupsSequence[0].FrameContentSequence = Items([shared])

    many_frames(tmp_path, edit)
    exam = read_exam(tmp_path)
    assert exam.series.times_s == pytest.approx((-64.0, 86.0, 266.0, 446.0))
    assert exam.times.durations_from == "FrameAcquisitionDuration"


def test_the_injection_of_an_enhanced_object(tmp_path):
    def edit(data, frame, p):
        frame_clock(data, frame, p)
        profile, agent = Dataset(), Dataset()
        profile.ContrastBolusStartTime = clock(INJECTION + 140)
        agent.ContrastAdministrationProfileSequence = Items([profile])
        data.ContrastBolusAgentSequence = Items([agent])

    many_frames(tmp_path, edit)
    exam = read_exam(tmp_path)
    assert exam.times.injection_from == "ContrastBolusStartTime"
    assert exam.series.times_s == pytest.approx((-52.5, 97.5, 277.5, 457.5))


def test_a_start_outside_the_groups_of_a_frame_does_not_count_twice(tmp_path):
    """The time of the whole object is the same in all frames and is passed over."""

    def edit(data, frame, p):
        offset_of_position(data, frame, p)
        data.AcquisitionTime = data.ContentTime = data.SeriesTime = at(0)
        frame.FrameContentSequence[0].FrameAcquisitionDateTime = f"20010203{at(0)}"

    many_frames(tmp_path, edit)
    exam = read_exam(tmp_path)
    assert exam.series.times_s == FRAME_MIDDLES
    passed = dict(exam.times.passed_over)
    assert passed["FrameAcquisitionDateTime"] == "the same in all phases"
    assert passed["AcquisitionTime"] == "the same in all phases"


@pytest.mark.parametrize("case", ["a1_tpi_resolution60", "a2_enh_offset3"])
def test_phantoms_whose_times_stand_in_temporal_positions(reference, case):
    from kinephen.imaging.kinetics import kinetic_maps

    exam = read_exam(reference(f"cases/imaging/{case}"))
    series = exam.series
    assert series.times_s == (-30.0, 30.0, 90.0)
    rise = (series.frames[1] - series.frames[0]) / np.maximum(series.frames[0], 1)
    mask = (rise > 1.0) & (series.frames[0] > 100)
    maps = kinetic_maps(series.frames, series.times_min, mask=mask)
    assert float(np.nanmean(maps.arrays["WIS"])) == pytest.approx(3.20, abs=0.05)


# The same over midnight and over a change of the clock, read from files.
LATE = ("235800", "000030", "000330")
DAYS = {
    "dates change": ("20240228", "20240229", "20240229"),
    "the date stays": ("20240228", "20240228", "20240228"),
    "the date changes late": ("20240228", "20240228", "20240229"),
    "a date that is none": ("20240228", "20240230", "20240229"),
    "no date": ("", "", ""),
}


@pytest.mark.parametrize("name", ["Acquisition", "Content"])
@pytest.mark.parametrize("days", DAYS)
def test_midnight(tmp_path, days, name):
    def edit(data, p):
        del data.StudyDate
        setattr(data, f"{name}Date", DAYS[days][p])
        setattr(data, f"{name}Time", LATE[p])

    frames = write(tmp_path, Case("midnight", SIEMENS, edit, f"{name}Time"))
    series = read_exam(tmp_path).series
    assert series.times_s == MIDDLES
    assert np.array_equal(series.frames, frames)


@pytest.mark.parametrize(
    "stamps",
    [
        ("20241027025900+0200", "20241027020130+0100", "20241027020430+0100"),
        ("20240331015900.0+0100", "20240331030130.0+0200", "20240331030430.0+0200"),
    ],
)
def test_the_clock_changes(tmp_path, stamps):
    def edit(data, p):
        data.AcquisitionDateTime = stamps[p]

    frames = write(tmp_path, Case("clock", SIEMENS, edit, "AcquisitionDateTime"))
    series = read_exam(tmp_path).series
    assert series.times_s == MIDDLES
    assert np.array_equal(series.frames, frames)


OLD = (
    ("10:00:00", "10:02:30", "10:05:30.00"),
    (" 100000", "100230 ", "100530."),
    ("10", "100230", "100530"),
)


@pytest.mark.parametrize("times", OLD, ids=lambda t: t[0])
def test_times_as_old_files_write_them(tmp_path, times):
    def edit(data, p):
        data.AcquisitionTime, data.AcquisitionDate = times[p], "2001.02.03"

    write(tmp_path, Case("old", SIEMENS, edit, "AcquisitionTime"))
    assert read_exam(tmp_path).series.times_s == MIDDLES


def test_offsets_of_frames_alone_order_the_phases(tmp_path):
    def edit(data, frame, p):
        offset_of_position(data, frame, p)
        del frame.FrameContentSequence[0].TemporalPositionIndex

    many_frames(tmp_path, edit)
    exam = read_exam(tmp_path)
    assert exam.series.times_s == FRAME_MIDDLES
    assert exam.series.phase_rule.endswith("TemporalPositionTimeOffset")


def test_inspect_says_what_the_times_rest_on(tmp_path):
    write(tmp_path, CASES[0])
    facts = inspect_path(tmp_path)["exams"][0]
    assert facts["times"]["checked_against"] == "ContentTime"
    assert facts["times"]["agreed"] is True
    assert ["check of times", "ContentTime agrees, largest difference 0.0 s"] in [
        list(row) for row in facts["times_in_words"]
    ]


def test_every_attribute_of_the_table_has_a_header_here():
    text = Path(__file__).read_text(encoding="utf-8")
    for source in (*TIME_SOURCES, *DURATION_SOURCES):
        words = re.findall(r"\w+", source.name)
        assert all(word in text for word in words), source.name
