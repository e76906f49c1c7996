"""Results of a small study, written down by hand and never computed: every number and count differs.

Ten patients: seven of discovery (six with a phenotype, four and two), three of validation (one and one, and
one without); one more belongs to no cohort. Three components of two groups; six features, four of them kept.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from tests.exam_records import cases as case_results

from kinephen.config.presets import preset_settings
from kinephen.config.schema import Study, StudyFile
from kinephen.records.additions import AdditionsRecord
from kinephen.records.associations import AssociationRecord, AssociationsRecord
from kinephen.records.base import Interval
from kinephen.records.by_phenotype import Box, ByPhenotype
from kinephen.records.clustering import (
    AreaRecord,
    ClusteringRecord,
    ConsensusAt,
    ConsensusRecord,
    FeatureGroups,
    NullReferenceRecord,
    TreeRecord,
)
from kinephen.records.curves import CurveRecord, GroupTestRecord, PanelRecord
from kinephen.records.delta import Delta
from kinephen.records.evidence import ComponentRow, Evidence, FeatureDecision, Loading, PhenotypesAt
from kinephen.records.exams import ExamsSummary
from kinephen.records.flow import Flow, LeftOut, Person
from kinephen.records.ladder import (
    CoefficientRecord,
    ComparisonRecord,
    CrossValidatedRecord,
    LadderModelRecord,
    LadderPlan,
    LadderRecord,
)
from kinephen.records.landmark import LandmarkRecord
from kinephen.records.names import TITLES
from kinephen.records.phenotype_file import PhenotypeFile
from kinephen.records.phenotypes import Assigned, Phenotypes
from kinephen.records.risk import Risks
from kinephen.records.sites import Sites
from kinephen.records.split_tests import (
    NodeRecord,
    SamRecord,
    SamRow,
    SigClustRecord,
    SplitPair,
    SplitTests,
    TreeTestRecord,
)
from kinephen.records.statistics import ChiSquareRecord, IntervalRecord, NoisyMean
from kinephen.records.survival import RiskGroupsRecord, SurvivalRecord
from kinephen.records.table import NumberTable
from kinephen.study.cohort import CohortResults, PresetResults
from kinephen.study.plan import Plan
from kinephen.study.run import StudyResults
from kinephen.study.steps.cox_models import FrozenLadder
from kinephen.study.steps.recipes import RecipesResult

DISCOVERY = tuple(f"case-0{i}" for i in range(1, 8))
VALIDATION = ("case-08", "case-09", "case-10")
STRAY = "case-11"
CASES = (*DISCOVERY, *VALIDATION, STRAY)
PHENOTYPE = dict(zip(CASES, (1, 2, 1, 1, 2, 1, None, 2, 1, None, None), strict=True))
COMPONENTS = ("C1PC1", "C1PC2", "C2PC1")
LABELS = {"1": "1 decreasing", "2": "2 increasing"}
FEATURES = (
    "PE_GLCM_Entropy",
    "PE_GLCM_Contrast",
    "PE_Intensity_Mean",
    "SER_GLCM_Joint_Energy",
    "SER_Intensity_Mean",
    "WIS_Intensity_Sum",
)
KEPT = (FEATURES[0], FEATURES[1], FEATURES[3], FEATURES[4])
SIGNS = dict(zip(FEATURES, (1, -1, 0, -1, 0, 1), strict=True))
MERGE = ((-1, -4), (-2, 1), (-3, -6), (-5, 3), (2, 4))
ORDER = (1, 0, 3, 4, 2, 5)
"""Of the six patients the model was learned on, from 0, as their tree draws them."""


def frame() -> pd.DataFrame:
    """Return all patients; some are lacking in each column but the volumes."""
    n, nan = len(CASES), np.nan
    return pd.DataFrame(
        {
            "cohort": ["discovery"] * 7 + ["validation"] * 3 + [None],
            "phenotype": [None if p is None else str(p) for p in PHENOTYPE.values()],
            "age": [41.25, 52.5, nan, 63.0, 44.0, 45.0, 46.0, 57.0, 58.0, 59.0, 60.0],
            "hr": [1, 0, 1, nan, 0, 1, 1, 0, 1, 0, 1],
            "her2": [0, 1, nan, 0, 1, 0, 1, 1, 0, 0, 1],
            "ftv1": 10.0 + np.arange(n),
            "ftv2": 3.0 + 0.5 * np.arange(n),
            "time": [0.5 * i + 1.0 for i in range(9)] + [nan, 8.0],
            "event": [1, 0, 0, 1, 0, 0, 1, 0, 1, nan, 0],
            "pcr": [0, 1, nan, 0, 1, 1, 0, 0, 1, nan, 0],
            "gene70_class": ["low", "high", None, "high", "low", "low", "high", "low", "high", "low", "low"],
            "gene70_cosine": [0.1, 0.2, nan, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
            "ror_s": [31.5, 42.5, 53.5, nan, 25.5, 36.5, 47.5, 58.5, 69.5, 20.5, 11.5],
        },
        index=list(CASES),
    ).astype({"phenotype": object, "gene70_class": object})


def assigned(place: int, phenotype: int | None, **changed: object) -> Assigned:
    """Return one patient's row; the number of the place is in all that it holds."""
    scores = {name: (place + 1) * 1.5 + j for j, name in enumerate(COMPONENTS)}
    values: dict[str, object] = {
        "phenotype": phenotype,
        "nearest": phenotype,
        "distances": (1.25 + place, 2.5 + 2 * place),
        "margin": 0.125 + place,
        "features_outside": place,
        "out_of_range": place in (1, 8),
        "note": "" if phenotype else "a feature is undefined",
        "scores": scores,
        "z": {name: -0.5 * value for name, value in scores.items()},
    }
    return Assigned.model_validate(values | changed)


def rows(cases: tuple[str, ...]) -> dict[str, Assigned]:
    """Return the rows of some patients."""
    return {c: assigned(CASES.index(c), PHENOTYPE[c]) for c in cases}


def clustering(k: int = 2, **changed: object) -> ClusteringRecord:
    """Return a tree of six items, with consensus at 2, 3 and 4, readings and reference sets."""
    readings = AreaRecord(
        gains={"2": 0.75, "3": 0.25, "4": None},
        shifted_gains={"2": 0.25},
        last_gain=3,
        first_below=4,
        first_below_shifted=None,
    )
    values: dict[str, object] = {
        "k": k,
        "rule": "null_pac",
        "tree": TreeRecord(merge=MERGE, height=(0.5, 0.75, 1.0, 2.5, 4.0), order=ORDER),
        "consensus": ConsensusRecord.model_construct(by_k={str(i): consensus_at(i) for i in (2, 3, 4)}),
        "readings": readings,
        "null_reference": NullReferenceRecord.model_construct(p=0.015, p_any_k=0.5, k=6, k_best=7),
    }
    return ClusteringRecord.model_construct(**(values | changed))


def consensus_at(k: int) -> ConsensusAt:
    """Return the consensus at one k; its matrix has fewer rows than there are items."""
    return ConsensusAt.model_construct(
        cdf=tuple(min(1.0, 0.01 * i * k) for i in range(1, 101)),
        area=0.5 + 0.0625 * k,
        classes=(1, 1, 2, 2, 2, 1),
        matrix=((1.0, 0.125 * k), (0.25, 1.0)),
        matrix_classes=(2, 1),
    )


def sigclust(start: float) -> SigClustRecord:
    """Return a SigClust test whose numbers all differ."""
    return SigClustRecord.model_construct(
        cluster_index=start,
        null_mean=start + 0.01,
        null_sd=9.0,
        p_normal=start + 0.02,
        p_empirical=start + 0.03,
    )


def evidence(**changed: object) -> Evidence:
    """Return what speaks for the two phenotypes."""
    pairs = {
        name: SplitPair.model_construct(two_means=sigclust(start), given=sigclust(start + 0.1))
        for name, start in (("sample", 0.1), ("soft", 0.3), ("hard", 0.5))
    }
    groups = {**clustering(k=2).__dict__, "rule": "last_gain", "k": 5, "names": KEPT}
    decisions = (("kept", ""), ("kept", ""), ("", "low_spread"), ("kept", ""), ("kept", ""), ("", "a copy"))
    values: dict[str, object] = {
        "patients": 6,
        "k": 2,
        "rule": "null_pac",
        "features_seen": 6,
        "features_kept": 4,
        "dropped": {"low_spread": 1, "mask_only_copy": 3},
        "issues": (),
        "filter": tuple(
            FeatureDecision.model_construct(feature=f, kept=bool(kept), reason=reason)
            for f, (kept, reason) in zip(FEATURES, decisions, strict=True)
        ),
        "features": FeatureGroups.model_construct(**groups),
        "components": tuple(
            ComponentRow(
                component=name,
                group=1 + (j == 2),
                features=3 - j,
                explained=0.5 + 0.1 * j,
                cumulative=0.6 + 0.1 * j,
                positive_loadings=0.25 * (j + 1),
            )
            for j, name in enumerate(COMPONENTS)
        ),
        "loadings": (
            Loading(group=1, component="C1PC1", feature=KEPT[0], loading=0.375, explained=0.5),
            Loading(group=1, component="C1PC1", feature=KEPT[1], loading=-0.875, explained=0.5),
            Loading(group=1, component="C1PC2", feature=KEPT[0], loading=-0.625, explained=0.25),
            Loading(group=1, component="C1PC2", feature=KEPT[1], loading=0.125, explained=0.25),
            Loading(group=2, component="C2PC1", feature=KEPT[2], loading=0.75, explained=0.875),
        ),
        "tumours": clustering(),
        "phenotypes": {
            "2": PhenotypesAt.model_construct(
                names=("decreasing", "increasing"),
                centroids=({n: 1.0 + j for j, n in enumerate(COMPONENTS)}, dict.fromkeys(COMPONENTS, 7.5)),
            )
        },
        "sigclust": SplitTests.model_construct(headline="soft", labels="given", p=0.0025, **pairs),
        "sam": SamRecord.model_construct(
            table=tuple(
                SamRow.model_construct(component=n, d=d, r=9.0, q_percent=q, p=0.5)
                for n, d, q in zip(COMPONENTS, (1.5, -3.5, None), (2.5, 4.5, None), strict=True)
            )
        ),
        "shc": TreeTestRecord.model_construct(
            nodes=tuple(
                NodeRecord(
                    row=5 - i,
                    size=6 - 2 * i,
                    parent=i - 1 if i else None,
                    cluster_index=0.375 + 0.25 * i,
                    level=0.05 - 0.01 * i,
                    p_empirical=0.7 + 0.1 * i,
                    p_normal=0.02 + 0.3 * i,
                    significant=i == 0,
                    status="tested",
                )
                for i in range(2)
            )
        ),
    }
    return Evidence.model_construct(**(values | changed))


def phenotypes(found: Evidence | None = None, **changed: object) -> Phenotypes:
    """Return the record of phenotypes."""
    values: dict[str, object] = {
        "model": PhenotypeFile.model_construct(k=2, evidence=found or evidence()),
        "assignment": {"discovery": rows(DISCOVERY), "validation": rows(VALIDATION)},
        "gaps": (),
        "component_tree": ((0, 2, 0.25), (1, 3, 0.75)),
        "component_order": (1, 0, 2),
    }
    return Phenotypes.model_construct(**(values | changed))


def delta(**changed: object) -> Delta:
    """Return the change of six features of every patient of a cohort but one."""
    cases = tuple(c for c in CASES if c not in ("case-10", STRAY))
    values: dict[str, object] = {
        "form": "symmetric",
        "cohorts": {c: "discovery" if c in DISCOVERY else "validation" for c in cases},
        "table": NumberTable(
            cases=cases,
            columns=FEATURES,
            values=tuple(
                tuple(None if (i, j) == (6, 1) else i + 0.123456789 * (j + 1) for j in range(6))
                for i in range(len(cases))
            ),
        ),
        "signs": SIGNS,
        "sites": Sites(column="site", combat=False, reason="no site is known"),
    }
    return Delta.model_validate(values | changed)


def box(start: float) -> Box:
    """Return five numbers that all differ, with more digits than are shown."""
    return Box(low=start, q1=start + 1.0000004, median=start + 2, q3=start + 3.5, high=start + 5.123456)


def interval(value: float | None, low: float | None, high: float | None) -> IntervalRecord:
    """Return an interval of any kind."""
    return IntervalRecord(value=value, low=low, high=high, kind="split jackknife")


def crossed(start: float) -> CrossValidatedRecord:
    """Return cross-validated concordances: the shown one is `start`, the mean over folds 0.02 more."""
    noise = NoisyMean.model_construct(mean=start + 0.02, sd=0.5, t_lower=start - 0.005, t_upper=start + 0.045)
    return CrossValidatedRecord.model_construct(
        interval=interval(start, start - 0.1, start + 0.15), fold_mean=noise, pooled_pairs=noise
    )


def coefficient(name: str, hr: float | None) -> CoefficientRecord:
    """Return a coefficient; the limits stand around its hazard ratio unevenly."""
    low, high = (None, None) if hr is None else (hr / 2, hr * 3)
    return CoefficientRecord(name=name, coef=0.5, se=0.25, hr=hr, low=low, high=high, p=0.03)


COLUMNS = {
    "m1": ("age", "hr", "her2"),
    "m2": ("age", "hr", "her2", "ftv2"),
    "m4": ("age", "ftv2", "phenotype"),
    "m5": ("age", "hr", "her2", "ftv2", "ror_s", "phenotype"),
}


def cox_model(name: str, start: float, epv: float) -> LadderModelRecord:
    """Return a model of the ladder."""
    return LadderModelRecord.model_construct(
        title=TITLES[name],
        columns=COLUMNS[name],
        coefficients=tuple(coefficient(c, 1.5 + i) for i, c in enumerate(COLUMNS[name])),
        lrt=ChiSquareRecord.model_construct(p=0.015),
        cross_validated=crossed(start),
        refitted=None,
        events_per_coefficient=epv,
    )


def ladder(**changed: object) -> LadderRecord:
    """Return models 1, 2, 4 and 5, and the comparison of 2 with 4."""
    values: dict[str, object] = {
        "n": 61,
        "events": 23,
        "left_out": 4,
        "plan": LadderPlan(folds=5, replicates=7, dealt="stratified", refit_replicates=3),
        "models": {n: cox_model(n, 0.6 + 0.02 * i, 13.0 - i) for i, n in enumerate(("m1", "m2", "m4", "m5"))},
        "comparisons": (
            ComparisonRecord.model_construct(
                smaller="m2",
                larger="m4",
                test=ChiSquareRecord.model_construct(p=0.031),
                gain=interval(0.04, 0.01, 0.09),
            ),
        ),
        "absent": {},
    }
    return LadderRecord.model_construct(**(values | changed))


def curve(label: str, n: int, events: int) -> CurveRecord:
    """Return a short Kaplan-Meier curve."""
    return CurveRecord(
        label=label,
        n=n,
        events=events,
        time=(1.0, 2.0 + n),
        survival=(0.75, 0.5),
        low=(0.5, 0.25),
        high=(0.875, 0.625),
        censor_time=(2.0 + n,),
        censor_survival=(0.5,),
        at_risk=(n, events),
        median=Interval(value=None),
        band="log",
    )


def panel(ratio: dict[str, object] | None = None, **test: object) -> PanelRecord:
    """Return two curves with 17 events, their test, and the second one's hazard ratio."""
    found = {"method": "Cox", "value": 2.5, "low": 1.25, "high": 6.5} if ratio is None else ratio
    return PanelRecord(
        title="By phenotype",
        column="phenotype",
        n=50,
        left_out=3,
        curves=(curve(LABELS["1"], 33, 6), curve(LABELS["2"], 17, 11)),
        risk_times=(0.0, 2.0),
        test=GroupTestRecord.model_validate(
            {"name": "log-rank", "p": 0.021, "hazard_ratio": found or None} | test
        ),
    )


def survival(**changed: object) -> SurvivalRecord:
    """Return the survival step's record, without what stands beside the article's own analysis."""
    values: dict[str, object] = {
        "panels": {"phenotype": panel()},
        "ladder": ladder(),
        "risk": RiskGroupsRecord(
            model="m2", median=0.5, scores={c: 0.25 * i for i, c in enumerate(DISCOVERY[:5])}, groups={}
        ),
        "follow_up": Interval(value=4.75, low=4.0, high=6.0),
        "additions": AdditionsRecord.model_construct(),
        "issues": (),
    }
    return SurvivalRecord.model_construct(**(values | changed))


def flow(leaving: tuple[tuple[str, str, str], ...] | None = None) -> Flow:
    """Return the account of all patients."""
    left = (
        (STRAY, "visits", "no clinical row"),
        ("case-10", "outcome", "outcome unknown"),
        ("case-10", "features", "a feature of the model is undefined"),
        ("case-07", "features", "delta features undefined: 4 of 6"),
        ("case-07", "covariates", "no phenotype"),
        ("case-06", "covariates", "no age"),
    )
    table = frame()
    return Flow(
        patients=tuple(
            Person(
                case=c,
                cohort="" if c == STRAY else table.at[c, "cohort"],
                event=None if pd.isna(table.at[c, "event"]) else bool(table.at[c, "event"]),
            )
            for c in CASES
        ),
        leaving=tuple(
            LeftOut(case=c, step=step, reason=reason)
            for c, step, reason in (left if leaving is None else leaving)
        ),
    )


def associations() -> AssociationsRecord:
    """Return one continuous covariate, one of classes that cannot be tested, and the event."""
    return AssociationsRecord(
        tests=(
            AssociationRecord(
                column="age", label="age, years", n=5, groups=("1", "2"), test="Wilcoxon", p=0.2, p_holm=0.6
            ),
            AssociationRecord(
                column="hr",
                label="hormone receptor",
                n=4,
                groups=("1", "2"),
                categories=("no", "yes", "borderline"),
                counts=((0, 2, 1), (1, 0, 0)),
                reason="too few",
            ),
            AssociationRecord(
                column="event",
                label="event",
                n=6,
                groups=("1", "2"),
                categories=("no", "yes"),
                counts=((2, 2), (2, 0)),
                test="Fisher",
                p=0.4,
                p_bonferroni=0.8,
                p_holm=0.7,
            ),
        ),
        comparisons=2,
    )


def preset(name: str = "quick", **changed: object) -> PresetResults:
    """Return what one preset concluded."""
    values: dict[str, object] = {
        "name": name,
        "settings": preset_settings("quick"),
        "delta": delta(),
        "phenotypes": phenotypes(),
        "by_phenotype": ByPhenotype(
            components={n: (box(10.0 * j), box(10.0 * j + 5)) for j, n in enumerate(COMPONENTS)},
            clinical={"age": (box(40.0), box(50.0)), "ftv1": (box(1.0), Box())},
            features={f: (box(100.0 + i), box(200.0 + i)) for i, f in enumerate((KEPT[1], KEPT[2], KEPT[0]))},
        ),
        "radiogenomic": (),
        "labels": LABELS,
        "frame": frame(),
        "survival": survival(),
        "associations": associations(),
        "confusion": (),
        "validation": None,
        "landmark": LandmarkRecord(use=False, events=3, left=5),
        "ladder": FrozenLadder(rows=frame().iloc[:5], models={"m2": None}, known={}),
        "risks": Risks(reason="not asked for"),
        "flow": flow(),
    }
    return PresetResults(**(values | changed))


def with_settings(own: PresetResults, section: str, **changed: object) -> PresetResults:
    """Return a preset with some settings of one section changed."""
    part = getattr(own.settings, section).model_copy(update=changed)
    return replace(own, settings=own.settings.model_copy(update={section: part}))


def exams(**changed: object) -> ExamsSummary:
    """Return all exams together; each count differs, and all are confirmed."""
    values = {"analysed": 19, "failed": 0, "confirmed": 19, "given": 12, "classes": {}, "numbers": {}}
    return ExamsSummary.model_validate(values | changed)


def recipes(**changed: object) -> RecipesResult:
    """Return one recipe that was run before, and none beside."""
    values = {"plans": ("own",), "phenotypes": {}, "price": None, "reason": "one recipe", "elsewhere": 0}
    return RecipesResult(**(values | changed))


def results(main: PresetResults | None = None, **changed: object) -> StudyResults:
    """Return a whole run; ``cohort`` holds changes of what all steps over patients gave."""
    cohort = {"molecular": None, "description": None, "truth": None, **changed.pop("cohort", {})}
    plan = Plan(
        study=StudyFile(seed=9, study=Study(name="a study", show_ids=True, visits=("T1", "T3"))),
        root=Path("/nowhere"),
        exams=(),
        clinical=pd.DataFrame(),
        patient_ids={c: f"P{c[-2:]}" for c in CASES},
        end_point="recurrence-free survival (event: recurrence)",
        time_unit="years",
    )
    own = main or preset()
    values: dict[str, object] = {
        "plan": plan,
        "settings": {own.name: own.settings},
        "cases": case_results(),
        "cohort": CohortResults({own.name: own}, **cohort),
        "recipes": recipes(),
        "exams": exams(),
        "pair": None,
        "issues": (),
    }
    return StudyResults(**(values | changed))
