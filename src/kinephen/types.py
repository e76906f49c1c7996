"""Names for the arrays that pass between the rooms. Axis order is always (slice, row, column)."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
AnyArray: TypeAlias = NDArray[Any]
"""Of any element type: for code that keeps, cuts out or passes on what it is given."""

FloatVolume: TypeAlias = NDArray[np.floating]
"""Shape (nz, ny, nx)."""
BoolVolume: TypeAlias = NDArray[np.bool_]
"""Shape (nz, ny, nx)."""
FrameStack: TypeAlias = NDArray[np.float32]
"""Shape (n_phases, nz, ny, nx), scanner units."""

Rng: TypeAlias = np.random.Generator
