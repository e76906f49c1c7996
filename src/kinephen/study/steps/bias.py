"""Bias field correction as the settings ask, with the named way out when N3 does not converge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kinephen.config.schema import Bias
from kinephen.core.cohort import Issue
from kinephen.core.dynamic import DynamicSeries
from kinephen.errors import ConfigError, InputError
from kinephen.imaging.bias import BiasResult, N3Settings, correct_bias_field
from kinephen.imaging.field import DEFAULT_CHECKS, Check, Spacing
from kinephen.records.features import BiasField, BiasRecord
from kinephen.types import BoolVolume, FrameStack


@dataclass(frozen=True)
class BiasOutcome:
    """What is to be said of corrected frames, and the fields.

    Parameters
    ----------
    record : BiasRecord
    issues : tuple of Issue
    fields : tuple of ndarray of float32, shape (nz, ny, nx)
        One for each field of the record.
    """

    record: BiasRecord
    issues: tuple[Issue, ...]
    fields: tuple[NDArray[np.float32], ...] = ()


@dataclass(frozen=True)
class _Estimate:
    """What a field is estimated from, and how it is checked."""

    frames: FrameStack
    spacing: Spacing
    breast: BoolVolume | None
    checks: tuple[Check, ...]


def corrected_frames(
    series: DynamicSeries,
    settings: Bias,
    *,
    frames: FrameStack | None = None,
    breast: BoolVolume | None = None,
    checks: tuple[Check, ...] = DEFAULT_CHECKS,
) -> tuple[FrameStack, BiasOutcome]:
    """Return the frames after correction.

    Where N3 says that it did not converge, the fallback is taken and named; frames that no method could
    correct stay as they were, with an issue.

    Parameters
    ----------
    series : DynamicSeries
    settings : Bias
    frames : ndarray, shape (n_phases, nz, ny, nx), optional
        Instead of the exam's own, for example registered to each other.
    breast : ndarray of bool, shape (nz, ny, nx), optional
        Where the field is estimated.
    checks : tuple of {"rerun", "masks", "ramps", "knots"}
        Checks of an N3 field.

    Raises
    ------
    InputError
        ``bias.failed`` with fallback "fail".
    """
    used = _Estimate(series.frames if frames is None else frames, series.geometry.spacing, breast, checks)
    result = _correct(used, settings, settings.method)
    issues = list(result.issues)
    method: str = settings.method
    if settings.method == "n3" and not result.corrected:
        if settings.fallback == "fail":
            raise InputError(
                "N3 did not converge",
                code="bias.failed",
                hint="set bias.method or bias.fallback to n4 or none",
            )
        if settings.fallback == "n4":
            result, method, more = _fall_back(used, settings, result)
            issues += more
    if settings.method != "none" and not result.corrected:
        issues.append(Issue("bias.uncorrected", "the frames were not corrected for a bias field"))
    record = BiasRecord(
        method=method,
        asked=settings.method,
        scope=settings.scope,
        corrected=result.corrected,
        fields=tuple(BiasField.model_validate(r.to_dict()) for r in result.records),
    )
    return result.frames, BiasOutcome(record, tuple(issues), result.fields)


def _correct(used: _Estimate, settings: Bias, method: str) -> BiasResult:
    return correct_bias_field(
        used.frames,
        used.spacing,
        method=method,  # type: ignore[arg-type]
        scope=settings.scope,
        mask=used.breast,
        settings=N3Settings(stiff_start=settings.stiff_start) if method == "n3" else None,
        checks=used.checks,
    )


def _fall_back(used: _Estimate, settings: Bias, first: BiasResult) -> tuple[BiasResult, str, list[Issue]]:
    try:
        result = _correct(used, settings, "n4")
    except ConfigError as error:
        return first, "n3", [Issue("bias.no_fallback", f"N4 could not be used: {error.message}")]
    return result, "n4", [Issue("bias.fallback", "N3 did not converge; N4 was used instead")]
