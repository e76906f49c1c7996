"""Slope and intercept of stored values, applied without losing a digit that matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kinephen.errors import InputError

MAX_VALUE = 1e30
"""Rescaled values beyond this do not fit float32 with room for products; no scanner writes them."""


@dataclass(frozen=True)
class Rescale:
    """``value = slope * stored + intercept``."""

    slope: float = 1.0
    intercept: float = 0.0

    @property
    def changes(self) -> bool:
        """Whether values differ from what is stored."""
        return (self.slope, self.intercept) != (1.0, 0.0)

    def applied(self, stored: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return rescaled values: as stored where nothing changes, whole numbers whole, else float64.

        Raises
        ------
        InputError
            ``nifti.values`` if they grow beyond `MAX_VALUE`.
        """
        if not self.changes:
            return stored
        if self._whole() and stored.dtype.kind in "ui":
            low, high = int(stored.min()), int(stored.max())
            ends = [int(self.slope) * v + int(self.intercept) for v in (low, high)]
            if max(map(abs, ends)) < 2**53 and max(abs(low), abs(high)) < 2**53:
                return stored.astype(np.int64) * int(self.slope) + int(self.intercept)
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = stored.astype(np.float64) * self.slope + self.intercept
        finite = scaled[np.isfinite(scaled)] if scaled.dtype.kind == "f" else scaled
        if finite.size and max(abs(float(finite.min())), abs(float(finite.max()))) > MAX_VALUE:
            raise InputError(
                f"its scale ({self.slope:g}, {self.intercept:g}) gives absurd values",
                code="nifti.values",
                where="image file",
                hint="a damaged header: export the file again",
            )
        return scaled

    def _whole(self) -> bool:
        return all(v == int(v) and abs(v) < 2**31 for v in (self.slope, self.intercept))
