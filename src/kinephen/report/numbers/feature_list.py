"""Every delta feature: kept or why not, its group, and where it loads most."""

from __future__ import annotations

from kinephen.records.evidence import FeatureDecision, Loading
from kinephen.report.numbers.change import change_signs
from kinephen.report.schema import Cell, Column, Table
from kinephen.report.words.change import change_words
from kinephen.study.cohort import PresetResults


def feature_list(preset: PresetResults) -> Table:
    """Return one row a delta feature; all loadings stand in ``data/loadings.csv``."""
    evidence = preset.phenotypes.evidence
    largest, signs = evidence.largest_loadings, preset.delta.signs
    rows = [
        _row(decision, largest.get(decision.feature), signs.get(decision.feature))
        for decision in evidence.filter
    ]
    return Table(
        title="Delta features, their groups and loadings",
        label="Supplementary table",
        section="supplement",
        columns=(
            Column(key="feature", label="Feature"),
            Column(
                key="sign",
                label="Sign",
                format="int",
                description="Heterogeneity sign: +1 (-1) where a higher (lower) value of the feature means "
                "a more "
                "heterogeneous lesion, 0 for neither.",
            ),
            Column(key="kept", label="Kept", format="bool"),
            Column(key="reason", label="Why not"),
            Column(key="group", label="Group", format="int"),
            Column(key="component", label="Loads most on"),
            Column(key="loading", label="Loading", format="f2"),
        ),
        rows=tuple(rows),
        caption=f"{change_words(change_signs(preset.delta))} {evidence.features_kept} of "
        f"{evidence.features_seen} delta features were kept. A "
        "group holds features that go together; a loading is a feature's weight in a component of its group.",
    )


def _row(decision: FeatureDecision, loading: Loading | None, sign: int | None) -> dict[str, Cell]:
    row: dict[str, Cell] = {
        "feature": decision.feature,
        "sign": sign,
        "kept": decision.kept,
        "reason": decision.reason.replace("_", " "),
    }
    if loading is None:
        return row
    return {**row, "group": loading.group, "component": loading.component, "loading": loading.loading}
