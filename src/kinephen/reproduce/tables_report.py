"""A small report of what the public tables allow; every stand-in is named as one."""

from __future__ import annotations

from kinephen.report.numbers.cohort import characteristics_table, molecular_table
from kinephen.report.numbers.survival import km_figure
from kinephen.report.schema import (
    Cell,
    CohortEntry,
    Column,
    Estimate,
    Exclusion,
    FigureEntry,
    FlowStep,
    IssueEntry,
    Provenance,
    Reference,
    Report,
    Statement,
    StatementRef,
    Study,
    Table,
)
from kinephen.report.schema.base import Section
from kinephen.report.schema.figures import ForestData, ForestInterval
from kinephen.report.words.end_point import EndPointWords
from kinephen.reproduce.baseline_phenotypes import BaselineGroups
from kinephen.reproduce.claims import Article
from kinephen.reproduce.evidence import Evidence
from kinephen.reproduce.tables_analysis import TITLES, TablesAnalysis
from kinephen.study.provenance import versions
from kinephen.study.public_cohorts import RULES, FlowBox, PublicCohorts
from kinephen.study.steps.associations import molecular_distribution
from kinephen.survival.results import Interval
from kinephen.survival.validation import LadderModel, LadderResult

FIGURES: dict[str, tuple[str, str, str, Section]] = {
    "km_subtypes": ("subtypes", "Survival by receptor subtype", "Figure 2, without phenotypes", "survival"),
    "km_diameter": (
        "ld2",
        "Survival by longest diameter at the second visit (stand-in for FTV2)",
        "Figure 3, stand-in",
        "survival",
    ),
    "km_risk": (
        "risk",
        "Survival by risk of baseline and longest diameter",
        "Figure 4, stand-in",
        "survival",
    ),
    "km_baseline": (
        "baseline",
        "Survival by groups of baseline features (stand-in for phenotypes of change)",
        "Figure 1b, stand-in",
        "phenotypes",
    ),
    "km_pam50": ("pam50", "Survival by PAM50 class of the series", "Supplementary figure", "molecular"),
    "km_gene70": ("gene70", "Survival by 70-gene signature", "Supplementary figure", "molecular"),
    "km_ror_s": ("ror_s", "Survival by ROR-S group", "Supplementary figure", "molecular"),
    "km_p53": ("p53", "Survival by p53 signature", "Supplementary figure", "molecular"),
}
CAUTIONS = (
    "The longest diameter at the second visit stands in for the functional tumour volume, and the PAM50 "
    "class of the series for three signatures: neither answers a claim of the article.",
    "The cohort is rebuilt by a stated rule, and the ledger compares its counts with the article's. Which "
    "patients it holds is not certified, since the article's own list is not public.",
)
LIMITS = (
    "No phenotype of change stands behind these numbers: the public tables hold no second visit.",
    "An interval over replicates of cross-validation tells how much the split matters, "
    "not how well C is known.",
)


def tables_report(article: Article, evidence: Evidence, seed: int) -> Report | None:
    """Return the report; None if the tables allow no analysis."""
    analysis = evidence.analysis
    if analysis is None:
        return None
    cohorts = analysis.cohorts
    tables = _tables(analysis)
    return Report(
        study=Study(
            name="I-SPY 1 from the public tables",
            cohorts=_entries(cohorts),
            end_point=cohorts.end_point,
            time_unit="years",
            seed=seed,
        ),
        preset="chitalia2023",
        summary=_summary(analysis),
        flow=tuple(flow_step(b) for b in cohorts.flow),
        tables=tables,
        figures=_figures(analysis, evidence.groups, tables),
        issues=tuple(
            IssueEntry(code=i.code, message=i.message, where=i.where, count=i.count, severity="note")
            for i in evidence.issues
        ),
        provenance=Provenance(
            versions=versions(), methods=(Reference(text=article.citation, doi=article.doi),)
        ),
    )


def flow_step(box: FlowBox) -> FlowStep:
    """Return a box of the flow as the report draws it."""
    left = tuple(Exclusion(reason=reason, n=n) for reason, n in box.left)
    return FlowStep(key=box.key, label=box.label, n=box.n, parent=box.parent, excluded=left)


def _entries(cohorts: PublicCohorts) -> tuple[CohortEntry, ...]:
    parts = {"discovery": cohorts.discovery, "validation": cohorts.validation}
    return tuple(
        CohortEntry(name=name, n=len(rows), events=int((rows["event"] == 1).sum()))
        for name, rows in parts.items()
        if len(rows)
    )


def _tables(analysis: TablesAnalysis) -> dict[str, Table]:
    found = {"table1": characteristics_table(analysis.characteristics), "rules": _rules()}
    profiles = molecular_distribution(analysis.frame)
    if profiles:
        found["table3"] = molecular_table(profiles)
    ladders = [x for x in (analysis.baseline, analysis.signatures, analysis.stand_ins) if x is not None]
    if ladders:
        found["stand_in_models"] = _models(ladders)
    if analysis.stand_ins is not None:
        found["comparisons"] = _comparisons(analysis.stand_ins)
    return found


def _rules() -> Table:
    return Table(
        title="Rules of the cohorts",
        section="cohort",
        columns=(Column(key="cohort", label="Cohort"), Column(key="rule", label="Rule")),
        rows=tuple({"cohort": key.replace("_", ", "), "rule": rule} for key, rule in RULES.items()),
    )


def _models(ladders: list[LadderResult]) -> Table:
    rows = [_model(m, ladder) for ladder in ladders for m in ladder.models]
    return Table(
        title="Cox models that the public tables allow",
        label="Table 4, in part",
        section="models",
        columns=(
            Column(key="model", label="Model"),
            Column(key="n", label="Patients", format="int"),
            Column(key="events", label="Events", format="int"),
            Column(key="c", label="C, cross-validated (95 % interval)", format="f2"),
            Column(
                key="noise",
                label="Mean of folds (split noise)",
                format="f3",
                description="Mean over replicates with the spread of their mean: the article's interval.",
            ),
            Column(key="p_null", label="Likelihood-ratio p against no covariates", format="p"),
            Column(key="epv", label="Events per coefficient", format="f1"),
        ),
        rows=tuple(rows),
        caption=f"{ladders[0].plan['folds']} folds x {ladders[0].plan['replicates']}. Intervals of C: "
        "split jackknife (variance within folds and between splits).",
    )


def _model(model: LadderModel, ladder: LadderResult) -> dict[str, Cell]:
    noise = model.cross_validated.fold_mean
    # Model 1 stands twice: on all patients, and on those with a longest diameter.
    title = TITLES[model.name]
    if model.name == "m1" and len(ladder.models) > 1:
        title += ", patients with a longest diameter"
    return {
        "model": title,
        "n": ladder.n,
        "events": ladder.events,
        "c": _interval(model.cross_validated.interval),
        "noise": Estimate(value=noise.mean, low=noise.t_lower, high=noise.t_upper),
        "p_null": model.fit.lrt.p,
        "epv": model.events_per_coefficient,
    }


def _comparisons(ladder: LadderResult) -> Table:
    return Table(
        title="What each stand-in adds",
        section="models",
        columns=(
            Column(key="larger", label="Larger model"),
            Column(key="smaller", label="Against"),
            Column(key="chi", label="Likelihood ratio", format="f2"),
            Column(key="df", label="df", format="int"),
            Column(key="p", label="Likelihood-ratio p (chi-square)", format="p"),
            Column(key="gain", label="Gain in C (95 % interval)", format="f2"),
        ),
        rows=tuple(
            {
                "larger": TITLES[c.larger],
                "smaller": TITLES[c.smaller],
                "chi": c.test.statistic,
                "df": int(c.test.df),
                "p": c.test.p,
                "gain": _interval(c.gain),
            }
            for c in ladder.comparisons
        ),
    )


def _figures(
    analysis: TablesAnalysis, groups: BaselineGroups | None, tables: dict[str, Table]
) -> dict[str, FigureEntry]:
    panels = dict(analysis.panels)
    if groups is not None and groups.panel is not None:
        panels["baseline"] = groups.panel
    found = {
        name: km_figure(
            {key: panels[key]},
            label=label,
            title=title,
            section=section,
            end_point=EndPointWords(analysis.cohorts.end_point),
        )
        for name, (key, title, label, section) in FIGURES.items()
        if key in panels
    }
    if "stand_in_models" in tables:
        found["model_forest"] = FigureEntry(
            title="How well the models rank patients they have not seen",
            section="models",
            caption="Whiskers: sampling error. Pale bars: spread of the mean over replicates.",
            data=ForestData(
                table="stand_in_models",
                label_column="model",
                intervals=(
                    ForestInterval(column="c", name="95 % interval (split jackknife)", role="honest"),
                    ForestInterval(column="noise", name="split noise", role="noise"),
                ),
                axis_label="C-statistic, cross-validated (probability)",
                reference=0.5,
            ),
        )
    return found


def _summary(analysis: TablesAnalysis) -> tuple[Statement, ...]:
    found = []
    if analysis.baseline is not None:
        row = "/tables/stand_in_models/rows/0"
        refs = {k: StatementRef(pointer=f"{row}/c/{k}", format="f2") for k in ("value", "low", "high")}
        text = (
            "Age, HR and HER2 rank patients they have not seen with a C-statistic of {value} "
            "(95 % interval {low} to {high})."
        )
        found.append(Statement(text=text, refs=refs))
    found += [Statement(text=t, kind="caution") for t in CAUTIONS]
    return (*found, *(Statement(text=t, kind="limit") for t in LIMITS))


def _interval(interval: Interval) -> Estimate:
    return Estimate(value=interval.estimate, low=interval.lower, high=interval.upper)
