"""Boxes as Aegis XML: there and back, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.io_exams import ExamMaker, sagittal, values, voxel_box

from kinephen.core.dynamic import Box
from kinephen.errors import InputError
from kinephen.io.aegis import read_aegis_boxes, write_aegis_boxes
from kinephen.io.exam import read_exam

VOI = Box((98.8, -40.9, -15.8), ((0, 37.9, 0), (0, 0, 43.5), (42, 0, 0)), source="Aegis XML")
OMIT = Box((90.0, -41.0, -15.0), ((0, 3, 0), (0, 0, 4), (5, 0, 0)), omit=True, source="Aegis XML")
FOREIGN = """<?xml version="1.0"?>
<AegisXmlObject version="2"><RoiSavedState><RoiInfo Count="1">
<Item-CubicRoiInfo3D OmitRegion="{omit}">
<Center X="1" Y="2" Z="3"/><WidthHalfLength X="1" Y="0" Z="0"/>
<HeightHalfLength X="0" Y="2" Z="0"/><DepthHalfLength X="0" Y="0" Z="-3"/>
</Item-CubicRoiInfo3D></RoiInfo></RoiSavedState></AegisXmlObject>"""


def test_there_and_back(tmp_path):
    write_aegis_boxes(tmp_path / "roi.xml", (VOI, OMIT))
    assert read_aegis_boxes(tmp_path / "roi.xml") == (VOI, OMIT)


finite = st.floats(-500, 500, allow_nan=False).map(lambda v: round(v, 6))


@given(st.tuples(finite, finite, finite), st.floats(0.5, 90), st.booleans())
def test_any_box_there_and_back(tmp_path_factory, centre, half, omit):
    path = tmp_path_factory.getbasetemp() / "roi.xml"
    box = Box(centre, ((half, 0, 0), (0, -half, 0.1), (0, 0, half)), omit, "Aegis XML")
    write_aegis_boxes(path, (box,))
    assert read_aegis_boxes(path) == (box,)


@pytest.mark.parametrize("omit", ["True", "False"])
def test_omit_as_attribute(tmp_path, omit):
    (tmp_path / "roi.xml").write_text(FOREIGN.format(omit=omit))
    box = read_aegis_boxes(tmp_path / "roi.xml")[0]
    assert box.omit == (omit == "True")
    assert box.half_vectors_mm == ((1, 0, 0), (0, 2, 0), (0, 0, -3))


def test_boxes_through_a_manifest(tmp_path):
    maker = ExamMaker(tmp_path / "exam")
    frames = values()
    maker.series(frames, 2)
    centre, half = voxel_box(sagittal(), (1, 2, 3), (5, 6, 7))
    box = Box(tuple(centre), tuple(tuple(h) for h in half))
    write_aegis_boxes(tmp_path / "roi.xml", (box,))
    (tmp_path / "m.toml").write_text('aegis = "roi.xml"\n')
    header = read_exam(tmp_path / "exam", manifest=tmp_path / "m.toml").series.header
    assert header.boxes[0].mask(sagittal()).sum() == 5 * 5 * 5
    assert header.sources["boxes"] == "manifest"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<a><b></a>", "not well-formed XML"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "document type or entities"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type or entities"),
        ("<a/>", "no region in it"),
        (FOREIGN.replace('X="1" Y="2" Z="3"', 'X="1" Y="2"'), "Center needs numbers X, Y and Z"),
        (FOREIGN.replace('X="1" Y="2" Z="3"', 'X="nan" Y="2" Z="1"'), "Center needs numbers"),
        (FOREIGN.replace('<Center X="1" Y="2" Z="3"/>', ""), "a region lacks Center"),
        (FOREIGN.replace('Z="-3"', 'Z="0"'), "a region has no volume"),
    ],
)
def test_bad_files(tmp_path, text, message):
    (tmp_path / "roi.xml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_aegis_boxes(tmp_path / "roi.xml")


def test_absent_and_huge_files(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_aegis_boxes(tmp_path / "roi.xml")
    (tmp_path / "roi.xml").write_bytes(b" " * 10_000_001)
    with pytest.raises(InputError, match="larger than 10 MB"):
        read_aegis_boxes(tmp_path / "roi.xml")
