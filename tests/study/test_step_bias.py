"""The bias step: which correction an exam got, and what is said where N3 did not converge."""

from __future__ import annotations

import numpy as np
import pytest
from tests import exam_small

from kinephen.config.schema import Bias
from kinephen.errors import ConfigError, InputError
from kinephen.imaging.bias import BiasResult
from kinephen.imaging.field import FieldRecord
from kinephen.records.features import BiasRecord
from kinephen.study.steps import bias as step


@pytest.fixture
def corrector(monkeypatch):
    """Return a function that says which methods correct; frames come back times 2 (N3) or times 4 (N4)."""

    def make(*correcting, missing=()):
        asked = []

        def correct(frames, spacing, *, method, scope, mask, settings, checks):
            assert mask is None
            assert checks == ("rerun", "masks")
            asked.append((method, scope, spacing, None if settings is None else settings.stiff_start))
            if method in missing:
                raise ConfigError("no ITK", code="imaging.itk_missing")
            done = method in correcting
            factor = np.float32({"n3": 2.0, "n4": 4.0}.get(method, 1.0))
            status = "corrected" if done else "not_converged"
            records = () if method == "none" else (FieldRecord(1, method, status, fwhm=0.15, rerun=0.004),)
            fields = tuple(frames[0] for _ in records)
            return BiasResult(frames * factor if done else frames, fields, records, corrected=done)

        monkeypatch.setattr(step, "correct_bias_field", correct)
        return asked

    return make


def run(**settings):
    series = exam_small.exam().series
    frames, outcome = step.corrected_frames(series, Bias(**settings))
    factor = float(np.unique(frames / series.frames)[0])
    return factor, outcome.record, [i.code for i in outcome.issues]


def test_what_was_asked_is_done_and_recorded(corrector):
    asked = corrector("n3", "n4")
    factor, record, issues = run(method="n3", scope="per_frame", stiff_start=0.2)
    assert asked == [("n3", "per_frame", (3.0, 1.5, 1.25), 0.2)]
    assert (factor, issues) == (2.0, [])
    assert (record.method, record.asked, record.scope, record.corrected) == ("n3", "n3", "per_frame", True)
    (field,) = record.fields
    assert (field.frame, field.method, field.status) == (1, "n3", "corrected")
    assert (field.fwhm, field.rerun) == (0.15, 0.004)
    # What was not asked for is undefined.
    assert (field.masks, field.ramps, field.knots) == (None, None, None)


def test_without_a_method_frames_stay_and_nothing_is_said(corrector):
    corrector()
    factor, record, issues = run(method="none")
    assert (factor, issues) == (1.0, [])
    assert record == BiasRecord(method="none", asked="none", scope=record.scope, corrected=False)


def test_n4_steps_in_where_n3_did_not_converge(corrector):
    asked = corrector("n4")
    factor, record, issues = run(method="n3", fallback="n4")
    assert [a[0] for a in asked] == ["n3", "n4"]
    assert (factor, record.method, record.asked, record.corrected) == (4.0, "n4", "n3", True)
    assert [f.method for f in record.fields] == ["n4"]
    assert issues == ["bias.fallback"]


def test_where_n4_is_not_there_the_frames_stay_and_it_is_said(corrector):
    corrector(missing=("n4",))
    factor, record, issues = run(method="n3", fallback="n4")
    assert (factor, record.method, record.corrected) == (1.0, "n3", False)
    assert issues == ["bias.no_fallback", "bias.uncorrected"]


def test_where_no_fallback_is_wanted_the_frames_stay(corrector):
    asked = corrector("n4")
    factor, record, issues = run(method="n3", fallback="none")
    assert [a[0] for a in asked] == ["n3"]
    assert (factor, record.corrected, issues) == (1.0, False, ["bias.uncorrected"])


def test_a_study_may_refuse_to_go_on(corrector):
    corrector("n4")
    with pytest.raises(InputError) as found:
        run(method="n3", fallback="fail")
    assert found.value.code == "bias.failed"
