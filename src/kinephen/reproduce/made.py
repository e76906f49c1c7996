"""Which of the article's tables and figures there are, and why one is not."""

from __future__ import annotations

from dataclasses import dataclass

from kinephen.report.schema import Report
from kinephen.reproduce.baseline_phenotypes import BaselineGroups
from kinephen.reproduce.tables_analysis import TablesAnalysis

# Table or figure of the article -> name in the report of a run (tables and figures), words, stand-in's name.
ITEMS: dict[str, tuple[str, str, str]] = {
    "Table 1": ("table1", "characteristics of the discovery cohort", "table1"),
    "Table 2": ("table2", "treatment of the discovery cohort", ""),
    "Table 3": ("table3", "molecular profiles", "table3"),
    "Table 4": ("table4", "Cox models", "stand_in_models"),
    "Figure 1a": ("phenotype_heatmap", "heat map of the components", ""),
    "Figure 1b": ("km_phenotype", "survival by phenotype", "km_baseline"),
    "Figure 2": ("km_subtypes", "survival by phenotype within subtypes", "km_subtypes"),
    "Figure 3": ("km_ftv2", "survival by FTV2 and by phenotype in its halves", "km_diameter"),
    "Figure 4": ("km_risk", "survival by risk score and by phenotype in its halves", "km_risk"),
    "Figure 5": ("confusion", "confusion matrices", ""),
    "Figure 6": ("km_validation", "survival in the validation cohort", ""),
    "Figure 7": ("tumours", "two representative tumours", ""),
}
PARTIAL = {
    "Figure 1b": "by groups of baseline features, not phenotypes of change",
    "Table 4": "model 1, and the longest diameter in FTV2's place",
    "Figure 2": "by receptor subtype, without phenotypes",
    "Figure 3": "by the longest diameter in FTV2's place, without phenotypes",
    "Figure 4": "by the risk of baseline and longest diameter, without phenotypes",
}
NO_IMAGES = "not made: needs the images of both visits"


@dataclass(frozen=True)
class Made:
    """One table or figure of the article.

    Parameters
    ----------
    item : str
    path : str
        Of ours, relative to the output folder; empty if there is none.
    note : str
        How ours differs, or why there is none.
    """

    item: str
    path: str
    note: str


def made_items(
    report: Report | None, analysis: TablesAnalysis | None, groups: BaselineGroups | None
) -> tuple[Made, ...]:
    """Return each table and figure of the article and where ours stands, or why there is none."""
    return tuple(_made(item, report, analysis, groups) for item in ITEMS)


def _made(
    item: str, report: Report | None, analysis: TablesAnalysis | None, groups: BaselineGroups | None
) -> Made:
    name, words, partial = ITEMS[item]
    title = f"{item}: {words}"
    if report is not None:
        if name in report.figures:
            return Made(title, f"run/figures/{name}.svg", "")
        if name in report.tables:
            return Made(title, f"run/tables/{name}.csv", "")
        return Made(title, "", f"not made: {_absent(item)}")
    if analysis is None:
        return Made(
            title, "", "not made: needs the clinical table, the list of studies and the link to GSE22226"
        )
    if item == "Table 2":
        return Made(title, "", "not made: the public clinical table holds no treatment")
    if item == "Table 3" and analysis.signatures is None:
        return Made(title, "", "not made: needs the expression series")
    if not partial or (item == "Figure 1b" and (groups is None or groups.panel is None)):
        return Made(title, "", NO_IMAGES)
    kind, ending = ("tables", "csv") if item.startswith("Table") else ("figures", "svg")
    return Made(title, f"tables-report/{kind}/{partial}.{ending}", PARTIAL.get(item, ""))


def _absent(item: str) -> str:
    return {
        "Table 2": "the clinical table holds no treatment",
        "Table 3": "the study has no expression",
        "Figure 1b": "fewer than two phenotypes were found",
        "Figure 2": "receptors are unknown",
        "Figure 5": "neither two phenotypes nor signatures",
        "Figure 6": "the study has no validation cohort",
        "Figure 7": "no pair of patients fits the rule",
    }.get(item, "the run's report does not hold it")
