"""The page of predictions claims nothing of exams that were not compared."""

from __future__ import annotations

import itertools

import pytest
from tests.exam_records import lesion

from kinephen.model.flags import compared_exams, exam_flags
from kinephen.model.schema import Exams
from kinephen.model.training import seen_exams
from kinephen.records.flag import Flag
from kinephen.records.prediction import ModelSummary, Prediction, PredictionsFile
from kinephen.report.predictions import predictions_page

MODEL = ModelSummary(
    checksum="0" * 64,
    title="A model",
    kinephen="1",
    preset="quick",
    not_for="care",
    phenotypes=("1",),
    cox={},
)
KNOWN = seen_exams([lesion()])
NONE = KNOWN.model_copy(update={"exams": 0})


def page(patient):
    return predictions_page(
        PredictionsFile(kinephen="1", model=MODEL, end_point="x", horizons=(), issues=(), patients=(patient,))
    )


@pytest.mark.parametrize(
    ("flagged", "outside", "exams"), list(itertools.product((False, True), (None, 0, 3), (0, 1, 2)))
)
def test_nothing_outside_is_said_of_what_was_compared(flagged, outside, exams):
    flags = (Flag(code="mask.unreviewed", text="T1: no reader"),) if flagged else ()
    html = page(Prediction(case="a", features_outside=outside, exams_compared=exams, flags=flags))
    assert ("No rule found anything outside" in html) == (not flagged and outside is not None and exams == 2)
    assert ("Not compared with training" in html) == (outside is None or exams < 2)


@pytest.mark.parametrize("seen", [KNOWN, NONE])
def test_exams_count_as_compared_only_where_flags_can_come_of_them(seen: Exams):
    exams = {("a", "T1"): lesion(), ("a", "T2"): lesion(), ("b", "T1"): lesion()}
    assert [compared_exams(exams, case, seen) for case in "abc"] == ([2, 1, 0] if seen.exams else [0, 0, 0])
    other = lesion(manufacturer="Another")
    assert bool(exam_flags("T1", other, seen)) == bool(seen.exams)
