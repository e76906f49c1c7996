"""Facts on survival analysis, models and their tests: what was done."""

from __future__ import annotations

from kinephen.core.counted import noun
from kinephen.report.schema import Missing, StatementRef
from kinephen.report.writing.evidence import Evidence, Fact, fact

_INTERVALS = {
    "split_noise": "over the spread of the repeats, which is no sampling error",
    "split_jackknife": "by the jackknife within folds with the variance between splits [@chernozhukov2018]",
    "jackknife": "by the infinitesimal jackknife within folds",
    "nadeau_bengio": "by the corrected variance of resampled estimates [@nadeau2003]",
}
_ESTIMATORS = {
    "fold_mean": "the mean over folds",
    "pooled_pairs": "the share of concordant pairs pooled over folds",
}
MODELS = "table4"


def curves(e: Evidence) -> Fact | None:
    """Say how survival curves were made."""
    names = tuple(n for n in e.report.figures if n.startswith("km_"))
    if not names:
        return None
    return fact(
        "Survival was estimated by the Kaplan-Meier method [@kaplan1958] and compared by the log-rank test, "
        "with a permutation test where a group has few events.",
        e.figure_places(*names),
    )


def models(e: Evidence) -> Fact | None:
    """Say which Cox models were fitted."""
    table = e.table(MODELS)
    if table is None:
        return None
    rows = [i for i, row in enumerate(table.rows) if not isinstance(row.get("c"), Missing)]
    if not rows:
        return None
    refs: dict[str, StatementRef | None] = {f"m{i}": e.cell_ref(MODELS, i, "model", "text") for i in rows}
    ties = ", with Efron's handling of ties" if e.setting("cox.ties") == "efron" else ""
    text = f"Cox models [@cox1972] were fitted{ties}"
    if e.setting("cox.firth") == "auto":
        text += " and a penalised likelihood where covariates separate the events [@heinze2001]"
    listed = "; ".join(f"{{m{i}}}" for i in rows)
    return fact(
        f"{text}, on the same patients: {listed}.",
        (*e.table_places(MODELS), *(e.setting_place(k) for k in ("cox.ties",) if e.has_setting(k))),
        **refs,
    )


def adjustment(e: Evidence) -> Fact | None:
    """Say in which model the phenotype was adjusted."""
    row = e.row(MODELS, "model", "Model 4")
    return fact(
        "The phenotype was adjusted for the other covariates of its model ({model}).",
        e.table_places(MODELS),
        model=e.cell_ref(MODELS, row, "model", "text"),
    )


def cross_validation(e: Evidence) -> Fact | None:
    """Say how performance was estimated on patients that a model had not seen."""
    estimator = e.setting("cross_validation.estimator")
    if e.table(MODELS) is None or estimator not in _ESTIMATORS:
        return None
    strata = ", dealt so that events are balanced," if e.setting("cross_validation.stratified") else ""
    return fact(
        f"Models were judged by Harrell's concordance statistic [@harrell1996] in {{folds}}-fold "
        f"cross-validation{strata} repeated {{replicates}} times, as {_ESTIMATORS[estimator]}.",
        e.table_places(MODELS),
        folds=e.setting_ref("cross_validation.folds", "int"),
        replicates=e.setting_ref("cross_validation.replicates", "int"),
    )


def nested(e: Evidence) -> Fact | None:
    """Say that phenotypes were learned anew in every training fold, when they were, and what stayed."""
    table = e.table(MODELS)
    if table is None or not e.setting("cross_validation.nested_replicates"):
        return None
    if not any(e.cell_ref(MODELS, i, "nested", "f2", "value") for i in range(len(table.rows))):
        return None
    refits = e.report.numbers.get("refits")
    repeats = 0 if refits is None or refits.value is None else refits.value
    held = ["the number of phenotypes", "that of feature groups"]
    if e.setting("delta.form") == "difference":
        held.append("the standard deviations that differences are divided by")
    if e.setting("harmonise.method") not in (None, "none"):
        held.append("the harmonisation")
    return fact(
        f"In {{replicates}} {noun(repeats, 'repeat')}, filters, groups, components and phenotypes were "
        f"learned anew in every training fold; {', '.join(held[:-1])} and {held[-1]} stayed "
        "those of the whole cohort.",
        e.table_places(MODELS),
        replicates=e.number_ref("refits"),
    )


def intervals(e: Evidence) -> Fact | None:
    """Say what the intervals mean."""
    kind = e.setting("cross_validation.interval")
    if kind not in _INTERVALS or e.table(MODELS) is None:
        return None
    return fact(
        f"Intervals of the concordance statistic were made {_INTERVALS[kind]}; those of hazard ratios are "
        "Wald or profile intervals; the level is {level}.",
        e.table_places(MODELS, "hazard_ratios"),
        level=e.number_ref("level", "percent"),
    )


def comparisons(e: Evidence) -> Fact | None:
    """Say how models were compared."""
    if e.table("comparisons") is None:
        return None
    return fact(
        "Nested models were compared by likelihood-ratio tests and by the gain in the concordance statistic.",
        e.table_places("comparisons"),
    )


def hazards_check(e: Evidence) -> Fact | None:
    """Say how proportional hazards were checked."""
    if e.table("proportional_hazards") is None:
        return None
    return fact(
        "Proportional hazards were checked by score tests [@grambsch1994].",
        e.table_places("proportional_hazards"),
    )


def frozen_model(e: Evidence) -> Fact | None:
    """Say how the validation cohort was used, when there is one."""
    row = e.row("validation", "item", "patients analysed")
    if row is None:
        return None
    found = e.table("validation")
    n = 0 if found is None else int(str(found.rows[row]["value"]))
    return fact(
        f"The {{n}} {noun(n, 'patient')} of the validation cohort took no part in any fit: moments, "
        "groups, loadings, centroids and coefficients of the discovery cohort were applied to them "
        "unchanged.",
        e.table_places("validation", "validation_models"),
        n=e.cell_ref("validation", row, "value", "int"),
    )


def partition(e: Evidence) -> Fact | None:
    """Say how patients were divided for fitting and testing."""
    found = frozen_model(e)
    if found is None:
        found = cross_validation(e)
    return found


def marker_table(e: Evidence) -> Fact | None:
    """Say how markers were compared with events as yes and no."""
    if e.table("confusion") is None:
        return None
    return fact(
        "Sensitivity, specificity and predictive values of each marker for an event were given with the "
        "intervals of Wilson [@wilson1927].",
        e.table_places("confusion"),
    )


FACTS = {
    maker.__name__: maker
    for maker in (
        curves,
        models,
        adjustment,
        cross_validation,
        nested,
        intervals,
        comparisons,
        hazards_check,
        frozen_model,
        partition,
        marker_table,
    )
}
