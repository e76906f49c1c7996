"""The twins of the tables hold what report.json holds, at full precision."""

from __future__ import annotations

import io
import runpy
from pathlib import Path

import numpy as np
import pandas as pd

from kinephen.report import schema as s
from kinephen.report.tables import csv_bytes, latex_text, parquet_bytes, patients_table, table_frame

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))
THIRD = 1 / 3


def small():
    column = s.Column
    return s.Table(
        title="T & co",
        columns=[
            column(key="name", label="Name"),
            column(key="c", label="C", format="f2"),
            column(key="n", label="Number", unit="patients", format="int"),
            column(key="share", label="Share"),
        ],
        rows=[
            {
                "name": "a_b",
                "c": s.Estimate(value=THIRD, low=0.1, high=0.9),
                "n": 3,
                "share": s.Share(n=1, of=4),
            },
            {"name": 'x,"y"\n', "c": s.Missing(missing="no events"), "n": None, "share": s.Share(n=0, of=0)},
        ],
    )


def test_composite_cells_become_columns():
    frame = table_frame(small())
    assert list(frame.columns) == ["name", "c", "c_low", "c_high", "n", "share_n", "share_of", "notes"]
    assert frame["c"].tolist()[0] == THIRD
    assert np.isnan(frame["c"].iloc[1])
    assert frame["notes"].tolist() == ["", "c: no events"]
    assert str(frame["n"].dtype) == "Int64"


def test_csv_reads_back_at_full_precision():
    back = pd.read_csv(io.BytesIO(csv_bytes(small())))
    assert back["c"].iloc[0] == THIRD
    assert back["name"].tolist() == ["a_b", 'x,"y"\n']
    assert back["share_of"].tolist() == [4, 0]


def test_parquet_reads_back():
    back = pd.read_parquet(io.BytesIO(parquet_bytes(small())))
    pd.testing.assert_frame_equal(back, table_frame(small()))
    assert parquet_bytes(small()) == parquet_bytes(small())


def test_latex_is_escaped_and_shows_what_the_page_shows():
    text = latex_text(small())
    assert r"% T \& co" in text
    assert r"a\_b & 0.33 (0.10 to 0.90) & 3 & 1 (25\%) \\" in text
    assert "Number (patients)" in text
    hostile = s.Table(title="t\n\\input{x}", columns=[s.Column(key="a", label="$x^2$ ~{}#")])
    assert r"\textbackslash{}input\{x\}" in latex_text(hostile)
    assert r"\$x\textasciicircum{}2\$ \textasciitilde{}\{\}\#" in latex_text(hostile)


def test_a_column_of_mixed_kinds_is_text():
    table = s.Table(title="t", columns=[s.Column(key="a", label="A")], rows=[{"a": 1}, {"a": "x"}, {}])
    assert table_frame(table)["a"].tolist()[:2] == ["1", "x"]
    flags = s.Table(title="t", columns=[s.Column(key="a", label="A")], rows=[{"a": True}, {}])
    assert str(table_frame(flags)["a"].dtype) == "boolean"


def test_an_empty_table_has_its_columns():
    table = s.Table(title="t", columns=[s.Column(key="a", label="A")])
    assert csv_bytes(table) == b"a\n"


def test_patients_keep_reasons_warnings_and_further_cells():
    report = SAMPLE["sample_report"](12)
    frame = table_frame(patients_table(report))
    assert len(frame) == 12
    assert frame["risk"].tolist() == [w.risk for w in report.patients]
    assert "distance: a map is empty" in frame["notes"].iloc[3]
    assert frame["gene70"].iloc[0] == "low"
    assert frame["warnings"].iloc[5] == "The second visit has another scanner."
