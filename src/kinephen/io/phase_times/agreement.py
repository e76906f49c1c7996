"""Whether two sources tell the same distances of phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.core.phase_times import AGREE_S, WHERE
from kinephen.io.phase_times.starts import Starts
from kinephen.types import FloatArray


@dataclass(frozen=True)
class Agreement:
    """How the times that count compare with an independent source, and what contradicts them.

    Parameters
    ----------
    against : str
        The source; empty where nothing can be compared.
    difference_s : float, optional
    agreed : bool, optional
    issues : tuple of Issue
        One for each source that contradicts.
    """

    against: str = ""
    difference_s: float | None = None
    agreed: bool | None = None
    issues: tuple[Issue, ...] = ()


def compare(
    name: str, origin: str, moments: FloatArray, others: Sequence[Starts], *, first_post: int = 1
) -> Agreement:
    """Compare the moments of phases with every other source, counted from the first phase after contrast.

    The source compared against is the first of another origin that agrees within 2 s, else the first of
    another origin, else the first.

    Parameters
    ----------
    name, origin : str
        Of the times that count.
    moments : ndarray, shape (n_phases,)
        Starts, or middles; NaN where unknown.
    others : sequence of Starts
        In order of precedence.
    first_post : int
    """
    own = moments - moments[first_post]
    apart = [(s, d) for s in others if (d := _difference(own, s.from_post(first_post))) is not None]
    if not apart:
        return Agreement()
    independent = [c for c in apart if c[0].source.origin != origin] or apart
    chosen, difference = next((c for c in independent if c[1] <= AGREE_S), independent[0])
    confirmed = difference <= AGREE_S and chosen.source.origin != origin
    issues = tuple(
        _contradiction(name, own, s, first_post, confirmed=confirmed) for s, d in apart if d > AGREE_S
    )
    return Agreement(chosen.source.name, difference, difference <= AGREE_S, issues)


def _difference(own: FloatArray, other: FloatArray) -> float | None:
    both = ~np.isnan(own) & ~np.isnan(other)
    return float(np.abs(own - other)[both].max()) if both.sum() > 1 else None


def _contradiction(name: str, own: FloatArray, other: Starts, first_post: int, *, confirmed: bool) -> Issue:
    text = (
        f"{name} puts the phases at {_listed(own)} s from the first after contrast, {other.source.name} at "
        f"{_listed(other.from_post(first_post))} s; {name} counts"
    )
    return Issue("dicom.times_differ", text, WHERE, level="note" if confirmed else "warning")


def _listed(seconds: FloatArray) -> str:
    return ", ".join("?" if np.isnan(s) else f"{s:.0f}" for s in seconds)
