"""Landmark analysis: the clock starts when the covariates are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.cohort import Issue
from kinephen.errors import CohortError, InputError
from kinephen.survival.outcome import as_floats, clean_outcome
from kinephen.types import BoolArray, FloatArray


def landmark(
    time: ArrayLike, event: ArrayLike, start: ArrayLike
) -> tuple[BoolArray, FloatArray, tuple[Issue, ...]]:
    """Leave out who is not followed beyond `start`, and count time from there.

    A covariate measured at a second visit makes every patient immortal until that visit; counting from the
    first visit would credit the covariate with that time.

    Parameters
    ----------
    time, event : array_like, shape (n,)
    start : float or array_like, shape (n,)
        Landmark, in the unit of the times, >= 0; one for all patients or each patient's own.

    Returns
    -------
    keep : ndarray of bool, shape (n,)
    time : ndarray, shape (number kept,)
        Time from the landmark, > 0.
    issues : tuple of Issue
        How many had the event, or left, by the landmark.

    Raises
    ------
    CohortError
        ``survival.landmark`` when nobody is followed beyond it.
    InputError
        ``survival.landmark`` for a landmark that is negative, not finite or of another length.

    References
    ----------
    Anderson, Cain and Gelber 1983; Suissa 2008 (immortal time).
    """
    outcome = clean_outcome(time, event)
    own = as_floats(start, "landmark")
    if own.size not in (1, outcome.n) or not np.isfinite(own).all() or (own < 0).any():
        raise InputError(
            f"expected one landmark >= 0 or {outcome.n} of them", code="survival.landmark", where="landmark"
        )
    begin = np.broadcast_to(own, outcome.time.shape)
    keep = np.asarray(outcome.time > begin)
    words = f"{own[0]:g}" if own.size == 1 else "(each patient's own)"
    if not keep.any():
        raise CohortError(f"nobody is followed beyond {words}", code="survival.landmark", where="landmark")
    early, left = int((outcome.event & ~keep).sum()), int((~outcome.event & ~keep).sum())
    shifted = outcome.time[keep] - begin[keep]
    if not early + left:
        return keep, shifted, ()
    text = f"by the landmark {words}, {early} patients had the event and {left} left: not analysed"
    issue = Issue("survival.before_landmark", text, where="time", count=early + left)
    return keep, shifted, (issue,)
