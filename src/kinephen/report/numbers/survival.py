"""Figures 1b to 6 and Table 4: curves, models, confusion matrices, validation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kinephen.core.counted import counted
from kinephen.records.associations import ProportionRecord
from kinephen.records.base import Interval
from kinephen.records.curves import PanelRecord
from kinephen.records.ladder import CoefficientRecord, LadderRecord
from kinephen.records.names import MARKERS, PHENOTYPE_MARKER, TITLES, short_title
from kinephen.records.survival import ProportionalHazardsRecord
from kinephen.report.schema import Cell, Column, Estimate, FigureEntry, Missing, Table
from kinephen.report.schema.base import Section
from kinephen.report.schema.figures import ConfusionData, ForestData, ForestInterval, KMCurve, KMData, KMPanel
from kinephen.report.words.end_point import EndPointWords
from kinephen.report.words.limits import NAMES
from kinephen.study.choices import headline_c, split_noise
from kinephen.study.cohort import PresetResults

FIGURES: dict[str, tuple[str, str, Section, tuple[str, ...]]] = {
    "km_phenotype": ("Figure 1b", "Survival by phenotype", "phenotypes", ("phenotype",)),
    "km_subtypes": (
        "Figure 2",
        "Survival by phenotype within receptor subtypes",
        "survival",
        (
            "phenotype_hr_positive_her2_negative",
            "phenotype_her2_positive",
            "phenotype_triple_negative",
        ),
    ),
    "km_ftv2": (
        "Figure 3",
        "Survival by volume at the second visit, and by phenotype within its halves",
        "survival",
        ("ftv2", "phenotype_ftv2_low", "phenotype_ftv2_high"),
    ),
    "km_risk": (
        "Figure 4",
        "Survival by risk score, and by phenotype within its halves",
        "survival",
        ("risk", "phenotype_risk_low", "phenotype_risk_high"),
    ),
    "km_signatures": (
        "Supplementary figure",
        "Survival by gene signature",
        "molecular",
        ("gene70_class", "ror_s_group", "p53_class"),
    ),
}
MEASURES = ("ppv", "npv", "sensitivity", "specificity")


def survival_figures(preset: PresetResults, end_point: EndPointWords) -> dict[str, FigureEntry]:
    """Return the Kaplan-Meier figures, the confusion matrices and the forests."""
    found = {}
    for name, (label, title, section, keys) in FIGURES.items():
        panels = {k: preset.survival.panels[k] for k in keys if k in preset.survival.panels}
        if panels:
            found[name] = km_figure(panels, label=label, title=title, section=section, end_point=end_point)
    if preset.confusion:
        found["confusion"] = _confusion_figure()
    found["model_forest"] = _model_forest(preset)
    found["hazard_ratios"] = _hazard_forest(preset)
    return found


def survival_tables(preset: PresetResults) -> dict[str, Table]:
    """Return Table 4, comparisons, hazard ratios, proportional hazards and confusion counts."""
    ladder = preset.survival.ladder
    found = {
        "table4": _table4(preset),
        "comparisons": _comparisons(ladder),
        "hazard_ratios": _hazard_ratios(preset),
    }
    if preset.confusion:
        found["confusion"] = _confusion_table(preset)
    checks = preset.survival.proportional_hazards
    if checks.tests or checks.reason:
        found["proportional_hazards"] = _proportional(checks, preset.survival.ladder)
    return found


def km_figure(
    panels: Mapping[str, PanelRecord], *, label: str, title: str, section: Section, end_point: EndPointWords
) -> FigureEntry:
    """Return a Kaplan-Meier figure of one or several panels."""
    return FigureEntry(
        title=title,
        label=label,
        section=section,
        caption=f"{end_point.caption}. "
        "Ticks mark censored patients; numbers at risk stand below. "
        "Where a group has fewer than ten events the p of the permutation log-rank test is shown."
        f"{_ratio_words(panels.values())}",
        data=KMData(
            panels=tuple(_panel(k, p) for k, p in panels.items()),
            time_label=end_point.time_axis,
            survival_label=end_point.short,
        ),
    )


def _ratio_words(panels: Iterable[PanelRecord]) -> str:
    """Return of which group the hazard ratios are, where a panel has one."""
    if not any(p.test.hazard_ratio is not None and p.test.hazard_ratio.value is not None for p in panels):
        return ""
    return (
        " A hazard ratio is of the group that is named second against the first, with its 95 % interval, "
        "of a "
        "Cox model without other covariates."
    )


def _panel(key: str, panel: PanelRecord) -> KMPanel:
    test, ratio = panel.test, panel.test.hazard_ratio
    return KMPanel(
        key=key,
        title=f"{panel.title} (n = {panel.n})",
        curves=tuple(KMCurve.model_validate(c.model_dump(include=_CURVE)) for c in panel.curves),
        risk_times=panel.risk_times,
        palette="phenotype" if panel.column == "phenotype" else "other",
        test="log-rank" if test.permutation_p is None else "permutation log-rank",
        p=test.shown_p,
        reason=test.reason,
        hazard_ratio=None
        if ratio is None or ratio.value is None
        else Estimate(value=ratio.value, low=ratio.low, high=ratio.high),
    )


_CURVE = set(KMCurve.model_fields)


def estimate(chosen: Interval) -> Estimate:
    """Return a chosen value with its limits as a cell."""
    return Estimate(value=chosen.value, low=chosen.low, high=chosen.high)


def _table4(preset: PresetResults) -> Table:
    ladder, chosen = preset.survival.ladder, preset.settings.cross_validation
    rows: list[dict[str, Cell]] = []
    for name, title in TITLES.items():
        model = ladder.models.get(name)
        if model is None:
            rows.append({"model": title, "c": Missing(missing=ladder.absent.get(name, "not fitted"))})
            continue
        nested, against = model.refitted, ladder.against_nested(name)
        rows.append(
            {
                "model": model.title,
                "c": estimate(headline_c(model.cross_validated, chosen)),
                "noise": estimate(split_noise(model.cross_validated, chosen)),
                "nested": estimate(nested.interval) if nested else None,
                "apparent": model.apparent.c,
                "p_null": model.lrt.p,
                "p_nested": against.test.p if against else None,
                "against": short_title(against.smaller) if against else None,
                "epv": model.events_per_coefficient,
            }
        )
    plan = ladder.plan
    return Table(
        title="Cox models of the discovery cohort",
        label="Table 4",
        section="models",
        columns=(
            Column(key="model", label="Model"),
            Column(key="c", label=f"C, cross-validated ({_interval_name(preset)})", format="f2"),
            Column(
                key="noise",
                label="C (split noise)",
                format="f3",
                description="Mean over replicates with the spread of their mean: the article's interval. "
                "It tells "
                "how much the split matters, not how well C is known.",
            ),
            Column(
                key="nested",
                label="C, phenotype refitted in each fold",
                format="f2",
                description="The chain from z-scores to phenotype learned again from each training fold.",
            ),
            Column(key="apparent", label="C, apparent", format="f2"),
            Column(key="p_null", label="Likelihood-ratio p against no covariates", format="p"),
            Column(key="p_nested", label="Likelihood-ratio p against the nested model", format="p"),
            Column(key="against", label="Nested model"),
            Column(key="epv", label="Events per coefficient", format="f1"),
        ),
        rows=tuple(rows),
        keys=tuple(TITLES),
        caption=f"All models on the same {counted(ladder.n, 'patient')} with "
        f"{counted(ladder.events, 'event')}. {counted(plan.folds, 'fold')} x {plan.replicates}, "
        f"dealt {plan.dealt}; refitted in {counted(plan.refit_replicates, 'replicate')}. "
        "p values are in-sample likelihood-ratio tests.",
    )


def _comparisons(ladder: LadderRecord) -> Table:
    return Table(
        title="What each addition brings",
        section="models",
        columns=(
            Column(key="larger", label="Larger model"),
            Column(key="smaller", label="Against"),
            Column(key="chi", label="Likelihood ratio", format="f2"),
            Column(key="df", label="df", format="int"),
            Column(key="p", label="Likelihood-ratio p (chi-square)", format="p"),
            Column(key="gain", label="Gain in cross-validated C (95 % interval)", format="f2"),
            Column(key="nested", label="Gain, phenotype refitted", format="f2"),
        ),
        rows=tuple(
            {
                "larger": ladder.models[c.larger].title,
                "smaller": ladder.models[c.smaller].title,
                "chi": c.test.statistic,
                "df": None if c.test.df is None else int(c.test.df),
                "p": c.test.p,
                "gain": estimate(c.gain),
                "nested": estimate(c.refitted_gain) if c.refitted_gain else None,
            }
            for c in ladder.comparisons
        ),
        keys=tuple(f"{c.smaller}_{c.larger}" for c in ladder.comparisons),
        caption="Model 5 is compared with model 3 and with model 4: the two answer different questions.",
    )


def _hazard_ratios(preset: PresetResults) -> Table:
    ladder = preset.survival.ladder
    rows: list[dict[str, Cell]] = [
        {
            "label": f"{short_title(name)} · {row.name}",
            "model": model.title,
            "covariate": row.name,
            "hr": _hr(row),
            "p": row.p if row.p is not None else Missing(missing="not estimated"),
            "method": model.method,
        }
        for name, model in ladder.models.items()
        for row in model.coefficients
    ]
    return Table(
        title="Hazard ratios",
        section="models",
        columns=(
            Column(key="label", label="Model and covariate"),
            Column(key="model", label="Model"),
            Column(key="covariate", label="Covariate"),
            Column(key="hr", label="Hazard ratio (95 % interval)", format="sig3"),
            Column(
                key="p",
                label="p of the coefficient",
                format="p",
                description="Wald test; under Firth's penalty the profile likelihood-ratio test.",
            ),
            Column(key="method", label="Estimation"),
        ),
        rows=tuple(rows),
        caption=_unit_words(preset),
    )


def _unit_words(preset: PresetResults) -> str:
    """Return what one unit of each covariate of the models is."""
    used = set(preset.survival.ladder.covariates)
    classes = preset.settings.signatures.covariates == "class"
    units = {
        "age": "age in years",
        "ftv2": "FTV2 in cm³",
        "hr": "hr and her2 positive against negative" if "her2" in used else "hr positive against negative",
        "gene70_cosine": "signatures as scores",
        "phenotype": "each phenotype against phenotype " + next(iter(preset.labels.values()), "1"),
    }
    if classes:
        units |= {"gene70_class": "signatures by class", "ror_s_group": "signatures by class"}
    if "hr" not in used:
        units["her2"] = "her2 positive against negative"
    said = dict.fromkeys(words for column, words in units.items() if column in used)
    known = "; ".join(said)
    return (
        f"Of all models on the same {counted(preset.survival.ladder.n, 'patient')}, per unit of the "
        "covariate as it "
        f"entered{': ' if known else ''}{known}."
    )


def _hr(row: CoefficientRecord) -> Estimate | Missing:
    if row.hr is None:
        return Missing(missing="constant or a combination of other covariates")
    return Estimate(value=row.hr, low=row.low, high=row.high)


def _model_forest(preset: PresetResults) -> FigureEntry:
    return FigureEntry(
        title="How well the models rank patients they have not seen",
        label="Figure for Table 4",
        section="models",
        caption="Whiskers: the interval named in Table 4. Pale bars: the spread of the mean over "
        "replicates, which "
        "is what the article prints as a confidence interval.",
        data=ForestData(
            table="table4",
            label_column="model",
            intervals=(
                ForestInterval(column="c", name=_interval_name(preset), role="honest"),
                ForestInterval(column="noise", name="split noise", role="noise"),
            ),
            axis_label="C-statistic, cross-validated (probability)",
            reference=0.5,
        ),
    )


def _interval_name(preset: PresetResults) -> str:
    return NAMES[preset.settings.cross_validation.interval]


def _hazard_forest(preset: PresetResults) -> FigureEntry:
    return FigureEntry(
        title="Hazard ratios of all models",
        label="Supplementary figure",
        section="models",
        caption=f"With 95 % intervals. {_unit_words(preset)}",
        data=ForestData(
            table="hazard_ratios",
            label_column="label",
            intervals=(ForestInterval(column="hr", name="95 % interval", role="honest"),),
            axis_label="Hazard ratio (dimensionless, log scale)",
            reference=1.0,
            log_scale=True,
        ),
    )


def _confusion_figure() -> FigureEntry:
    return FigureEntry(
        title="Markers against the event",
        label="Figure 5",
        section="survival",
        caption="Event or censored, whenever: patients censored early count as event-free. Against longer "
        "follow-up of everybody the positive predictive value is therefore never too high and the negative "
        "one never too low; sensitivity and specificity may be off in either direction.",
        data=ConfusionData(table="confusion", measures=MEASURES),
    )


_MARKER_KEYS = {PHENOTYPE_MARKER: "phenotype", **{words: column for column, words in MARKERS.items()}}
"""Names of the rows of the confusion table by their words."""


def _confusion_table(preset: PresetResults) -> Table:
    rows: list[dict[str, Cell]] = [
        {
            "marker": record.marker,
            "tp": record.true_positive,
            "fp": record.false_positive,
            "fn": record.false_negative,
            "tn": record.true_negative,
            "ppv": _proportion(record.ppv),
            "npv": _proportion(record.npv),
            "sensitivity": _proportion(record.sensitivity),
            "specificity": _proportion(record.specificity),
        }
        for record in preset.confusion
    ]
    return Table(
        title="Markers against the event: counts and shares",
        section="survival",
        columns=(
            Column(key="marker", label="Marker"),
            *(
                Column(key=k, label=w, format="int")
                for k, w in (
                    ("tp", "High, event"),
                    ("fp", "High, no event"),
                    ("fn", "Low, event"),
                    ("tn", "Low, no event"),
                )
            ),
            *(
                Column(key=m, label=w, format="f2")
                for m, w in zip(
                    MEASURES,
                    ("PPV (95 %)", "NPV (95 %)", "Sensitivity (95 %)", "Specificity (95 %)"),
                    strict=True,
                )
            ),
        ),
        rows=tuple(rows),
        keys=tuple(_MARKER_KEYS[record.marker] for record in preset.confusion),
        caption="Wilson intervals.",
    )


def _proportion(record: ProportionRecord) -> Estimate | Missing:
    if record.estimate is None:
        return Missing(missing="no patients in this row")
    return Estimate(value=record.estimate, low=record.wilson_lower, high=record.wilson_upper)


def _proportional(record: ProportionalHazardsRecord, ladder: LadderRecord) -> Table:
    tests = {**record.tests, **({} if record.overall is None else {"all together": record.overall})}
    rows: list[dict[str, Cell]] = [
        {"covariate": n, "chi": t.statistic, "df": t.df, "p": t.p} for n, t in tests.items()
    ]
    if not rows:
        rows = [{"covariate": "all together", "chi": Missing(missing=record.reason)}]
    return Table(
        title="Are the hazards proportional?",
        section="models",
        columns=(
            Column(key="covariate", label="Covariate"),
            Column(key="chi", label="Chi-square", format="f2"),
            Column(key="df", label="df", format="int"),
            Column(key="p", label="Score test p (chi-square)", format="p"),
        ),
        rows=tuple(rows),
        caption=f"Score tests for {ladder.title(record.model)}, transform km, as cox.zph of R survival 3.0 "
        f"and later.",
    )
