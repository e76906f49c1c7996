"""Landmark analysis: the clock starts when the covariates are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from kinephen.core.cohort import Issue
from kinephen.errors import CohortError
from kinephen.survival.outcome import clean_outcome
from kinephen.types import BoolArray, FloatArray


def landmark(
    time: ArrayLike, event: ArrayLike, start: float
) -> tuple[BoolArray, FloatArray, tuple[Issue, ...]]:
    """Leave out who is not followed beyond `start`, and count time from there.

    A covariate measured at a second visit makes every woman immortal until that visit; counting from the
    first visit would credit the covariate with that time.

    Parameters
    ----------
    time, event : array_like, shape (n,)
    start : float
        Landmark, in the unit of the times, >= 0.

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

    References
    ----------
    Anderson, Cain and Gelber 1983; Suissa 2008 (immortal time).
    """
    outcome = clean_outcome(time, event)
    keep = np.asarray(outcome.time > start)
    if not keep.any():
        raise CohortError(f"nobody is followed beyond {start:g}", code="survival.landmark", where="landmark")
    early, left = int((outcome.event & ~keep).sum()), int((~outcome.event & ~keep).sum())
    if not early + left:
        return keep, outcome.time[keep] - start, ()
    text = f"by the landmark {start:g}, {early} women had the event and {left} left: not analysed"
    issue = Issue("survival.before_landmark", text, where="time", count=early + left)
    return keep, outcome.time[keep] - start, (issue,)
