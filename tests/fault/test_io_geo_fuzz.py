"""Spoiled at random, a file is read or refused in our own words; it never ends in a stranger's exception."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.geo_files import PLATFORM, series_matrix, write

from kinephen.errors import KinephenError
from kinephen.io.geo import read_expression, read_platform
from kinephen.molecular.definition import signature_from_dict

PIECES = [
    "\t",
    "\n",
    '"',
    ",",
    ":",
    "!",
    " ",
    "\r",
    "null",
    "é",
    "\x00",
    "1e999",
    "-",
    "#",
    "!Sample_title\t",
    ";",
]
MATRIX = "symbol\ts1\ts2\ts3\nESR1\t1.5\t-2\t0\nPGR\t0.5\t1\t2\nMYC\t0\t0.25\t-1\n"
GENE = {"id": "A", "symbols": ["A"], "weight": 1.0}
DOCUMENT = {
    "format": 1,
    "name": "mine",
    "title": "t",
    "kind": "weighted_sum",
    "profiles": ["weight"],
    "genes": [GENE, {**GENE, "id": "B", "group": ""}],
    "cuts": [1.0],
    "labels": ["a", "b"],
    "groups": [],
    "clip": [0.0, 1.0],
    "citation": ["c"],
    "ror": {},
    "difference": [],
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from(["", "weight", "x", "A"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "x"]), inner),
    max_leaves=4,
)


@st.composite
def spoiled(draw, text):
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text) - 1))
        stop = min(len(text), start + draw(st.integers(0, 30)))
        text = text[:start] + draw(st.sampled_from(["", *PIECES])) + text[stop:]
        if not text:
            return "\n"
    return text


@settings(max_examples=80)
@given(text=spoiled(series_matrix(row_count=4)))
def test_series_matrix(tmp_path_factory, text):
    path = write(tmp_path_factory.mktemp("fuzz"), text, "X_series_matrix.txt")
    with contextlib.suppress(KinephenError):
        table = read_expression(path)
        assert len(table.values) > 0


@settings(max_examples=50)
@given(text=spoiled(MATRIX))
def test_plain_matrix(tmp_path_factory, text):
    path = write(tmp_path_factory.mktemp("fuzz"), text, "m.txt")
    with contextlib.suppress(KinephenError):
        table = read_expression(path)
        assert len(table.values) > 0


@settings(max_examples=30)
@given(text=spoiled(PLATFORM))
def test_platform_table(tmp_path_factory, text):
    path = write(tmp_path_factory.mktemp("fuzz"), text, "GPL1.txt")
    with contextlib.suppress(KinephenError):
        assert list(read_platform(path).columns) == ["symbol", "entrez", "probe_name"]


@settings(max_examples=100)
@given(key=st.sampled_from(sorted(DOCUMENT)), value=anything)
def test_signature_definition(key, value):
    with contextlib.suppress(KinephenError):
        assert len(signature_from_dict({**DOCUMENT, key: value}).genes) >= 2


@settings(max_examples=100)
@given(key=st.sampled_from(["id", "entrez", "symbols", "weight", "aliases", "sets", "group"]), value=anything)
def test_signature_gene(key, value):
    genes = [{**GENE, key: value}, {**GENE, "id": "B"}]
    with contextlib.suppress(KinephenError):
        assert len(signature_from_dict({**DOCUMENT, "genes": genes}).genes) == 2
