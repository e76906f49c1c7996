"""The survival step is asked again exactly where something that it reads has changed."""

from __future__ import annotations

import pytest
from tests.patients_sample import LABELS, patients_frame
from tests.settings_leaves import LEAVES, changed

from kinephen.config.presets import preset_settings
from kinephen.config.survival import SurvivalSettings
from kinephen.study.steps.survival import survival_key

READ = {
    ("cox", "firth"),
    ("signatures", "covariates"),
    *(("cross_validation", key) for key in ("folds", "replicates", "stratified", "nested_replicates")),
    *(("performance", key) for key in ("horizon", "replicates", "bootstraps")),
    *(("end_points", key) for key in ("pcr", "overall_survival", "competing")),
}
"""Estimator, interval and correction are chosen when the record is read."""
FRAME = patients_frame()


def digest(frame=FRAME, settings=None, *, seed=1, name="quick", features="f", labels=None, end_point="rfs"):
    chosen = SurvivalSettings.of(settings or preset_settings("recommended"))
    words = LABELS if labels is None else labels
    return survival_key(frame, chosen, seed, name, features, labels=words, end_point=end_point).digest


@pytest.mark.parametrize("leaf", LEAVES, ids=".".join)
def test_a_setting_counts_only_where_it_is_read(leaf):
    again = digest(settings=changed(preset_settings("recommended"), *leaf))
    assert (again != digest()) == (leaf in READ)


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 2},
        {"name": "recommended"},
        {"features": "g"},
        {"labels": {"1": "1 alone"}},
        {"end_point": "os"},
        {"frame": FRAME.assign(time=FRAME["time"] / 12)},
        {"frame": FRAME.assign(event=1 - FRAME["event"])},
        {"frame": FRAME.assign(phenotype=FRAME["phenotype"].map({"1": "2", "2": "1"}))},
        {"frame": FRAME.iloc[1:]},
    ],
    ids=lambda other: next(iter(other)),
)
def test_all_else_that_it_reads_counts(other):
    assert digest(**other) != digest()
    assert digest(FRAME.copy()) == digest()
