"""From a report to its folder: report.json, report.html, figures, tables, methods text and checklists."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure
from pydantic import ValidationError

from kinephen.core.counted import counted
from kinephen.core.files import write_whole
from kinephen.core.plain import json_text
from kinephen.core.written import owned
from kinephen.errors import InputError, UsageError
from kinephen.report.assets import copy_assets, read_array, read_detail
from kinephen.report.checklists import checklist_csv, checklist_markdown
from kinephen.report.figures import draw_figure, draw_flow_figure, figure_names
from kinephen.report.figures.draw import FLOW_NAME, FLOW_TITLE
from kinephen.report.figures.style import house_style
from kinephen.report.figures.svg import standalone_svg, svg_tree
from kinephen.report.files import FIGURE_FORMATS, array_names, report_files, report_texts
from kinephen.report.html import page
from kinephen.report.patient_page import patients_pages
from kinephen.report.schema import Report, Table
from kinephen.report.schema.patient_detail import PatientDetail
from kinephen.report.tables import csv_bytes, latex_text, parquet_bytes, patients_table
from kinephen.report.word import word_bytes
from kinephen.types import AnyArray


def render_report(
    report: Report, out: Path, *, images: Path | None = None, formats: Sequence[str] = ("svg",)
) -> Path:
    """Write the report folder; each file whole, and with the same bytes for the same report.

    Files of an earlier report that this one does not have are removed; others stay.

    Parameters
    ----------
    report : Report
    out : Path
        Folder; made if absent.
    images : Path, optional
        Folder with the ``assets`` that the report names, by default `out`; they are copied to `out`.
    formats : sequence of str
        Of `FIGURE_FORMATS`; PNG has 300 dots an inch. SVG is written whether named or not.

    Returns
    -------
    Path
        Of ``report.html``.

    Raises
    ------
    InputError
        If an image is absent or is not the one that the report names.
    """
    source = out if images is None else images
    arrays = {digest: read_array(source, digest) for digest in array_names(report)}
    details = {w.page: read_detail(source, w.detail) for w in report.patients if w.page and w.detail}
    if source.resolve() != out.resolve():
        copy_assets(source, out, [w.detail for w in report.patients if w.page and w.detail], "json")
        copy_assets(source, out, arrays, "npy")
    pictures = tuple(f".{f}" for f in FIGURE_FORMATS if f in formats and f != "svg")
    with owned(out, "report", report_files(report, pictures)):
        trees = _write_figures(report, out / "figures", arrays, pictures)
        _write_tables(report, out / "tables")
        _write_texts(report, out)
        write_whole(out / "report.json", report_bytes(report))
        _write_patients(report, details, out / "patients")
        write_whole(out / "report.html", page(report, trees).encode("utf-8"))
    return out / "report.html"


def figure_formats(text: str) -> tuple[str, ...]:
    """Return the formats that a comma-separated list names.

    Raises
    ------
    UsageError
        ``report.format`` for a name that is none of `FIGURE_FORMATS`.
    """
    named = [name.strip().lower() for name in text.split(",") if name.strip()]
    odd = [name for name in named if name not in FIGURE_FORMATS]
    if odd:
        raise UsageError(
            f"no such figure format: {odd[0]}",
            code="report.format",
            where="--formats",
            hint=f"name some of {', '.join(FIGURE_FORMATS)}",
        )
    return tuple(f for f in FIGURE_FORMATS if f in named or f == "svg")


def report_bytes(report: Report) -> bytes:
    """Return ``report.json`` as bytes."""
    return (json_text(report.model_dump(mode="json")) + "\n").encode("utf-8")


def load_report(path: Path) -> Report:
    """Read and check ``report.json``.

    Raises
    ------
    InputError
        ``report.unreadable`` if there is no such file; ``report.invalid`` if it is no report of this version.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        folder = path.is_dir()
        raise InputError(
            "is a folder" if folder else "cannot be read",
            code="report.unreadable",
            where=path.name,
            hint=f"give {path / 'report.json'}" if folder else "give the report.json of a run",
        ) from error
    try:
        return Report.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "/" + "/".join(str(p) for p in first["loc"])
        raise InputError(
            f"{counted(error.error_count(), 'fault')}; the first at {place}: {first['msg']}",
            code="report.invalid",
            where=path.name,
            hint="make the report again with this version of kinephen",
        ) from error


def _write_figures(
    report: Report, folder: Path, arrays: Mapping[str, AnyArray], pictures: tuple[str, ...]
) -> dict[str, ET.Element]:
    trees = {}
    for name in figure_names(report):
        figure = draw_flow_figure(report) if name == FLOW_NAME else draw_figure(report, name, arrays)
        trees[name] = svg_tree(figure, f"f-{name}")
        title = FLOW_TITLE if name == FLOW_NAME else report.figures[name].title
        write_whole(folder / f"{name}.svg", standalone_svg(trees[name], title))
        for suffix in pictures:
            write_whole(folder / f"{name}{suffix}", _picture(figure, suffix[1:]))
    return trees


def _write_patients(report: Report, details: Mapping[str, PatientDetail], folder: Path) -> None:
    for name, text in patients_pages(report, details):
        write_whole(folder / f"{name}.html", text.encode("utf-8"))


def _picture(figure: Figure, suffix: str) -> bytes:
    buffer = io.BytesIO()
    with house_style():
        if suffix == "png":
            # Level 3 packs nearly as well as the default and takes half its time.
            packing = {"compress_level": 3}
            figure.savefig(buffer, format="png", dpi=300, metadata={"Software": None}, pil_kwargs=packing)
        else:
            unsaid = dict.fromkeys(("Creator", "Producer", "CreationDate"))
            figure.savefig(buffer, format=suffix, dpi=300, metadata=unsaid)
    return buffer.getvalue()


def _write_tables(report: Report, folder: Path) -> None:
    tables: dict[str, Table] = dict(report.tables)
    if report.patients:
        tables["patients"] = patients_table(report)
    for name, table in tables.items():
        write_whole(folder / f"{name}.csv", csv_bytes(table))
        write_whole(folder / f"{name}.parquet", parquet_bytes(table))
        write_whole(folder / f"{name}.tex", latex_text(table).encode("utf-8"))
        write_whole(folder / f"{name}.docx", word_bytes(table))


def _write_texts(report: Report, out: Path) -> None:
    for name, text in report_texts(report).items():
        write_whole(out / name, text.encode("utf-8"))
    for checklist in report.checklists:
        write_whole(out / "checklists" / f"{checklist.key}.csv", checklist_csv([checklist], report))
        text = checklist_markdown(checklist, report)
        write_whole(out / "checklists" / f"{checklist.key}.md", text.encode("utf-8"))
