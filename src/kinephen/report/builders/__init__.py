"""Helpers that fill tables and figures of a report from plain records that earlier steps wrote."""

from kinephen.report.builders.associations import association_panel, confusion_row
from kinephen.report.builders.clusters import consensus_cdf, consensus_matrix, heatmap, loadings
from kinephen.report.builders.curves import km_figure, km_panel
from kinephen.report.builders.truth import truth_figure
from kinephen.report.builders.values import cell, estimate, frame_table, share

__all__ = [
    "association_panel",
    "cell",
    "confusion_row",
    "consensus_cdf",
    "consensus_matrix",
    "estimate",
    "frame_table",
    "heatmap",
    "km_figure",
    "km_panel",
    "loadings",
    "share",
    "truth_figure",
]
