"""Laws of the report: nothing is lost on the way to JSON and CSV, and what is shown is near what is meant."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinephen.core.plain import json_text, plain, plain_fields
from kinephen.report.cells import cell_parts, cell_text
from kinephen.report.figures.heatmap import runs
from kinephen.report.formats import format_value
from kinephen.report.pointer import make_pointer, resolve
from kinephen.report.schema import Column, Estimate, Missing, Share, Table
from kinephen.report.schema.base import clean_text
from kinephen.report.tables import csv_bytes

finite = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers() | finite | st.text()
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
estimates = st.builds(Estimate, value=finite, low=st.none() | finite, high=st.none() | finite, reason=words)
shares = st.builds(lambda n, more: Share(n=n, of=n + more), st.integers(0, 999), st.integers(0, 999))
cells = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | finite | words | estimates | shares
SIZES = {"f1": 1, "f2": 2, "f3": 3, "f4": 4, "int": 0}


@given(documents)
def test_our_json_is_json(value):
    assert json.loads(json_text(value)) == json.loads(json.dumps(value))


@pytest.mark.parametrize("bad", [math.nan, [math.inf], {"a": [1, {"b": -math.inf}]}])
def test_what_json_cannot_hold_is_refused(bad):
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text(bad)


@given(documents, st.lists(st.text() | st.integers(0, 3), max_size=4))
def test_a_pointer_leads_where_its_parts_lead(document, parts):
    place = document
    try:
        for part in parts:
            key = part if isinstance(place, list) else str(part)
            place = place[key] if isinstance(place, (list, dict)) else {}[key]
    except (KeyError, IndexError, TypeError):
        return
    assert resolve(document, make_pointer(*parts)) is place


@given(st.floats(-1e6, 1e6), st.sampled_from(sorted(SIZES)))
def test_what_is_shown_is_within_half_a_unit_of_the_last_place(value, form):
    shown = format_value(value, form)
    assert abs(float(shown.replace("\u2212", "-")) - value) <= 0.5000001 * 10.0 ** -SIZES[form]
    assert not shown.startswith("\u22120") or float(shown.replace("\u2212", "-")) != 0


@given(st.floats(1e-12, 1e12))
def test_three_digits_are_within_half_a_percent(value):
    assert float(format_value(value, "sig3").replace("\u2212", "-")) == pytest.approx(value, rel=0.0051)


@given(st.floats(0, 1))
def test_a_p_value_never_looks_smaller_than_a_thousandth(p):
    shown = format_value(p, "p")
    assert (shown == "< 0.001") == (p < 0.001)
    if shown[0] not in "<>":
        assert abs(float(shown) - p) <= 0.00501


@given(st.lists(cells, max_size=6))
def test_cells_survive_json(values):
    table = Table(title="t", columns=[Column(key="a", label="A")], rows=[{"a": v} for v in values])
    again = Table.model_validate_json(table.model_dump_json())
    assert again == table
    assert [type(r["a"]) for r in again.rows] == [type(r["a"]) for r in table.rows]


@given(st.lists(finite, min_size=1, max_size=8))
def test_csv_keeps_every_bit(values):
    table = Table(
        title="t", columns=[Column(key="a", label="A", format="f1")], rows=[{"a": v} for v in values]
    )
    back = csv.DictReader(io.StringIO(csv_bytes(table).decode("utf-8")))
    assert [float(row["a"]) for row in back] == values


@given(cells, st.sampled_from(["f2", "int", "p", "percent", "sig3", "text"]))
def test_the_pieces_of_a_cell_are_its_text(cell, form):
    parts = cell_parts(cell, form, "/x")
    assert "".join(p.text for p in parts) == cell_text(cell, form)
    assert all(p.pointer == "" or p.pointer.startswith("/x") for p in parts)


@given(st.text())
def test_clean_text_can_be_written_and_is_stable(text):
    cleaned = clean_text(text)
    assert isinstance(cleaned, str)
    cleaned.encode("utf-8")
    assert clean_text(cleaned) == cleaned
    assert len(cleaned) == len(text)


@given(st.recursive(st.floats() | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_plain_leaves_only_finite_numbers(value):
    def check(part):
        if isinstance(part, list):
            return all(map(check, part))
        return part is None or math.isfinite(part)

    assert check(plain(value))
    assert plain(value) == plain_fields(value)


@given(st.lists(st.sampled_from(["a", "b", None]), max_size=30))
def test_runs_cover_each_place_once(values):
    covered = [
        i for name in ("a", "b", None) for start, n in runs(values, name) for i in range(start, start + n)
    ]
    assert sorted(covered) == list(range(len(values)))


def test_a_missing_cell_keeps_its_reason():
    table = Table(title="t", columns=[Column(key="a", label="A")], rows=[{"a": Missing(missing="why")}])
    assert Table.model_validate_json(table.model_dump_json()).rows[0]["a"] == Missing(missing="why")
