"""Figure 1 and what stands behind it: groups, components, number of phenotypes, significance."""

from __future__ import annotations

from collections.abc import Callable

from kinephen.core.counted import counted
from kinephen.core.result_table import Value
from kinephen.records.associations import AssociationRecord
from kinephen.records.clustering import ClusteringRecord, TreeRecord
from kinephen.records.evidence import Evidence
from kinephen.records.split_tests import SamRecord, SplitTests, TreeTestRecord
from kinephen.report.numbers.annotation_bars import annotation_bars
from kinephen.report.numbers.change import components_sentence
from kinephen.report.schema import Cell, Column, FigureEntry, Missing, Table
from kinephen.report.schema.figures import (
    AssociationData,
    AssociationPanel,
    BarGroup,
    BarsData,
    BoxGroup,
    CDFCurve,
    Chosen,
    ConsensusCDFData,
    ConsensusMatrixData,
    Dendrogram,
    HeatmapData,
)
from kinephen.study.choices import corrected_p, correction
from kinephen.study.cohort import PresetResults

GRID = tuple(round(0.01 * i, 2) for i in range(1, 101))
LOADINGS_SHOWN = 12
COMPONENTS_SHOWN = 6
RULES = {
    "last_gain": "last k that gained 10 % (the article's)",
    "first_below": "first k below 10 %",
    "first_below_shifted": "first k below 10 %, shifted gain",
}
CIRCULAR = (
    "Descriptive: the phenotypes were made from these variables, so the test is circular (double dipping) "
    "and its q-values are not evidence that the groups exist"
)
COVARIANCES = {"sample": "sample", "soft": "soft threshold", "hard": "hard threshold"}


def phenotype_figures(preset: PresetResults, name_of: Callable[[str], str]) -> dict[str, FigureEntry]:
    """Return heat map, consensus curves and matrix, loadings and associations.

    Parameters
    ----------
    preset : PresetResults
    name_of : callable
        From a case to how the report names them.
    """
    evidence = preset.phenotypes.evidence
    found = {
        "phenotype_heatmap": _heatmap(preset, name_of),
        "phenotype_cdf": _cdf(evidence.tumours, "tumours", "Number of phenotypes"),
        "consensus_matrix": _matrix(evidence.tumours, preset.k),
        "group_cdf": _cdf(evidence.features, "delta features", "Number of feature groups"),
        "loadings": _loadings(evidence),
        "associations": _associations(preset),
    }
    return {name: figure for name, figure in found.items() if figure is not None}


def phenotype_tables(preset: PresetResults) -> dict[str, Table]:
    """Return filters, components, SigClust and SAM."""
    evidence = preset.phenotypes.evidence
    found = {
        "filters": _filters(evidence),
        "components": _components(evidence),
        "sigclust": _sigclust(evidence.sigclust),
        "associations": _association_table(preset),
    }
    if evidence.sam is not None:
        found["sam"] = _sam(evidence.sam)
    if evidence.shc is not None:
        found["shc"] = _shc(evidence.shc)
    return found


def _heatmap(preset: PresetResults, name_of: Callable[[str], str]) -> FigureEntry:
    evidence = preset.phenotypes.evidence
    found = preset.phenotypes
    rows, order, names = found.rows("discovery"), evidence.tumours.tree.order, evidence.component_names
    cases = found.learned()
    drawn = [cases[i] for i in order]
    row_tree, rows_drawn = found.component_tree, found.component_order
    kept = [d.feature for d in evidence.filter if d.kept]
    return FigureEntry(
        title="Components of change in the discovery cohort",
        label="Figure 1a",
        section="phenotypes",
        caption="Each column is a patient, each row a component of a feature group. "
        f"{components_sentence(preset.delta, kept, preset.settings.components.sign_rule)} "
        "The tree of patients is Ward's, on unscaled component scores; that of components is average linkage "
        "of their correlations.",
        data=HeatmapData(
            row_labels=tuple(names[j] for j in rows_drawn),
            column_labels=tuple(name_of(c) for c in drawn),
            values=tuple(tuple(rows[c].z[names[j]] for c in drawn) for j in rows_drawn),
            row_tree=None if row_tree is None else Dendrogram(merges=row_tree),
            row_leaves=rows_drawn if row_tree else (),
            column_tree=_tree(evidence.tumours.tree),
            column_leaves=order,
            annotations=annotation_bars(preset, drawn, [str(rows[c].phenotype) for c in drawn]),
        ),
    )


def _tree(tree: TreeRecord) -> Dendrogram:
    """Return R's merge table in SciPy's numbering: leaves 0..n-1, then one node a merge."""
    n = len(tree.height) + 1
    merges = [
        (*sorted(-int(v) - 1 if v < 0 else n + int(v) - 1 for v in pair), float(h))
        for pair, h in zip(tree.merge, tree.height, strict=True)
    ]
    return Dendrogram(merges=tuple((int(a), int(b), h) for a, b, h in merges))


def _cdf(step: ClusteringRecord, item: str, title: str) -> FigureEntry | None:
    consensus, readings = step.consensus, step.readings
    if consensus is None or readings is None:
        return None
    chosen = [Chosen(rule=f"this run ({step.rule})", k=step.k)]
    chosen += [Chosen(rule=words, k=getattr(readings, key)) for key, words in RULES.items()]
    if step.null_reference is not None:
        chosen.append(Chosen(rule="ambiguity against Gaussian sets", k=step.null_reference.k))
    return FigureEntry(
        title=title,
        label="Supplementary figure",
        section="phenotypes",
        caption="Area under the consensus CDF mostly follows the cluster sizes; its gain is shown because "
        "the "
        "article's rule rests on it.",
        data=ConsensusCDFData(
            grid=GRID,
            curves=tuple(
                CDFCurve(k=int(k), cdf=c.cdf, area=c.area, gain=readings.gains.get(k))
                for k, c in consensus.by_k.items()
            ),
            chosen=tuple(chosen),
            item=item,
        ),
    )


def _matrix(step: ClusteringRecord, k: int) -> FigureEntry | None:
    entry = None if step.consensus is None else step.consensus.by_k.get(str(max(k, 2)))
    if entry is None or entry.matrix is None or entry.matrix_classes is None:
        return None
    return FigureEntry(
        title=f"Consensus of the tumours at k = {max(k, 2)}",
        label="Supplementary figure",
        section="phenotypes",
        caption="How often two patients fall into one cluster when both are drawn.",
        data=ConsensusMatrixData(
            k=max(k, 2),
            items=len(entry.classes),
            values=entry.matrix,
            clusters=tuple(f"cluster {c}" for c in entry.matrix_classes),
        ),
    )


def _loadings(evidence: Evidence) -> FigureEntry:
    first = evidence.component_names[:COMPONENTS_SHOWN]
    groups = []
    for name in first:
        rows = evidence.loading_most(name, LOADINGS_SHOWN)
        groups.append(
            BarGroup(
                title=name,
                labels=tuple(r.feature for r in rows),
                values=tuple(r.loading for r in rows),
            )
        )
    return FigureEntry(
        title="What the first components are made of",
        label="Supplementary figure",
        section="phenotypes",
        caption=f"The {LOADINGS_SHOWN} largest loadings of each of the first "
        f"{counted(len(groups), 'component')}.",
        data=BarsData(groups=tuple(groups), axis_label="Loading (dimensionless)"),
    )


def _associations(preset: PresetResults) -> FigureEntry:
    record = preset.associations
    panels = [
        AssociationPanel(
            variable=test.label,
            groups=tuple(preset.labels[g] for g in test.groups),
            categories=test.categories,
            counts=test.counts,
            boxes=_boxes(preset, test),
            test=test.test or test.reason,
        )
        for test in record.tests
    ]
    return FigureEntry(
        title="Phenotypes and covariates",
        label="Supplementary figure",
        section="phenotypes",
        caption="Counts, or median, quartiles and range, of all patients of the discovery cohort with a "
        "phenotype in whom the covariate is known. The tests stand in the table of the same name.",
        data=AssociationData(panels=tuple(panels), adjustment=correction(preset.settings.inference)),
    )


def _boxes(preset: PresetResults, test: AssociationRecord) -> tuple[BoxGroup, ...]:
    """Return the boxes of a continuous covariate, by the groups of its test."""
    if test.categories:
        return ()
    found = dict(zip(preset.labels, preset.by_phenotype.clinical[test.column], strict=True))
    return tuple(BoxGroup(**found[g].model_dump()) for g in test.groups)


def _association_table(preset: PresetResults) -> Table:
    record, chosen = preset.associations, preset.settings.inference
    return Table(
        title="Phenotypes and covariates: tests",
        section="phenotypes",
        columns=(
            Column(key="covariate", label="Covariate"),
            Column(key="n", label="Patients", format="int"),
            Column(key="test", label="Test"),
            Column(key="p", label="p", format="p"),
            Column(key="adjusted", label="p, corrected", format="p"),
        ),
        rows=tuple(
            {
                "covariate": t.label,
                "n": t.n,
                "test": t.test,
                "p": _or_missing(t.p, t.reason),
                "adjusted": _or_missing(corrected_p(t, chosen), t.reason),
            }
            for t in record.tests
        ),
        keys=tuple(t.column for t in record.tests),
        caption=f"Corrected by {correction(chosen).capitalize()} over the {record.comparisons} tests of this "
        "table.",
    )


def _filters(evidence: Evidence) -> Table:
    rows: list[dict[str, Cell]] = [{"reason": "kept", "features": evidence.features_kept}]
    rows += [
        {"reason": f"dropped: {r.replace('_', ' ')}", "features": n} for r, n in evidence.dropped.items()
    ]
    return Table(
        title="Delta features kept and dropped",
        section="phenotypes",
        columns=(
            Column(key="reason", label="Decision"),
            Column(key="features", label="Features", format="int"),
        ),
        rows=tuple(rows),
        caption="The first reason that applies. Each feature's decision stands in "
        "data/feature_decisions.csv.",
    )


def _components(evidence: Evidence) -> Table:
    return Table(
        title="Feature groups and their components",
        section="phenotypes",
        columns=(
            Column(key="component", label="Component"),
            Column(key="group", label="Group", format="int"),
            Column(key="features", label="Features in the group", format="int"),
            Column(key="explained", label="Variance explained", format="percent"),
            Column(key="cumulative", label="Cumulative", format="percent"),
            Column(key="positive_loadings", label="Positive loadings", format="percent"),
        ),
        rows=tuple(c.model_dump() for c in evidence.components),
    )


def _sigclust(record: SplitTests) -> Table:
    rows = []
    for covariance, words in COVARIANCES.items():
        for labels, meaning in (("two_means", "best two-means split"), ("given", "the Ward tree's split")):
            test = getattr(record.by_covariance()[covariance], labels)
            headline = covariance == record.headline and labels == record.labels
            rows.append(
                {
                    "covariance": words,
                    "split": meaning,
                    "index": test.cluster_index,
                    "null": test.null_mean,
                    "p": test.p_normal,
                    "p_empirical": test.p_empirical,
                    "headline": headline,
                }
            )
    return Table(
        title="SigClust: is the split more than one Gaussian?",
        section="phenotypes",
        columns=(
            Column(key="covariance", label="Null covariance"),
            Column(key="split", label="Split"),
            Column(key="index", label="Cluster index", format="f3"),
            Column(key="null", label="Null mean", format="f3"),
            Column(key="p", label="p (normal)", format="p"),
            Column(key="p_empirical", label="p (empirical)", format="p"),
            Column(key="headline", label="Used", format="bool"),
        ),
        rows=tuple(rows),
        caption="A small p says that the data are not one Gaussian; it does not say that there are two "
        "groups.",
    )


def _shc(record: TreeTestRecord) -> Table:
    return Table(
        title="Nodes of the Ward tree (SHC)",
        section="phenotypes",
        columns=(
            Column(key="size", label="Patients below the node", format="int"),
            Column(key="cluster_index", label="Cluster index", format="f3"),
            Column(key="level", label="Level", format="f3"),
            Column(key="p_normal", label="p (normal)", format="p"),
            Column(key="significant", label="Significant", format="bool"),
        ),
        rows=tuple(
            {
                "size": n.size,
                "cluster_index": n.cluster_index,
                "level": n.level,
                "p_normal": n.p_normal,
                "significant": n.significant,
            }
            for n in record.nodes
        ),
        caption="From the root; a node is tested only if the one above it was significant. Null sets are "
        "clustered with the same linkage.",
    )


def _sam(record: SamRecord) -> Table:
    return Table(
        title="Which components differ (SAM)",
        section="phenotypes",
        columns=(
            Column(key="component", label="Component"),
            Column(key="d", label="d", format="f2"),
            Column(key="q_percent", label="q", unit="%", format="sig3"),
        ),
        rows=tuple(
            {k: _or_missing(getattr(r, k), "not defined") for k in ("component", "d", "q_percent")}
            for r in record.table
        ),
        notes=(CIRCULAR,),
    )


def _or_missing(value: Value, reason: str) -> Cell:
    return Missing(missing=reason or "not tested") if value is None else value
