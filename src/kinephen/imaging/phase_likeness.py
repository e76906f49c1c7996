"""Which frames look like phases of the dynamic series, and which like images derived from phases.

What the header calls derived is left aside where an exam is read. Here the pixels are asked: where the header
says phase and they say no, somebody has to look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kinephen.core.cohort import Issue
from kinephen.imaging.areas import shrunk
from kinephen.imaging.arrival import asymmetry, region_values
from kinephen.imaging.roles import ARRIVAL_ASYMMETRY
from kinephen.types import BoolVolume, FloatArray, FrameStack

Look = Literal["phase", "subtraction", "other_contrast", "not_phase", "unsure"]

LEAST_MEAN, MOST_MEAN = 0.6, 2.5
"""Mean in the body over that of the reference (phases 1.15 to 1.46, subtractions 0.15 to 0.54)."""
MOST_ZEROS = 0.05
"""Most zeros in the body beyond the frame with fewest (phases to 0.004, subtractions 0.12 to 0.32)."""
MOST_NEGATIVE = 0.01
"""Most negative values in the body beyond the frame with fewest: signed subtractions have more."""
LEAST_CORRELATION = 0.75
"""Least correlation with the reference in the body (phases 0.84 to 0.96, subtractions 0.39 to 0.63)."""
DIFFERENCE_CORRELATION = 0.95
"""A frame above this is the difference of two others (subtractions 0.978 to 0.991)."""
LEAST_AIR = 0.6
"""Mean in air over that of the reference, below which it supports a subtraction (0.22 to 0.32; phases 1)."""
CONTRAST_CORRELATION = 0.5
"""Least correlation where contrast explains the difference (A as in `kinephen.imaging.roles`)."""
OTHER_ASYMMETRY = 0.5
"""Another contrast differs both ways (A within this of 0), or is dark where the reference is bright."""
OUTSHONE = 1.5
"""How many phases fewer make a reference that no frame outshines."""
CORE_MM = 4.0
"""Depth of the layer of the body that is left out: an edge that moved is no other contrast."""
CORE_SHARE = 0.2
"""Less of the body inside that layer is too little: then all of the body is taken."""
SAMPLE = 400_000
"""Voxels of the body that are compared at most, evenly taken."""
LEAST_VARIATION = 0.25
"""Where 80 % of the body's signal lies within this share of the median, a correlation says nothing."""


@dataclass(frozen=True)
class FrameLikeness:
    """How far one frame looks like a phase.

    Parameters
    ----------
    verdict : str
        ``phase``; ``subtraction``; ``other_contrast`` (fat of a Dixon sequence, for example); ``not_phase``:
        by more than one sign, but neither of these; ``unsure``: by one weak sign.
    mean_ratio : float
        Mean in the body over that of the reference; NaN if that is 0.
    zeros, negative : float
        Shares of the body, 0 to 1.
    correlation : float
        With the reference in the body, -1 to 1; NaN where either is constant.
    difference : float
        Largest correlation with the difference of two other frames; NaN with fewer than three frames.
    air_ratio : float
        Mean outside the body over that of the reference; NaN without air.
    asymmetry : float
        A against the reference.
    """

    verdict: Look
    mean_ratio: float
    zeros: float
    negative: float
    correlation: float
    difference: float
    air_ratio: float
    asymmetry: float

    def to_dict(self) -> dict[str, float | str | None]:
        """Return plain fields; what is not known is None."""
        fields: dict[str, float | str] = asdict(self)
        return {k: v if isinstance(v, str) or np.isfinite(v) else None for k, v in fields.items()}


def phase_likeness(
    frames: FrameStack, body: BoolVolume, spacing: tuple[float, float, float]
) -> tuple[FrameLikeness, ...]:
    """Compare every frame with the earliest one that the others agree with.

    Parameters
    ----------
    frames : ndarray, shape (n, nz, ny, nx)
        Any stack of frames on one grid, any unit.
    body : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
        Along (slice, row, column), mm.

    Returns
    -------
    tuple of FrameLikeness
        One for each frame. The reference is frame 0, or the first frame with which more frames look like
        phases. One frame alone is a phase.
    """
    sample = _sample(frames, body, spacing)
    if sample.raw.shape[1] == 0:
        return tuple(_unknown() for _ in frames)
    covariance = np.atleast_2d(np.cov(sample.smooth.astype(np.float64), bias=True))
    differences = [_difference(covariance, i) for i in range(len(frames))]
    candidates = [_against(sample, covariance, differences, i) for i in range(len(frames))]
    return tuple(max(candidates, key=_agreement))


def _agreement(found: Iterable[FrameLikeness]) -> float:
    """Return how far a reference is one: the earliest of those with the largest number is taken."""
    frames = list(found)
    phases = sum(f.verdict == "phase" for f in frames)
    # A subtraction agrees with others of its kind, but phases outshine it by far.
    return phases + OUTSHONE * all(not f.mean_ratio > MOST_MEAN for f in frames)


@dataclass(frozen=True)
class _Sample:
    """Voxels within the body in every frame, shape (n, voxels), as read and smoothed; mean of the air."""

    raw: FloatArray
    smooth: FloatArray
    air: list[float]


def _sample(frames: FrameStack, body: BoolVolume, spacing: tuple[float, float, float]) -> _Sample:
    core = shrunk(body, spacing, CORE_MM)
    if np.count_nonzero(core) < CORE_SHARE * np.count_nonzero(body):
        core = body
    smooth, inside, box = region_values(frames, core, spacing)
    places = np.flatnonzero(inside)
    places = places[:: max(1, places.size // SAMPLE)]
    raw = np.stack([f[box].ravel()[places] for f in frames]).astype(np.float64)
    return _Sample(raw, np.stack([f.ravel()[places] for f in smooth]), [_mean(f[~body]) for f in frames])


def _against(
    sample: _Sample, covariance: FloatArray, differences: Sequence[float], reference: int
) -> list[FrameLikeness]:
    means = sample.raw.mean(axis=1)
    zeros, negative = np.mean(sample.raw == 0.0, axis=1), np.mean(sample.raw < 0.0, axis=1)
    low, middle, high = np.percentile(sample.smooth[reference], (10.0, 50.0, 90.0))
    found = [
        FrameLikeness(
            "phase",
            _ratio(float(means[i]), float(means[reference])),
            float(zeros[i]),
            float(negative[i]),
            _correlation(covariance, i, reference),
            differences[i],
            _ratio(sample.air[i], sample.air[reference]),
            asymmetry(sample.smooth[reference], sample.smooth[i]),
        )
        for i in range(len(means))
    ]
    return _judged(found, textured=bool(high - low > LEAST_VARIATION * abs(middle)))


def likeness_issues(found: Sequence[FrameLikeness]) -> tuple[Issue, ...]:
    """Return a stop for every frame that the header calls a phase and the pixels do not.

    Parameters
    ----------
    found : sequence of FrameLikeness

    Returns
    -------
    tuple of Issue
        ``likeness.subtraction``, ``likeness.other_contrast``, ``likeness.not_phase`` (stops),
        ``likeness.unsure`` (warning).
    """
    return tuple(_issue(i, frame) for i, frame in enumerate(found) if frame.verdict != "phase")


def _judged(found: list[FrameLikeness], *, textured: bool) -> list[FrameLikeness]:
    least_zeros = min(f.zeros for f in found)
    least_negative = min(f.negative for f in found)
    return [
        _with_verdict(
            f,
            zeros=f.zeros - least_zeros > MOST_ZEROS,
            negative=f.negative - least_negative > MOST_NEGATIVE,
            textured=textured,
        )
        for f in found
    ]


def _with_verdict(frame: FrameLikeness, *, zeros: bool, negative: bool, textured: bool) -> FrameLikeness:
    emptied = zeros or negative
    level = not LEAST_MEAN <= frame.mean_ratio <= MOST_MEAN
    unlike = textured and frame.correlation < LEAST_CORRELATION and not _enhanced(frame)
    verdict: Look = "phase"
    if emptied or level or unlike:
        signs = zeros + negative + level + unlike + (frame.air_ratio < LEAST_AIR)
        verdict = _kind(frame, signs, emptied=emptied, other=unlike)
    return replace(frame, verdict=verdict)


def _enhanced(frame: FrameLikeness) -> bool:
    """Tell whether contrast explains that a frame is unlike the reference."""
    return frame.correlation >= CONTRAST_CORRELATION and frame.asymmetry >= ARRIVAL_ASYMMETRY


def _kind(frame: FrameLikeness, signs: int, *, emptied: bool, other: bool) -> Look:
    # A strong change of a uniform breast is its own difference: another sign must speak for a subtraction.
    if (frame.difference > DIFFERENCE_CORRELATION or emptied) and signs > 1:
        return "subtraction"
    if other and (frame.correlation < 0.0 or abs(frame.asymmetry) < OTHER_ASYMMETRY):
        return "other_contrast"
    return "not_phase" if signs > 1 else "unsure"


def _issue(index: int, frame: FrameLikeness) -> Issue:
    where = f"phase {index}"
    if frame.verdict == "unsure":
        text = f"it differs from the other phases ({_numbers(frame)})"
        return Issue("likeness.unsure", text, where=where, level="warning")
    but = f"though its header calls it a phase ({_numbers(frame)})"
    if frame.verdict == "subtraction":
        text = f"it looks like a subtraction of two phases, {but}"
        return Issue("likeness.subtraction", text, where=where, level="stop")
    if frame.verdict == "other_contrast":
        text = f"it looks like an image of another contrast, such as fat alone, {but}"
        return Issue("likeness.other_contrast", text, where=where, level="stop")
    return Issue("likeness.not_phase", f"it does not look like a phase, {but}", where=where, level="stop")


def _numbers(frame: FrameLikeness) -> str:
    parts = [
        f"mean {frame.mean_ratio:.2f} of the first, at least {LEAST_MEAN:g} expected",
        f"zeros {100 * frame.zeros:.0f} %",
        f"negative {100 * frame.negative:.0f} %",
        f"correlation {frame.correlation:.2f}, at least {LEAST_CORRELATION:g} expected",
    ]
    return "; ".join(parts)


def _unknown() -> FrameLikeness:
    nan = float("nan")
    return FrameLikeness("phase", nan, nan, nan, nan, nan, nan, nan)


def _mean(values: NDArray[np.generic]) -> float:
    finite = values[np.isfinite(values)]
    return float(np.mean(finite, dtype=np.float64)) if finite.size else float("nan")


def _ratio(value: float, reference: float) -> float:
    return float(value / reference) if reference > 0.0 else float("nan")


def _correlation(covariance: FloatArray, i: int, j: int) -> float:
    scale = float(np.sqrt(covariance[i, i] * covariance[j, j]))
    return float(covariance[i, j] / scale) if scale > 0.0 else float("nan")


def _difference(covariance: FloatArray, i: int) -> float:
    """Return the largest absolute correlation of frame i with the difference of two others."""
    others = [k for k in range(len(covariance)) if k != i]
    best = float("nan")
    for j, k in combinations(others, 2):
        spread = covariance[j, j] + covariance[k, k] - 2.0 * covariance[j, k]
        scale = float(np.sqrt(max(spread, 0.0) * covariance[i, i]))
        if scale > 0.0:
            best = np.fmax(best, abs(covariance[i, j] - covariance[i, k]) / scale)
    return float(best)
