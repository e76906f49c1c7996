"""One analysis of `patients_frame` for all tests of survival's records and tables, made once a session."""

from __future__ import annotations

from functools import cache

import pandas as pd
from tests.patients_sample import LABELS, patients_frame

from kinephen.config.presets import preset_settings
from kinephen.config.schema import Settings
from kinephen.config.survival import SurvivalSettings
from kinephen.records.by_phenotype import ByPhenotype
from kinephen.records.flow import Flow
from kinephen.records.landmark import LandmarkRecord
from kinephen.records.risk import Risks
from kinephen.records.survival import SurvivalRecord
from kinephen.study.cohort import PresetResults
from kinephen.study.frame import phenotyped
from kinephen.study.steps.associations import confusion_matrices, phenotype_associations
from kinephen.study.steps.by_phenotype import clinical_boxes
from kinephen.study.steps.cox_models import FrozenLadder
from kinephen.study.steps.survival import survival_record

SEED = 1


def few(name: str = "quick") -> Settings:
    """Return a preset's settings with few replicates."""
    settings = preset_settings(name)
    return settings.model_copy(
        update={
            "cross_validation": settings.cross_validation.model_copy(update={"replicates": 4}),
            "performance": settings.performance.model_copy(update={"replicates": 3, "bootstraps": 20}),
        }
    )


def survival_of(frame: pd.DataFrame) -> SurvivalRecord:
    """Return the survival step's record of some patients."""
    return survival_record(
        frame,
        SurvivalSettings.of(few()),
        learn=None,
        labels=LABELS,
        end_point="rfs",
        seed=SEED,
        name="quick",
    )


@cache
def survival() -> SurvivalRecord:
    """Return the survival step's record of all patients."""
    return survival_of(patients_frame())


@cache
def preset(multiplicity: str = "holm_family", interval: str = "split_jackknife") -> PresetResults:
    """Return what a run concludes, without the phenotypes themselves."""
    settings = few()
    chosen = settings.model_copy(
        update={
            "inference": settings.inference.model_copy(update={"multiplicity": multiplicity}),
            "cross_validation": settings.cross_validation.model_copy(
                update={"interval": interval, "estimator": "fold_mean"}
            ),
        }
    )
    frame = patients_frame()
    return PresetResults(
        name="quick",
        settings=chosen,
        delta=None,  # no table of survival reads these two
        phenotypes=None,
        by_phenotype=ByPhenotype(
            components={}, clinical=clinical_boxes(phenotyped(frame, "discovery"), LABELS), features={}
        ),
        radiogenomic=(),
        labels=LABELS,
        frame=frame,
        survival=survival(),
        associations=phenotype_associations(frame),
        confusion=confusion_matrices(frame, "2"),
        validation=None,
        landmark=LandmarkRecord(use=False, events=3, left=5),
        ladder=FrozenLadder(rows=frame, models={}, known={}),
        risks=Risks(reason="not asked for"),
        flow=Flow(patients=(), leaving=()),
    )
