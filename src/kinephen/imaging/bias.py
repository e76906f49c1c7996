"""Bias field of an exam: one field for all frames, or one for each, by N3 or N4, or none.

PE, SER and the wash-in slope are ratios: a field shared by all frames leaves them exactly as they were, while
fields of single frames absorb enhancement.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kinephen.core.cohort import Issue
from kinephen.core.options import BiasMethod, BiasScope
from kinephen.errors import ConfigError, InputError
from kinephen.imaging.body import body_mask
from kinephen.imaging.field import (
    DEFAULT_CHECKS,
    Check,
    FieldEstimate,
    FieldRecord,
    Spacing,
    estimate_field,
)
from kinephen.imaging.n3 import N3Settings
from kinephen.imaging.n3_checks import KNOT_LIMIT, MASK_LIMIT, RAMP_LIMIT
from kinephen.imaging.n4 import N4Settings
from kinephen.types import BoolVolume, FrameStack

__all__ = ["BiasResult", "FieldRecord", "N3Settings", "N4Settings", "correct_bias_field"]


_SETTINGS: dict[str, type[N3Settings] | type[N4Settings]] = {"n3": N3Settings, "n4": N4Settings}


@dataclass(frozen=True)
class BiasResult:
    """Frames after correction, and the fields.

    Parameters
    ----------
    frames : ndarray of float32, shape (n_phases, nz, ny, nx)
        ``frames / field``; the frames as given unless `corrected`.
    fields : tuple of ndarray of float32, shape (nz, ny, nx)
        None for method none, one for scope shared, one a frame for scope per_frame. Kept for inspection even
        where N3 did not converge.
    records : tuple of FieldRecord
    corrected : bool
        False if any field failed: frames corrected in part would falsify every ratio.
    issues : tuple of Issue
    """

    frames: FrameStack
    fields: tuple[NDArray[np.float32], ...]
    records: tuple[FieldRecord, ...]
    corrected: bool
    issues: tuple[Issue, ...] = ()


def correct_bias_field(
    frames: FrameStack,
    spacing: Spacing,
    *,
    method: BiasMethod = "none",
    scope: BiasScope = "shared",
    mask: BoolVolume | None = None,
    settings: N3Settings | N4Settings | None = None,
    checks: Collection[Check] = DEFAULT_CHECKS,
) -> BiasResult:
    """Estimate the bias field and divide the frames by it.

    Parameters
    ----------
    frames : ndarray, shape (n_phases, nz, ny, nx)
        Frame 0 is before contrast; a shared field is estimated on it.
    spacing : tuple of float
        Along (slice, row, column), mm.
    method : {"none", "n3", "n4"}
        ``n4`` needs the extra ``itk``.
    scope : {"shared", "per_frame"}
    mask : ndarray of bool, shape (nz, ny, nx), optional
        Where the field is estimated; by default the voxels above Otsu's threshold of each frame, and if N3
        does not converge there, the body (with an issue ``bias.body_mask``). A mask of the breast is better
        than both: on fat-suppressed images Otsu takes a few percent of the voxels.
    settings : N3Settings or N4Settings, optional
        Must fit the method.
    checks : collection of {"rerun", "masks", "ramps", "knots"}
        Checks of an N3 field. ``rerun`` decides whether N3 converged and should stay on.

    Returns
    -------
    BiasResult
        If N3 did not converge no frame is changed and the record says why; which method to fall back to is
        the caller's choice.

    Raises
    ------
    ConfigError
        ``bias.method``, ``bias.settings``, ``imaging.itk_missing``.
    InputError
        ``bias.shape``, ``bias.not_finite``, ``bias.n4``.
    """
    chosen = _chosen_settings(method, scope, settings)
    _check_arrays(frames, spacing, mask)
    if chosen is None:
        return BiasResult(frames, (), (), corrected=False)
    used = frames[:1] if scope == "shared" else frames
    found = _estimate(used, spacing, chosen, mask, checks)
    if mask is None and any(e.record.status == "not_converged" for e in found):
        again = _estimate(used, spacing, chosen, body_mask(frames[0], spacing).mask, checks, source="body")
        found = again if _all_corrected(again) else found
    corrected = _all_corrected(found)
    return BiasResult(
        frames=_divided(frames, found) if corrected else frames,
        fields=tuple(e.field for e in found),
        records=tuple(e.record for e in found),
        corrected=corrected,
        issues=tuple(issue for e in found for issue in _issues(e.record, chosen)),
    )


def _estimate(
    frames: FrameStack,
    spacing: Spacing,
    settings: N3Settings | N4Settings,
    mask: BoolVolume | None,
    checks: Collection[Check],
    *,
    source: str = "given",
) -> list[FieldEstimate]:
    found = [
        estimate_field(frame, spacing, frame=n, settings=settings, mask=mask, checks=checks)
        for n, frame in enumerate(frames)
    ]
    if mask is None:
        return found
    return [replace(e, record=replace(e.record, mask_source=source)) for e in found]


def _all_corrected(found: list[FieldEstimate]) -> bool:
    return all(e.record.status == "corrected" for e in found)


def _chosen_settings(
    method: str, scope: str, settings: N3Settings | N4Settings | None
) -> N3Settings | N4Settings | None:
    if method not in ("none", *_SETTINGS):
        raise ConfigError(f"expected method none, n3 or n4, found {method!r}", code="bias.method")
    if scope not in ("shared", "per_frame"):
        raise ConfigError(f"expected scope shared or per_frame, found {scope!r}", code="bias.method")
    if method == "none":
        return None
    fitting = _SETTINGS[method]
    if settings is not None and not isinstance(settings, fitting):
        raise ConfigError(
            f"method {method} takes {fitting.__name__}, found {type(settings).__name__}", code="bias.settings"
        )
    return settings or fitting()


def _check_arrays(frames: FrameStack, spacing: Spacing, mask: BoolVolume | None) -> None:
    if frames.ndim != 4:
        raise InputError(f"expected frames of four axes, found shape {frames.shape}", code="bias.shape")
    if mask is not None and (mask.shape != frames.shape[1:] or mask.dtype != np.bool_):
        raise InputError(
            f"expected a boolean mask of shape {frames.shape[1:]}, found {mask.shape}, {mask.dtype}",
            code="bias.shape",
        )
    if len(spacing) != 3 or not all(np.isfinite(s) and s > 0.0 for s in spacing):
        raise InputError(f"expected three spacings above 0 mm, found {spacing}", code="bias.shape")
    bad = frames.size - int(np.count_nonzero(np.isfinite(frames)))
    if bad:
        raise InputError(
            f"the frames hold {bad} voxel(s) that are not finite",
            code="bias.not_finite",
            hint="repair the image before its bias field is estimated",
        )


def _divided(frames: FrameStack, found: list[FieldEstimate]) -> FrameStack:
    out = np.empty(frames.shape, np.float32)
    for n, frame in enumerate(frames):
        np.divide(frame, found[min(n, len(found) - 1)].field, out=out[n])
    return out


def _issues(record: FieldRecord, settings: N3Settings | N4Settings) -> list[Issue]:
    where = f"frame {record.frame}"
    found = []
    if record.status != "corrected":
        found.append(Issue(f"bias.{record.status}", record.reason, where=where))
    if record.mask_source == "body":
        text = "N3 did not converge above Otsu's threshold; the field was estimated in a mask of the body"
        found.append(Issue("bias.body_mask", text, where=where))
    if isinstance(settings, N3Settings) and record.status == "corrected" and record.fwhm < settings.fwhm:
        text = (
            f"with a blur of {settings.fwhm:g} N3 was doubtful, as with bright muscle behind the breast; the "
            f"field is that of a blur of {record.fwhm:g}"
        )
        found.append(Issue("bias.sharper", text, where=where))
    if record.masks > MASK_LIMIT:
        text = (
            f"the field differs by {record.masks:.3f} from that in a mask of the body, limit {MASK_LIMIT}: "
            "give a mask of the breast, or take N4 or none"
        )
        found.append(Issue("bias.mask_dependent", text, where=where, level="warning"))
    if record.ramps > RAMP_LIMIT:
        text = f"the field is fragile: planted ramps moved it by {record.ramps:.3f}, limit {RAMP_LIMIT}"
        found.append(Issue("bias.fragile", text, where=where, level="warning"))
    if record.knots > KNOT_LIMIT:
        text = f"knots at 60 mm give a field that differs by {record.knots:.3f}, limit {KNOT_LIMIT}"
        found.append(Issue("bias.knots", text, where=where))
    return found
