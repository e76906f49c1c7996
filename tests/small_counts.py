"""Few resamples and replicates, for runs of a small study whose numbers nobody reads."""

from __future__ import annotations

SMALL = (
    "groups.resamples=40",
    "groups.null_sets=5",
    "groups.null_resamples=10",
    "groups.k_max=4",
    "tumours.resamples=40",
    "tumours.null_sets=5",
    "tumours.null_resamples=10",
    "tumours.k_max=4",
    "sigclust.simulations=30",
    "cross_validation.replicates=4",
)
