"""Every delta feature: kept or why not, its group, and where it loads most."""

from __future__ import annotations

from kinephen.records.evidence import FeatureDecision, Loading
from kinephen.report.schema import Cell, Column, Table
from kinephen.study.cohort import PresetResults


def feature_list(preset: PresetResults) -> Table:
    """Return one row a delta feature; all loadings stand in ``data/loadings.csv``."""
    evidence = preset.phenotypes.evidence
    largest: dict[str, Loading] = {}
    for row in evidence.loadings:
        before = largest.get(row.feature)
        if before is None or abs(row.loading) > abs(before.loading):
            largest[row.feature] = row
    rows = [_row(decision, largest.get(decision.feature)) for decision in evidence.filter]
    return Table(
        title="Delta features, their groups and loadings",
        label="Supplementary table",
        section="supplement",
        columns=(
            Column(key="feature", label="Feature"),
            Column(key="kept", label="Kept", format="bool"),
            Column(key="reason", label="Why not"),
            Column(key="group", label="Group", format="int"),
            Column(key="component", label="Loads most on"),
            Column(key="loading", label="Loading", format="f2"),
        ),
        rows=tuple(rows),
        caption=f"{evidence.features_kept} of {evidence.features_seen} delta features were kept. A "
        "group holds features that go together; a loading is a feature's weight in a component of its group.",
    )


def _row(decision: FeatureDecision, loading: Loading | None) -> dict[str, Cell]:
    row: dict[str, Cell] = {
        "feature": decision.feature,
        "kept": decision.kept,
        "reason": decision.reason.replace("_", " "),
    }
    if loading is None:
        return row
    return {**row, "group": loading.group, "component": loading.component, "loading": loading.loading}
