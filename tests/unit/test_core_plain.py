"""Plain values, JSON and hashes: one way for all rooms."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kinephen.core.plain import (
    canonical_json,
    field_values,
    hash_bytes,
    hash_file,
    hash_json,
    json_text,
    plain,
    plain_fields,
    read_json,
    write_json,
)
from kinephen.records.base import IssueRecord


@dataclass(frozen=True)
class Inner:
    n: np.int64
    hidden: float = field(default=0.0, repr=False)


@dataclass(frozen=True)
class Outer:
    inner: Inner
    values: np.ndarray
    place: Path
    names: frozenset[str]
    issue: IssueRecord


RESULT = Outer(
    Inner(np.int64(3), 9.0),
    np.array([[1.0, np.nan, np.inf]]),
    Path("/private/name.csv"),
    frozenset({"b", "a"}),
    IssueRecord(code="c", message="m"),
)


def test_results_become_plain_values():
    assert plain(RESULT) == {
        "inner": {"n": 3},
        "values": [[1.0, None, None]],
        "place": "name.csv",
        "names": ["a", "b"],
        "issue": {"code": "c", "message": "m", "where": "", "count": 1},
    }
    assert type(plain(np.float64(0.5))) is float
    assert type(plain(np.bool_(True))) is bool
    assert plain({1: (2, None, "x")}) == {"1": [2, None, "x"]}


def test_a_table_becomes_its_rows():
    table = pd.DataFrame({"n": pd.array([1, None], "Int64"), "x": [np.nan, 0.5], "name": ["a", None]})
    assert plain({"rows": table}) == {
        "rows": [{"n": 1, "x": None, "name": "a"}, {"n": None, "x": 0.5, "name": None}]
    }


def test_what_is_no_data_is_refused():
    for value in (object(), {"a": object()}, int, lambda: 0, 1j):
        with pytest.raises(TypeError, match="as JSON"):
            plain(value)


def test_fields_keep_objects_for_models_that_check_them():
    inner = Inner(np.int64(1))
    kept = plain_fields({"a": inner, "b": np.array([np.nan, 1.0])})
    assert kept["a"] is inner
    assert kept["b"] == [None, 1.0]


def test_values_of_fields_keep_what_is_not_finite():
    values = field_values(RESULT)["values"][0]
    assert values[0] == 1.0
    assert np.isnan(values[1])
    assert np.isinf(values[2])


def test_text_is_json_with_one_line_for_each_list_of_plain_values():
    value = {"z": [1, 2.5, None], "a": [[1], []], "ü": {}, "n": {"k": "é\n"}}
    text = json_text(value)
    assert json.loads(text) == value
    assert list(json.loads(text)) == ["z", "a", "ü", "n"]
    assert ' "z": [1, 2.5, null],' in text.splitlines()
    assert '  "k": "é\\n"' in text.splitlines()
    with pytest.raises(ValueError, match="JSON compliant"):
        json_text([float("nan")])


def test_files_hold_what_was_written(tmp_path):
    path = tmp_path / "new" / "x.json"
    write_json(path, {"third": 1 / 3, "nan": np.nan, "list": np.arange(3)})
    assert read_json(path) == {"third": 1 / 3, "nan": None, "list": [0, 1, 2]}
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]
    assert hash_file(path) == hash_bytes(path.read_bytes()) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_hashes_depend_on_content_alone():
    assert hash_json({"a": 1, "b": [1, 2]}) == hash_json({"b": [1, 2], "a": 1})
    assert len({hash_json(v) for v in ({"a": 1}, {"a": 2}, {"a": [1]}, {"b": 1}, {"a": "1"}, None)}) == 6
    # The digest of a fixed value: another one would orphan what was stored under it.
    assert (
        hash_json({"b": [1, 0.5, None], "a": "ü"})
        == hashlib.sha256(b'{"a":"\\u00fc","b":[1,0.5,null]}').hexdigest()
    )
    assert canonical_json({"a": "ü"}, ascii_only=False) == '{"a":"ü"}'
