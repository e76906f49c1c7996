"""Times that count from the image before contrast, as public collections give them."""

from __future__ import annotations

import numpy as np


def times_after_injection(acquisition_times_s: tuple[float, ...]) -> tuple[float, ...]:
    """Convert starts of acquisition that count from the image before contrast.

    The injection is taken to coincide with the start of the first phase after contrast, and a phase to last
    as long as the smallest distance of two phases after contrast, as UCSF's analysis of the public
    collections did.

    Parameters
    ----------
    acquisition_times_s : tuple of float
        For example ``(0, 407, 761)``.

    Returns
    -------
    tuple of float
        Middle of each phase, seconds after injection: ``(-230.0, 177.0, 531.0)``.
    """
    starts = np.asarray(acquisition_times_s, dtype=np.float64)
    if starts.size < 3:
        return tuple(float(s) for s in starts)
    duration = float(np.diff(starts[1:]).min())
    return tuple(float(s) for s in starts - starts[1] + duration / 2)
