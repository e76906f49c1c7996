"""Bias field correction as the settings ask: a field is used only if the checks do not find it harmful."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from kinephen.config.schema import Bias
from kinephen.core.cohort import Issue
from kinephen.core.dynamic import DynamicSeries
from kinephen.core.options import BiasScope
from kinephen.errors import ConfigError, InputError
from kinephen.imaging.bias import BiasResult, N3Settings, correct_bias_field
from kinephen.imaging.breast import body_and_breast
from kinephen.imaging.field import DEFAULT_CHECKS, Check, Spacing
from kinephen.imaging.field_checks import (
    FieldCheck,
    check_issues,
    fat_evenness,
    lesion_ratio,
    quiet_tissue,
    steepness,
    two_masks,
)
from kinephen.records.features import BiasCheck, BiasField, BiasRecord
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


@dataclass(frozen=True, kw_only=True)
class _Used:
    """What a field is estimated from, and where it is looked at."""

    series: DynamicSeries
    settings: Bias
    given: BoolVolume | None
    breast: BoolVolume
    lesion: BoolVolume | None
    checks: tuple[Check, ...]

    @property
    def frames(self) -> FrameStack:
        return self.series.frames

    @property
    def spacing(self) -> Spacing:
        return self.series.geometry.spacing

    @property
    def mask(self) -> BoolVolume | None:
        """Where the field is estimated; None for what lies above Otsu's threshold of each frame."""
        if self.given is not None:
            return self.given
        return self.breast if self.settings.mask == "breast" else None


@dataclass(frozen=True, kw_only=True)
class _Tried:
    """A correction, what it was, and what the checks say of it."""

    result: BiasResult
    method: str
    scope: BiasScope
    checks: tuple[FieldCheck, ...] = ()
    issues: tuple[Issue, ...] = field(default=())

    @property
    def harmful(self) -> bool:
        return any(c.verdict == "harmful" for c in self.checks)


def corrected_frames(
    series: DynamicSeries,
    settings: Bias,
    *,
    given: BoolVolume | None = None,
    breast: BoolVolume | None = None,
    lesion: BoolVolume | None = None,
    checks: tuple[Check, ...] = DEFAULT_CHECKS,
) -> tuple[FrameStack, BiasOutcome]:
    """Return the frames after correction.

    Parameters
    ----------
    series : DynamicSeries
    settings : Bias
        Where N3 says that it did not converge, its fallback is taken and named. Fields of single frames that
        change the lesion give way to one field for all; any other field that the checks find harmful is not
        used: the frames stay as they were, with an issue. ``harmful = "keep"`` only warns.
    given : ndarray of bool, shape (nz, ny, nx), optional
        Where the field is estimated, whatever the settings say.
    breast : ndarray of bool, shape (nz, ny, nx), optional
        That of the exam's checks; by default it is found anew.
    lesion : ndarray of bool, shape (nz, ny, nx), optional
        Where fields of single frames are compared.
    checks : tuple of {"rerun", "masks", "ramps", "knots"}
        Checks of N3's own.

    Raises
    ------
    InputError
        ``bias.failed`` with fallback "fail".
    """
    if settings.method == "none":
        record = BiasRecord(
            method="none", asked="none", scope=settings.scope, asked_scope=settings.scope, corrected=False
        )
        return series.frames, BiasOutcome(record, ())
    used = _Used(
        series=series,
        settings=settings,
        given=given,
        breast=_breast(series, given, breast),
        lesion=lesion,
        checks=checks,
    )
    tried = _with_fallback(used)
    frames, corrected, issues = tried.result.frames, tried.result.corrected, list(tried.issues)
    if corrected and tried.harmful and settings.harmful == "refuse":
        frames, corrected = series.frames, False
        names = ", ".join(_NAMES[c.name] for c in tried.checks if c.verdict == "harmful")
        text = f"the field of {tried.method.upper()} was not used: it is harmful by {names}"
        issues.append(Issue("bias.refused", text, level="warning"))
    if not corrected:
        issues.append(
            Issue("bias.uncorrected", "the frames were not corrected for a bias field", level="warning")
        )
    record = BiasRecord(
        method=tried.method,
        asked=settings.method,
        scope=tried.scope,
        asked_scope=settings.scope,
        corrected=corrected,
        fields=tuple(BiasField.model_validate(r.to_dict()) for r in tried.result.records),
        checks=tuple(BiasCheck.model_validate(c.to_dict()) for c in tried.checks),
    )
    return frames, BiasOutcome(record, tuple(issues), tried.result.fields)


_NAMES = {
    "lesion_ratio": "its ratio in the lesion",
    "two_masks": "its difference from that of another mask",
    "fat": "the unevenness of fat",
    "steepness": "its steepness",
}


def _breast(series: DynamicSeries, given: BoolVolume | None, known: BoolVolume | None) -> BoolVolume:
    """Return the mask that was given, else the breast that is known, else the one that is found."""
    stated = given if given is not None else known
    return body_and_breast(series.frames, series.geometry)[1].mask if stated is None else stated


def _with_fallback(used: _Used) -> _Tried:
    settings = used.settings
    first = _stable(used, settings.method)
    if settings.method != "n3" or first.result.corrected or settings.fallback == "none":
        return first
    if settings.fallback == "fail":
        raise InputError(
            "N3 did not converge",
            code="bias.failed",
            hint="set bias.method or bias.fallback to n4 or none",
        )
    try:
        second = _stable(used, "n4")
    except ConfigError as error:
        text = f"N4 could not be used: {error.message}"
        return replace(first, issues=(*first.issues, Issue("bias.no_fallback", text)))
    text = "N3 did not converge; N4 was tried instead"
    return replace(
        second, issues=(*first.issues, *second.issues, Issue("bias.fallback", text, level="warning"))
    )


def _stable(used: _Used, method: str) -> _Tried:
    """Return the correction in the scope that was asked for, or by one field where that is unstable."""
    settings = used.settings
    tried = _correct(used, method, settings.scope)
    absorbed = any(c.name == "lesion_ratio" and c.verdict == "harmful" for c in tried.checks)
    if not absorbed or settings.harmful == "keep":
        return tried
    shared = _correct(used, method, "shared")
    text = "one field, from the frame before contrast, was taken for all frames instead"
    kept = tuple(c for c in tried.checks if c.name == "lesion_ratio")
    return replace(
        shared,
        # It stands in the record, and no longer speaks against the field that is used.
        checks=(*(replace(c, verdict="doubtful") for c in kept), *shared.checks),
        issues=(*check_issues(kept), Issue("bias.shared", text), *shared.issues),
    )


def _correct(used: _Used, method: str, scope: BiasScope) -> _Tried:
    result = _estimated(used, method, scope, used.mask)
    if not result.corrected:
        return _Tried(result=result, method=method, scope=scope, issues=result.issues)
    checks = _checked(used, result, method, scope)
    issues = (*result.issues, *check_issues(checks))
    return _Tried(result=result, method=method, scope=scope, checks=checks, issues=issues)


def _estimated(used: _Used, method: str, scope: BiasScope, mask: BoolVolume | None) -> BiasResult:
    return correct_bias_field(
        used.frames,
        used.spacing,
        method=method,  # type: ignore[arg-type]
        scope=scope,
        mask=mask,
        settings=N3Settings(stiff_start=used.settings.stiff_start) if method == "n3" else None,
        checks=used.checks,
    )


def _checked(used: _Used, result: BiasResult, method: str, scope: BiasScope) -> tuple[FieldCheck, ...]:
    quiet, fat = quiet_tissue(used.frames[0], used.frames[used.series.early], used.breast, used.spacing)
    found: list[FieldCheck] = []
    if scope == "per_frame" and used.lesion is not None:
        limit = used.settings.lesion_ratio
        # Without quiet tissue, as in a small field of view, what lies around the lesion stands in.
        around = (quiet, used.breast & ~used.lesion, ~used.lesion)
        rest = next((a for a in around if a.any()), quiet)
        found.append(lesion_ratio(result.fields, used.lesion, rest, limit=limit))
    first = result.fields[0]
    other = _other_field(used, method)
    if other is not None:
        found.append(two_masks(first, other, used.breast))
    found.append(fat_evenness(used.frames[0], first, fat, used.spacing))
    found.append(_worst([steepness(f, used.breast, used.spacing) for f in result.fields]))
    return tuple(found)


def _other_field(used: _Used, method: str) -> NDArray[np.float32] | None:
    """Return the field before contrast from the mask that was not used."""
    mask = None if used.mask is not None else used.breast
    found = _estimated(replace(used, checks=()), method, "shared", mask)
    return found.fields[0] if found.fields else None


def _worst(checks: Sequence[FieldCheck]) -> FieldCheck:
    return max(checks, key=lambda c: c.value if np.isfinite(c.value) else -np.inf)
