"""Is a bias field good or harmful? Checks that hold for N3 and N4 alike.

That N3 and N4 agree on a few bright voxels is no proof, nor is the mean of the field in the lesion; and that
a method stopped says that its field no longer moves, not that it is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

import numpy as np
from scipy import ndimage

from kinephen.core.cohort import Issue, Level
from kinephen.imaging.n3 import variation
from kinephen.types import BoolVolume, FloatVolume

Spacing: TypeAlias = tuple[float, float, float]
CheckName: TypeAlias = Literal["lesion_ratio", "two_masks", "fat", "steepness"]
Verdict: TypeAlias = Literal["good", "doubtful", "harmful", "unknown"]

RATIO_LIMIT = 0.03
"""Coils do not change within an exam: fields of single frames differ in the lesion as in quiet tissue.
N3 passes on a real exam and the simulator (0.998 to 1.023), N4 gave 1.10 to 1.18 on two real exams."""
MASKS_GOOD, MASKS_HARMFUL = 0.02, 0.05
"""Coefficient of variation, in the breast, of the ratio of the fields from two masks. Simulated fields 0.004,
N4 on two real exams 0.095 and 0.100."""
FAT_LIMIT = 0.02
"""Unevenness of fat may rise by this share. In the simulator it never rose by more than 0.003; N4 on a real
exam raised it from 0.129 to 0.165."""
FAT_LEAST = 0.01
"""and by this, as much as a good field leaves: even fat cannot be judged by a share of its unevenness."""
STEEP_LIMIT = 15.0
"""Percent a centimetre. N3 on real exams 2.3 and 11, N4 26 and 27; a limit by judgement."""
STEEP_SHARE = 0.999
"""The steepest voxel in a thousand of the breast lies at its rim, where a spline follows nothing."""
BLOCK_MM = 30.0
BLOCK_VOXELS = 30
"""Blocks with less fat than this have no median."""
BLOCKS = 4
"""Fewer blocks tell no unevenness."""
QUIET_TISSUE_PE = 0.2
"""Voxels that enhance less than this are quiet."""
FAT_PERCENTILE = 50.0
"""Of the quiet signal before contrast in the breast: the darker half is fat where fat is suppressed."""
SKIN_MM = 4.0


@dataclass(frozen=True)
class FieldCheck:
    """One check of the field or fields of an exam.

    Parameters
    ----------
    name : {"lesion_ratio", "two_masks", "fat", "steepness"}
    value : float
        NaN where it could not be made.
    limit : float
        Beyond it the field is harmful.
    verdict : {"good", "doubtful", "harmful", "unknown"}
    """

    name: CheckName
    value: float
    limit: float
    verdict: Verdict

    def to_dict(self) -> dict[str, str | float | None]:
        """Return plain fields."""
        return {**asdict(self), "value": self.value if np.isfinite(self.value) else None}


def lesion_ratio(
    fields: Sequence[FloatVolume], lesion: BoolVolume, quiet: BoolVolume, *, limit: float = RATIO_LIMIT
) -> FieldCheck:
    """Compare the fields of single frames in the lesion with those in quiet tissue.

    Parameters
    ----------
    fields : sequence of ndarray, shape (nz, ny, nx)
        One a frame; of the first all others are taken as ratios.
    lesion, quiet : ndarray of bool, shape (nz, ny, nx)
    limit : float
        Largest difference from 1.

    Returns
    -------
    FieldCheck
        Value: the ratio farthest from 1.
    """
    if len(fields) < 2 or not lesion.any() or not quiet.any():
        return FieldCheck("lesion_ratio", float("nan"), limit, "unknown")
    ratios = []
    for field in fields[1:]:
        within = float(np.mean(field[lesion] / fields[0][lesion], dtype=np.float64))
        ratios.append(within / float(np.mean(field[quiet] / fields[0][quiet], dtype=np.float64)))
    worst = max(ratios, key=lambda r: abs(r - 1.0))
    return FieldCheck("lesion_ratio", worst, limit, "good" if abs(worst - 1.0) <= limit else "harmful")


def two_masks(field: FloatVolume, other: FloatVolume, breast: BoolVolume) -> FieldCheck:
    """Compare a field with that from another mask, in the breast."""
    if not breast.any():
        return FieldCheck("two_masks", float("nan"), MASKS_HARMFUL, "unknown")
    value = variation(field[breast] / other[breast])
    verdict: Verdict = "good" if value <= MASKS_GOOD else "doubtful"
    return FieldCheck("two_masks", value, MASKS_HARMFUL, "harmful" if value > MASKS_HARMFUL else verdict)


def fat_evenness(pre: FloatVolume, field: FloatVolume, fat: BoolVolume, spacing: Spacing) -> FieldCheck:
    """Return by which share the unevenness of fat rises when the frame is divided by the field.

    Parameters
    ----------
    pre : ndarray, shape (nz, ny, nx)
        Before contrast, not corrected.
    field : ndarray, shape (nz, ny, nx)
    fat : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
        mm.
    """
    before, after = (unevenness(image, fat, spacing) for image in (pre, pre / field))
    if not (np.isfinite(before) and np.isfinite(after) and before > 0.0):
        return FieldCheck("fat", float("nan"), FAT_LIMIT, "unknown")
    rise = after / before - 1.0
    harmful = rise > FAT_LIMIT and after - before > FAT_LEAST
    return FieldCheck("fat", rise, FAT_LIMIT, "harmful" if harmful else "good")


def steepness(field: FloatVolume, breast: BoolVolume, spacing: Spacing) -> FieldCheck:
    """Return the steepest change in the breast but for a voxel in a thousand, percent a centimetre."""
    if not breast.any():
        return FieldCheck("steepness", float("nan"), STEEP_LIMIT, "unknown")
    logs = np.log(field)
    total = np.zeros(field.shape)
    for axis, step in enumerate(spacing):
        if field.shape[axis] > 1:
            total += np.gradient(logs, step, axis=axis) ** 2
    value = 1000.0 * float(np.sqrt(np.quantile(total[breast], STEEP_SHARE)))
    return FieldCheck("steepness", value, STEEP_LIMIT, "good" if value <= STEEP_LIMIT else "harmful")


def unevenness(image: FloatVolume, tissue: BoolVolume, spacing: Spacing) -> float:
    """Return the coefficient of variation of the medians of a tissue in blocks of 30 mm; NaN with few."""
    places = np.nonzero(tissue)
    blocks = np.stack([(p * s // BLOCK_MM).astype(np.int64) for p, s in zip(places, spacing, strict=True)])
    if not blocks.size:
        return float("nan")
    labels = np.ravel_multi_index(tuple(blocks), tuple(int(n) for n in blocks.max(axis=1) + 1))
    found, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    medians = np.asarray(ndimage.median(image[tissue], inverse, np.arange(found.size)), dtype=np.float64)
    medians = medians[counts >= BLOCK_VOXELS]
    if medians.size < BLOCKS or not medians.mean() > 0.0:
        return float("nan")
    return variation(medians)


def quiet_tissue(
    pre: FloatVolume, early: FloatVolume, breast: BoolVolume, spacing: Spacing
) -> tuple[BoolVolume, BoolVolume]:
    """Return the breast that does not enhance, and what of it is taken as fat.

    Parameters
    ----------
    pre, early : ndarray, shape (nz, ny, nx)
    breast : ndarray of bool, shape (nz, ny, nx)
    spacing : tuple of float
        mm.

    Returns
    -------
    quiet, fat : ndarray of bool, shape (nz, ny, nx)
        Both off the border of the breast by 4 mm, where skin lies.
    """
    widths = [1.0 / s for s in spacing]
    first, second = (ndimage.gaussian_filter(np.asarray(f, np.float32), widths) for f in (pre, early))
    deep = ndimage.distance_transform_edt(np.pad(breast, 1, mode="edge"), sampling=spacing)[1:-1, 1:-1, 1:-1]
    quiet = breast & (deep > SKIN_MM) & (first > 0.0) & (second - first < QUIET_TISSUE_PE * first)
    if not quiet.any():
        return quiet, quiet
    fat: BoolVolume = quiet & (first <= np.percentile(first[quiet], FAT_PERCENTILE))
    return quiet, fat


def check_issues(checks: Sequence[FieldCheck]) -> tuple[Issue, ...]:
    """Return what is to be said of checks that are not good: a warning where harmful, else a note.

    Codes ``bias.lesion_ratio``, ``bias.two_masks``, ``bias.fat``, ``bias.steepness``.
    """
    return tuple(_ISSUES[c.name](c, _LEVELS[c.verdict]) for c in checks if c.verdict in _LEVELS)


_LEVELS: dict[Verdict, Level] = {"doubtful": "note", "harmful": "warning"}


def _ratio_issue(check: FieldCheck, level: Level) -> Issue:
    text = (
        f"fields of single frames change the enhancement of the lesion by a factor of {check.value:.3f}, "
        f"limit 1 +- {check.limit:g}: coils do not change within an exam"
    )
    return Issue("bias.lesion_ratio", text, level=level)


def _masks_issue(check: FieldCheck, level: Level) -> Issue:
    text = (
        f"the field from another mask differs by {check.value:.3f} in the breast, good up to {MASKS_GOOD:g}, "
        f"harmful above {check.limit:g}"
    )
    return Issue("bias.two_masks", text, level=level)


def _fat_issue(check: FieldCheck, level: Level) -> Issue:
    text = f"the field makes fat more uneven by {check.value:.1%}, limit {check.limit:.0%}"
    return Issue("bias.fat", text, level=level)


def _steep_issue(check: FieldCheck, level: Level) -> Issue:
    text = f"the field changes by {check.value:.0f} % a centimetre in the breast, limit {check.limit:g}"
    return Issue("bias.steepness", text, level=level)


_ISSUES: dict[CheckName, Callable[[FieldCheck, Level], Issue]] = {
    "lesion_ratio": _ratio_issue,
    "two_masks": _masks_issue,
    "fat": _fat_issue,
    "steepness": _steep_issue,
}
