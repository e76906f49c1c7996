"""What a run of 26 invented patients gives, from real steps and without a study, for tests of model files."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
from tests import exam_records

from kinephen.config.presets import preset_settings
from kinephen.config.schema import Delta as DeltaSection
from kinephen.config.schema import Harmonise, Settings, Study, StudyFile
from kinephen.records.base import Interval
from kinephen.records.features import Reason
from kinephen.records.stability import Stability
from kinephen.study.steps.cox_models import frozen_ladder
from kinephen.study.steps.delta import DeltaInputs, DeltaSettings, compute_delta
from kinephen.study.steps.phenotypes import PhenotypeInputs, PhenotypeStepSettings, compute_phenotypes

CASES = [f"case-{i:04d}" for i in range(1, 27)]
LEARNED = [c for c in CASES[:20] if c != "case-0005"]
SMALL = {"k_max": 3, "resamples": 10, "null_sets": 5, "null_resamples": 10}
CROSSED = {"m1": Interval(value=0.61, low=0.45, high=0.72), "m4": Interval(value=0.66, low=0.5, high=None)}
AGAIN = Interval(value=0.58, low=0.41, high=0.69)
COLUMNS = {"m1": ("age", "hr"), "m4": ("age", "hr", "phenotype")}


@cache
def exams():
    """26 patients at two visits; every third grows; of the fifth most features of T2 are undefined."""
    rng, records, lesions = np.random.default_rng(2), {}, {}
    for i, case in enumerate(CASES):
        for visit, factor in (("T1", 1.0), ("T2", 1.6 if i % 3 == 0 else 0.8)):
            values = {
                m: {
                    n: None if (i, visit, n) == (4, "T2", "Intensity_Mean") else factor * rng.uniform(1, 2)
                    for n in ("Intensity_Mean", "GLCM_Contrast", "GLCM_Energy")
                }
                for m in exam_records.MAPS
            }
            reasons = [
                Reason(map=m, feature=n, reason="none")
                for m, own in values.items()
                for n, v in own.items()
                if v is None
            ]
            records[case, visit] = exam_records.features(features=values, reasons=reasons)
            lesions[case, visit] = exam_records.lesion(phase_times_s=(-60.0, 100.0 + i, 450.0))
    return exam_records.cases(lesions=lesions, features=records)


@cache
def steps(form):
    cohorts = {c: "discovery" if i < 20 else "validation" for i, c in enumerate(CASES)}
    inputs = DeltaInputs(
        visits=("T1", "T2"),
        first=exams().table("quick", "T1"),
        second=exams().table("quick", "T2"),
        cohorts=cohorts,
        batch=dict.fromkeys(CASES, "A"),
    )
    delta = compute_delta(DeltaSettings(delta=DeltaSection(form=form), harmonise=Harmonise()), inputs)
    settings = Settings.model_validate(
        {
            "groups": {**SMALL, "fixed_k": 2},
            "tumours": {**SMALL, "fixed_k": 2},
            "sigclust": {"simulations": 20},
        }
    )
    chosen = PhenotypeStepSettings.of(settings)
    found = compute_phenotypes(chosen, PhenotypeInputs(delta, Stability(repeats=0)), seed=1, name="quick")
    rng = np.random.default_rng(5)
    labels = {c: None if r.phenotype is None else str(r.phenotype) for c, r in found.all_rows().items()}
    frame = pd.DataFrame(
        {
            "age": rng.uniform(30, 70, 26).round(1),
            "hr": (np.arange(26) % 2).astype(float),
            "phenotype": [labels[c] for c in CASES],
            "time": rng.uniform(1, 8, 26).round(2),
            "event": (np.arange(26) % 5 < 2).astype(float),
        },
        index=CASES,
    )
    known = frame.loc[LEARNED].drop(index=["case-0002", "case-0007"])
    return delta, found, frame, frozen_ladder(known, COLUMNS, "auto")


def record(name):
    refitted = SimpleNamespace(interval=AGAIN) if name == "m4" else None
    return SimpleNamespace(
        cross_validated=SimpleNamespace(interval=CROSSED[name]),
        refitted=refitted,
        apparent=SimpleNamespace(c={"m1": 0.7, "m4": 0.75}[name]),
    )


def results(form="symmetric", *, molecular=None, models=None, **changes):
    delta, phenotypes, frame, ladder = steps(form)
    settings = preset_settings("quick").model_copy(
        update={"delta": DeltaSection(form=form), "harmonise": Harmonise()}
    )
    models = {n: record(n) for n in ladder.models} if models is None else models
    main = {
        "name": "quick",
        "settings": settings,
        "delta": delta,
        "phenotypes": phenotypes,
        "frame": frame,
        "ladder": ladder,
        "landmark": SimpleNamespace(use=False),
        "risks": SimpleNamespace(horizons=(2.0, 5.0)),
        "survival": SimpleNamespace(
            ladder=SimpleNamespace(models=models, fewest_per_coefficient=3.5),
            follow_up=Interval(value=4.25),
        ),
    }
    study = Study(name="the trial", visits=("T1", "T2"), outcome={"time_origin": "surgery"})
    return SimpleNamespace(
        plan=SimpleNamespace(study=StudyFile(seed=77, study=study), end_point="relapse"),
        cases=exams(),
        cohort=SimpleNamespace(main=SimpleNamespace(**(main | changes)), molecular=molecular),
    )
