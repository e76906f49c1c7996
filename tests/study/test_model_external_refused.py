"""Other patients that a model cannot be held against, and why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.fitted_model import model, with_file
from tests.model_elsewhere import patients, predictions, record

from kinephen.errors import CohortError
from kinephen.model.external import validate_model
from kinephen.records.landmark import SECOND_VISIT


@pytest.mark.parametrize(
    ("training", "here", "refused"),
    [
        (SECOND_VISIT, "surgery", True),
        (SECOND_VISIT, "The Second Visit", False),
        (SECOND_VISIT, "", False),
        ("surgery", "diagnosis", False),
        ("", "surgery", False),
    ],
)
def test_clocks_that_start_elsewhere_are_refused(training, here, refused):
    fitted = with_file(study=model().file.study.model_copy(update={"time_origin": training}))
    other = replace(patients(), time_origin=here)
    if not refused:
        assert validate_model(fitted, other, predictions(), horizon=3.0) == record()
        return
    with pytest.raises(CohortError) as caught:
        validate_model(fitted, other, predictions())
    assert (caught.value.code, caught.value.where) == ("validate.clock", "outcome.time_origin")
    assert (
        "counts time from the second visit; times of these patients count from surgery"
        in caught.value.message
    )


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"event": np.nan}, "validate.outcome", "none of 31 patients has a known outcome"),
        ({"time": np.nan}, "validate.outcome", "none of 31 patients has a known outcome"),
        ({"event": 0.0}, "validate.no_events", "none of 29 patients has the event"),
    ],
)
def test_outcomes_that_cannot_be_used_are_refused(change, code, words):
    with pytest.raises(CohortError) as caught:
        validate_model(model(), replace(patients(), frame=patients().frame.assign(**change)), predictions())
    assert (caught.value.code, caught.value.message) == (code, words)


def test_columns_that_are_absent_are_an_unknown_outcome_and_no_features_are_said():
    frame = patients().frame.drop(columns=["time", "event"])
    with pytest.raises(CohortError, match="known outcome"):
        validate_model(model(), replace(patients(), frame=frame), predictions())
    nobody = replace(
        predictions(),
        patients=tuple(p.model_copy(update={"phenotype": None}) for p in predictions().patients),
    )
    with pytest.raises(CohortError, match="none of 31 patients has features of both visits") as caught:
        validate_model(model(), patients(), nobody)
    assert caught.value.code == "validate.no_features"
