"""Kinetic maps, voxel by voxel: peak enhancement, signal enhancement ratio, wash-in and wash-out slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinephen.core.cohort import Issue
from kinephen.errors import InputError
from kinephen.imaging.maps import MAPS, MapRule
from kinephen.types import BoolArray, BoolVolume, FloatArray, FrameStack, IntArray

__all__ = ["MAPS", "KineticMaps", "MapRule", "kinetic_maps"]

REASONS = {
    "not_finite": "a frame is not finite",
    "pre_not_positive": "the pre-contrast signal is 0 or below",
    "denominator": "late minus pre-contrast signal is at or below the noise floor",
    "peak_at_injection": "the peak is at the time of injection",
    "peak_at_last": "the peak is at the last frame, so no wash-out was seen",
    "one_post": "there is one phase after contrast only",
    "no_times": "the times of the phases are not known",
}


@dataclass(frozen=True)
class KineticMaps:
    """The four maps of one exam.

    Parameters
    ----------
    arrays : dict of str to ndarray, shape (nz, ny, nx)
        ``PE``, ``SER``, ``WIS``, ``WOS``; float64, NaN outside the mask and where undefined.
    units : dict of str to str
    undefined : dict of str to dict of str to int
        For each map the voxels of the mask without a value, by reason (a key of `REASONS`); each voxel
        counts once, under the first reason that holds.
    voxels : int
        Voxels of the mask.
    peak_voxels : tuple of int
        Voxels whose peak lies at each post-contrast frame; a tie goes to the earlier frame.
    rule : MapRule
    issues : tuple of Issue
        One for each map and reason.
    """

    arrays: dict[str, FloatArray]
    units: dict[str, str]
    undefined: dict[str, dict[str, int]]
    voxels: int
    peak_voxels: tuple[int, ...]
    rule: MapRule
    issues: tuple[Issue, ...] = ()


_Column = tuple[FloatArray, dict[str, int]]
"""Values of the usable voxels, and how many of them have none, by reason."""


@dataclass(frozen=True)
class _Curves:
    """Curves of the voxels that have a usable pre-contrast signal.

    Times in minutes after injection, NaN where they are not known; `late` equals `early` where there is no
    late frame.
    """

    pre: FloatArray
    posts: FloatArray
    times: FloatArray
    early: int
    late: int
    peak: IntArray

    def relative(self, frame: FloatArray) -> FloatArray:
        ratio: FloatArray = (frame - self.pre) / self.pre
        return ratio


def kinetic_maps(
    frames: FrameStack,
    times_min: Sequence[float] | None,
    *,
    mask: BoolVolume,
    early: int = 1,
    late: int | None = 2,
    rule: MapRule | None = None,
) -> KineticMaps:
    """Compute the kinetic maps inside a mask.

    Parameters
    ----------
    frames : ndarray, shape (n_phases, nz, ny, nx)
        Signal, scanner units; frame 0 is before contrast.
    times_min : sequence of float, length n_phases, optional
        Minutes after injection, strictly increasing. The injection is time 0; the time of frame 0 (before
        it, so usually negative) enters no map. None: not known, and both slopes are undefined.
    mask : ndarray of bool, shape (nz, ny, nx)
        May be empty, or a single voxel.
    early, late : int
        Frames I1 and I2 of the signal enhancement ratio, ``1 <= early < late < n_phases``. `late` is None
        with one post-contrast frame: SER and WOS are undefined.
    rule : MapRule, optional

    Returns
    -------
    KineticMaps

    Raises
    ------
    InputError
        ``maps.shape``, ``maps.times``, ``maps.early_late``.

    References
    ----------
    Chitalia et al. 2023, Communications Medicine, Eq. 1-4.
    """
    rule = rule or MapRule()
    _check(frames, times_min, mask, early, late)
    values = np.stack([frame[mask] for frame in frames]).astype(np.float64)
    finite: BoolArray = np.asarray(np.isfinite(values).all(axis=0))
    usable = finite & (np.nan_to_num(values[0]) > 0.0)
    times = np.full(len(frames), np.nan) if times_min is None else np.asarray(times_min, dtype=np.float64)
    curves = _curves(values[:, usable], times, early, early if late is None else late)
    results = _paper(curves, rule) if rule.variant == "paper" else _lab(curves, rule)
    results |= _without(curves, lacking=_lacking(times_min, late))
    base = _counts({"not_finite": ~finite, "pre_not_positive": finite & ~usable})
    undefined = {name: base | counts for name, (_, counts) in results.items()}
    arrays = {name: _scatter(column, usable, mask) for name, (column, _) in results.items()}
    return KineticMaps(
        arrays=arrays,
        units={name: rule.unit(name) for name in MAPS},
        undefined=undefined,
        voxels=values.shape[1],
        peak_voxels=tuple(int(np.count_nonzero(curves.peak == p)) for p in range(len(frames) - 1)),
        rule=rule,
        issues=_issues(undefined),
    )


def _check(
    frames: FrameStack, times_min: Sequence[float] | None, mask: BoolVolume, early: int, late: int | None
) -> None:
    n = len(frames)
    if frames.ndim != 4 or mask.shape != frames.shape[1:] or mask.dtype != np.bool_:
        raise InputError(
            f"frames of shape {frames.shape} and a mask of shape {mask.shape}, type {mask.dtype}",
            code="maps.shape",
            hint="frames are (phase, slice, row, column); the mask is boolean on the same grid",
        )
    single = n == 2 and early == 1 and late is None
    if not single and (late is None or not 1 <= early < late < n):
        raise InputError(
            f"expected 1 <= early < late < {n}, found early {early} and late {late}", code="maps.early_late"
        )
    if times_min is not None:
        _check_times(np.asarray(times_min, dtype=np.float64), n)


def _check_times(times: FloatArray, n: int) -> None:
    if times.size != n or not (np.isfinite(times).all() and (np.diff(times) > 0).all()):
        raise InputError(
            f"times must increase, one for each of the {n} frames; found {times.tolist()} min",
            code="maps.times",
            hint="give minutes after injection",
        )
    if times[1] < 0.0:
        raise InputError(
            f"the first post-contrast frame lies {-times[1]:g} min before the injection",
            code="maps.times",
            hint="times count from the injection; only the pre-contrast frame may be negative",
        )


def _lacking(times_min: Sequence[float] | None, late: int | None) -> dict[str, str]:
    """Return the maps that the exam cannot give, each with its reason; one reason a map."""
    lacking = {} if times_min is not None else {"WIS": "no_times", "WOS": "no_times"}
    return lacking | ({} if late is not None else {"SER": "one_post", "WOS": "one_post"})


def _without(c: _Curves, *, lacking: dict[str, str]) -> dict[str, _Column]:
    n = c.pre.size
    return {name: (np.full(n, np.nan), {reason: n} if n else {}) for name, reason in lacking.items()}


def _curves(values: FloatArray, times: FloatArray, early: int, late: int) -> _Curves:
    posts = values[1:]
    # argmax returns the first of equals: a tie goes to the earlier frame.
    return _Curves(values[0], posts, times[1:], early - 1, late - 1, np.argmax(posts, axis=0))


def _paper(c: _Curves, rule: MapRule) -> dict[str, _Column]:
    scale = 100.0 if rule.pe_unit == "percent" else 1.0
    at_peak = np.take_along_axis(c.posts, c.peak[None], axis=0)[0]
    pe = scale * c.relative(at_peak)
    time_of_peak = c.times[c.peak]
    if rule.wos_from_peak:
        fall, span = c.posts[-1] - at_peak, c.times[-1] - time_of_peak
    else:
        fall, span = c.posts[c.late] - c.posts[c.early], c.times[c.late] - time_of_peak
    if rule.normalise_wos:
        fall = scale * fall / c.pre
    return {
        "PE": (pe, {}),
        "SER": _ser(c, rule, zero=False),
        "WIS": _quotient(pe, time_of_peak, "peak_at_injection", zero=rule.zero_otherwise),
        "WOS": _quotient(fall, span, "peak_at_last", zero=rule.zero_otherwise),
    }


def _lab(c: _Curves, rule: MapRule) -> dict[str, _Column]:
    scale = 100.0 if rule.pe_unit == "percent" else 1.0
    d1, d2 = scale * c.relative(c.posts[c.early]), scale * c.relative(c.posts[c.late])
    t1, t2 = float(c.times[c.early]), float(c.times[c.late])
    rises = c.posts[c.early] < c.posts[c.late]
    start = np.full_like(d1, t1)
    first, counts = _quotient(d1, start, "peak_at_injection", zero=rule.zero_otherwise)
    span = np.where(rises, 0.0, t2 - t1)
    return {
        "PE": (np.where(rises, d2, d1), {}),
        "SER": _ser(c, rule, zero=rule.zero_otherwise),
        # t1 + t2 is not a time of the curve; the formula is kept as the group's code has it.
        "WIS": (np.where(rises, 0.5 * (first + d2 / (t1 + t2)), first), counts),
        "WOS": _quotient(d1 - d2, span, "peak_at_last", zero=rule.zero_otherwise),
    }


def _ser(c: _Curves, rule: MapRule, *, zero: bool) -> _Column:
    below = c.posts[c.late] - c.pre
    below = np.where(np.abs(below) <= rule.noise_floor, 0.0, below)
    return _quotient(c.posts[c.early] - c.pre, below, "denominator", zero=zero)


def _quotient(over: FloatArray, under: FloatArray, reason: str, *, zero: bool) -> _Column:
    out = np.full(over.shape, 0.0 if zero else np.nan)
    np.divide(over, under, out=out, where=under != 0.0)
    return out, {} if zero else _counts({reason: under == 0.0})


def _counts(flags: dict[str, BoolArray]) -> dict[str, int]:
    counts = {reason: int(np.count_nonzero(flag)) for reason, flag in flags.items()}
    return {reason: n for reason, n in counts.items() if n}


def _scatter(column: FloatArray, usable: BoolArray, mask: BoolVolume) -> FloatArray:
    inside = np.full(usable.shape, np.nan)
    inside[usable] = column
    out = np.full(mask.shape, np.nan)
    out[mask] = inside
    return out


def _issues(undefined: dict[str, dict[str, int]]) -> tuple[Issue, ...]:
    return tuple(
        Issue(f"maps.{reason}", f"{n} voxel(s) without a value: {REASONS[reason]}", where=name, count=n)
        for name, counts in undefined.items()
        for reason, n in counts.items()
    )
