"""What the steps of one exam read of the settings, and no more: what they are given is what is hashed.

The lesion step reads all of ``[settings.ftv]`` and ``[settings.motion]``; whether a mask that nobody
confirmed may be used (``features.allow_unreviewed``) is asked before it, and changes no number.
"""

from __future__ import annotations

from typing import Literal

from kinephen.config.schema import Bias, Ftv, Maps, Motion, Resample, Section, Settings
from kinephen.core.options import RadiomicsMode


class ExtractionSettings(Section):
    """How features are computed from maps; each as in ``[settings.features]``."""

    mode: RadiomicsMode
    bins: int
    captk_preset: Literal["1.7.1 as executed", "1.7.1 as documented", "1.7.3 and later", "I-SPY 1 table"]
    lbp: bool
    perturbations: int
    filters: tuple[str, ...]


class LesionSettings(Section):
    """All that the lesion step reads."""

    ftv: Ftv
    motion: Motion

    @classmethod
    def of(cls, settings: Settings) -> LesionSettings:
        """Return the part of all settings."""
        return cls(ftv=settings.ftv, motion=settings.motion)


class FeatureSettings(Section):
    """All that the feature step reads."""

    motion: Motion
    bias: Bias
    maps: Maps
    resample: Resample
    features: ExtractionSettings

    @classmethod
    def of(cls, settings: Settings) -> FeatureSettings:
        """Return the part of all settings."""
        names = ExtractionSettings.model_fields
        return cls(
            motion=settings.motion,
            bias=settings.bias,
            maps=settings.maps,
            resample=settings.resample,
            features=ExtractionSettings.model_validate({n: getattr(settings.features, n) for n in names}),
        )
