"""Where a likelihood has no maximum, and where models lack a covariate: nothing is shown of other models."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.patients_sample import LABELS, patients_frame
from tests.survival_sample import few

from kinephen.config.survival import SurvivalSettings
from kinephen.core.streams import stream
from kinephen.records.ladder import LadderRecord
from kinephen.study.steps.at_horizon import competing_record
from kinephen.study.steps.end_points import response_record
from kinephen.study.steps.ladder import ladder_record, run_ladder
from kinephen.study.steps.survival import _proportional
from kinephen.study.steps.truth import _hazard_ratio


def apart():
    """Return patients none of whom has an event in the first phenotype."""
    frame = patients_frame().reset_index(drop=True)
    frame = frame[frame["cohort"] == "discovery"] if "cohort" in frame else frame
    quiet = frame["phenotype"] == "1"
    frame = frame.assign(event=frame["event"].where(~quiet, 0.0))
    return frame.assign(event_type=frame["event_type"].where(~quiet | (frame["event_type"] == 2), 0.0))


def test_competing_ratios_of_a_group_without_events_are_not_shown_without_penalty():
    frame = apart()
    assert ((frame["phenotype"] == "1") & (frame["event_type"] == 1)).sum() == 0
    record = competing_record(frame, LABELS, 3.0)
    cox, fine = record.models
    assert np.isfinite([cox.hr, cox.low]).all()  # Firth's penalty
    assert fine.hr is None
    assert "infinite" in fine.reason


def test_proportional_hazards_are_not_tested_where_the_fit_has_no_maximum():
    frame = apart()
    ladder = run_ladder(frame, SurvivalSettings.of(few()).ladder, learn=None, rng=stream(1, "test"))
    record = _proportional(frame, ladder)
    assert record.tests == {}
    assert "infinite" in record.reason


def test_titles_name_the_covariates_that_the_models_have():
    frame = patients_frame().assign(her2=0.0)
    settings = SurvivalSettings.of(few())
    ladder = ladder_record(run_ladder(frame, settings.ladder, learn=None, rng=stream(1, "test")))
    assert isinstance(ladder, LadderRecord)
    assert "HER2" not in ladder.title("m1")
    response = response_record(frame, settings, seed=1, name="quick")
    assert response.ladder is not None
    assert "HER2" not in response.ladder.models["m1"].title


@pytest.mark.parametrize(("phenotypes", "shown"), [(2, True), (1, False), (3, False), (4, False)])
def test_the_planted_ratio_stands_beside_that_of_two_phenotypes_only(phenotypes, shown):
    frame = patients_frame()
    ladder = ladder_record(
        run_ladder(frame, SurvivalSettings.of(few()).ladder, learn=None, rng=stream(1, "test"))
    )
    truth = pd.DataFrame()
    truth.attrs["outcome"] = {"log_hr_increasing": np.log(4.0)}
    found = _hazard_ratio(truth, ladder, phenotypes=phenotypes)
    assert (found.hr is not None, found.model is not None) == (shown, shown)
    assert found.planted == pytest.approx(4.0)
