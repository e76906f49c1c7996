"""Times of phases by headers alone: precedence, contradiction, midnight, durations, injection."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from pydicom import Dataset
from tests.phase_headers import DAY, SLICES, TEN, at, fields, phases

from kinephen.core.phase_times import (
    ACROSS_INJECTION,
    AFTER_CONTRAST,
    ASSUMED,
    TimeEvidence,
    middles,
    phase_distance,
    stand_in_words,
    time_findings,
)
from kinephen.io.dicom_timing import Timing, early_and_late, given_times, phase_timing
from kinephen.io.phase_times.clock import Clock, read_clock, read_datetime, time_line, zone_seconds
from kinephen.io.phase_times.image import ImageTimes, read_times
from kinephen.io.phase_times.table import DURATION_SOURCES, TIME_SOURCES, rank
from kinephen.io.ucsf_header import PrivateRecord

STARTS = (0.0, 150.0, 330.0)
OTHER = (0.0, 160.0, 380.0)
MIDDLES = (-60.0, 90.0, 270.0)
"""Of `STARTS`, the injection at 150 s and 180 s a phase."""
NAMES = [s.name for s in TIME_SOURCES]
STEPS = "TemporalPositionIdentifier x TemporalResolution"


def timing(times, *, count=3, series=None, **more):
    return phase_timing(phases(count, times, series=series), **more)


def by(*sources):
    """Return times by phase and slice of (source, starts) pairs; the first counts where both set a field."""

    def times(p, k):
        merged = {}
        for source, starts in reversed(sources):
            merged |= fields(source, starts, p)
        return ImageTimes(**merged)

    return times


def issues(found, level=None):
    return {i.code: i.message for i in found.issues if level in (None, i.level)}


@pytest.mark.parametrize("source", NAMES)
def test_each_source_alone(source):
    found = timing(by((source, STARTS)))
    assert found.times_s[1:] == MIDDLES[1:]
    assert found.times_s[0] == (MIDDLES[0] if source != STEPS else -90.0)
    assert found.evidence.attribute == source
    assert found.evidence.rank == rank(source) == NAMES.index(source) + 2
    assert found.rule.startswith(source)
    assert found.evidence.agreed is None
    assert found.evidence.injection_from == ASSUMED


PAIRS = list(combinations(NAMES, 2))


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda p: p)
def test_headers_that_contradict_each_other_in_a_pair(first, second):
    found = timing(by((first, STARTS), (second, OTHER)))
    assert found.times_s[1:] == pytest.approx(MIDDLES[1:])
    assert found.evidence.attribute == first
    assert (found.evidence.checked_against, found.evidence.agreed) == (second, False)
    # Starts from the first after contrast: 0, 180 and 0, 220; before it -150 and -160.
    assert found.evidence.difference_s == pytest.approx(40.0)
    said = issues(found, "warning")["dicom.times_differ"]
    assert f"{first} puts the phases at" in said
    assert f"{second} at" in said
    assert said.endswith(f"{first} counts")
    assert "0, 180 s" in said
    assert "0, 220 s" in said


@pytest.mark.parametrize(("first", "second"), PAIRS, ids=lambda p: p)
def test_sources_that_agree_within_two_seconds(first, second):
    near = (0.0, 150.5, 331.5)
    found = timing(by((first, STARTS), (second, near)))
    assert (found.evidence.checked_against, found.evidence.agreed) == (second, True)
    assert found.evidence.difference_s <= 1.0
    assert "dicom.times_differ" not in issues(found)


def test_a_third_source_that_agrees_makes_the_contradiction_a_note():
    found = timing(by(("TriggerTime", STARTS), ("AcquisitionTime", OTHER), ("ContentTime", STARTS)))
    assert (found.evidence.checked_against, found.evidence.agreed) == ("ContentTime", True)
    assert "dicom.times_differ" in issues(found, "note")
    assert "dicom.times_differ" not in issues(found, "warning")


def test_two_attributes_of_one_clock_do_not_confirm_each_other():
    found = timing(by(("AcquisitionDateTime", STARTS), ("AcquisitionTime", STARTS), ("ContentTime", OTHER)))
    assert (found.evidence.checked_against, found.evidence.agreed) == ("ContentTime", False)
    assert "dicom.times_differ" in issues(found, "warning")


CONSTANT = (7.0, 7.0, 7.0)


@pytest.mark.parametrize("source", [n for n in NAMES if n != STEPS])
@pytest.mark.parametrize(
    ("starts", "reason"),
    [
        (CONSTANT, "the same in all phases"),
        ((0.0, 150.0, 150.0), "the same in several phases"),
        ((0.0, 330.0, 150.0), "falls from one phase to the next"),
    ],
)
def test_a_source_that_does_not_rise_gives_way(source, starts, reason):
    below = "SeriesTime" if source != "SeriesTime" else "ContentTime"
    found = timing(by((source, starts), (below, STARTS)))
    assert found.evidence.attribute == below
    assert (source, reason) in found.evidence.passed_over
    assert ("dicom.times_order" in issues(found, "warning")) == reason.startswith("falls")


@pytest.mark.parametrize("source", [n for n in NAMES if n not in (STEPS, "SeriesTime")])
@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_source_that_is_missing_in_some_images(source, missing):
    whole = by((source, STARTS))
    other = by(("SeriesTime", OTHER))

    def times(p, k):
        silent = p == 1 and k < missing
        said = other(p, k)
        return said if silent else replace(whole(p, k), series=said.series)

    found = timing(times)
    if missing > SLICES / 2:
        assert found.evidence.attribute == "SeriesTime"
        assert (source, "missing in most images of phase 1") in found.evidence.passed_over
    else:
        assert found.times_s == pytest.approx(MIDDLES)
        assert [i.count for i in found.issues if i.code == "dicom.time_missing"] == [missing]


@pytest.mark.parametrize("source", ["TemporalPositionTimeOffset", "DynamicScanBeginTime", "TriggerTime"])
def test_an_offset_that_differs_inside_a_phase_gives_way(source):
    def times(p, k):
        own = [s + 3.0 * k for s in STARTS]
        return replace(by((source, own))(p, k), content=at(TEN + STARTS[p]))

    found = timing(times)
    assert found.evidence.attribute == "ContentTime"
    assert (source, "differs inside a phase") in found.evidence.passed_over


def test_jumps_of_a_second_inside_a_phase_are_passed_over():
    found = timing(lambda p, k: ImageTimes(acquired=at(TEN + STARTS[p] + k % 2)))
    assert found.times_s == MIDDLES


def test_times_of_slices_start_with_the_earliest():
    found = timing(lambda p, k: ImageTimes(acquired=at(TEN + STARTS[p] + 30.0 * (SLICES - 1 - k))))
    assert found.times_s == MIDDLES


def test_phases_that_overlap_in_time_are_not_told():
    found = timing(lambda p, k: ImageTimes(acquired=at(TEN + STARTS[p] + 60.0 * k)))
    assert found.times_s is None
    assert ("AcquisitionTime", "images of different phases overlap in time") in found.evidence.passed_over


@pytest.mark.parametrize("source", ["ContentTime", "SeriesTime"])
def test_times_of_an_export_are_not_those_of_the_phases(source):
    found = timing(by((source, (0.0, 20.0, 45.0)), ("TriggerTime", STARTS)))
    assert found.evidence.attribute == "TriggerTime"
    assert found.evidence.agreed is None
    assert (source, "all phases lie within a minute, as after an export") in found.evidence.passed_over


def test_steps_leave_a_pause_for_the_injection_out():
    found = timing(by((STEPS, (0.0, 60.0, 120.0)), ("ContentTime", (0.0, 200.0, 260.5))))
    assert found.evidence.attribute == STEPS
    assert found.times_s == (-170.0, 30.0, 90.0)
    assert found.evidence.agreed is True


def test_offsets_of_different_series_cannot_be_compared():
    own = (0.0, 5.0, 185.0)
    found = timing(by(("TriggerTime", own), ("SeriesTime", (0.0, 400.0, 400.0))), series=("a", "b", "b"))
    assert found.times_s == (-90.0, 90.0, 270.0)
    assert "dicom.pre_time" in issues(found)


def test_offsets_that_rise_over_series_of_their_own_count_from_one_start():
    assert timing(by(("TriggerTime", STARTS)), series=("a", "b", "c")).times_s == MIDDLES


# Durations.
DURATION_FIELDS = {
    "FrameAcquisitionDuration": "frame_duration",
    "ScanDuration": "philips_duration",
    "AcquisitionDuration": "acquisition_duration",
    "GE AcquisitionDuration": "ge_duration",
    "TemporalResolution": "resolution",
}


@pytest.mark.parametrize("source", [s.name for s in DURATION_SOURCES])
@pytest.mark.parametrize(("stated", "fits"), [(180.0, True), (165.0, True), (196.0, True), (150.0, False)])
def test_a_stated_duration_must_fit_the_distance(source, stated, fits):
    def times(p, k):
        return replace(by(("AcquisitionTime", STARTS))(p, k), **{DURATION_FIELDS[source]: stated})

    found = timing(times)
    used = stated if fits else 180.0
    assert found.times_s == pytest.approx((-150.0 + used / 2, used / 2, 180.0 + used / 2))
    assert found.evidence.durations_from == (source if fits else AFTER_CONTRAST)
    said = issues(found, "warning").get("dicom.duration_differs", "")
    assert said.startswith(f"{source} (150 s)") != fits


@pytest.mark.parametrize("source", [s.name for s in DURATION_SOURCES if s.of_series])
def test_a_duration_of_the_series_is_shared_among_its_phases(source):
    def times(p, k):
        return replace(by(("AcquisitionTime", STARTS))(p, k), **{DURATION_FIELDS[source]: 540.0})

    found = timing(times)
    assert found.times_s == MIDDLES
    assert found.evidence.durations_from == f"{source} shared among the phases of its series"


def test_durations_of_the_phases_own():
    own = (90.0, 180.0, 180.0)
    found = timing(lambda p, k: ImageTimes(frame=at(TEN + STARTS[p]), frame_duration=own[p]))
    assert found.times_s == (-105.0, 90.0, 270.0)


def test_an_absurd_duration_before_contrast_does_not_change_the_order():
    own = (900.0, 180.0, 180.0)
    found = timing(lambda p, k: ImageTimes(frame=at(TEN + STARTS[p]), frame_duration=own[p]))
    assert found.times_s == MIDDLES


def test_one_phase_after_contrast():
    times = by(("AcquisitionTime", STARTS))
    # Two phases that start 150 s apart do not fit into 120 s, but into 240 s.
    stated = timing(lambda p, k: replace(times(p, k), acquisition_duration=120.0), count=2)
    assert stated.times_s == (-90.0, 60.0)
    shared = timing(lambda p, k: replace(times(p, k), acquisition_duration=240.0), count=2)
    assert shared.times_s == (-90.0, 60.0)
    alone = timing(lambda p, k: replace(times(p, k), frame_duration=120.0), count=2)
    assert alone.times_s == (-90.0, 60.0)
    silent = timing(times, count=2)
    assert silent.times_s is None
    assert "its duration not stated" in issues(silent, "warning")["dicom.no_times"]


@pytest.mark.parametrize("source", NAMES)
def test_the_first_middle_is_never_zero(source):
    assert timing(by((source, STARTS))).times_s[1] > 0.0


# Injection.
def bolus(after, **more):
    stated = Clock(TEN + STARTS[1] + after)
    times = by(("AcquisitionTime", STARTS))
    return timing(lambda p, k: replace(times(p, k), bolus=stated), **more)


@pytest.mark.parametrize("after", [-55.0, -10.0, 0.0, 30.0, 59.0])
def test_a_stated_injection_counts_where_it_can_be(after):
    found = bolus(after)
    assert found.times_s == pytest.approx([m - after for m in MIDDLES])
    assert found.evidence.injection_from == "ContrastBolusStartTime"
    assert found.rule.endswith("injection by ContrastBolusStartTime")


@pytest.mark.parametrize("after", [-3600.0, -160.0, -65.0, 61.0, 170.0])
def test_an_injection_that_cannot_be_is_named_and_not_used(after):
    found = bolus(after)
    assert found.times_s == MIDDLES
    assert found.evidence.injection_from == ASSUMED
    where = "after" if after >= 0.0 else "before"
    assert f"it lies {abs(after):.0f} s {where} the start" in issues(found, "warning")["dicom.injection"]


def test_an_injection_behind_the_middle_of_the_phase_is_not_used():
    starts = (0.0, 60.0, 120.0)
    times = by(("AcquisitionTime", starts))
    stated = Clock(TEN + 100.0)
    found = timing(lambda p, k: replace(times(p, k), bolus=stated))
    assert found.times_s == (-30.0, 30.0, 90.0)


def test_an_injection_over_midnight():
    before = 86_400.0 - TEN - 155.0
    starts = [before + s for s in STARTS]
    times = by(("AcquisitionTime", starts))
    found = timing(lambda p, k: replace(times(p, k), bolus=Clock(5.0)))
    assert found.times_s == pytest.approx([m - 10.0 for m in MIDDLES])


def test_an_injection_is_placed_by_a_clock_beside_offsets():
    times = by(("TriggerTime", STARTS), ("AcquisitionTime", STARTS))
    found = timing(lambda p, k: replace(times(p, k), bolus=Clock(TEN + 140.0)))
    assert found.evidence.attribute == "TriggerTime"
    assert found.times_s == pytest.approx([m + 10.0 for m in MIDDLES])
    alone = by(("TriggerTime", STARTS))
    unplaced = timing(lambda p, k: replace(alone(p, k), bolus=Clock(TEN + 140.0)))
    assert "no clock of the acquisition tells" in issues(unplaced)["dicom.injection"]


@pytest.mark.parametrize("reconstruction", ["ContentTime", "SeriesTime"])
def test_a_clock_of_the_reconstruction_places_no_injection(reconstruction):
    late = [s + 100.0 for s in STARTS]
    times = by(("TriggerTime", STARTS), (reconstruction, late))
    plain = timing(times)
    found = timing(lambda p, k: replace(times(p, k), bolus=Clock(TEN + STARTS[1] + 30.0)))
    assert found.times_s == plain.times_s
    assert found.assumed
    assert "no clock of the acquisition" in issues(found)["dicom.injection"]


def test_an_injection_that_differs_between_images():
    times = by(("AcquisitionTime", STARTS))
    found = timing(lambda p, k: replace(times(p, k), bolus=Clock(TEN + 140.0 + p)))
    assert "differs between images" in issues(found)["dicom.injection"]


def test_the_private_record_states_injection_and_duration():
    record = PrivateRecord(injection_s=TEN + 140.0, duration_s=150.0)
    found = timing(by(("ContentTime", STARTS)), record=record)
    assert found.times_s == (-65.0, 85.0, 265.0)
    assert found.rule == "private header: injection and duration, with ContentTime"
    injection = PrivateRecord(injection_s=TEN + 140.0)
    assert timing(by(("ContentTime", STARTS)), record=injection).times_s == (-50.0, 100.0, 280.0)


def test_times_of_the_private_record_come_first_and_are_checked():
    record = PrivateRecord(times_s=(-230.0, 177.0, 531.0))
    found = timing(by(("ContentTime", (0.0, 407.0, 761.0))), record=record)
    assert (found.times_s, found.rule) == (record.times_s, "private header")
    assert (found.evidence.checked_against, found.evidence.agreed) == ("ContentTime", True)
    wrong = timing(by(("ContentTime", STARTS)), record=record)
    assert wrong.times_s == record.times_s
    assert "ContentTime at" in issues(wrong, "warning")["dicom.times_differ"]


@pytest.mark.parametrize("times", [(-230.0, 531.0, 177.0), (-400.0, 0.0, 177.0), (177.0, 531.0)])
def test_a_private_record_that_cannot_be_is_named_and_not_used(times):
    found = timing(by(("ContentTime", STARTS)), record=PrivateRecord(times_s=times))
    assert found.times_s == MIDDLES
    assert "dicom.recorded_times" in issues(found, "warning")


# Midnight: phases at 23:58 of one day and after it.
LATE = 86_400.0 - 120.0


def clocks(days):
    """Return phases at 23:58:00, 00:00:30 and 00:03:30, each with its day."""
    return [Clock(LATE, days[0]), Clock(30.0, days[1]), Clock(210.0, days[2])]


MIDNIGHT = {
    "dates change": clocks((DAY, DAY + 1, DAY + 1)),
    "no dates": clocks((None, None, None)),
    "the date stays": clocks((DAY, DAY, DAY)),
    "the date changes late": clocks((DAY, DAY, DAY + 1)),
    "one date is missing": clocks((DAY, None, DAY + 1)),
}


@pytest.mark.parametrize("field", ["acquired", "acquired_at", "frame", "content", "series"])
@pytest.mark.parametrize("form", MIDNIGHT)
def test_midnight_between_phases(form, field):
    found = timing(lambda p, k: ImageTimes(**{field: MIDNIGHT[form][p]}))
    assert found.times_s == MIDDLES


@pytest.mark.parametrize("dated", [True, False])
def test_midnight_within_a_phase(dated):
    def times(p, k):
        own = 86_400.0 - 152.0 + STARTS[p] + (k if p == 1 else 0)
        clock = at(own)
        return ImageTimes(acquired=clock if dated else replace(clock, day=None))

    readings = {times(1, k).acquired.seconds for k in range(SLICES)}
    assert max(readings) - min(readings) > 80_000
    assert timing(times).times_s == MIDDLES


@pytest.mark.parametrize("zones", [("+0100", "+0200", "+0200"), ("-0500", "-0600", "-0600")])
def test_the_clock_changes_between_phases(zones):
    local = [TEN + s + 3600.0 * (int(z[:3]) - int(zones[0][:3])) for s, z in zip(STARTS, zones, strict=True)]
    words = [f"20240331{int(s // 3600):02d}{int(s % 3600 // 60):02d}{s % 60:09.6f}" for s in local]
    stamps = [read_datetime(w + z) for w, z in zip(words, zones, strict=True)]
    assert timing(lambda p, k: ImageTimes(frame=stamps[p])).times_s == pytest.approx(MIDDLES)


def test_zones_over_midnight():
    words = ("20240228235800+0000", "20240229000030+0000", "20240229000330.0+0000")
    assert timing(lambda p, k: ImageTimes(frame=read_datetime(words[p]))).times_s == MIDDLES
    bare = [w[:14] for w in words]
    assert timing(lambda p, k: ImageTimes(frame=read_datetime(bare[p]))).times_s == MIDDLES


@pytest.mark.parametrize(
    ("date", "time", "expected"),
    [
        ("20240229", "103238.25", (37958.25, True)),
        ("2024.02.29", "10:32:38.250000", (37958.25, True)),
        (" 20240229 ", " 103238 ", (37958.0, True)),
        ("20230229", "1032", (37920.0, False)),
        ("", "10", (36000.0, False)),
        ("20240229", "235960", (86400.0, True)),
        ("20240229", "10:32", (37920.0, True)),
    ],
)
def test_clock_readings(date, time, expected):
    found = read_clock(date, time)
    assert (found.seconds, found.day is not None) == expected


@pytest.mark.parametrize(
    "time", ["", "   ", "noon", "240000", "106000", "103261", "1032385", "1", "10-32-38", "١٠", "103238.x"]
)
def test_times_that_are_none(time):
    assert read_clock("20240229", time) is None
    assert read_datetime("20240229" + time) is None


@pytest.mark.parametrize("zone", ["0200", "+02", "+2500", "-1300", "+0160", "+aa00", "", "+ 200"])
def test_zones_that_are_none(zone):
    assert zone_seconds(zone) is None


def test_a_zone_of_the_object_counts_where_the_value_has_none():
    assert read_datetime("20240229103238", "-0330").zone_s == -12_600.0
    assert read_datetime("20240229103238+0100", "-0330").zone_s == 3600.0


def test_a_line_without_readings():
    assert np.isnan(time_line([None, None])).all()
    assert time_line([]).size == 0


def test_images_of_two_days_are_a_stop():
    days = (DAY, DAY + 31, DAY + 31)
    found = timing(lambda p, k: ImageTimes(acquired=replace(at(TEN + STARTS[p]), day=days[p])))
    assert found.times_s is None
    assert "744.1 h apart" in issues(found, "stop")["dicom.times_far_apart"]


def test_a_far_time_of_export_is_a_warning_beside_true_times():
    days = (DAY, DAY, DAY + 1)
    times = by(("TriggerTime", STARTS))
    found = timing(lambda p, k: replace(times(p, k), content=replace(at(TEN + STARTS[p]), day=days[p])))
    assert found.times_s == MIDDLES
    assert "dicom.times_far_apart" in issues(found, "warning")


# Without times.
def test_no_time_anywhere():
    found = timing(lambda p, k: ImageTimes())
    assert (found.times_s, found.rule) == (None, "order only")
    assert "does not tell when" in issues(found, "warning")["dicom.no_times"]
    given = timing(lambda p, k: ImageTimes(), nominal_times_s=(-150, 150, 450))
    assert (given.times_s, given.rule) == ((-150.0, 150.0, 450.0), "nominal")
    assert "dicom.nominal_times" in issues(given, "warning")


def test_nominal_times_do_not_replace_those_of_the_exam():
    assert timing(by(("TriggerTime", STARTS)), nominal_times_s=(-150, 150, 450)).times_s == MIDDLES


@pytest.mark.parametrize(
    ("times", "count", "expected"),
    [
        (None, 2, (1, None)),
        (None, 3, (1, 2)),
        (None, 6, (1, 5)),
        ((-60.0, 90.0), 2, (1, None)),
        ((-60.0, 60.0, 160.0, 260.0, 440.0), 5, (2, 4)),
    ],
)
def test_early_and_late(times, count, expected):
    assert early_and_late(times, count)[:2] == expected


# Two phases before contrast: whoever knows where contrast arrives says which is the first after it.
def test_two_phases_before_contrast():
    starts = (0.0, 150.0, 300.0, 450.0)
    found = timing(by(("AcquisitionTime", starts)), count=4, first_post=2)
    assert found.times_s == (-225.0, -75.0, 75.0, 225.0)


# Findings.
@pytest.mark.parametrize(
    ("times", "codes"),
    [
        ((-230.0, 177.0, 531.0), set()),
        ((-100.0, 75.0, 195.0, 315.0, 435.0), set()),
        ((10.0, 177.0, 531.0), {"times.pre"}),
        ((-230.0, 30.0, 390.0), {"times.first_post"}),
        ((-230.0, 201.0, 531.0), {"times.first_post"}),
        ((-230.0, 90.0, 270.0), {"times.last_post"}),
        ((-500.0, 177.0, 701.0), {"times.last_post", "times.span"}),
        ((-100.0, 75.0, 195.0, 400.0), {"times.unequal"}),
    ],
)
def test_findings(times, codes):
    assert {i.code for i in time_findings(times)} == codes
    assert {i.code for i in given_times(times).issues} == codes


def test_middles():
    assert middles((10.0, 20.0), 4.0, 12.0) == (0.0, 10.0)
    assert middles((10.0, 20.0), (4.0, 8.0), 12.0) == (0.0, 12.0)


def test_evidence_in_words_and_fields():
    evidence = timing(
        by(("TriggerTime", STARTS), ("AcquisitionTime", OTHER), ("ContentTime", CONSTANT))
    ).evidence
    rows = dict(evidence.rows())
    assert rows["starts of phases"] == "TriggerTime"
    assert rows["check of times"] == "AcquisitionTime contradicts, largest difference 40.0 s"
    assert rows["not used: ContentTime"] == "the same in all phases"
    fields = evidence.to_dict()
    assert fields["passed_over"] == [["ContentTime", "the same in all phases"]]
    assert fields["rank"] == 5


def test_the_table_is_in_order_and_its_names_are_its_own():
    assert len(set(NAMES)) == len(NAMES) == 9
    assert all(rank(a) + 1 == rank(b) for a, b in pairwise(NAMES))


def test_elements_of_another_block_are_not_read():
    data = Dataset()
    data.add_new(0x00190010, "LO", "SIEMENS RA GEN")
    data.add_new(0x0019105A, "FL", 3.0e8)
    data.add_new(0x20050010, "LO", "Philips MR Imaging DD 002")
    data.add_new(0x200510A0, "FL", 60.0)
    data.add_new(0x200510B0, "FL", 61.0)
    assert read_times(data) == ImageTimes()


@pytest.mark.parametrize(
    ("starts", "first_post", "expected", "level"),
    [
        ((0.0, 407.0, 761.0), 1, (354.0, AFTER_CONTRAST), "note"),
        ((0.0, 150.0, 330.0), 1, (180.0, AFTER_CONTRAST), "note"),
        ((0.0, 120.0, 300.0), 1, (180.0, AFTER_CONTRAST), "warning"),
        ((0.0, 120.0, 359.0), 1, (239.0, AFTER_CONTRAST), "warning"),
        ((0.0, 120.0, 360.0), 1, (120.0, ACROSS_INJECTION), "warning"),
        ((0.0, 120.0, 480.0), 1, (120.0, ACROSS_INJECTION), "warning"),
        ((0.0, 120.0, 240.0, 480.0), 1, (120.0, AFTER_CONTRAST), "note"),
        ((0.0, 60.0, 120.0, 480.0), 2, (60.0, ACROSS_INJECTION), "warning"),
        ((np.nan, 120.0, 480.0), 1, (360.0, AFTER_CONTRAST), "note"),
    ],
)
def test_no_phase_before_contrast_lies_after_the_injection(starts, first_post, expected, level):
    distance, source = phase_distance(starts, first_post=first_post)
    assert (distance, source) == expected
    text, weight = stand_in_words(starts, (), first_post=first_post)
    assert weight == level
    assert text.startswith(f"phase duration is not stated; {source} stands in for it")
    before = starts[first_post - 1] - starts[first_post] + distance / 2
    assert not before >= 0.0


def test_one_phase_after_contrast_has_no_distance():
    assert np.isnan(phase_distance((0.0, 120.0))[0])


@pytest.mark.parametrize(
    ("given", "agreed", "difference"),
    [
        ((-60.0, 90.0, 270.0), True, 0.0),
        ((-40.0, 110.0, 290.0), True, 0.0),  # another injection, the same distances
        ((-60.0, 90.0, 284.0), True, 14.0),
        ((-60.0, 90.0, 310.0), False, 40.0),
        ((-30.0, 60.0, 500.0), False, 260.0),
    ],
)
def test_given_times_are_compared_with_the_distances_of_the_header(given, agreed, difference):
    stated = Timing((-60.0, 90.0, 270.0), TimeEvidence("rule", "AcquisitionTime"))
    found = given_times(given, stated=stated)
    assert found.times_s == given
    assert (found.evidence.checked_against, found.evidence.agreed) == ("AcquisitionTime", agreed)
    assert found.evidence.difference_s == pytest.approx(difference)
    told = [i for i in found.issues if i.code == "dicom.times_differ"]
    assert [i.level for i in told] == ([] if agreed else ["warning"])


@pytest.mark.parametrize("times", [None, (-60.0, 90.0)])
def test_given_times_stand_alone_where_the_header_tells_none_or_other_phases(times):
    found = given_times((-60.0, 90.0, 270.0), stated=Timing(times, TimeEvidence("rule", "AcquisitionTime")))
    assert found.evidence.agreed is None
