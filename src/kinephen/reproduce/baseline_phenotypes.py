"""The article's phenotype step on the published features of the baseline visit: a stand-in, not change."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from kinephen.config.presets import preset_settings
from kinephen.core.counted import counted
from kinephen.core.p_values import p_text
from kinephen.core.streams import stream
from kinephen.errors import KinephenError
from kinephen.io.feature_tables import FeatureTable
from kinephen.phenotype.fit import FeatureKnowledge, fit_phenotypes
from kinephen.phenotype.model import Origin, PhenotypeModel
from kinephen.radiomics.catalogue import NAMES, directions
from kinephen.records.curves import PanelRecord
from kinephen.records.evidence import Evidence
from kinephen.reproduce.found import Found
from kinephen.study.steps.curves import survival_panel
from kinephen.study.steps.phenotype_evidence import evidence_record
from kinephen.study.steps.phenotypes import PhenotypeStepSettings, phenotype_settings

WORDS = (
    "published features of the baseline visit, one image type: groups of tumours, not phenotypes of change"
)
MINIMUM = 12


@dataclass(frozen=True)
class BaselineGroups:
    """Groups by baseline features.

    Parameters
    ----------
    patients : int
    model : PhenotypeModel
    evidence : Evidence
    panel : PanelRecord, optional
        Survival by group; None for a single group.
    """

    patients: int
    model: PhenotypeModel
    evidence: Evidence
    panel: PanelRecord | None


def baseline_groups(features: FeatureTable, frame: pd.DataFrame, seed: int) -> BaselineGroups | str:
    """Cluster the discovery cohort on its published baseline features by the article's rules.

    Parameters
    ----------
    features : FeatureTable
    frame : DataFrame
        Discovery cohort, index ``patient_id``, ``time``, ``event``.
    seed : int

    Returns
    -------
    BaselineGroups or str
        The reason why there are none.
    """
    table = features.frames[0]
    numbers = table.index.astype(str).str.removeprefix("ISPY1-").str.removeprefix("ISPY1_")
    table = table.set_axis(numbers, axis=0)
    patients = [w for w in frame.index if w in table.index]
    names = [n for n in NAMES if n in table.columns]
    if len(patients) < MINIMUM or not names:
        found = counted(len(patients), "patient")
        return f"{found} of the discovery cohort and {counted(len(names), 'known feature')} in the table"
    try:
        model, evidence = fit_phenotypes(
            table.loc[patients, names],
            phenotype_settings(PhenotypeStepSettings.of(preset_settings("chitalia2023"))),
            rng=stream(seed, "reproduce", "baseline groups"),
            origin=Origin(content="visit"),
            known=FeatureKnowledge(direction=directions(names, signed=False)),
        )
    except KinephenError as error:
        return error.message
    groups = model.labels.astype(str).reindex(frame.index)
    joined = frame.loc[patients].assign(group="group " + groups.loc[patients])
    panel = None
    if model.k > 1:
        panel = survival_panel(joined, "group", title="groups by baseline features", seed=seed)
    return BaselineGroups(len(patients), model, evidence_record(model, evidence), panel)


def baseline_quantities(groups: BaselineGroups) -> dict[str, Found]:
    """Return stand-ins for the numbers of the phenotype step."""
    evidence = groups.evidence
    numbers = {
        "phenotypes.k": groups.model.k,
        "phenotypes.kept": evidence.features_kept,
        "phenotypes.groups": len(groups.model.components),
        "phenotypes.components": groups.model.scores.shape[1],
    }
    note = f"{WORDS} ({counted(groups.patients, 'patient')})"
    found = {name: Found(float(value), "stand-in", note=note) for name, value in numbers.items()}
    p = evidence.sigclust.p
    if p is not None:
        found["phenotypes.sigclust"] = Found(float(p), "stand-in", p_text(p), note=note)
    p = None if groups.panel is None else groups.panel.test.shown_p
    if p is not None:
        found["logrank.phenotype"] = Found(p, "stand-in", p_text(p), note=note)
    return found
