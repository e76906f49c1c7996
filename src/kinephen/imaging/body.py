"""The body of an exam: what stands out from air, in one piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from kinephen.core.cohort import Issue
from kinephen.imaging.air import air_level
from kinephen.imaging.areas import closed, filled, opened
from kinephen.types import BoolVolume, FloatArray, FloatVolume

OPENING_MM, CLOSING_MM = 1.5, 4.5
"""Radii in the plane of the slices: 2 and 6 voxels of the exam for which the rule was written."""
NEGATIVE_SHARE = 0.01
"""With more negative values than this the lowest value of the image stands for no signal."""
PART_OF_LARGEST = 0.25
"""Components of at least this part of the largest one are body too: two breasts without the chest."""
WHOLE_SHARE = 0.97
"""Above this share of the image the body fills it: no air was found."""
LEAST_SHARE = 0.10
"""Below this share what stands out is no body: bright tissue in a field of view without air, as of a crop."""
BREAST_SHARE = (0.20, 0.70)
"""Share of a breast image that is body (45 and 61 % in two real exams); outside, a warning."""


@dataclass(frozen=True)
class BodyMask:
    """The body in one exam.

    Parameters
    ----------
    mask : ndarray of bool, shape (nz, ny, nx)
        The whole image where the body was not told from air.
    threshold : float
        Least smoothed signal of the body, unit of the image; NaN where no body was found.
    share : float
        Share of the image that is body, 0 to 1; voxels of a zero-filled rim are left out of both counts.
    rim_share : float
        Share of the image that is a zero-filled rim, 0 to 1.
    reason : str
        Why the mask is the whole image; empty where the body was found.
    """

    mask: BoolVolume
    threshold: float
    share: float
    rim_share: float = 0.0
    reason: str = ""

    @property
    def found(self) -> bool:
        """Whether the body was told from air."""
        return not self.reason

    def to_dict(self) -> dict[str, float | str | None]:
        """Return plain fields, without the mask."""
        threshold = self.threshold if np.isfinite(self.threshold) else None
        return {
            "threshold": threshold,
            "share": self.share,
            "rim_share": self.rim_share,
            "reason": self.reason,
        }


def body_mask(mean_frame: FloatVolume, spacing: tuple[float, float, float]) -> BodyMask:
    """Tell the body from air by the air peak of the histogram.

    Parameters
    ----------
    mean_frame : ndarray, shape (nz, ny, nx)
        Mean of the exam's frames, any unit; values that are not finite count as the lowest.
    spacing : tuple of float
        Along (slice, row, column), mm.

    Returns
    -------
    BodyMask
        Never an error: where there is no air (or no signal) the whole image, with the reason.

    Notes
    -----
    1. A rim of zeros is left out, unless the zeros are the air (what they surround is no box).
    2. Gaussian of 2 mm; the lowest peak of the histogram of logarithms below the 70th percentile is air, M.
    3. Threshold: the larger of 1.25 M and M + 3 left half-widths, at most 1.6 M; where nothing lies between
       air and tissue, the middle between them.
    4. In every slice opening, closing and filling of holes; the largest component and those of a quarter of
       its size.
    """
    image, lowest, scale = _from_zero(mean_frame)
    air = air_level(image, spacing)
    rim_share = float(np.mean(air.rim))
    if not np.isfinite(air.threshold):
        return _whole(image.shape, "the image holds one value alone", 0.0)
    mask = _cleaned((air.smooth > air.threshold) & ~air.rim, spacing)
    share = int(np.count_nonzero(mask)) / max(1, int(np.count_nonzero(~air.rim)))
    if share > WHOLE_SHARE:
        return _whole(image.shape, "the signal fills the image", rim_share)
    if not mask.any():
        return _whole(image.shape, "no connected area stands out from air", rim_share)
    if share < LEAST_SHARE:
        return _whole(image.shape, f"only {100 * share:.0f} % of the image stand out", rim_share)
    return BodyMask(mask, air.threshold * scale + lowest, share, rim_share)


def body_issues(body: BodyMask) -> tuple[Issue, ...]:
    """Return what is unusual about the body of a breast exam: ``body.not_found``, ``body.share``."""
    if not body.found:
        text = f"the body was not told from air ({body.reason}); the whole image stands in for it"
        return (Issue("body.not_found", text, level="warning"),)
    low, high = BREAST_SHARE
    if low <= body.share <= high:
        return ()
    text = (
        f"the body covers {100 * body.share:.0f} % of the image; {100 * low:.0f} to {100 * high:.0f} % "
        "are usual in a breast exam"
    )
    return (Issue("body.share", text, level="warning"),)


def _from_zero(image: FloatVolume) -> tuple[FloatArray, float, float]:
    """Return the image from 0 to 1, and the offset and factor that were taken out."""
    finite = np.isfinite(image)
    values = np.where(finite, image, 0.0).astype(np.float64)
    negative = np.count_nonzero(values < 0.0) > NEGATIVE_SHARE * values.size
    lowest = float(values[finite].min()) if negative else 0.0
    values = np.where(finite, np.maximum(values - lowest, 0.0), 0.0)
    top = float(values.max(initial=0.0))
    # One scale for all: the mask must not depend on the unit of the signal.
    return (values / top if top > 0.0 else values), lowest, top


def _whole(shape: tuple[int, ...], reason: str, rim_share: float) -> BodyMask:
    return BodyMask(np.ones(shape, dtype=np.bool_), float("nan"), 1.0, rim_share, reason)


def _cleaned(mask: BoolVolume, spacing: tuple[float, float, float]) -> BoolVolume:
    labels, found = ndimage.label(opened(mask, spacing, OPENING_MM))
    if not found:
        return np.zeros_like(mask)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    kept = sizes >= PART_OF_LARGEST * sizes.max()
    kept[0] = False
    return filled(closed(kept[labels], spacing, CLOSING_MM))
