"""The Word twin says what the page says, opens in the reader's library, and is the same each time."""

from __future__ import annotations

import io
import runpy
import time
import zipfile
from pathlib import Path

from docx import Document
from docx.enum.section import WD_ORIENT

from kinephen.report import schema as s
from kinephen.report.cells import cell_text
from kinephen.report.tables import patients_table
from kinephen.report.word import word_bytes

SAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "report_sample.py"))


def read(table):
    return Document(io.BytesIO(word_bytes(table)))


def test_every_cell_is_shown_as_on_the_page():
    for table in SAMPLE["sample_report"](12).tables.values():
        found = read(table).tables[0]
        assert [c.text for c in found.rows[0].cells] == [
            f"{c.label} ({c.unit})" if c.unit else c.label for c in table.columns
        ]
        assert len(found.rows) == 1 + len(table.rows)
        for shown, row in zip(found.rows[1:], table.rows, strict=True):
            for cell, column in zip(shown.cells, table.columns, strict=True):
                runs = cell.paragraphs[0].runs
                assert runs[0].text == cell_text(row.get(column.key), column.format)


def test_what_is_undefined_has_its_reason_below():
    table = s.Table(
        title="Models",
        label="Table 4",
        caption="Five folds.",
        columns=[s.Column(key="a", label="A", format="f2")],
        rows=[{"a": s.Missing(missing="no events")}, {"a": 1.0}, {"a": s.Missing(missing="no events")}],
        notes=("A note.",),
    )
    document = read(table)
    assert document.paragraphs[0].text == "Table 4. Models. Five folds."
    assert [p.text for p in document.paragraphs[1:]] == ["A note.", "1  no events"]
    assert [r.cells[0].text for r in document.tables[0].rows] == ["A", "\u20131", "1.00", "\u20131"]


def test_text_is_text_and_wide_tables_lie_on_their_side():
    text = '<w:t>&amp; ]]> "x" {{7*7}}'
    narrow = s.Table(title=text, columns=[s.Column(key="a", label=text)], rows=[{"a": text}])
    document = read(narrow)
    assert document.tables[0].rows[1].cells[0].text == text
    assert document.core_properties.title == text
    wide = s.Table(title="t", columns=[s.Column(key=f"c{i}", label="x") for i in range(9)])
    assert read(wide).sections[0].orientation == WD_ORIENT.LANDSCAPE


def test_the_bytes_hold_no_time(monkeypatch):
    table = SAMPLE["sample_report"](4).tables["cox"]
    first = word_bytes(table)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 86_400.0)
    assert word_bytes(table) == first
    with zipfile.ZipFile(io.BytesIO(first)) as parts:
        assert {i.date_time[0] for i in parts.infolist()} == {1980}


def test_the_table_of_five_thousand_patients_is_small():
    table = patients_table(SAMPLE["sample_report"](3))
    many = table.model_copy(update={"rows": table.rows * 1700})
    data = word_bytes(many)
    assert len(data) < 5_000_000
