"""What ``kinephen inspect`` prints of facts that are given; nothing is read."""

from __future__ import annotations

import json

import pytest
from tests.printed import printed_tables

ISSUE = {"code": "dicom.odd", "message": "something odd", "where": "x", "count": 1, "level": "warning"}
HEADER = {
    "pe_threshold_percent": 70.5,
    "background_percent": 60.0,
    "pre_contrast_threshold": None,
    "minimum_neighbours": 4,
    "boxes": [
        {"omit": False, "source": "region", "voxels": 8, "slices": [1, 2], "rows": [3, 4], "columns": [5, 6]},
        {"omit": True, "source": "omit", "voxels": 1, "slices": [7, 7], "rows": [8, 8], "columns": [9, 9]},
    ],
    "stated_volumes": [{"voxels": 900, "cc": 2.25}],
    "sources": {"pe_threshold_percent": "series 21000", "minimum_neighbours": "series 21001"},
}
PLAIN = {
    "exam": 3,
    "readable": True,
    "phase_rule": "by time",
    "timing_rule": "AcquisitionTime",
    "phases": [{"phase": 0, "role": "early", "series": 5, "slices": 60, "time_s": 150.5}],
    "geometry": {"slices_rows_columns": [60, 250, 256], "spacing_mm": [2.5, 0.5, 0.75], "voxel_mm3": 0.9375},
    "header": HEADER,
    "issues": [],
}
FULL = {
    **PLAIN,
    "subject": "S1",
    "visit": "T2",
    "series": [
        {
            "number": 5,
            "modality": "MR",
            "description": "dyn",
            "instances": 180,
            "kind": "acquired",
            "images": {},
        },
    ],
    "field_strength_t": 1.5,
    "protocol": {"repetition_ms": 8.25, "fat_suppression": "SPIR", "scan_options": ["FS", "PFP"]},
    "segmentations": [{"kind": "lesion"}, {"kind": "breast"}],
    "maps": ["SER", "PE"],
    "missing": ["time", "voxel size"],
    "issues": [ISSUE, {**ISSUE, "count": 7}],
}
FACTS = "Exam 3: grid, thresholds, boxes, protocol"


@pytest.fixture
def inspect(call, monkeypatch):
    """Return a function that shows a document, and what the command asked for."""

    def run(found, *words):
        asked = []

        def given(path, *, pixels, **more):
            asked.append((str(path), more))
            return found, None

        monkeypatch.setattr("kinephen.study.inspection.inspect_checked", given)
        code, out, err = call("inspect", "there", *words)
        assert code == 0, err
        return out, err, asked

    return run


def flat(out):
    """What is printed in one line: titles are wrapped to the width of their table."""
    return " ".join(out.split())


def folder(*exams, issues=()):
    return {"kind": "dicom", "exams": list(exams), "issues": list(issues)}


def test_the_least_that_an_exam_states(inspect):
    out, err, asked = inspect(folder(PLAIN))
    phases, facts = printed_tables(out).values()
    assert "Exam 3: phases (by time; times: AcquisitionTime)" in flat(out)
    assert FACTS in flat(out)
    assert phases == [
        ["phase", "role", "series", "slices", "time_s"],
        ["0", "early", "5", "60", "150.5"],
    ]
    assert facts == [
        ["what", "value", "source"],
        ["slices x rows x columns", "60 x 250 x 256", ""],
        ["spacing, mm", "2.5 x 0.5 x 0.75", ""],
        ["voxel, mm3", "0.9375", ""],
        ["pe threshold percent", "70.5", "series 21000"],
        ["background percent", "60", ""],
        ["minimum neighbours", "4", "series 21001"],
        ["region of interest", "slices [1, 2], rows [3, 4], columns [5, 6]", "region"],
        ["region left out", "slices [7, 7], rows [8, 8], columns [9, 9]", "omit"],
        ["stated volume, cc", "2.25 (900 voxels)", ""],
    ]
    assert err == ""
    assert asked == [("there", {"manifest": None, "verbatim": False})]


def test_all_that_an_exam_may_hold(inspect):
    out, err, _ = inspect(folder(FULL, issues=[{**ISSUE, "count": 2}]))
    series, _, facts = printed_tables(out).values()
    assert "Exam 3, subject S1, visit T2: series" in flat(out)
    assert series == [
        ["number", "modality", "description", "instances", "images"],
        ["5", "MR", "dyn", "180", "acquired"],
    ]
    assert facts[-6:] == [
        ["field strength, T", "1.5", ""],
        ["repetition ms", "8.25", ""],
        ["fat suppression", "SPIR", ""],
        ["scan options", "FS, PFP", ""],
        ["segmentations", "lesion, breast", ""],
        ["maps", "SER, PE", ""],
    ]
    assert err.splitlines() == [
        "exam 3 has no time, no voxel size",
        "warning [dicom.odd]: something odd",
        "warning [dicom.odd]: something odd (7)",
        "warning [dicom.odd]: something odd (2)",
    ]


@pytest.mark.parametrize("hint", ["give a manifest", ""])
def test_an_exam_that_cannot_be_read_does_not_hide_the_next(inspect, hint):
    error = {"code": "dicom.no_dynamic", "message": "no phases", "hint": hint, "where": ""}
    bad = {"exam": 1, "readable": False, "error": error, "visit": "T1"}
    out, err, _ = inspect(folder(bad, PLAIN))
    assert err.splitlines() == [
        "Exam 1, visit T1 cannot be read [dicom.no_dynamic]: no phases",
        f"what to do: {hint}" if hint else "",
        "give the folder of one exam to have its images checked",
    ]
    assert len(printed_tables(out)) == 2
    assert "Exam 1" not in out


def test_options_and_the_document_for_programs(inspect):
    found = folder(FULL, issues=[ISSUE])
    out, err, asked = inspect(found, "--json", "--verbatim", "--manifest", "m.toml")
    assert json.loads(out) == found
    assert err == "warning [dicom.odd]: something odd\n"
    (_, more) = asked[0]
    assert (str(more["manifest"]), more["verbatim"]) == ("m.toml", True)


@pytest.mark.parametrize(
    ("rows", "events", "title"),
    [
        (1, None, "1 row; end point: recurrence; 0 events, times in days"),
        (9, 1, "9 rows; end point: recurrence; 1 event, times in days"),
        (9, 4, "9 rows; end point: recurrence; 4 events, times in days"),
    ],
)
def test_a_clinical_table(inspect, rows, events, title):
    columns = [{"column": "age", "known": 8, "meaning": "years"}]
    found = {
        "kind": "clinical table", "rows": rows, "events": events, "end_point": "recurrence",
        "time_unit": "days", "columns": columns, "issues": [ISSUE],
    }  # fmt: skip
    out, err, _ = inspect(found)
    assert title in flat(out)
    assert list(printed_tables(out).values()) == [[["column", "known", "meaning"], ["age", "8", "years"]]]
    assert err == "warning [dicom.odd]: something odd\n"
