"""The refit in each fold where a patient has no change of features; a study without an outcome."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from kinephen.config.presets import preset_settings
from kinephen.errors import InputError
from kinephen.study.plan import require_outcome
from kinephen.study.steps.nested import make_learner
from kinephen.study.steps.phenotypes import PhenotypeStepSettings


def test_a_patient_without_change_has_no_phenotype_in_any_fold_and_changes_nobody_elses():
    rng = np.random.default_rng(3)
    cases = [f"case-{i:04d}" for i in range(1, 41)]
    group = np.repeat([0.0, 3.0], 20)
    delta = pd.DataFrame(rng.standard_normal((40, 12)) + group[:, None], index=cases)
    delta.columns = [f"PE_Histogram_F{i}" for i in range(12)]
    learn = make_learner(
        delta,
        PhenotypeStepSettings.of(preset_settings("quick")),
        direction=dict.fromkeys(delta.columns, 1),
        groups=2,
        icc=None,
        seed=1,
        name="quick",
    )
    train = tuple(cases[::2])
    whole = learn(train, tuple(cases))
    with_gap = learn(train, ("case-9999", *cases))
    assert np.isnan(with_gap[0])
    np.testing.assert_array_equal(with_gap[1:], whole)
    assert set(whole) == {0.0, 1.0}


@pytest.mark.parametrize("absent", [["time"], ["event"], ["time", "event"]])
def test_a_study_without_outcome_is_told_which_columns_are_missing(absent):
    clinical = pd.DataFrame(columns=[c for c in ("age", "time", "event") if c not in absent])
    plan = SimpleNamespace(clinical=clinical, study=SimpleNamespace(study=SimpleNamespace(clinical="c.csv")))
    with pytest.raises(InputError, match=" or ".join(absent)) as error:
        require_outcome(plan)
    assert "study.columns" in error.value.hint
