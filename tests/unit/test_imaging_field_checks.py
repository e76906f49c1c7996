"""Checks of a bias field: laws of each number, and verdicts on planted fields."""

from __future__ import annotations

import numpy as np
import pytest

from kinephen.imaging.field_checks import (
    FieldCheck,
    check_issues,
    fat_evenness,
    lesion_ratio,
    quiet_tissue,
    steepness,
    two_masks,
    unevenness,
)

SHAPE = (18, 40, 44)
SPACING = (6.0, 3.5, 3.0)
ALL = np.ones(SHAPE, dtype=bool)


def ramp(axis, per_cm):
    """Return a field whose logarithm rises by `per_cm` a centimetre along an axis."""
    mm = np.arange(SHAPE[axis]) * SPACING[axis]
    return np.exp(per_cm / 10.0 * mm).reshape([-1 if a == axis else 1 for a in range(3)]) * np.ones(SHAPE)


def lesion():
    mask = np.zeros(SHAPE, dtype=bool)
    mask[6:10, 12:20, 14:22] = True
    return mask


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize(("per_cm", "verdict"), [(0.10, "good"), (0.20, "harmful"), (-0.20, "harmful")])
def test_steepness_is_in_percent_a_centimetre(axis, per_cm, verdict):
    found = steepness(ramp(axis, per_cm), ALL, SPACING)
    assert found.value == pytest.approx(100 * abs(per_cm))
    assert found.verdict == verdict


def test_steepness_looks_at_the_breast_only():
    field = np.where(ALL & ~lesion(), ramp(0, 0.5), 1.0)
    inner = np.zeros(SHAPE, dtype=bool)
    inner[7:9, 14:18, 16:20] = True
    assert steepness(field, inner, SPACING).value == 0.0
    assert steepness(field, np.zeros(SHAPE, dtype=bool), SPACING).verdict == "unknown"


def test_the_ratio_is_told_against_quiet_tissue():
    one = np.ones(SHAPE)
    quiet = ~lesion()
    # A frame's field may be brighter as a whole: that changes no lesion against its surroundings.
    assert lesion_ratio([one, 1.4 * one], lesion(), quiet).value == pytest.approx(1.0)
    taken = np.where(lesion(), 1.08, 1.0)
    found = lesion_ratio([one, 1.01 * one, 1.4 * taken], lesion(), quiet)
    assert (round(found.value, 6), found.verdict) == (1.08, "harmful")
    assert lesion_ratio([one, taken], lesion(), quiet, limit=0.1).verdict == "good"
    assert lesion_ratio([taken, one], lesion(), quiet).value == pytest.approx(1 / 1.08)
    assert lesion_ratio([one], lesion(), quiet).verdict == "unknown"
    assert lesion_ratio([one, one], np.zeros(SHAPE, dtype=bool), quiet).verdict == "unknown"


@pytest.mark.parametrize(("spread", "verdict"), [(0.01, "good"), (0.03, "doubtful"), (0.08, "harmful")])
def test_fields_from_two_masks(spread, verdict):
    field = ramp(1, 0.05)
    wave = 1.0 + spread * np.sqrt(2.0) * np.sin(np.arange(SHAPE[2]) * 2 * np.pi / SHAPE[2])
    found = two_masks(field * wave * 3.0, field, ALL)
    assert found.value == pytest.approx(spread, rel=0.02)
    assert found.verdict == verdict
    assert two_masks(field, field, np.zeros(SHAPE, dtype=bool)).verdict == "unknown"


def test_fat_is_evened_by_its_own_field_and_made_uneven_by_another():
    rng = np.random.default_rng(4)
    truth = ramp(0, 0.06) * ramp(2, -0.04)
    pre = 50 * truth * rng.normal(1.0, 0.02, SHAPE)
    right, flat, wrong = (fat_evenness(pre, f, ALL, SPACING) for f in (truth, np.ones(SHAPE), 1 / truth))
    assert right.value < -0.9
    assert flat.value == pytest.approx(0.0)
    assert wrong.value > 0.9
    assert [c.verdict for c in (right, flat, wrong)] == ["good", "good", "harmful"]
    few = np.zeros(SHAPE, dtype=bool)
    few[0, 0, :20] = True
    assert fat_evenness(pre, truth, few, SPACING).verdict == "unknown"
    assert fat_evenness(pre, truth, np.zeros(SHAPE, dtype=bool), SPACING).to_dict()["value"] is None


def test_unevenness_is_that_of_blocks_and_not_of_noise():
    rng = np.random.default_rng(5)
    even = 100 * rng.normal(1.0, 0.3, SHAPE)
    assert unevenness(even, ALL, SPACING) < 0.05
    assert unevenness(even * 7.0, ALL, SPACING) == pytest.approx(unevenness(even, ALL, SPACING))
    assert np.isnan(unevenness(even, np.zeros(SHAPE, dtype=bool), SPACING))


def test_quiet_tissue_leaves_out_skin_enhancement_and_gland():
    pre = np.full(SHAPE, 40.0)
    pre[:, :, 22:] = 100.0
    early = pre * np.where(lesion(), 2.0, 1.05)
    breast = np.zeros(SHAPE, dtype=bool)
    breast[2:-2, 4:-4, 4:-4] = True
    quiet, fat = quiet_tissue(pre, early, breast, SPACING)
    assert not (quiet & lesion()).any()
    assert not quiet[2, 4, 4:].any()
    assert quiet[8, 30, 12]
    assert fat[8, 30, 12]
    assert not fat[8, 30, 34]
    nothing, same = quiet_tissue(pre, early, np.zeros(SHAPE, dtype=bool), SPACING)
    assert not nothing.any()
    assert not same.any()


def test_only_what_is_not_good_is_said():
    checks = [
        FieldCheck("two_masks", 0.01, 0.05, "good"),
        FieldCheck("two_masks", 0.03, 0.05, "doubtful"),
        FieldCheck("fat", 0.29, 0.02, "harmful"),
        FieldCheck("steepness", float("nan"), 15.0, "unknown"),
    ]
    said = check_issues(checks)
    assert [(i.code, i.level) for i in said] == [("bias.two_masks", "note"), ("bias.fat", "warning")]
    assert "more uneven by 29.0%, limit 2%" in said[1].message
