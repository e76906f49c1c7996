"""What the public tables allow: Cox models, curves, and named stand-ins for what they do not hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kinephen.config.presets import preset_settings
from kinephen.core.streams import stream
from kinephen.errors import KinephenError
from kinephen.records.cohort import CharacteristicsRecord
from kinephen.records.curves import PanelRecord
from kinephen.records.names import MEDIAN_LABELS, SIGNATURE_CLASSES, SUBTYPES
from kinephen.study.public_cohorts import PublicCohorts
from kinephen.study.steps.associations import characteristics
from kinephen.study.steps.curves import median_groups, survival_panel
from kinephen.study.steps.ladder import BASELINE, CLASSES, CONTINUOUS
from kinephen.study.steps.survival import SUBTYPE_RULES
from kinephen.survival.cox import cox_fit
from kinephen.survival.cross_validation import CrossValidation
from kinephen.survival.validation import LadderResult, cox_ladder

DIAMETER = "longest diameter at the second visit, in FTV2's place"
SUBTYPE = "PAM50 class of the series, in place of three signatures"
TITLES = {
    **{name: f"{words} alone" for name, words in zip(CONTINUOUS, SIGNATURE_CLASSES.values(), strict=True)},
    "m1": "Model 1: baseline (age, HR, HER2)",
    "ld": "baseline, longest diameter at the second visit (stand-in for FTV2)",
    "ld_pam50": "baseline, longest diameter, PAM50 class (stand-ins for FTV2 and signatures)",
    "ld_genes": "baseline, longest diameter (stand-in for FTV2), signatures",
}


@dataclass(frozen=True)
class TablesAnalysis:
    """Results from the tables.

    Parameters
    ----------
    cohorts : PublicCohorts
    frame : DataFrame
        Discovery cohort with signature scores where given.
    characteristics : CharacteristicsRecord
    baseline : LadderResult, optional
        Model 1 on all patients of the cohort.
    signatures : LadderResult, optional
        Each signature alone, on the patients with scores.
    stand_ins : LadderResult, optional
        Models with the longest diameter, on the patients in whom both diameters are known.
    panels : dict of str to PanelRecord
        Survival curves by name.
    absent : dict of str to str
        What could not be fitted, and why.
    """

    cohorts: PublicCohorts
    frame: pd.DataFrame
    characteristics: CharacteristicsRecord
    baseline: LadderResult | None
    signatures: LadderResult | None
    stand_ins: LadderResult | None
    panels: dict[str, PanelRecord]
    absent: dict[str, str]


def analyse_tables(
    cohorts: PublicCohorts, scores: pd.DataFrame | None, *, seed: int, replicates: int | None = None
) -> TablesAnalysis:
    """Run what the tables allow on the discovery cohort.

    Parameters
    ----------
    cohorts : PublicCohorts
    scores : DataFrame, optional
        Signature scores and classes, index ``patient_id``.
    seed : int
    replicates : int, optional
        Of the cross-validation; by default the article's 100.
    """
    frame = cohorts.discovery
    if scores is not None:
        frame = frame.join(scores, how="left")
    frame = frame.assign(pam50=frame["pam50"].where(frame["pam50"].notna(), None))
    plan = _plan(replicates)
    absent: dict[str, str] = {}

    def ladder(name: str, models: Mapping[str, tuple[str, ...]]) -> LadderResult | None:
        rng = stream(seed, "reproduce", "ladder", name)
        try:
            return cox_ladder(models, frame, "time", "event", plan=plan, rng=rng)
        except KinephenError as error:
            absent[name] = error.message
            return None

    genes = {k: (c,) for k, c in CONTINUOUS.items() if c in frame.columns and frame[c].notna().any()}
    return TablesAnalysis(
        cohorts=cohorts,
        frame=frame,
        characteristics=characteristics(frame),
        baseline=ladder("baseline", {"m1": BASELINE}),
        signatures=ladder("signatures", genes) if genes else None,
        stand_ins=ladder("stand-ins", _stand_in_models(frame, tuple(c for (c,) in genes.values()))),
        panels=_panels(frame, seed),
        absent=absent,
    )


def _plan(replicates: int | None) -> CrossValidation:
    chosen = preset_settings("chitalia2023").cross_validation
    return CrossValidation(
        folds=chosen.folds,
        replicates=chosen.replicates if replicates is None else replicates,
        stratified=chosen.stratified,
        refit_replicates=0,
    )


def _stand_in_models(frame: pd.DataFrame, genes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    models = {"m1": BASELINE, "ld": (*BASELINE, "ld2")}
    if frame["pam50"].nunique() > 1:
        models["ld_pam50"] = (*BASELINE, "ld2", "pam50")
    if genes:
        models["ld_genes"] = (*BASELINE, "ld2", *genes)
    return models


def _panels(frame: pd.DataFrame, seed: int) -> dict[str, PanelRecord]:
    found: dict[str, PanelRecord] = {}

    def add(key: str, rows: pd.DataFrame, column: str, title: str, labels: dict[str, str] | None) -> None:
        if len(rows) and column in rows.columns and rows[column].notna().any():
            found[key] = survival_panel(rows, column, title=title, labels=labels, seed=seed)

    groups, median = median_groups(frame["ld2"])
    add(
        "ld2", frame.assign(ld2_group=groups), "ld2_group", f"longest diameter ({median:g} mm)", MEDIAN_LABELS
    )
    add("subtypes", frame.assign(subtype=_subtypes(frame)), "subtype", "receptor subtypes", None)
    add("pam50", frame, "pam50", "PAM50 class of the series", None)
    add("risk", _with_risk(frame), "risk", "risk of age, HR, HER2 and longest diameter", MEDIAN_LABELS)
    for name, column in CLASSES.items():
        add(name, frame, column, SIGNATURE_CLASSES[column], None)
    return found


def _subtypes(frame: pd.DataFrame) -> pd.Series:
    result = pd.Series(None, index=frame.index, dtype=object)
    for key, rule in SUBTYPE_RULES.items():
        result[rule(frame)] = SUBTYPES[key]
    return result


def _with_risk(frame: pd.DataFrame) -> pd.DataFrame:
    columns = [*BASELINE, "ld2"]
    rows = frame.dropna(subset=[*columns, "time", "event"])
    try:
        score = cox_fit(rows[columns], rows["time"], rows["event"]).linear_predictor()
    except KinephenError:
        return frame
    groups, _ = median_groups(pd.Series(np.asarray(score), index=rows.index))
    return frame.assign(risk=groups.reindex(frame.index))
