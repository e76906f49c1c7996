"""Expression files: GEO series matrices, platform tables, and plain matrices with a gene column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from kinephen.core.cohort import ExpressionTable, Issue
from kinephen.errors import InputError
from kinephen.io.bounded_text import read_bounded
from kinephen.io.expression_body import read_body, to_numbers
from kinephen.io.expression_matrix import parse_matrix, read_matrix
from kinephen.io.geo_header import BEGIN, END, Header, read_header, sample_table
from kinephen.io.geo_platform import NAMES, attach_platform, read_platform

__all__ = ["attach_platform", "read_expression", "read_matrix", "read_platform", "read_series_matrix"]


def read_series_matrix(
    path: Path,
    *,
    platform: Path | pd.DataFrame | None = None,
    channel: int | None = None,
    keep_references: bool = False,
) -> ExpressionTable:
    """Read a GEO series matrix.

    Parameters
    ----------
    path : Path
        ``*_series_matrix.txt`` or ``.txt.gz``; one platform a file.
    platform : Path or DataFrame, optional
        The platform's annotation (see `read_platform`). Without it the rows have no genes, and an issue says
        so.
    channel : int, optional
        Channel whose characteristics describe the tumour; by default the one with most different keys.
    keep_references : bool
        Keep arrays that have no characteristics while others have (reference arrays); else they are dropped
        with an issue.

    Returns
    -------
    ExpressionTable
        ``samples``: titles, accessions and characteristics, by keys in lower case. The rows of
        characteristics need not be aligned between samples; keys are split from values at the last colon;
        blank and ``null`` are missing.

    Raises
    ------
    InputError
        ``geo.not_series_matrix``, ``geo.truncated``, ``geo.no_samples``, ``geo.header_row``,
        ``geo.samples_differ``, ``geo.duplicate_ids``, ``geo.platforms``; ``matrix.*`` of its table,
        ``text.*`` of the file.
    """
    return _series_matrix(
        read_bounded(path), path.name, platform=platform, channel=channel, keep_references=keep_references
    )


def read_expression(
    path: Path, *, platform: Path | pd.DataFrame | None = None, name: str = ""
) -> ExpressionTable:
    """Read a series matrix or a plain matrix, told apart by the first character.

    Parameters
    ----------
    path : Path
    platform : Path or DataFrame, optional
        Annotation of the rows.
    name : str
        Name of the platform or batch of a plain matrix; by default the file's name without endings.
    """
    text = read_bounded(path)
    if text.lstrip().startswith(("!", "^", "<")):
        return _series_matrix(text, path.name, platform=platform)
    table = parse_matrix(text, path.name, platform=name or path.name.split(".")[0])
    return table if platform is None else _with_genes(table, platform, path.name)


def _series_matrix(
    text: str,
    where: str,
    *,
    platform: Path | pd.DataFrame | None = None,
    channel: int | None = None,
    keep_references: bool = False,
) -> ExpressionTable:
    lines = text.split("\n")
    start, stop = _table_lines(lines, where)
    header = read_header(lines[:start], where=where)
    values = _values(lines[start + 1 : stop], where)
    named = header.sample["geo_accession"][0] if "geo_accession" in header.sample else list(values.index)
    values = _aligned(values, named, where)
    about = sample_table(header, named, channel=channel, where=where)
    samples, described = about.frame, about.described
    issues = [*about.issues, *_row_issues(header, values.shape[1], where)]
    if not any(described):
        text = f"none of {len(named)} samples has characteristics: nothing is known of them but the name"
        issues.append(Issue("geo.no_characteristics", text, where=where, count=len(named)))
    elif not keep_references and not all(described):
        dropped = described.count(False)
        text = f"{dropped} of {len(named)} array(s) without characteristics dropped as reference arrays"
        issues.append(Issue("geo.reference_arrays", text, where=where, count=dropped))
        values, samples = values.loc[described], samples.loc[described]
    blank = pd.DataFrame("", index=values.columns, columns=list(NAMES))
    table = ExpressionTable(values, blank, samples, _platform_name(header, where), tuple(issues))
    return _with_genes(table, platform, where)


def _table_lines(lines: Sequence[str], where: str) -> tuple[int, int]:
    marks = [line.strip().lower() for line in lines]
    if BEGIN not in marks:
        what = (
            "a SOFT file"
            if any(m.startswith(("^series", "^database", "^sample")) for m in marks[:50])
            else (
                "a web page"
                if any(m.startswith(("<!doctype", "<html")) for m in marks[:5])
                else "another kind of file"
            )
        )
        raise InputError(
            f"no line {BEGIN}: this is {what}",
            code="geo.not_series_matrix",
            hint="download the series matrix (*_series_matrix.txt.gz), or give a matrix with a gene column",
            where=where,
        )
    start = marks.index(BEGIN)
    if END not in marks[start:]:
        raise InputError(
            f"the table is cut off: {len(lines) - start - 2} rows and no line {END}",
            code="geo.truncated",
            hint="download the file again",
            where=where,
        )
    return start, marks.index(END, start)


def _values(lines: Sequence[str], where: str) -> pd.DataFrame:
    body = read_body(lines, "\t", where=where)
    if body.shape[1] < 2:
        raise InputError(
            "the table has no samples", code="geo.no_samples", hint="download the file again", where=where
        )
    ids = body.iloc[:, 0]
    repeated = int(ids.duplicated().sum())
    if repeated:
        raise InputError(
            f"{repeated} row id(s) stand twice",
            code="geo.duplicate_ids",
            hint="download the file again",
            where=where,
        )
    values = to_numbers(body.iloc[:, 1:], where=where)
    values.index = pd.Index(ids, name="ID")
    return values.T.rename_axis("sample_id")


def _aligned(values: pd.DataFrame, named: Sequence[str], where: str) -> pd.DataFrame:
    if set(named) != set(values.index) or len(named) != len(set(named)):
        common = len(set(named) & set(values.index))
        raise InputError(
            f"{len(named)} samples in the head, {len(values)} in the table, {common} in both",
            code="geo.samples_differ",
            hint="download the file again",
            where=where,
        )
    return values.loc[list(named)]


def _row_issues(header: Header, rows: int, where: str) -> list[Issue]:
    stated = [v for row in header.sample.get("data_row_count", []) for v in row if v.isdigit() and int(v) > 0]
    most = max((int(v) for v in stated), default=rows)
    if most <= rows:
        return []
    text = f"the table has {rows} rows, the head announces {most}: {most - rows} row(s) were lost"
    return [Issue("geo.lost_rows", text, where=where, count=most - rows)]


def _platform_name(header: Header, where: str) -> str:
    names = sorted({v for row in header.sample.get("platform_id", []) for v in row if v})
    names = names or sorted({v for v in header.series.get("platform_id", []) if v})
    if len(names) > 1:
        raise InputError(
            f"samples of {len(names)} platforms: {', '.join(names)}",
            code="geo.platforms",
            hint="give the series matrix of each platform on its own",
            where=where,
        )
    return names[0] if names else ""


def _with_genes(table: ExpressionTable, platform: Path | pd.DataFrame | None, where: str) -> ExpressionTable:
    if platform is None:
        n = table.values.shape[1]
        text = f"no platform table: the genes of {n} rows are unknown"
        return replace(table, issues=(*table.issues, Issue("geo.no_platform", text, where=where, count=n)))
    annotation = read_platform(platform) if isinstance(platform, Path) else platform
    return attach_platform(table, annotation, where=where)
