"""Plain expression matrices: genes or probes in rows, samples in columns, and columns that name the genes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kinephen.core.cohort import ExpressionTable, Issue
from kinephen.errors import InputError
from kinephen.io.bounded_text import read_bounded
from kinephen.io.expression_body import is_numeric, read_body, to_numbers
from kinephen.io.geo_platform import ENTREZ, NAMES, PROBE, SYMBOL, gene_columns, looks_like_probe, whole

_ANNOTATION = {*SYMBOL, *ENTREZ, *PROBE, "locuslink_id"}


def read_matrix(
    path: Path, *, gene_column: str | None = None, platform: str = "", samples_in_rows: bool = False
) -> ExpressionTable:
    """Read a plain matrix.

    Parameters
    ----------
    path : Path
        Text separated by tabs, commas or semicolons, plain or gzip. The first line names the columns. Columns
        called ``symbol``, ``entrez``, ``probe_name`` (and their usual other names) describe the rows; else
        the first column does: Entrez ids if they are whole numbers, probe names if they look so, or symbols.
    gene_column : str, optional
        Column that names the rows.
    platform : str
        Name of the platform or batch.
    samples_in_rows : bool
        The first column names the samples and the first line the genes.

    Returns
    -------
    ExpressionTable
        Rows of the same gene stay apart, as ``NAME``, ``NAME#2``, ...

    Raises
    ------
    InputError
        ``matrix.gene_column``, ``matrix.no_samples``, and what the table and the file raise (``matrix.*``,
        ``text.*``).
    """
    body = _body(read_bounded(path), path.name)
    if samples_in_rows:
        return _from_rows(body, path.name, platform)
    return _from_columns(body, path.name, gene_column=gene_column, platform=platform)


def parse_matrix(text: str, where: str, *, platform: str = "") -> ExpressionTable:
    """Read the text of a plain matrix with genes in rows; see `read_matrix`."""
    return _from_columns(_body(text, where), where, gene_column=None, platform=platform)


def _body(text: str, where: str) -> pd.DataFrame:
    lines = [line for line in text.split("\n") if not line.startswith("#")]
    return read_body(lines, _separator(lines), where=where)


def _from_columns(
    body: pd.DataFrame, where: str, *, gene_column: str | None, platform: str
) -> ExpressionTable:
    if gene_column is not None and gene_column not in body.columns:
        raise InputError(
            f"no column {gene_column!r}, the first ones are {', '.join(map(str, body.columns[:5]))}",
            code="matrix.gene_column",
            hint="name the column that holds the genes",
            where=where,
        )
    first = gene_column or str(body.columns[0])
    described = [c for c in body.columns if c == first or str(c).strip().lower() in _ANNOTATION]
    others = [c for c in body.columns if c not in described]
    wordy = [c for c in others if not body[c].isna().all() and not is_numeric(body[c])]
    samples = [c for c in others if c not in wordy]
    if not samples:
        hint = "genes in rows, samples in columns"
        raise InputError("no column of numbers", code="matrix.no_samples", hint=hint, where=where)
    probes = _probes(body, first, described)
    values = to_numbers(body[samples], where=where).set_axis(probes.index, axis=0)
    names = pd.Index([str(s) for s in samples], name="sample_id")
    issues = (_left_out(wordy, where),) if wordy else ()
    return ExpressionTable(
        values.T.set_axis(names, axis=0), probes, pd.DataFrame(index=names), platform, issues
    )


def _from_rows(body: pd.DataFrame, where: str, platform: str) -> ExpressionTable:
    names = pd.Index(body.iloc[:, 0].astype(str), name="sample_id")
    values = to_numbers(body.iloc[:, 1:], where=where).set_axis(names, axis=0)
    genes = pd.Series([str(c) for c in values.columns])
    probes = pd.DataFrame("", index=pd.Index(genes, name="ID"), columns=list(NAMES))
    probes[_kind(genes)] = genes.to_numpy()
    return ExpressionTable(values.set_axis(probes.index, axis=1), probes, pd.DataFrame(index=names), platform)


def _probes(body: pd.DataFrame, first: str, described: list[str]) -> pd.DataFrame:
    text = body[described].astype(object).where(body[described].notna(), "").astype(str)
    names = text[first].str.strip()
    found = pd.DataFrame(gene_columns(text), index=body.index)
    if not found.to_numpy().astype(bool).any():
        found[_kind(names)] = whole(names) if _kind(names) == "entrez" else names
    repeat = names.groupby(names).cumcount()
    unique = names.where(repeat == 0, names + "#" + (repeat + 1).astype(str))
    return found[list(NAMES)].set_axis(pd.Index(unique, name="ID"), axis=0)


def _kind(names: pd.Series) -> str:
    if (whole(names) != "").mean() > 0.9:
        return "entrez"
    return "probe_name" if names.map(looks_like_probe).mean() > 0.5 else "symbol"


def _separator(lines: list[str]) -> str:
    head = next((line for line in lines if line.strip()), "")
    if "\t" in head:
        return "\t"
    return ";" if head.count(";") > head.count(",") else ","


def _left_out(names: list[str], where: str) -> Issue:
    text = f"{len(names)} column(s) of text left out: {', '.join(str(n)[:30] for n in names[:4])}"
    return Issue("matrix.text_columns", text, where=where, count=len(names))
