"""Times that count from the image before contrast, as public collections give them."""

from __future__ import annotations

from collections.abc import Sequence

from kinephen.core.phase_times import middles, phase_distance


def times_after_injection(acquisition_times_s: Sequence[float]) -> tuple[float, ...] | None:
    """Convert starts of acquisition that count from the image before contrast.

    The injection is taken to coincide with the start of the first phase after contrast, and a phase to last
    as long as `kinephen.core.phase_times.phase_distance` says, as in UCSF's analysis of the public
    collections.

    Parameters
    ----------
    acquisition_times_s : sequence of float
        For example ``(0, 407, 761)``.

    Returns
    -------
    tuple of float or None
        Middle of each phase, seconds after injection: ``(-230.0, 177.0, 531.0)``. None with one phase after
        contrast: nothing tells how long it took, so its middle is not known.
    """
    if len(acquisition_times_s) < 3:
        return None
    duration, _ = phase_distance(acquisition_times_s)
    return middles(acquisition_times_s, duration, acquisition_times_s[1])
