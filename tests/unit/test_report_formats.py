"""How numbers and cells are shown."""

from __future__ import annotations

import pytest

from kinephen.report.cells import Part, cell_parts, cell_reason, cell_text
from kinephen.report.formats import format_value, p_text
from kinephen.report.schema import Estimate, Missing, Share


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (None, "f2", "\u2013"),
        ("text", "f2", "text"),
        (0.125, "f2", "0.12"),
        (-0.001, "f2", "0.00"),
        (-1.5, "f1", "\u22121.5"),
        (1234567, "int", "1234567"),
        (3, "f3", "3.000"),
        (True, "bool", "yes"),
        (False, "text", "no"),
        (0.0, "bool", "no"),
        (0.28, "percent", "28%"),
        (0.0, "percent", "0%"),
        (0.0049, "percent", "< 1%"),
        (0.005, "percent", "< 1%"),
        (0.994, "percent", "99%"),
        (0.9996, "percent", "> 99%"),
        (1.0, "percent", "100%"),
        (-0.004, "percent", "0%"),
        (0.0, "sig3", "0"),
        (123456.0, "sig3", "123456"),
        (999.7, "sig3", "1000"),
        (99.96, "sig3", "100"),
        (12.0, "sig3", "12.0"),
        (-1234, "sig3", "\u22121234"),
        (8, "sig3", "8"),
        (0.0012345, "sig3", "0.00123"),
        (0.00012345, "sig3", "1.23e\u221204"),
        (2.5e8, "sig3", "2.50e+08"),
        (0.0004, "p", "< 0.001"),
        (0.001, "p", "0.001"),
        (0.0494, "p", "0.049"),
        (0.0996, "p", "0.10"),
        (0.5, "p", "0.50"),
        (0.9951, "p", "> 0.99"),
        (1, "p", "> 0.99"),
    ],
)
def test_format_value(value, form, shown):
    assert format_value(value, form) == shown


def test_p_text_is_a_sentence_part():
    assert [p_text(p) for p in (None, 0.0001, 0.04, 1.0)] == [
        "p undefined",
        "p < 0.001",
        "p = 0.040",
        "p > 0.99",
    ]


@pytest.mark.parametrize(
    ("cell", "shown", "reason"),
    [
        (None, "", ""),
        (0.731, "0.73", ""),
        (Missing(missing="no events"), "\u2013", "no events"),
        (Share(n=28, of=53), "28 (53%)", ""),
        (Share(n=0, of=0), "0 (\u2013)", ""),
        (Estimate(value=0.7, low=0.6, high=0.8), "0.70 (0.60 to 0.80)", ""),
        (Estimate(value=0.7), "0.70", ""),
        (Estimate(value=0.7, low=0.6, reason="separation"), "0.70 (0.60 to \u2013)", "separation"),
    ],
)
def test_cells(cell, shown, reason):
    assert cell_text(cell, "f2") == shown
    assert cell_reason(cell) == reason


def test_each_number_of_a_cell_has_its_own_pointer():
    parts = cell_parts(Estimate(value=1, low=0, high=2), "f1", "/t/0")
    assert [p.pointer for p in parts if p.pointer] == ["/t/0/value", "/t/0/low", "/t/0/high"]
    assert cell_parts(Share(n=1, of=4), "f1", "/t/0")[2] == Part("25%", "/t/0", "percent")
