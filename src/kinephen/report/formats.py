"""How numbers are shown: one function for the page, the figures and the LaTeX tables."""

from __future__ import annotations

from kinephen.report.schema.base import Format

UNDEFINED = "\u2013"
"""En dash: shown where a value is undefined."""
_MINUS = "\u2212"
_DECIMALS = {"f1": 1, "f2": 2, "f3": 3, "f4": 4}


def format_value(value: float | int | str | bool | None, form: Format) -> str:
    """Return `value` as the reader sees it.

    Parameters
    ----------
    value : number, str, bool or None
        None is undefined and becomes an en dash; text is returned as it is.
    form : Format
        ``percent`` takes a fraction within [0, 1]; ``sig3`` shows whole numbers (int) as they are.

    Returns
    -------
    str
        With a true minus sign; never ``-0.00``.
    """
    if value is None:
        return UNDEFINED
    if isinstance(value, str):
        return value
    if form == "bool" or isinstance(value, bool):
        return "yes" if value else "no"
    if form == "sig3" and isinstance(value, int):
        return f"{value}".replace("-", _MINUS)
    return _number(float(value), form).replace("-", _MINUS)


def _number(value: float, form: Format) -> str:
    if form == "p":
        return _p_value(value)
    if form == "percent":
        return _percent(value)
    if form == "int":
        return _fixed(value, 0)
    if form in _DECIMALS:
        return _fixed(value, _DECIMALS[form])
    return _significant(value)


def _percent(value: float) -> str:
    """Return a share; one that is neither none nor all is never shown as that."""
    text = _fixed(100 * value, 0)
    if text == "0" and value > 0.0:
        return "< 1%"
    if text == "100" and value < 1.0:
        return "> 99%"
    return f"{text}%"


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def _p_value(value: float) -> str:
    if value < 0.001:
        return "< 0.001"
    if value > 0.99:
        return "> 0.99"
    return f"{value:.3f}" if value < 0.0995 else f"{value:.2f}"


def _significant(value: float) -> str:
    size = abs(value)
    if size == 0:
        return "0"
    if size < 0.001 or size >= 1e7:
        return f"{value:.2e}"
    if size >= 999.5:
        return f"{value:.0f}"
    return f"{value:#.3g}".rstrip(".")


def p_text(value: float | None) -> str:
    """Return ``p = 0.012``, ``p < 0.001`` or ``p undefined``."""
    if value is None:
        return "p undefined"
    shown = format_value(value, "p")
    return f"p {shown}" if shown[0] in "<>" else f"p = {shown}"
