"""A computed quantity: its value, how it is shown, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Basis = Literal["definition", "printed numbers", "public tables", "expression", "run", "stand-in"]


@dataclass(frozen=True)
class Found:
    """What was computed for one quantity.

    Parameters
    ----------
    value : float, bool or None
        None where the quantity is undefined; `note` says why.
    basis : str
        What it was computed from; a stand-in answers a neighbouring question and never a claim.
    shown : str
        For a reader; made from `value` when empty.
    low, high : float, optional
        95 % interval.
    note : str
        How it was computed, or why it is undefined.
    """

    value: float | bool | None
    basis: Basis
    shown: str = ""
    low: float | None = None
    high: float | None = None
    note: str = ""

    @property
    def text(self) -> str:
        """The value for a reader."""
        if self.shown:
            return self.shown
        if self.value is None:
            return "undefined"
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        if self.low is not None and self.high is not None:
            return f"{self.value:.2f} (95 % {self.low:.2f} to {self.high:.2f})"
        return f"{self.value:g}" if float(self.value).is_integer() else f"{self.value:.4g}"


Quantities: TypeAlias = Mapping[str, Found]
