"""Names at the ends of a patient's enhancement curves can be read, however near the curves end."""

from __future__ import annotations

import itertools
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.report.patient_curves import HEIGHT, LINE, curves_svg
from kinephen.report.schema.patient_detail import Curve

NAME = re.compile(r'<text x="[\d.]+" y="(-?[\d.]+)" class="name">([^<]*)</text>')


def visit(name, last):
    middle = (0.0, 110.0, last)
    low, high = tuple(0.8 * m for m in middle), tuple(1.2 * m for m in middle)
    curve = Curve(minutes=(-4.0, 3.0, 9.0), low=low, median=middle, high=high)
    return SimpleNamespace(name=name, curve=curve)


@given(st.lists(st.floats(10.0, 200.0), min_size=1, max_size=4))
def test_no_two_names_stand_on_one_line(ends):
    names = NAME.findall(str(curves_svg([visit(f"T{i}", last) for i, last in enumerate(ends, 1)])))
    assert {n for _, n in names} == {f"T{i}" for i in range(1, len(ends) + 1)}
    places = sorted(float(y) for y, _ in names)
    assert all(b - a >= LINE - 0.11 for a, b in itertools.pairwise(places))
    assert places[-1] <= HEIGHT


def test_a_name_stands_beside_its_curve_where_there_is_room():
    drawing = str(curves_svg([visit("T1", 120.0), visit("T2", 40.0)]))
    names = {n: float(y) for y, n in NAME.findall(drawing)}
    dots = [float(y) for y in re.findall(r'cy="([\d.]+)"', drawing)]
    assert min(abs(names["T1"] - 4 - d) for d in dots) == pytest.approx(0.0, abs=0.11)
    assert names["T1"] < names["T2"]


def test_a_visit_without_a_curve_has_no_name():
    empty = SimpleNamespace(name="T2", curve=Curve(minutes=(), low=(), median=(), high=()))
    assert [n for _, n in NAME.findall(str(curves_svg([visit("T1", 100.0), empty])))] == ["T1"]
    assert curves_svg([empty]) == ""
