"""Formulas become MathML when the site is built: no script, no font and no network is needed to read them."""

from __future__ import annotations

from typing import Any

from latex2mathml.converter import convert
from sphinx.util.math import get_node_equation_number


def register_math(app: Any) -> None:
    """Make MathML the way in which HTML shows formulas."""
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))


def _inline(translator: Any, node: Any) -> None:
    from docutils.nodes import SkipNode

    translator.body.append(convert(node.astext()))
    raise SkipNode


def _display(translator: Any, node: Any) -> None:
    from docutils.nodes import SkipNode

    number = get_node_equation_number(translator, node) if node["number"] else ""
    label = f'<span class="eqno">({number})</span>' if number else ""
    translator.body.append(f'<div class="math">{label}{convert(node.astext(), display="block")}</div>\n')
    raise SkipNode
