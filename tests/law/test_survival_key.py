"""The survival step is asked again exactly where something that it reads has changed."""

from __future__ import annotations

import pytest
from tests.patients_sample import LABELS, patients_frame
from tests.settings_leaves import LEAVES, changed
from tests.survival_sample import survival, survival_of

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
READ_COLUMNS = (
    *("time", "event", "event_type", "os_time", "os_event", "pcr"),
    *("age", "hr", "her2", "ftv2", "phenotype"),
    *("gene70_cosine", "ror_s", "p53_score", "gene70_class", "ror_s_group", "p53_class"),
)


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
        {"frame": FRAME.drop(columns="pcr")},
    ],
    ids=lambda other: next(iter(other)),
)
def test_all_else_that_it_reads_counts(other):
    assert digest(**other) != digest()
    assert digest(FRAME.copy()) == digest()


def edited(column):
    """Return the patients with one cell of a column taken from a patient who has another value there."""
    values = FRAME[column].tolist()
    values[0] = next(v for v in values if v != values[0])
    return FRAME.assign(**{column: values})


@pytest.mark.parametrize("column", READ_COLUMNS)
def test_one_cell_of_a_column_that_is_read_counts(column):
    assert digest(edited(column)) != digest()


@pytest.mark.parametrize(
    "frame",
    [
        edited("ftv1"),
        edited("arm"),
        edited("tn"),
        FRAME.assign(remark=[f"seen on day {i}" for i in range(len(FRAME))]),
        FRAME.drop(columns=["cohort", "complete"]),
        FRAME[FRAME.columns[::-1]],
    ],
    ids=["ftv1", "arm", "tn", "remark", "without", "order of columns"],
)
def test_a_column_that_is_not_read_does_not_count(frame):
    assert digest(frame) == digest()


def test_the_step_reads_no_other_column():
    """With the others taken out, the record is the same: what is read is what is hashed."""
    found = survival_of(FRAME[[*READ_COLUMNS][::-1]])
    assert found.digest() == survival().digest()
