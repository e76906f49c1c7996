"""One look for all figures: colours that colour-blind readers can tell apart, sizes, and small helpers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from kinephen.report.schema.base import Format

INK = "#1b1f24"
MUTED = "#57606a"
RULE = "#d0d7de"
PAPER = "#ffffff"
SHADE = "#eef1f4"
WHITE_TEXT = "#fffffe"
"""White that stays white in the dark theme, for text on dark cells."""

# After Okabe and Ito (2008); the first two are the paper's blue and red, unlike in lightness too.
GROUPS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b58900", "#56b4e9", "#7a5195", "#8c564b")
Dash: TypeAlias = str | tuple[float, tuple[float, ...]]
"""A dash pattern as matplotlib takes it: a name, or offset and lengths in points."""
DASHES: tuple[Dash, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (5, 1.4, 1.2, 1.4)))
TITLE_ID = "figure-title"
TITLE_HEIGHT_PT = 22.0
"""The strip at the top that holds the title; a page that prints the title itself cuts it off."""
MISSING_FILL = "#b8c0c8"

THEME_VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    RULE: "--rule",
    PAPER: "--paper",
    SHADE: "--shade",
    **{colour: f"--group-{i + 1}" for i, colour in enumerate(GROUPS)},
}
"""Colours that follow the page's theme."""

RC: dict[str, object] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.unicode_minus": True,
    "axes.facecolor": "none",
    "figure.facecolor": PAPER,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "kinephen",
    "pdf.fonttype": 42,
    "savefig.facecolor": PAPER,
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw and save with the house style, and leave the host program's settings alone."""
    base: dict[str, object] = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith("backend")}
    base.update(RC)
    with mpl.rc_context(base), warnings.catch_warnings():  # type: ignore[arg-type]  # its keys as literals
        # The reader's fonts draw the text of an SVG; only its width is reckoned with ours.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        yield


def group_colour(index: int) -> str:
    """Return the colour of group `index` (0, 1, ...)."""
    return GROUPS[index % len(GROUPS)]


def group_dash(index: int) -> Dash:
    """Return the dash pattern of group `index`, so that groups differ without colour too."""
    return DASHES[index % len(DASHES)]


def short(text: str, limit: int) -> str:
    """Return `text` on one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "\u2026"


def with_unit(label: str, unit: str) -> str:
    """Return ``label (unit)``."""
    return f"{label} ({unit})" if unit else label


def new_figure(width: float, height: float, title: str) -> Figure:
    """Return an empty figure with its title at the top left; sizes in inches."""
    figure = Figure(figsize=(width, height))
    heading = figure.text(
        0.12 / width,
        1 - 0.1 / height,
        short(title, int(width * 13)),
        size=11,
        weight="bold",
        va="top",
        ha="left",
    )
    heading.set_gid(TITLE_ID)
    return figure


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Return axes whose box is given in inches from the figure's left and top edge."""
    total_width, total_height = figure.get_size_inches()
    return figure.add_axes(
        (
            left / total_width,
            1 - (top + height) / total_height,
            width / total_width,
            height / total_height,
        )
    )


def mark(text: Text, pointer: str, form: Format) -> Text:
    """Say which number of report.json `text` shows; the SVG carries it as ``data-ref``."""
    text.set_gid(f"ref|{pointer}|{form}")
    return text


def bare(axes: Axes) -> None:
    """Take away frame and ticks."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def light_on(rgba: tuple[float, ...]) -> str:
    """Return a text colour that can be read on the colour `rgba` (relative luminance, WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgba[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return WHITE_TEXT if luminance < 0.18 else "#000001"
