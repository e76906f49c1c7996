"""How a p-value is written in text."""

from __future__ import annotations

import math


def format_p(p: float) -> str:
    """Return p with two significant digits, or ``< 0.0001``."""
    if math.isnan(p):
        return "undefined"
    return "< 0.0001" if p < 1e-4 else f"{p:.2g}"


def p_text(p: float) -> str:
    """Return ``p = 0.012``, ``p < 0.0001`` or ``p undefined``."""
    shown = format_p(p)
    return f"p {shown}" if shown[0] in "<u" else f"p = {shown}"
