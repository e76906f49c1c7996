"""Neither the order of patients nor their names change a p, an interval or a price of recipes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinephen.config.presets import preset_settings
from kinephen.config.schema import Recipes
from kinephen.core.streams import stream
from kinephen.study.steps.curves import survival_panel
from kinephen.study.steps.group_test import PERMUTATIONS, group_test
from kinephen.study.steps.recipes import _price
from kinephen.study.store import Store
from kinephen.study.tables.outcome_table import SurvivalTable
from kinephen.study.tables.survival import Request, analyse
from kinephen.survival.logrank import logrank
from kinephen.survival.optimism import optimism_bootstrap
from kinephen.survival.outcome import clean_outcome

seeds = st.integers(0, 10_000)
few = settings(max_examples=6)


def patients(seed: int, n: int = 23, *, ties: bool = True) -> pd.DataFrame:
    """Return patients with follow-up (half of them tied), a phenotype and two covariates."""
    rng = np.random.default_rng(seed)
    time = rng.exponential(5, n) + 0.1
    frame = pd.DataFrame(
        {
            "time": np.ceil(time * 2) / 2 if ties else time,
            "event": (rng.random(n) < 0.5).astype(float),
            "phenotype": rng.choice([1.0, 2.0], n),
            "stratum": rng.choice(["a", "b", "c"], n),
            "age": rng.integers(30, 80, n).astype(float),
            "ftv2": rng.normal(size=n),
        },
        index=[f"case-{i:04d}" for i in range(n)],
    )
    frame.loc[frame.index[:4], ["event", "phenotype"]] = [[1, 1], [1, 2], [1, 1], [0, 2]]
    return frame


def shuffled(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the patients in another order, each under another name."""
    order = np.random.default_rng(seed + 1).permutation(len(frame))
    return frame.iloc[order].set_axis([f"other-{i:02d}" for i in range(len(frame))], axis=0)


@few
@given(seed=seeds)
def test_the_permutation_p_of_a_log_rank_test_knows_no_order(seed):
    first = patients(seed)
    other = shuffled(first, seed)
    for rho, strata in ((0.0, None), (1.0, "stratum")):
        found = [
            logrank(
                f["time"],
                f["event"],
                f["phenotype"],
                rho=rho,
                strata=None if strata is None else f[strata],
                permutations=200,
                rng=stream(seed, "any"),
            ).permutation_p
            for f in (first, other)
        ]
        assert 0 < found[0] == found[1]


@pytest.mark.parametrize("seed", [1, 5])
def test_one_test_gives_one_p_in_a_run_a_validation_and_a_table(seed):
    frame = patients(seed)
    run = survival_panel(
        frame.assign(phenotype=frame["phenotype"].astype(int).astype(str)),
        "phenotype",
        title="validation",
        seed=seed,
    ).test
    other = shuffled(frame, seed)
    words = {"1": "1 low", "2": "2 high"}
    elsewhere = survival_panel(
        other.assign(phenotype=other["phenotype"].astype(int).astype(str)),
        "phenotype",
        title="other patients",
        labels=words,
        seed=seed,
    ).test
    table = SurvivalTable(frame=other, end_point="the event", time_unit="years", rows_read=len(other))
    command = analyse(table, Request(group="phenotype", seed=seed)).logrank
    assert command is not None
    assert command.permutations == PERMUTATIONS
    assert run.permutation_p == elsewhere.permutation_p == command.permutation_p
    assert (
        run.permutation_p
        == group_test(frame["time"], frame["event"], frame["phenotype"], seed=seed).permutation_p
    )


@few
@given(seed=seeds, ties=st.booleans())
def test_optimism_knows_no_order(seed, ties):
    first = patients(seed, 40, ties=ties)
    found = []
    for frame in (first, shuffled(first, seed)):
        outcome = clean_outcome(frame["time"], frame["event"])
        x = frame[["age", "ftv2"]].to_numpy()
        result = optimism_bootstrap(x, outcome, replicates=15, rng=stream(seed, "any"))
        found.append([result.apparent_c, result.optimism_c, result.corrected_c, result.corrected_slope])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)


@pytest.mark.parametrize("seed", [3, 11])
def test_the_price_of_recipes_knows_no_order(seed, tmp_path):
    settings = preset_settings("quick")
    own = SimpleNamespace(settings=settings, recipes=Recipes(permutations=19, replicates=2), seed=seed)
    plan = SimpleNamespace(study=own)
    first = patients(seed, 40)
    prices = []
    for number, frame in enumerate((first, shuffled(first, seed))):
        second = (frame["ftv2"] > 0) + 1.0
        labels = {"one": frame["phenotype"], "two": second}
        price, reason = _price(
            plan, frame.drop(columns="phenotype"), labels, Store(tmp_path / str(number)), ("age",)
        )
        assert price is not None, reason
        prices.append(price)
    assert prices[0] == prices[1]
