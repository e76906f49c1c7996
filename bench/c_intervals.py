"""How often the intervals for the cross-validated C hold what they promise, and on which side they miss.

    python bench/c_intervals.py [--cohorts N] [--write]

Simulated cohorts with five covariates, the first of which has an effect; 5 folds x 20 replicates. The truth
is the mean C, in new patients, of the rules that training sets of this size lead to. `--write` writes
docs/reference/coverage.md (1000 cohorts a setting; about ten minutes on one core).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from kinephen.core.streams import stream
from kinephen.errors import CohortError
from kinephen.survival.concordance import concordance
from kinephen.survival.cox import cox_fit
from kinephen.survival.cross_validation import CrossValidatedC, cross_validate
from kinephen.survival.folds import make_folds
from kinephen.survival.outcome import Outcome

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "coverage.md"
FOLDS, REPLICATES, SEED = 5, 20, 77
NEW_PATIENTS = 2500
FEWEST_EVENTS = 2 * FOLDS
EFFECTS = {"none": 0.0, "moderate": 0.5, "strong": 1.1}
PATIENTS = (60, 100, 200)
FOLLOW_UP = {"long": (2.0, 7.0), "short": (1.5, 4.0)}
INTERVALS = ("split jackknife", "jackknife", "Nadeau-Bengio", "split noise")


@dataclass(frozen=True)
class Setting:
    """One kind of cohort: log hazard ratio of the first covariate, patients, years of follow-up."""

    effect: float
    patients: int
    follow_up: tuple[float, float]

    def draw(self, rng: np.random.Generator, patients: int) -> tuple[np.ndarray, Outcome]:
        x = rng.normal(size=(patients, 5))
        time = 9.0 * rng.weibull(1.3, patients) * np.exp(-self.effect * x[:, 0] / 1.3)
        censor = rng.uniform(*self.follow_up, patients)
        return x, Outcome(np.minimum(time, censor), time <= censor)


@dataclass(frozen=True)
class Coverage:
    """What a setting gave: `low` and `high` are the shares of intervals below and above the truth."""

    cohorts: int
    left_out: int
    events: float
    truth: float
    mean: float
    sd: float
    low: dict[str, float]
    high: dict[str, float]
    width: dict[str, float]

    def covered(self, name: str) -> float:
        return 1.0 - self.low[name] - self.high[name]


def study(setting: Setting, cohorts: int, judged: int = 100) -> Coverage:
    """Simulate cohorts; the rules of the first `judged` are judged on new patients."""
    results, truths = [], []
    for number, (rng, x, outcome) in enumerate(_cohorts(setting, cohorts)):
        folds = make_folds(outcome.event, FOLDS, REPLICATES, stratified=True, rng=rng)
        results.append(cross_validate(x, outcome, folds))
        if number < judged:
            train = folds[0] != 0
            rule = cox_fit(x[train], outcome.time[train], outcome.event[train]).usable_coef
            new, later = setting.draw(rng, NEW_PATIENTS)
            truths.append(concordance(new @ rule, later.time, later.event).c)
    truth, limits = float(np.mean(truths)), np.array([_limits(r) for r in results])
    estimates = np.array([r.c for r in results])
    below, above = (limits[:, :, 1] < truth).mean(axis=0), (limits[:, :, 0] > truth).mean(axis=0)
    return Coverage(
        cohorts=len(results),
        left_out=cohorts - len(results),
        events=float(np.mean([r.events for r in results])),
        truth=truth,
        mean=float(estimates.mean()),
        sd=float(estimates.std(ddof=1)),
        low=dict(zip(INTERVALS, below.tolist(), strict=True)),
        high=dict(zip(INTERVALS, above.tolist(), strict=True)),
        width=dict(zip(INTERVALS, np.ptp(limits, axis=2).mean(axis=0).tolist(), strict=True)),
    )


def _cohorts(setting: Setting, count: int) -> Iterator[tuple[np.random.Generator, np.ndarray, Outcome]]:
    for k in range(count):
        name = (k, int(10 * setting.effect), setting.patients, int(10 * setting.follow_up[1]))
        rng = stream(SEED, "coverage", *name)
        x, outcome = setting.draw(rng, setting.patients)
        # With fewer than two events in a fold a replicate may have no pair at all.
        if outcome.events >= FEWEST_EVENTS:
            yield rng, x, outcome


def _limits(found: CrossValidatedC) -> list[tuple[float, float]]:
    noise = found.fold_mean
    # The article has 100 replicates; the spread of the mean shrinks with their root.
    half = (noise.t_upper - noise.mean) * np.sqrt(REPLICATES / 100)
    own = (found.interval, found.jackknife, found.nadeau_bengio)
    return [*((i.lower, i.upper) for i in own), (noise.mean - half, noise.mean + half)]


def page(found: dict[tuple[str, int, str], Coverage], cohorts: int) -> str:
    """Return docs/reference/coverage.md."""
    names = " | ".join(INTERVALS)
    lines = [
        "# How often the intervals for the cross-validated C hold what they promise",
        "",
        f"{cohorts} simulated cohorts a row (standard error of a coverage of 0.95: "
        f"{np.sqrt(0.95 * 0.05 / cohorts):.3f}), five covariates, {FOLDS} folds x {REPLICATES} replicates, "
        "stratified by",
        "event. Nominal 0.95. In brackets: share of intervals wholly below and wholly above the truth: the",
        "mean C in new patients of the rules that such training sets lead to. Written by",
        "`python bench/c_intervals.py --write`.",
        "",
        "- *split jackknife* (recommended): jackknife over patients within folds plus the variance between "
        "splits",
        "  (Chernozhukov 2018, doi 10.1111/ectj.12097), on the logit scale.",
        "- *jackknife*: the first part alone. It takes the fitted rules as given; without an effect they",
        "  point anywhere and vary together, so it is too short however many patients there are.",
        "- *split noise*: the interval of the 2023 article, for 100 replicates.",
        "",
        f"| effect | patients | events | true C | mean, SD of C | {names} |",
        "|---|---|---|---|---|" + "---|" * len(INTERVALS),
    ]
    for (effect, patients, _), row in found.items():
        cells = [f"{row.covered(n):.3f} ({row.low[n]:.3f} / {row.high[n]:.3f})" for n in INTERVALS]
        lines.append(
            f"| {effect} | {patients} | {row.events:.0f} | {row.truth:.3f} | {row.mean:.3f}, {row.sd:.3f} | "
            + " | ".join(cells)
            + " |"
        )
    lines += ["", f"| effect | patients | events | {names} |", "|---|---|---|" + "---|" * len(INTERVALS)]
    for (effect, patients, _), row in found.items():
        cells = [f"{row.width[n]:.3f}" for n in INTERVALS]
        lines.append(f"| {effect} | {patients} | {row.events:.0f} | " + " | ".join(cells) + " |")
    left_out = sum(row.left_out for row in found.values())
    lines += [
        "",
        "The second table has the mean widths. "
        f"{left_out} of {cohorts * len(found)} cohorts had fewer than "
        f"{FEWEST_EVENTS} events and were left out.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohorts", type=int, default=1000)
    parser.add_argument("--write", action="store_true", help="write docs/reference/coverage.md")
    options = parser.parse_args()
    found = {}
    for effect, beta in EFFECTS.items():
        for patients in PATIENTS:
            for length, years in FOLLOW_UP.items():
                try:
                    row = study(Setting(beta, patients, years), options.cohorts)
                except CohortError as error:
                    parser.exit(1, f"{effect}, {patients} patients, {length} follow-up: {error.message}\n")
                found[effect, patients, length] = row
                shares = ", ".join(f"{n} {row.covered(n):.3f}" for n in INTERVALS)
                print(f"{effect:9s} {patients:4d} patients {row.events:4.0f} events: {shares}", flush=True)
    if options.write:
        PAGE.write_text(page(found, options.cohorts), encoding="utf-8")


if __name__ == "__main__":
    main()
