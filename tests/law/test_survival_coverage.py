"""Honesty of the interval for the cross-validated C: how often it holds what it promises to hold."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench" / "c_intervals.py"
COHORTS = 200


@pytest.mark.slow
@pytest.mark.parametrize("effect", ["none", "moderate", "strong"])
@pytest.mark.parametrize("follow_up", ["long", "short"])
def test_the_recommended_interval_covers_and_the_split_noise_does_not(effect, follow_up):
    bench = runpy.run_path(str(BENCH))
    setting = bench["Setting"](bench["EFFECTS"][effect], 100, bench["FOLLOW_UP"][follow_up])
    found = bench["study"](setting, COHORTS, judged=60)
    print(f"{effect}, {follow_up}: C {found.truth:.3f}, {found.events:.0f} events, {found.low}, {found.high}")
    assert found.covered("split jackknife") >= 0.88
    assert found.covered("split noise") <= 0.25
    assert found.left_out <= 0.2 * COHORTS
