"""Numbers of a report as arrays."""

from __future__ import annotations

import numpy as np

from kinephen.report.schema.figures import Numbers
from kinephen.types import FloatArray


def floats(values: Numbers) -> FloatArray:
    """Return numbers with NaN for None."""
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
