"""Damaged and strange report folders: what is said, and that nothing half-written is left."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from kinephen.errors import InputError
from kinephen.report.assets import add_array, read_array
from kinephen.report.render import load_report, render_report, report_bytes

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))


def fault(path):
    with pytest.raises(InputError) as caught:
        load_report(path)
    return caught.value


def test_no_file(tmp_path):
    error = fault(tmp_path / "report.json")
    assert (error.code, error.message) == ("report.unreadable", "cannot be read")
    assert "report.json of a run" in error.hint


@pytest.mark.parametrize("text", ["", "{", "[]", '{"study": NaN}'])
def test_no_report(tmp_path, text):
    path = tmp_path / "report.json"
    path.write_text(text)
    error = fault(path)
    assert error.code == "report.invalid"
    assert error.where == "report.json"


def test_a_cut_file(tmp_path):
    path = tmp_path / "report.json"
    path.write_bytes(report_bytes(SAMPLE["sample_report"](3))[:-40])
    assert "EOF" in fault(path).message


def test_another_version(tmp_path):
    document = json.loads(report_bytes(SAMPLE["sample_report"](3)))
    document["schema_version"] = 99
    path = tmp_path / "report.json"
    path.write_text(json.dumps(document))
    assert "1 fault; the first at /schema_version: Input should be 1" in fault(path).message


def test_the_first_fault_is_named_without_its_value(tmp_path):
    document = json.loads(report_bytes(SAMPLE["sample_report"](3)))
    document["patients"][1]["risk"] = "DOE^JANE"
    path = tmp_path / "report.json"
    path.write_text(json.dumps(document))
    message = fault(path).message
    assert "/patients/1/risk" in message
    assert "DOE" not in message


def test_an_image_that_is_not_there(tmp_path):
    report = SAMPLE["add_images"](SAMPLE["sample_report"](3), tmp_path / "a")
    with pytest.raises(InputError, match="an image that the report names is not there") as caught:
        render_report(report, tmp_path / "b")
    assert caught.value.code == "report.asset_missing"
    assert not (tmp_path / "b" / "report.html").exists()


def test_an_image_that_was_changed(tmp_path):
    digest = add_array(tmp_path, np.ones((4, 5)))
    path = tmp_path / "assets" / f"{digest}.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match="not the one that the report was made with"):
        read_array(tmp_path, digest)


def test_what_is_no_image(tmp_path):
    with pytest.raises(InputError, match=r"found shape \(2, 3, 4\)"):
        add_array(tmp_path, np.ones((2, 3, 4)))
    with pytest.raises(InputError, match="at most 512 x 512"):
        add_array(tmp_path, np.ones((513, 2)))


def test_arrays_keep_their_values_and_their_kind(tmp_path):
    values = np.array([[1.5, np.nan, -2.0]])
    np.testing.assert_array_equal(
        read_array(tmp_path, add_array(tmp_path, values)), values.astype(np.float32)
    )
    mask = values > 0
    assert read_array(tmp_path, add_array(tmp_path, mask)).dtype == np.bool_


def test_a_folder_is_answered_with_the_report_in_it(tmp_path):
    with pytest.raises(InputError) as caught:
        load_report(tmp_path)
    assert caught.value.hint == f"give {tmp_path / 'report.json'}"
