"""One bias field of one image, by N3 or N4, with the record of how it came about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from kinephen.imaging import n3, n3_checks
from kinephen.imaging.body import body_mask
from kinephen.imaging.n3 import N3Fit, N3Problem, N3Settings
from kinephen.imaging.n4 import N4Settings, n4_log_field
from kinephen.imaging.otsu import otsu_threshold
from kinephen.types import BoolVolume, FloatVolume

Check: TypeAlias = Literal["rerun", "masks", "ramps", "knots"]
Status: TypeAlias = Literal["corrected", "unchanged", "not_converged"]
Spacing: TypeAlias = tuple[float, float, float]

DEFAULT_CHECKS: tuple[Check, ...] = ("rerun", "masks")
NAN = float("nan")


@dataclass(frozen=True)
class FieldRecord:
    """What is known of one estimated field.

    Parameters
    ----------
    frame : int
        The frame it was estimated on.
    method : str
    status : {"corrected", "unchanged", "not_converged"}
        ``unchanged``: there was nothing to estimate a field from, and it is 1.
    reason : str
        Why the image was not corrected; empty otherwise.
    mask_source : str
        ``otsu``, ``body`` or ``given``.
    mask_voxels : int
    iterations : int
        0 for N4, which does not tell.
    fwhm : float
        Width of the blur that N3 assumed; smaller than in the settings after a sharper try. NaN for N4.
    change : float
        Coefficient of variation of the last step of N3.
    field_variation, field_min, field_max : float
        Coefficient of variation and range of the field in the mask.
    rerun : float
        Variation of the field found on the corrected image; above 0.008 N3 did not converge, and after a
        sharper try above 0.003.
    masks : float
        Deviation from the field in a mask of the body; above 0.02 the field depends on the mask. NaN if not
        asked for, and where a mask was given.
    ramps : float
        Largest deviation after planted ramps; above 0.02 the solution is fragile. NaN if not asked for.
    knots : float
        Deviation from the field with knots at 60 mm; above 0.03 a warning. NaN if not asked for.
    """

    frame: int
    method: str
    status: Status
    reason: str = ""
    mask_source: str = ""
    mask_voxels: int = 0
    iterations: int = 0
    fwhm: float = NAN
    change: float = NAN
    field_variation: float = NAN
    field_min: float = NAN
    field_max: float = NAN
    rerun: float = NAN
    masks: float = NAN
    ramps: float = NAN
    knots: float = NAN

    def to_dict(self) -> dict[str, str | int | float]:
        """Return plain fields."""
        return asdict(self)


@dataclass(frozen=True)
class FieldEstimate:
    """A field and its record.

    Parameters
    ----------
    field : ndarray of float32, shape (nz, ny, nx)
        The mean of its logarithm in the mask is 0.
    record : FieldRecord
    """

    field: NDArray[np.float32]
    record: FieldRecord


def estimate_field(
    image: FloatVolume,
    spacing: Spacing,
    *,
    frame: int,
    settings: N3Settings | N4Settings,
    mask: BoolVolume | None = None,
    checks: Collection[Check] = DEFAULT_CHECKS,
) -> FieldEstimate:
    """Estimate the bias field of one image.

    Parameters
    ----------
    image : ndarray, shape (nz, ny, nx)
    spacing : tuple of float
        Along (slice, row, column), mm.
    frame : int
        Number of the image, for the record.
    settings : N3Settings or N4Settings
        Chooses the method.
    mask : ndarray of bool, shape (nz, ny, nx), optional
        By default the voxels above Otsu's threshold. Voxels that are not above 0 are left out.
    checks : collection of {"rerun", "masks", "ramps", "knots"}
        For N3.

    Returns
    -------
    FieldEstimate
        Of 1 everywhere, with the reason in the record, for a constant image or an empty mask.
    """
    source = "otsu" if mask is None else "given"
    region = image > (otsu_threshold(image) if mask is None else 0.0)
    if mask is not None:
        region &= mask
    method = "n4" if isinstance(settings, N4Settings) else "n3"
    voxels = int(np.count_nonzero(region))
    record = FieldRecord(frame, method, "unchanged", mask_source=source, mask_voxels=voxels)
    reason = _nothing_to_estimate(image, region)
    if reason:
        return FieldEstimate(np.ones(image.shape, np.float32), replace(record, reason=reason))
    if isinstance(settings, N4Settings):
        log_field = n4_log_field(image, spacing, region, settings)
        return _finished(log_field, region, replace(record, status="corrected"))
    problem = n3.prepare(image, spacing, region, settings)
    if problem is None:
        reason = f"none of the {voxels} voxel(s) of the mask lies on the subsampled grid"
        return FieldEstimate(np.ones(image.shape, np.float32), replace(record, reason=reason))
    compare = mask is None and "masks" in checks
    other = n3.prepare(image, spacing, body_mask(image, spacing).mask, settings) if compare else None
    return _by_n3(problem, region, settings, record, checks, other=other)


def _nothing_to_estimate(image: FloatVolume, region: BoolVolume) -> str:
    if image.max() == image.min():
        return "the image is constant"
    return "" if region.any() else "the mask holds no voxel with a signal above 0"


def _by_n3(
    problem: N3Problem,
    region: BoolVolume,
    settings: N3Settings,
    record: FieldRecord,
    checks: Collection[Check],
    *,
    other: N3Problem | None,
) -> FieldEstimate:
    fit = n3.estimate(problem, settings)
    again = n3_checks.rerun(problem, fit, settings) if "rerun" in checks else NAN
    limit = n3_checks.RERUN_LIMIT
    # The original method, without a stiff start, is left as it is.
    if fit.settled and n3_checks.DOUBT_LIMIT < again <= limit and settings.stiff_start > 0.0:
        limit, settings = n3_checks.SHARP_LIMIT, replace(settings, fwhm=settings.fwhm * n3_checks.SHARPER)
        fit = n3.estimate(problem, settings)
        again = n3_checks.rerun(problem, fit, settings)
    reason = _failure(fit, again, limit)
    record = replace(
        record,
        status="not_converged" if reason else "corrected",
        reason=reason,
        iterations=fit.iterations,
        fwhm=settings.fwhm,
        change=fit.change,
        rerun=again,
        masks=NAN if other is None else n3_checks.other_mask(problem, fit, other, settings),
        ramps=n3_checks.planted_ramps(problem, fit, settings) if "ramps" in checks else NAN,
        knots=n3_checks.close_knots(problem, fit, settings) if "knots" in checks else NAN,
    )
    return _finished(problem.smoother.at_voxels(fit.coefficients), region, record)


def _failure(fit: N3Fit, rerun: float, limit: float) -> str:
    advice = "N3 did not converge; use N4 or none"
    if not fit.settled:
        return f"{advice}: the field still moved by {fit.change:.4f} after {fit.iterations} iterations"
    if rerun > limit:
        return f"{advice}: the corrected image still shows a field of variation {rerun:.4f}, limit {limit}"
    return ""


def _finished(log_field: NDArray[np.float32], region: BoolVolume, record: FieldRecord) -> FieldEstimate:
    log_field -= np.float32(np.mean(log_field[region], dtype=np.float64))
    field = np.exp(log_field, out=log_field)
    inside = field[region]
    record = replace(
        record,
        field_variation=n3.variation(inside),
        field_min=float(inside.min()),
        field_max=float(inside.max()),
    )
    return FieldEstimate(field, record)
