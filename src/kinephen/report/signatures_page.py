"""The page of a scoring run: one HTML file with its figures inside."""

from __future__ import annotations

import html
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kinephen.core.cohort import issues_frame
from kinephen.core.counted import counted
from kinephen.core.files import atomic_path
from kinephen.study.tables.signatures import PAM50_CORRELATION, RE_CREATION, Scored

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;font-size:.9rem}
td,th{border-bottom:1px solid #ddd;padding:.25rem .7rem;text-align:left;vertical-align:top}
.note{background:#fff6df;border-left:4px solid #c98a00;padding:.6rem 1rem}svg{max-width:100%;height:auto}"""
SUBTYPE_COLOURS = {
    "Basal": "#b2182b",
    "Her2": "#d6604d",
    "LumA": "#2166ac",
    "LumB": "#4393c3",
    "Normal": "#5aae61",
}
SCORES = (
    ("gene70_cosine", "70-gene: cosine with the template"),
    ("ror_s", "PAM50 ROR-S (0 to 100 scale)"),
    ("p53_score", "p53: mutant minus wild-type"),
)
MAX_BARS = 400


def write_signatures_page(scored: Scored, path: Path) -> Path:
    """Write the page.

    Parameters
    ----------
    scored : Scored
    path : Path
        HTML file.
    """
    result = scored.result
    notices = "".join(f"<li>{html.escape(s.title)}: {html.escape(s.notice)}</li>" for s in result.signatures)
    parts = [
        f"<p class=note>Every score here is a {html.escape(RE_CREATION)}.</p><ul>{notices}</ul>",
        "<h2>Classes</h2>" + _table(scored.distribution),
        *_figures(scored),
        "<h2>Coverage</h2>" + _table(scored.coverage),
        "<h2>What was noticed</h2>" + _table(issues_frame(result.issues)),
        "<h2>Settings</h2>" + _table(pd.DataFrame(result.settings.items(), columns=["setting", "value"])),
        "<h2>References</h2><ul>"
        + "".join(f"<li>{html.escape(c)}</li>" for s in result.signatures for c in s.citation)
        + "</ul>",
    ]
    text = (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Molecular profiles</title>"
        f"<style>{STYLE}</style><h1>Molecular profiles: {counted(len(result.table), 'sample')}</h1>"
        f"{''.join(parts)}</html>\n"
    )
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def _figures(scored: Scored) -> list[str]:
    from matplotlib.figure import Figure

    table, called = scored.result.table, scored.called_correlation
    figures: list[str] = []
    if called is not None:
        names = [c for c in table.columns if c.startswith(PAM50_CORRELATION)]
        ordered = _by_call(table, called)
        figure = Figure(figsize=(9.5, 2.6), layout="constrained")
        _heat_map(figure.subplots(), ordered, names)
        figures.append(_svg(figure, "Correlation of each sample with the PAM50 centroids, ordered by call"))
        figure = Figure(figsize=(9.5, 2.6), layout="constrained")
        _bars(figure.subplots(), ordered, names)
        figures.append(
            _svg(figure, "Correlation with the called centroid, one bar a sample, coloured by call")
        )
    shown = [s for s in SCORES if s[0] in table and table[s[0]].notna().any()]
    if shown:
        figure = Figure(figsize=(9.5, 2.8), layout="constrained")
        panels = np.atleast_1d(figure.subplots(1, len(shown)))
        for axes, (column, title) in zip(panels, shown, strict=True):
            _histogram(axes, table[column].dropna(), title, scored.cuts[column])
        figures.append(_svg(figure, "Distribution of the scores; dashed: cut-points"))
    return figures


def _by_call(table: pd.DataFrame, called: pd.Series) -> pd.DataFrame:
    return table.assign(largest=called, order=table["pam50_call"].fillna("~")).sort_values(
        ["order", "largest"], ascending=[True, False], kind="stable"
    )


def _heat_map(axes: Axes, table: pd.DataFrame, names: list[str]) -> None:
    image = axes.imshow(
        table[names].T, aspect="auto", cmap="RdBu_r", vmin=-1, vmax=1, interpolation="nearest"
    )
    axes.set_yticks(range(len(names)), [n.removeprefix(PAM50_CORRELATION) for n in names])
    axes.set_xlabel("samples")
    axes.figure.colorbar(image, ax=axes, label="Spearman correlation")


def _bars(axes: Axes, table: pd.DataFrame, names: list[str]) -> None:
    shown = table.iloc[:: max(1, -(-len(table) // MAX_BARS))]
    for call, block in shown.groupby("pam50_call", sort=False):
        place = np.flatnonzero(shown["pam50_call"].eq(call))
        axes.bar(
            place, block["largest"], width=1.0, color=SUBTYPE_COLOURS.get(str(call), "#777"), label=str(call)
        )
    axes.set_xlabel("samples")
    axes.set_ylabel("correlation")
    axes.legend(ncols=len(names), frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.22))


def _histogram(axes: Axes, values: pd.Series, title: str, cuts: tuple[float, ...]) -> None:
    axes.hist(values, bins=min(30, max(5, int(len(values) ** 0.5) * 2)), color="#4393c3", edgecolor="white")
    for cut in cuts:
        axes.axvline(cut, color="#b2182b", linestyle="--", linewidth=1)
    axes.set_title(title, fontsize=9)
    axes.set_ylabel("samples")


def _svg(figure: Figure, caption: str) -> str:
    buffer = io.StringIO()
    # A fixed salt and no date: the same result gives the same page.
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "kinephen", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    body = buffer.getvalue()
    drawing, text = body[body.index("<svg") :], html.escape(caption)
    return f'<figure role=img aria-label="{text}">{drawing}<figcaption>{text}</figcaption></figure>'


def _table(frame: pd.DataFrame) -> str:
    if frame.empty:
        return "<p>nothing</p>"
    head = "".join(f"<th>{html.escape(str(c))}</th>" for c in frame.columns)
    rows = (
        "".join(f"<td>{html.escape(_cell(v))}</td>" for v in row) for row in frame.itertuples(index=False)
    )
    return f"<table><tr>{head}</tr>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.3g}"
    return str(value)
