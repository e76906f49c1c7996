"""The bias step: which correction an exam got, and what is said where N3 did not converge."""

from __future__ import annotations

import numpy as np
import pytest
from tests import exam_small

from kinephen.config.presets import preset_settings
from kinephen.config.schema import Bias
from kinephen.errors import ConfigError, InputError
from kinephen.imaging.bias import BiasResult
from kinephen.imaging.field import FieldRecord
from kinephen.imaging.field_checks import FieldCheck
from kinephen.records.features import BiasRecord
from kinephen.study.steps import bias as step


@pytest.fixture
def corrector(monkeypatch):
    """Return a function that says which methods correct; frames come back times 2 (N3) or times 4 (N4).

    `fields` holds the field of each frame for a method and scope; 1 everywhere by default. `other` is that
    from the mask that is only compared.
    """

    def make(*correcting, missing=(), fields=None, other=1.0):
        asked = []

        def correct(frames, spacing, *, method, scope, mask, settings, checks):
            one = np.ones(frames.shape[1:], dtype=np.float32)
            if not checks:
                return BiasResult(frames, (one * np.float32(other),), (), corrected=True)
            assert checks == ("rerun", "masks")
            stiff = None if settings is None else settings.stiff_start
            asked.append((method, scope, spacing, stiff, mask is None))
            if method in missing:
                raise ConfigError("no ITK", code="imaging.itk_missing")
            done = method in correcting
            factor = np.float32({"n3": 2.0, "n4": 4.0}.get(method, 1.0))
            status = "corrected" if done else "not_converged"
            records = (FieldRecord(1, method, status, fwhm=0.15, rerun=0.004),)
            given = (fields or {}).get((method, scope), (one,) * (3 if scope == "per_frame" else 1))
            return BiasResult(frames * factor if done else frames, given, records, corrected=done)

        monkeypatch.setattr(step, "correct_bias_field", correct)
        return asked

    return make


def run(*, lesion=None, **settings):
    series = exam_small.exam().series
    frames, outcome = step.corrected_frames(series, Bias(**settings), lesion=lesion)
    factor = float(np.unique(frames / series.frames)[0])
    return factor, outcome.record, [i.code for i in outcome.issues]


def shape():
    return exam_small.exam().series.geometry.shape


@pytest.fixture
def any_slope(monkeypatch):
    """A field that jumps at the lesion's border is not refused for its slope."""
    flat = FieldCheck("steepness", 1.0, 15.0, "good")
    monkeypatch.setattr(step, "steepness", lambda *_: flat)


def absorbing(lesion, factor=1.1):
    """Return fields of three frames of which the later ones take up enhancement of the lesion."""
    one = np.ones(shape(), dtype=np.float32)
    return (one, np.where(lesion, np.float32(factor), one), one)


def steep():
    along = np.linspace(0.0, 3.0, shape()[2], dtype=np.float32)
    return (np.broadcast_to(np.exp(along), shape()).astype(np.float32),)


def test_what_was_asked_is_done_and_recorded(corrector):
    asked = corrector("n3", "n4")
    factor, record, issues = run(method="n3", scope="per_frame", stiff_start=0.2)
    assert asked == [("n3", "per_frame", (3.0, 1.5, 1.25), 0.2, False)]
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
    assert record == BiasRecord(
        method="none", asked="none", scope="shared", asked_scope="shared", corrected=False
    )


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


def test_fields_of_single_frames_that_absorb_the_lesion_give_way_to_one(corrector, any_slope):
    lesion = exam_small.lesion_mask()
    asked = corrector("n3", fields={("n3", "per_frame"): absorbing(lesion)})
    factor, record, issues = run(scope="per_frame", lesion=lesion)
    assert [a[1] for a in asked] == ["per_frame", "shared"]
    assert (factor, record.scope, record.asked_scope, record.corrected) == (2.0, "shared", "per_frame", True)
    assert issues[:2] == ["bias.lesion_ratio", "bias.shared"]
    (ratio, *rest) = record.checks
    assert (ratio.name, ratio.limit) == ("lesion_ratio", 0.03)
    assert ratio.value == pytest.approx(1.1, abs=0.01)
    assert {c.name for c in rest} == {"two_masks", "fat", "steepness"}


def test_the_limit_of_the_ratio_is_a_setting(corrector, any_slope):
    lesion = exam_small.lesion_mask()
    corrector("n3", fields={("n3", "per_frame"): absorbing(lesion)})
    _, record, issues = run(scope="per_frame", lesion=lesion, lesion_ratio=0.2)
    assert (record.scope, issues) == ("per_frame", [])
    assert record.checks[0].verdict == "good"


def test_the_article_keeps_its_fields_and_warns(corrector, any_slope):
    lesion = exam_small.lesion_mask()
    asked = corrector("n3", fields={("n3", "per_frame"): absorbing(lesion)})
    article = preset_settings("chitalia2023").bias
    factor, record, issues = run(**article.model_dump(), lesion=lesion)
    assert asked == [("n3", "per_frame", (3.0, 1.5, 1.25), 0.0, True)]
    assert (factor, record.scope, record.corrected) == (2.0, "per_frame", True)
    assert issues == ["bias.lesion_ratio"]


@pytest.mark.parametrize("method", ["n3", "n4"])
@pytest.mark.parametrize(
    ("more", "name"),
    [({"fields": "steep"}, "steepness"), ({"other": "uneven"}, "two_masks")],
)
def test_a_harmful_field_is_refused_or_kept_with_a_warning(corrector, method, more, name):
    uneven = np.linspace(0.8, 1.2, shape()[1], dtype=np.float32)[None, :, None]
    given = {"fields": {(method, "shared"): steep()}} if "fields" in more else {"other": uneven}
    corrector(method, **given)
    factor, record, issues = run(method=method)
    assert (factor, record.corrected) == (1.0, False)
    assert f"bias.{name}" in issues
    assert issues[-2:] == ["bias.refused", "bias.uncorrected"]
    assert next(c for c in record.checks if c.name == name).verdict == "harmful"
    corrector(method, **given)
    factor, record, issues = run(method=method, harmful="keep")
    assert record.corrected
    assert f"bias.{name}" in issues
    assert "bias.refused" not in issues


def test_n4_steps_in_only_if_it_passes_the_checks(corrector):
    corrector("n4", fields={("n4", "shared"): steep()})
    factor, record, issues = run(method="n3", fallback="n4")
    assert (factor, record.method, record.corrected) == (1.0, "n4", False)
    assert issues[-2:] == ["bias.refused", "bias.uncorrected"]
    assert "bias.fallback" in issues
