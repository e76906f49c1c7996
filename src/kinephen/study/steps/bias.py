"""Bias field correction as the settings ask, with the named way out when N3 does not converge."""

from __future__ import annotations

from dataclasses import dataclass

from kinephen.config.schema import Bias
from kinephen.core.cohort import Issue
from kinephen.core.dynamic import DynamicSeries
from kinephen.errors import ConfigError, InputError
from kinephen.imaging.bias import BiasResult, N3Settings, correct_bias_field
from kinephen.records.features import BiasField, BiasRecord
from kinephen.types import FrameStack


@dataclass(frozen=True)
class BiasOutcome:
    """Corrected frames and what is to be said of them.

    Parameters
    ----------
    record : BiasRecord
    issues : tuple of Issue
    """

    record: BiasRecord
    issues: tuple[Issue, ...]


def corrected_frames(series: DynamicSeries, settings: Bias) -> tuple[FrameStack, BiasOutcome]:
    """Return the frames after correction.

    Where N3 says that it did not converge, the fallback is taken and named; frames that no method could
    correct stay as they were, with an issue.

    Raises
    ------
    InputError
        ``bias.failed`` with fallback "fail".
    """
    result = _correct(series, settings, settings.method)
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
            result, method, more = _fall_back(series, settings, result)
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
    return result.frames, BiasOutcome(record, tuple(issues))


def _correct(series: DynamicSeries, settings: Bias, method: str) -> BiasResult:
    return correct_bias_field(
        series.frames,
        series.geometry.spacing,
        method=method,  # type: ignore[arg-type]
        scope=settings.scope,
        settings=N3Settings(stiff_start=settings.stiff_start) if method == "n3" else None,
    )


def _fall_back(
    series: DynamicSeries, settings: Bias, first: BiasResult
) -> tuple[BiasResult, str, list[Issue]]:
    try:
        result = _correct(series, settings, "n4")
    except ConfigError as error:
        return first, "n3", [Issue("bias.no_fallback", f"N4 could not be used: {error.message}")]
    return result, "n4", [Issue("bias.fallback", "N3 did not converge; N4 was used instead")]
