"""A result as a small table, and its text in LaTeX and HTML."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass

import numpy as np

UNDEFINED = "\N{EN DASH}"
"""Shown where a number is undefined."""
_LATEX = {
    **{ch: f"\\{ch}" for ch in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    UNDEFINED: "--",
    "\N{MINUS SIGN}": "$-$",
}

Value = str | int | float | bool | None


@dataclass(frozen=True)
class ResultTable:
    """A result as rows under headings.

    Parameters
    ----------
    title : str
        What it is: the test, the model, with the patients and events it used.
    columns : tuple of str
    rows : tuple of tuple
        One cell a column; None and NaN are undefined.
    notes : tuple of str
        What limits the result.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    notes: tuple[str, ...] = ()

    def latex(self) -> str:
        """Return a ``tabular`` with ``booktabs`` rules; the title is a comment, notes stand below."""
        words = [all(isinstance(r[i], str) for r in self.rows) for i in range(len(self.columns))]
        lines = [
            f"% {latex_escape(self.title)}",
            rf"\begin{{tabular}}{{{''.join('l' if w else 'r' for w in words)}}}",
            r"\toprule",
            _latex_row(self.columns),
            r"\midrule",
            *(_latex_row(tuple(shown(v) for v in row)) for row in self.rows),
            r"\bottomrule",
            r"\end{tabular}",
            *(rf"\par {latex_escape(note)}" for note in self.notes),
        ]
        return "\n".join(lines) + "\n"

    def html(self) -> str:
        """Return a ``table`` element with a caption, headings in scope, and notes in its foot."""
        head = "".join(f'<th scope="col">{html.escape(c)}</th>' for c in self.columns)
        body = "".join(f"<tr>{''.join(_html_cell(v) for v in row)}</tr>" for row in self.rows)
        notes = "".join(
            f'<tr><td colspan="{len(self.columns)}">{html.escape(note)}</td></tr>' for note in self.notes
        )
        foot = f"<tfoot>{notes}</tfoot>" if notes else ""
        return (
            f"<table><caption>{html.escape(self.title)}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table>"
        )


def shown(value: Value) -> str:
    """Return a cell as it is read: four significant digits, whole numbers as they are, a dash for nothing."""
    if value is None:
        return UNDEFINED
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return str(value).replace("-", "\N{MINUS SIGN}")
    if math.isnan(value):
        return UNDEFINED
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")


def latex_escape(text: str) -> str:
    """Return text in which no character is a LaTeX command, on one line."""
    return "".join(_LATEX.get(ch, ch) for ch in " ".join(text.split()))


def _latex_row(cells: tuple[str, ...]) -> str:
    return " & ".join(latex_escape(c) for c in cells) + r" \\"


def _html_cell(value: Value) -> str:
    align = "" if isinstance(value, str) else ' style="text-align:right"'
    return f"<td{align}>{html.escape(shown(value))}</td>"
