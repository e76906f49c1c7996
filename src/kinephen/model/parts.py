"""What a fitted model file is made of, before it is written."""

from __future__ import annotations

from dataclasses import dataclass

from kinephen.config.schema import Settings
from kinephen.model.schema import About, CoxModel, FeatureRules, MadeBy, SignatureRules, Training
from kinephen.records.phenotype_file import PhenotypeFile


@dataclass(frozen=True, kw_only=True)
class ModelParts:
    """The content of a model file but its card and checksum; see `kinephen.model.schema.FittedFile`."""

    made_by: MadeBy
    study: About
    settings: Settings
    features: FeatureRules
    phenotypes: PhenotypeFile
    phenotype_names: tuple[str, ...]
    signatures: SignatureRules | None
    horizons: tuple[float, ...]
    cox: tuple[CoxModel, ...]
    fewest_per_coefficient: float | None
    """Events, of the Cox model that has the fewest; see `kinephen.records.ladder.LadderRecord`."""
    training: Training
