"""Bias fields of a real exam: that of N3 is kept, those of N4 are refused, by checks that hold for both."""

from __future__ import annotations

import pytest

from kinephen.config.schema import Bias, Ftv
from kinephen.io.exam import read_exam
from kinephen.study.exam_checks import check_exam
from kinephen.study.review_gate import MaskChoice
from kinephen.study.steps.bias import corrected_frames
from kinephen.study.steps.lesion import find_lesion

EXAM = "data/nact_pilot/UCSF-BR-06"


@pytest.fixture(scope="module")
def checked(reference):
    return check_exam(read_exam(reference(EXAM)))


def corrected(checked, **settings):
    _, lesion = find_lesion(checked, Ftv(), MaskChoice())
    return corrected_frames(
        checked.exam.series, Bias(fallback="none", **settings), breast=checked.breast.mask, lesion=lesion
    )


def verdicts(outcome):
    return {c.name: c.verdict for c in outcome.record.checks}


def test_the_field_of_n3_is_good(checked):
    frames, outcome = corrected(checked)
    assert outcome.record.corrected
    assert verdicts(outcome) == {"two_masks": "good", "fat": "good", "steepness": "good"}
    assert frames is not checked.exam.series.frames


@pytest.mark.slow
@pytest.mark.parametrize("mask", ["breast", "otsu"])
def test_one_field_of_n4_is_refused(checked, mask):
    pytest.importorskip("SimpleITK")
    frames, outcome = corrected(checked, method="n4", mask=mask)
    found = verdicts(outcome)
    assert (found["two_masks"], found["steepness"]) == ("harmful", "harmful")
    assert not outcome.record.corrected
    assert frames is checked.exam.series.frames
    assert "bias.refused" in [i.code for i in outcome.issues]


@pytest.mark.slow
def test_fields_of_n4_for_single_frames_absorb_the_lesion_and_the_article_is_warned(checked):
    pytest.importorskip("SimpleITK")
    kept = {"method": "n4", "scope": "per_frame", "mask": "otsu", "harmful": "keep"}
    _, outcome = corrected(checked, **kept)
    (ratio,) = (c for c in outcome.record.checks if c.name == "lesion_ratio")
    assert ratio.verdict == "harmful"
    assert abs(ratio.value - 1.0) > 0.05
    assert outcome.record.corrected
    assert ("bias.lesion_ratio", "warning") in [(i.code, i.level) for i in outcome.issues]
