"""The Word twin of a table: as it is shown, with its caption, notes, and the reason for what is undefined."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.section import WD_ORIENT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Mm, Pt

from kinephen.report.cells import cell_reason, cell_text
from kinephen.report.schema import Column, Table
from kinephen.report.schema.base import Cell

WIDE = 6
"""With more columns than this the page lies on its side."""
_FIXED = datetime(2000, 1, 1)
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_SIZE = 18
"""Of the text in cells, in half points."""


def word_bytes(table: Table) -> bytes:
    """Return the table as a Word document (.docx); the same table gives the same bytes."""
    document = Document()
    _set_properties(document, table.title)
    _set_page(document, len(table.columns))
    head = ". ".join(part for part in (table.label, table.title) if part)
    caption = document.add_paragraph()
    caption.add_run(head if head.endswith((".", "?", "!")) else f"{head}.").bold = True
    if table.caption:
        caption.add_run(f" {table.caption}")
    reasons = list(
        dict.fromkeys(r for row in table.rows for c in table.columns if (r := cell_reason(row.get(c.key))))
    )
    # Cells made one by one through the library take minutes for a thousand rows.
    caption._p.addnext(parse_xml(_table_xml(table, reasons)))
    for note in [*table.notes, *(f"{i}  {reason}" for i, reason in enumerate(reasons, start=1))]:
        document.add_paragraph().add_run(note).font.size = Pt(8.5)
    return _same_each_time(document)


def _set_properties(document: DocumentType, title: str) -> None:
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title[:255], "kinephen", ""
    properties.last_modified_by, properties.revision = "kinephen", 1
    properties.created = properties.modified = _FIXED


def _set_page(document: DocumentType, columns: int) -> None:
    section = document.sections[0]
    width, height = Mm(210), Mm(297)
    if columns > WIDE:
        section.orientation = WD_ORIENT.LANDSCAPE
        width, height = height, width
    section.page_width, section.page_height = width, height
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(20)
    document.styles["Normal"].font.name = "Arial"
    document.styles["Normal"].font.size = Pt(10)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)


def _table_xml(table: Table, reasons: Sequence[str]) -> str:
    rule = 'w:val="single" w:sz="8" w:space="0" w:color="auto"'
    grid = "".join("<w:gridCol/>" for _ in table.columns)
    heads = "".join(_cell_xml(_heading(c), c, bold=True, below=True) for c in table.columns)
    rows = "".join(f"<w:tr>{_row_xml(table, row, reasons)}</w:tr>" for row in table.rows)
    return (
        f"<w:tbl {nsdecls('w')}><w:tblPr><w:tblW w:w='5000' w:type='pct'/>"
        f"<w:tblBorders><w:top {rule}/><w:bottom {rule}/></w:tblBorders>"
        f"<w:tblLayout w:type='autofit'/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
        f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{heads}</w:tr>{rows}</w:tbl>"
    )


def _row_xml(table: Table, row: Mapping[str, Cell], reasons: Sequence[str]) -> str:
    found = []
    for column in table.columns:
        cell = row.get(column.key)
        reason = cell_reason(cell)
        note = str(reasons.index(reason) + 1) if reason else ""
        found.append(_cell_xml(cell_text(cell, column.format), column, note=note))
    return "".join(found)


def _heading(column: Column) -> str:
    return f"{column.label} ({column.unit})" if column.unit else column.label


def _cell_xml(text: str, column: Column, *, bold: bool = False, below: bool = False, note: str = "") -> str:
    side = column.align or ("left" if column.format in ("text", "bool") else "right")
    border = "<w:tcBorders><w:bottom w:val='single' w:sz='4' w:space='0' w:color='auto'/></w:tcBorders>"
    weight = "<w:b/>" if bold else ""
    size = f"<w:sz w:val='{_SIZE}'/>"
    raised = f"<w:r><w:rPr>{size}<w:vertAlign w:val='superscript'/></w:rPr><w:t>{note}</w:t></w:r>"
    return (
        f"<w:tc><w:tcPr>{border if below else ''}</w:tcPr><w:p><w:pPr><w:spacing w:before='20' w:after='20'/>"
        f"<w:jc w:val='{side}'/></w:pPr><w:r><w:rPr>{weight}{size}</w:rPr>"
        f"<w:t xml:space='preserve'>{escape(text)}</w:t></w:r>{raised if note else ''}</w:p></w:tc>"
    )


def _same_each_time(document: DocumentType) -> bytes:
    """Return the document's bytes with the times of its parts fixed."""
    saved, fixed = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = zipfile.ZipInfo(name, _ZIP_TIME)
            part.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(part, source.read(name))
    return fixed.getvalue()
