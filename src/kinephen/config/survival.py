"""What the survival step reads of the settings, and no more: what is only shown differently is not here."""

from __future__ import annotations

from typing import Literal

from kinephen.config.schema import EndPoints, Performance, Section, Settings
from kinephen.core.options import FirthChoice, SignatureForm


class LadderSettings(Section):
    """How the ladder of models is fitted and cross-validated."""

    covariates: SignatureForm
    """How gene signatures enter (``signatures.covariates``)."""
    firth: FirthChoice
    """When coefficients are penalised (``cox.firth``)."""
    folds: int
    replicates: int
    stratified: bool
    nested_replicates: int
    """These four as in ``cross_validation``, whose estimator and interval are chosen when it is read."""

    @classmethod
    def of(cls, settings: Settings) -> LadderSettings:
        """Return the part of all settings."""
        cross = settings.cross_validation
        return cls(
            covariates=settings.signatures.covariates,
            firth=settings.cox.firth,
            folds=cross.folds,
            replicates=cross.replicates,
            stratified=cross.stratified,
            nested_replicates=cross.nested_replicates,
        )

    @property
    def penalty(self) -> Literal["auto", False]:
        """The argument ``firth`` of `kinephen.survival.cox.cox_fit`."""
        return "auto" if self.firth == "auto" else False


class SurvivalSettings(Section):
    """All that the survival step reads."""

    ladder: LadderSettings
    performance: Performance
    end_points: EndPoints

    @classmethod
    def of(cls, settings: Settings) -> SurvivalSettings:
        """Return the part of all settings."""
        return cls(
            ladder=LadderSettings.of(settings),
            performance=settings.performance,
            end_points=settings.end_points,
        )
