"""The order of the phases by the curve: right, wrong in each way, and what must not mislead it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.breast_exams import noisy_copy, orders, shifted, simulated

from kinephen.imaging.body import body_mask
from kinephen.imaging.breast import breast_mask
from kinephen.imaging.role_issues import role_issues
from kinephen.imaging.roles import check_roles
from kinephen.io.exam import read_exam

VERDICTS = {
    "right": "right",
    "two pre": "several_pre",
    "reversed": "reversed",
    "swapped": "swapped",
    "identical": "identical",
    "pre missing": "no_arrival",
    "late missing": "right",
}
LEVELS = {
    "right": [],
    "two pre": [("roles.several_pre", "warning")],
    "reversed": [("roles.reversed", "stop")],
    "swapped": [("roles.swapped", "stop")],
    "identical": [("roles.identical", "stop")],
    "pre missing": [("roles.no_arrival", "stop")],
    "late missing": [("roles.late", "warning")],
}


def roles(frames, geometry, **given):
    body = body_mask(frames.mean(axis=0), geometry.spacing)
    return check_roles(frames, breast_mask(body, geometry).mask, geometry.spacing, **given)


def exam(number):
    frames, made = simulated(number)
    chosen = frames[[0, made.protocol.early, made.protocol.late]]
    return chosen, made.geometry, made.protocol.pe_threshold_percent


@pytest.mark.parametrize("name", VERDICTS)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_orders_of_simulated_exams(number, name):
    frames, geometry, threshold = exam(number)
    phases = orders(frames, geometry.spacing)[name]
    found = roles(phases.frames, geometry, pe_threshold=threshold, late=phases.late)
    assert found.verdict == VERDICTS[name]
    assert [(i.code, i.level) for i in role_issues(found)] == LEVELS[name]
    if name == "two pre":
        assert (found.pre, found.first_post, found.partial) == (1, 2, ())
    if name == "reversed":
        assert found.without == 2


@pytest.mark.parametrize("factor", [1e-5, 1e6])
def test_the_unit_of_the_signal_changes_no_verdict(factor):
    frames, geometry, threshold = exam(1)
    plain = roles(frames, geometry, pe_threshold=threshold, late=2)
    scaled = roles((frames * factor).astype(np.float32), geometry, pe_threshold=threshold, late=2)
    assert scaled.verdict == "right"
    assert scaled.drift == pytest.approx(plain.drift, abs=1e-4)
    assert scaled.rises == pytest.approx(plain.rises, abs=1e-3)


@pytest.mark.parametrize("number", [0, 2])
@pytest.mark.parametrize("mm", [2.0, 4.0])
def test_motion_neither_hides_nor_feigns_contrast(number, mm):
    frames, geometry, threshold = exam(number)
    spacing = geometry.spacing
    moved = np.stack([frames[0], shifted(frames[1], spacing, mm, 1), shifted(frames[2], spacing, -mm, 2)])
    assert roles(moved, geometry, pe_threshold=threshold, late=2).verdict == "right"
    two = np.stack([frames[0], noisy_copy(frames[0], spacing, mm=mm), *frames[1:]])
    found = roles(two, geometry, pe_threshold=threshold, late=3)
    assert (found.verdict, found.pre, found.partial) == ("several_pre", 1, ())


def test_noise_and_a_receive_field_change_no_verdict():
    frames, geometry, threshold = exam(1)
    rng = np.random.default_rng(1)
    field = np.exp(np.linspace(-0.5, 0.5, frames.shape[3]))
    noise = 0.06 * np.percentile(frames[0], 95.0) * rng.standard_normal(frames.shape)
    found = roles(np.abs(frames * field + noise), geometry, pe_threshold=threshold, late=2)
    assert found.verdict == "right"
    assert role_issues(found) == ()


def healed(number):
    """Return an exam whose lesion enhances as the tissue around it."""
    frames, made = simulated(number)
    chosen = frames[[0, made.protocol.early, made.protocol.late]].astype(np.float64)
    tissue = ~made.lesion & (chosen[0] > np.percentile(chosen[0], 70.0))
    for phase in (1, 2):
        ratio = np.median(chosen[phase][tissue] / chosen[0][tissue])
        high = chosen[phase] > 1.5 * chosen[0]
        chosen[phase] = np.where(made.lesion | high, ratio * chosen[0], chosen[phase])
    return chosen, made.geometry, made.protocol.pe_threshold_percent


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_breast_without_a_lesion_is_measured_with_a_warning(number):
    frames, geometry, threshold = healed(number)
    found = roles(frames, geometry, pe_threshold=threshold, late=2)
    assert (found.verdict, found.first_post, found.weak) == ("right", 1, True)
    assert ("roles.weak_arrival", "warning") in [(i.code, i.level) for i in role_issues(found)]
    assert max(found.rises) < 0.003


@pytest.mark.parametrize("number", [0, 1, 2])
def test_an_implant_hides_no_weak_arrival(number):
    frames, geometry, threshold = healed(number)
    breast = breast_mask(body_mask(frames.mean(axis=0), geometry.spacing), geometry).mask
    centre = np.mean(np.nonzero(breast), axis=1)
    off = (np.indices(breast.shape).T - centre).T * np.reshape(geometry.spacing, (3, 1, 1, 1))
    implant = np.linalg.norm(off, axis=0) < 25.0
    rng = np.random.default_rng(number)
    noise = 0.05 * np.percentile(frames[0], 95.0) * rng.rayleigh(size=(3, np.count_nonzero(implant)))
    frames[:, implant] = noise
    found = roles(frames, geometry, pe_threshold=threshold, late=2)
    assert implant[breast].mean() > 0.05
    assert (found.verdict, found.first_post, found.weak) == ("right", 1, True)


def test_hardly_any_enhancement_asks_and_reorders_nothing():
    frames, geometry, threshold = exam(0)
    faint = frames[0] + 0.08 * (frames - frames[0])
    found = roles(faint, geometry, pe_threshold=threshold, late=2)
    (issue,) = role_issues(found)
    assert (found.verdict, found.first_post, issue.level) == ("no_arrival", None, "stop")
    assert "hardly enhances" in issue.message


def test_a_lesion_that_washes_out_among_quiet_tissue_is_no_swap():
    frames, geometry, threshold = exam(1)
    lesion = simulated(1)[1].lesion
    quiet = np.stack([frames[0], *(np.where(lesion, f, frames[0]) for f in (frames[2], frames[1]))])
    found = roles(quiet, geometry, pe_threshold=threshold, late=2)
    assert found.verdict == "right"
    assert math.isnan(found.drift)


def test_twelve_phases_with_contrast_on_its_way():
    frames, geometry, threshold = exam(3)
    pre, early, late = frames
    before = [noisy_copy(pre, geometry.spacing, seed=s) for s in range(3)]
    arriving = pre + 0.2 * (early - pre)
    after = [early + s * (late - early) for s in np.linspace(0.0, 1.0, 8)]
    stack = np.stack([*before, arriving, *after])
    found = roles(stack, geometry, pe_threshold=threshold, early=3, late=11)
    assert (found.verdict, found.pre, found.partial, found.first_post) == ("several_pre", 2, (3,), 3)
    codes = {i.code: i.level for i in role_issues(found)}
    assert codes == {"roles.several_pre": "warning", "roles.partial_arrival": "warning"}


@pytest.mark.parametrize("number", [2, 5, 8, 11])
def test_fast_phases_with_contrast_on_its_way_are_in_order(number):
    frames, made = simulated(number)
    protocol = made.protocol
    assert (len(frames), protocol.early) == (6, 2)
    found = roles(
        frames,
        made.geometry,
        pe_threshold=protocol.pe_threshold_percent,
        early=protocol.early,
        late=protocol.late,
        times_s=protocol.middles_s,
    )
    assert (found.verdict, found.pre, found.first_post) == ("right", 0, 1)
    assert {(i.code, i.level) for i in role_issues(found)} <= {("roles.partial_arrival", "note")}


def test_a_gain_that_changes_before_contrast_is_no_contrast():
    frames, geometry, threshold = exam(1)
    brighter = frames[0] * np.float32(1.05)
    found = roles(np.stack([frames[0], brighter, *frames[1:]]), geometry, pe_threshold=threshold, late=3)
    assert found.asymmetry[1] > 0.5
    assert (found.verdict, found.pre, found.partial) == ("several_pre", 1, ())


@pytest.mark.parametrize(("last", "codes"), [(299.0, ["roles.late"]), (300.0, []), (None, [])])
def test_a_last_phase_that_comes_too_early(last, codes):
    frames, geometry, threshold = exam(1)
    times = None if last is None else (-60.0, 90.0, last)
    found = roles(frames, geometry, pe_threshold=threshold, late=2, times_s=times)
    assert [i.code for i in role_issues(found)] == codes


def test_a_flat_drift_is_doubtful():
    frames, geometry, threshold = exam(1)
    flat = np.stack([frames[0], frames[1], frames[1] * np.float32(1.0001)])
    found = roles(flat, geometry, pe_threshold=threshold, late=2)
    assert found.verdict == "right"
    assert [i.code for i in role_issues(found)] == ["roles.drift"]


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((3, 4, 5, 6)),
        np.full((3, 4, 5, 6), np.nan),
        100 + np.random.default_rng(0).standard_normal((3, 4, 5, 6)),
    ],
)
def test_images_without_tissue_give_no_arrival_or_identity(frames):
    found = check_roles(frames, np.ones((4, 5, 6), dtype=bool), (2.0, 1.0, 1.0), late=2)
    assert found.verdict in ("no_arrival", "identical")
    assert found.to_dict()["drift"] is None


def test_an_empty_region_gives_no_arrival():
    found = check_roles(np.ones((3, 4, 5, 6)), np.zeros((4, 5, 6), dtype=bool), (2.0, 1.0, 1.0), late=2)
    assert found.verdict == "no_arrival"


@pytest.mark.parametrize(
    ("folder", "verdict", "pre"),
    [
        ("halfpixel", "right", 0),
        ("motion", "right", 0),
        ("65_two_pre_150s_apart", "several_pre", 1),
    ],
)
def test_orders_of_small_phantoms(reference, folder, verdict, pre):
    series = read_exam(reference(f"cases/imaging/{folder}")).series
    found = roles(series.frames, series.geometry, early=series.early, late=series.late)
    assert (found.verdict, found.pre) == (verdict, pre)
    assert not found.drift_doubtful
    placed = "roles.several_pre" in [i.code for i in role_issues(found)]
    assert placed == (pre == 1)


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("order", [(0, 1, 0, 2), (0, 1, 2, 0), (0, 0, 1, 0, 2)])
def test_contrast_does_not_go_within_an_exam(number, order):
    frames, geometry, threshold = exam(number)
    phases = np.stack([noisy_copy(frames[k], geometry.spacing, seed=i) for i, k in enumerate(order)])
    found = roles(phases, geometry, pe_threshold=threshold, late=len(order) - 1)
    first = order.index(1)
    assert found.verdict == "lost"
    assert found.lost == tuple(k for k, which in enumerate(order) if which == 0 and k > first)
    (stop,) = (i for i in role_issues(found) if i.level == "stop")
    assert stop.code == "roles.lost"
    assert f"is not in phase {found.lost[0]}" in stop.message


@pytest.mark.parametrize("number", range(6))
def test_a_lesion_that_washes_out_wholly_is_not_lost(number):
    frames, geometry, threshold = exam(number)
    pre, early, late = frames
    gone = np.where(early > 1.3 * pre, pre * 1.02, late)
    found = roles(np.stack([pre, early, gone]), geometry, pe_threshold=threshold, late=2)
    assert found.lost == ()


def arriving(number, share):
    """A phase before the early one, in which the lesion alone has taken up a share of its contrast."""
    frames, geometry, threshold = exam(number)
    pre, early, late = frames
    strong = early > (1.0 + threshold / 100.0) * pre
    between = np.where(strong, pre + share * (early - pre), pre).astype(np.float32)
    between = noisy_copy(between, geometry.spacing, seed=number)
    return np.stack([pre, between, early, late]), geometry, threshold


@pytest.mark.parametrize("number", range(6))
def test_a_lesion_alone_in_which_contrast_is_on_its_way_is_not_before_contrast(number):
    frames, geometry, threshold = arriving(number, 0.4)
    found = roles(frames, geometry, pe_threshold=threshold, early=2, late=3)
    assert (found.verdict, found.pre, found.first_post, found.partial) == ("right", 0, 1, (1,))


@pytest.mark.parametrize(
    ("times", "told", "first_post"),
    [
        ((-60.0, 15.0, 90.0, 400.0), True, 1),
        ((-60.0, 15.0, 90.0, 400.0), False, 2),
        ((-120.0, -60.0, 90.0, 400.0), True, 2),
        ((10.0, 20.0, 90.0, 400.0), True, 1),
        (None, True, 2),
    ],
)
def test_no_phase_after_an_injection_that_was_told_is_before_contrast(times, told, first_post):
    frames, geometry, threshold = exam(0)
    copy = noisy_copy(frames[0], geometry.spacing, seed=3)
    phases = np.stack([frames[0], copy, *frames[1:]])
    found = roles(
        phases, geometry, pe_threshold=threshold, early=2, late=3, times_s=times, injection_told=told
    )
    assert found.first_post == first_post
    assert found.pre == first_post - 1
    assert found.partial == ((1,) if first_post == 1 else ())
