"""Facts on what was found."""

from __future__ import annotations

from kinephen.records.names import factor_words
from kinephen.report.schema import Estimate, StatementRef
from kinephen.report.schema.figures import KMData
from kinephen.report.words.comparison import addition_words
from kinephen.report.words.limits import limits_words
from kinephen.report.words.outcome import gain as gain_range
from kinephen.report.words.panel import panel_sentence
from kinephen.report.writing.evidence import Evidence, Fact, fact

MODELS = "table4"


def phenotypes_found(e: Evidence) -> Fact | None:
    """Give the number of phenotypes."""
    number = e.report.numbers.get("k")
    if number is None or number.value is None:
        return None
    places = (*e.table_places("sigclust"), *e.figure_places("phenotype_heatmap", "phenotype_cdf"))
    if e.setting("tumours.fixed_k") is not None:
        text = "The number of phenotypes of change was set to {k} by hand."
        return fact(text, places, k=e.number_ref("k"))
    if number.value == 1:
        return fact(
            "The chosen rule takes one phenotype of change.",
            ("/numbers/k/value", *places),
        )
    text, p = "Phenotypes of change found: {k}", e.number_ref("sigclust_p", "p")
    refs = {"k": e.number_ref("k")}
    if p is not None:
        text, refs = f"{text}; SigClust p {{p}}", {**refs, "p": p}
    return fact(f"{text}.", places, **refs)


def phenotype_events(e: Evidence) -> Fact | None:
    """Give patients and events in each phenotype."""
    curves = _curves(e, "km_phenotype")
    if not curves:
        return None
    refs = {}
    for i in range(len(curves)):
        base = f"/figures/km_phenotype/data/panels/0/curves/{i}"
        refs[f"name{i}"] = StatementRef(pointer=f"{base}/label", format="text")
        refs[f"n{i}"] = StatementRef(pointer=f"{base}/n", format="int")
        refs[f"events{i}"] = StatementRef(pointer=f"{base}/events", format="int")
    listed = ", ".join(f"{{name{i}}}: {{n{i}}} with {{events{i}}}" for i in range(len(curves)))
    return fact(f"Patients and events by phenotype: {listed}.", e.figure_places("km_phenotype"), **refs)


def survival_found(e: Evidence) -> Fact | None:
    """Give the univariable effect of the phenotype."""
    return _survival(e, "km_phenotype", "")


def validation_found(e: Evidence) -> Fact | None:
    """Give the effect of the assigned phenotype in the validation cohort."""
    return _survival(e, "km_validation", "In the validation cohort, ")


def effect_adjusted(e: Evidence) -> Fact | None:
    """Give the hazard ratio of the phenotype in the model with clinical factors."""
    table = e.table("hazard_ratios")
    for i, row in enumerate(() if table is None else table.rows):
        if str(row.get("model", "")).startswith("Model 4") and "phenotype" in str(row.get("covariate", "")):
            refs = {
                part: e.cell_ref("hazard_ratios", i, "hr", "sig3", part) for part in ("value", "low", "high")
            }
            refs["model"] = e.cell_ref("hazard_ratios", i, "model", "text")
            return fact(
                "Beside the other covariates of its model ({model}), the hazard ratio of the phenotype is "
                "{value} (95 % interval {low} to {high}).",
                e.table_places("hazard_ratios"),
                **refs,
            )
    return None


def effects_listed(e: Evidence) -> Fact | None:
    """Say where every effect stands."""
    if e.table("hazard_ratios") is None:
        return None
    return fact(
        "Hazard ratios of all covariates in all models, with intervals and p values, stand in the report.",
        (*e.table_places("hazard_ratios"), *e.figure_places("hazard_ratios")),
    )


def performance(e: Evidence) -> Fact | None:
    """Give the cross-validated C-statistic without and with the phenotype."""
    before, after = (e.row(MODELS, "model", f"Model {i}") for i in (2, 4))
    return fact(
        "The cross-validated concordance statistic is {before} without and {after} "
        f"({_limits(e)} {{low}} to {{high}}) with "
        "the phenotype, which was found once on all patients (Models 2 and 4).",
        (*e.table_places(MODELS), *e.figure_places("model_forest")),
        before=e.cell_ref(MODELS, before, "c", "f2", "value"),
        after=e.cell_ref(MODELS, after, "c", "f2", "value"),
        low=e.cell_ref(MODELS, after, "c", "f2", "low"),
        high=e.cell_ref(MODELS, after, "c", "f2", "high"),
    )


def gain(e: Evidence) -> Fact | None:
    """Give the test of what the phenotype adds to the model without it."""
    table = e.table("comparisons")
    if table is None or "m2_m4" not in table.keys:
        return None
    row = table.keys.index("m2_m4")
    p, found = table.rows[row].get("p"), table.rows[row].get("gain")
    events = e.report.numbers.get("model_events")
    limits = (found.value, found.low, found.high) if isinstance(found, Estimate) else (None, None, None)
    words = addition_words(
        float(p) if isinstance(p, (int, float)) else None,
        gain_range(*limits),
        what="the phenotype",
        to=_factors(e, "Model 2") or "the smaller model",
        events=None if events is None or events.value is None else int(events.value),
    )
    return fact(
        f"{words} Likelihood-ratio test against the model without the phenotype: p {{p}}.",
        e.table_places("comparisons"),
        p=e.cell_ref("comparisons", row, "p", "p"),
    )


def events_per_coefficient(e: Evidence) -> Fact | None:
    """Give the events per coefficient of the model that adjusts the phenotype."""
    row = e.row(MODELS, "model", "Model 4")
    return fact(
        "The model with the phenotype ({model}) has {epv} events per coefficient.",
        e.table_places(MODELS),
        model=e.cell_ref(MODELS, row, "model", "text"),
        epv=e.cell_ref(MODELS, row, "epv", "f1"),
    )


def calibration(e: Evidence) -> Fact | None:
    """Give the calibration slope on the validation cohort."""
    table = e.table("validation_models")
    if table is None:
        return None
    row = e.row("validation_models", "model", "Model 4")
    refs = {p: e.cell_ref("validation_models", row, "slope", "f2", p) for p in ("value", "low", "high")}
    return fact(
        "On the validation cohort the calibration slope of the model with phenotype is {value} (95 % "
        "interval {low} to {high}).",
        e.table_places("validation_models"),
        **refs,
    )


def calibration_left_out(e: Evidence) -> Fact | None:
    """Give the calibration slope of predicted risks of patients left out of the fit."""
    row = e.row("performance", "model", "Model 4")
    refs = {p: e.cell_ref("performance", row, "slope", "f2", p) for p in ("value", "low", "high")}
    return fact(
        "For patients left out of the fit, in cross-validation, the calibration slope of the risks that the "
        "model with phenotype predicts by the horizon is {value} (95 % interval {low} to {high}).",
        (*e.table_places("performance"), *e.figure_places("calibration")),
        **refs,
    )


def association_found(e: Evidence) -> Fact | None:
    """Say where the relation of the phenotype to covariates stands."""
    if e.table("associations") is None:
        return None
    return fact(
        "The relation of the phenotype to each covariate stands in the report, with corrected p values.",
        (*e.table_places("associations"), *e.figure_places("associations")),
    )


def signatures_found(e: Evidence) -> Fact | None:
    """Say where the comparison with gene signatures stands."""
    row = e.row(MODELS, "model", "Model 5")
    return fact(
        "With the gene signatures, the cross-validated concordance statistic is {value} "
        f"({_limits(e)} {{low}} to {{high}}).",
        e.table_places(MODELS, "comparisons"),
        **{part: e.cell_ref(MODELS, row, "c", "f2", part) for part in ("value", "low", "high")},
    )


def sensitivity(e: Evidence) -> Fact | None:
    """Say what other settings conclude."""
    table = e.table("beside")
    if table is None or len(table.columns) < 3:
        return None
    return fact(
        "Conclusions from the same patients under other settings stand beside those of this run.",
        e.table_places("beside"),
    )


def cautions(e: Evidence) -> Fact | None:
    """Point to the cautions and limits that the run states."""
    places = tuple(f"/summary/{i}" for i, s in enumerate(e.report.summary) if s.kind in ("caution", "limit"))
    if not places:
        return None
    return fact("The report states the cautions and limits that follow from this run.", places)


def _limits(e: Evidence) -> str:
    """Return what the limits of a cross-validated concordance are."""
    return limits_words(e.setting("cross_validation.interval"))


def _factors(e: Evidence, model: str) -> str:
    """Return the clinical factors of a model in words, as its hazard ratios name them."""
    table = e.table("hazard_ratios")
    rows = () if table is None else table.rows
    return factor_words([str(r.get("covariate")) for r in rows if str(r.get("model", "")).startswith(model)])


def _curves(e: Evidence, figure: str) -> list[str]:
    entry = e.report.figures.get(figure)
    if entry is None or not isinstance(entry.data, KMData) or not entry.data.panels:
        return []
    return [c.label for c in entry.data.panels[0].curves]


def _survival(e: Evidence, figure: str, where: str) -> Fact | None:
    entry = e.report.figures.get(figure)
    if entry is None or not isinstance(entry.data, KMData) or not entry.data.panels:
        return None
    text, refs = panel_sentence(entry.data.panels[0], f"/figures/{figure}/data/panels/0", where=where)
    return fact(text, e.figure_places(figure), **refs)


FACTS = {
    maker.__name__: maker
    for maker in (
        phenotypes_found,
        phenotype_events,
        survival_found,
        validation_found,
        effect_adjusted,
        effects_listed,
        performance,
        gain,
        events_per_coefficient,
        calibration,
        calibration_left_out,
        association_found,
        signatures_found,
        sensitivity,
        cautions,
    )
}
