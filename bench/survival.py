"""The ladder of Cox models side by side: ours, lifelines, scikit-survival, statsmodels, and R if it is there.

    python bench/survival.py [--quick] [--write]

Eight models of 1 to 9 columns, 100 patients, about 30 events, 5 folds x 100 replicates: 4000 fits, each
judged by Harrell's C on the fold left out. Every tool gets the same arrays and folds. The peers run only the
first replicates and are scaled up; runs are interleaved, and the smallest processor time of the rounds
counts. The largest difference of any fold's C from ours stands beside it. The peers live in their own
environment (bench/.envs/survival), built from the package registry on the first run. ``--write`` writes
docs/reference/speed-survival.md, which also says how our time grows with the number of patients.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from kinephen.survival.cross_validation import cross_validate
from kinephen.survival.folds import make_folds
from kinephen.survival.outcome import Outcome, clean_outcome
from machine import machine
from peers import ENVS, environment, r_has

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "reference" / "speed-survival.md"
PYTHON = ENVS / "survival" / "bin" / "python"
PACKAGES = ("lifelines==0.30.3", "scikit-survival==0.28.0", "statsmodels==0.15.0")
PEERS = ("lifelines", "scikit_survival", "statsmodels")
REPLICATES = 100
MODELS = (("a",), ("b",), ("c",), "def", "defg", "defgabc", "defgh", "defgabch")
TARGET_S = 1.0
GROWTH = {100: REPLICATES, 1000: 10, 10_000: 1}
"""Patients, and the replicates that are run for them (scaled to `REPLICATES`)."""


@dataclass
class Timing:
    """The least seconds of the rounds, scaled to all replicates, and how far any C lies from ours."""

    used: float = np.inf
    wall: float = np.inf
    gap: float = 0.0
    undefined: int = 0

    def add(self, used: float, wall: float) -> None:
        self.used, self.wall = min(self.used, used), min(self.wall, wall)


def make_cohort(n: int = 100) -> tuple[pd.DataFrame, np.ndarray]:
    """Return patients with nine covariates, and fold labels (replicates, patients)."""
    rng = np.random.default_rng(20230273)
    frame = pd.DataFrame(rng.normal(size=(n, 8)), columns=list("abcdefgh"))
    frame["e"], frame["f"], frame["h"] = (rng.integers(0, 2, n) for _ in range(3))
    frame["g"] = np.exp(rng.normal(2, 1, n))
    frame["b2"] = rng.integers(0, 2, n)
    score = 0.9 * frame["h"] + 0.25 * np.log(frame["g"]) + 0.3 * frame["c"]
    event_time = 14 * rng.weibull(1.3, n) * np.exp(-score / 1.3)
    censor = np.minimum(rng.exponential(10, n) + 0.5, rng.uniform(3, 7, n))
    frame["time"] = np.maximum(np.round(np.minimum(event_time, censor), 2), 0.01)
    frame["event"] = (event_time <= censor).astype(int)
    event = frame["event"].to_numpy() == 1
    return frame, make_folds(event, 5, REPLICATES, stratified=True, rng=rng)


def columns_of(model: tuple[str, ...] | str) -> list[str]:
    return [c for name in model for c in (("b", "b2") if name == "b" else (name,))]


def run_ours(frame: pd.DataFrame, outcome: Outcome, folds: np.ndarray) -> tuple[np.ndarray, float, float]:
    start, used = time.perf_counter(), time.process_time()
    found = [cross_validate(frame[columns_of(m)].to_numpy(float), outcome, folds).per_fold for m in MODELS]
    return np.array(found), time.perf_counter() - start, time.process_time() - used


def run_peer(name: str, files: Path, replicates: int) -> tuple[np.ndarray, float, float]:
    worker, out = HERE / "survival_worker.py", files / f"{name}.npz"
    subprocess.run([PYTHON, worker, name, files / "cohort.npz", out, str(replicates)], check=True)
    found = np.load(out)
    return found["c"], float(found["seconds"][0]), float(found["seconds"][1])


def run_r(files: Path, replicates: int) -> tuple[np.ndarray, float, float]:
    paths = [files / name for name in ("cohort.csv", "folds.csv", "models.txt", "r.txt")]
    subprocess.run(["Rscript", HERE / "survival_worker.R", *paths, str(replicates)], check=True)
    wall, used, *values = (float(v) for v in paths[-1].read_text().split())
    return np.array(values).reshape(len(MODELS), replicates, 5), wall, used


def write_inputs(frame: pd.DataFrame, folds: np.ndarray, files: Path) -> None:
    arrays = {f"x_{k}": frame[columns_of(m)].to_numpy(float) for k, m in enumerate(MODELS)}
    np.savez(files / "cohort.npz", time=frame["time"], event=frame["event"], folds=folds, **arrays)
    frame.to_csv(files / "cohort.csv", index=False)
    pd.DataFrame(folds).to_csv(files / "folds.csv", index=False)
    (files / "models.txt").write_text("\n".join(" + ".join(columns_of(m)) for m in MODELS) + "\n")


def measure(peers: list[str], rounds: int, replicates: int) -> tuple[Outcome, dict[str, Timing]]:
    """Run all tools in turn on one cohort."""
    frame, folds = make_cohort()
    outcome = clean_outcome(frame["time"], frame["event"])
    found = {name: Timing() for name in ("kinephen", *peers)}
    scale = REPLICATES / replicates
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        write_inputs(frame, folds, files)
        for _ in range(rounds):
            ours, wall, used = run_ours(frame, outcome, folds)
            found["kinephen"].add(used, wall)
            for name in peers:
                c, wall, used = run_r(files, replicates) if name == "R" else run_peer(name, files, replicates)
                found[name].add(used * scale, wall * scale)
                found[name].gap = float(np.nanmax(np.abs(c - ours[:, :replicates])))
                found[name].undefined = int(np.isnan(c).sum())
    return outcome, found


def grow(n: int, replicates: int) -> tuple[Outcome, float]:
    """Return the cohort of n patients and our processor time, scaled to all replicates."""
    frame, folds = make_cohort(n)
    outcome = clean_outcome(frame["time"], frame["event"])
    *_, used = run_ours(frame, outcome, folds[:replicates])
    return outcome, used * REPLICATES / replicates


def first_call() -> float:
    """Return the wall time of the first fit of this process."""
    frame, folds = make_cohort()
    start = time.perf_counter()
    run_ours(frame, clean_outcome(frame["time"], frame["event"]), folds[:1])
    return time.perf_counter() - start


def page(options: argparse.Namespace, first: float) -> str:
    rounds, replicates = (1, 1) if options.quick else (3, 3)
    ready = environment("survival", sys.executable, [list(PACKAGES)], "sksurv") is not None
    peers = list(PEERS) * ready + ["R"] * r_has("survival")
    outcome, found = measure(peers, rounds, replicates)
    own = found["kinephen"].used
    met = "met" if own <= TARGET_S else "missed"
    lines = [
        "# Speed of the survival models",
        "",
        f"Written by `python bench/survival.py --write` on {time.strftime('%Y-%m-%d')}; {machine()};",
        f"Python {platform.python_version()}; peers: {', '.join(PACKAGES)}, survival of R.",
        "",
        f"The ladder: {len(MODELS)} Cox models of 1 to 9 columns, {outcome.n} patients, {outcome.events}",
        f"events, 5 folds x {REPLICATES} replicates, every fit judged by Harrell's C in the fold left out.",
        "All tools have the same arrays and folds and took turns on one thread; the least processor time of",
        f"{rounds} rounds counts. Peers ran {replicates} replicates, scaled to {REPLICATES}.",
        "",
        "| tool | CPU s | wall s | times ours | largest difference of a C from ours | C undefined |",
        "|---|---|---|---|---|---|",
    ]
    for name, t in sorted(found.items(), key=lambda item: item[1].used):
        gap = "" if name == "kinephen" else f"{t.gap:.1e}"
        lines.append(f"| {name} | {t.used:.2f} | {t.wall:.2f} | {t.used / own:.0f} | {gap} | {t.undefined} |")
    lines += [
        "",
        f"- Target of {TARGET_S:g} s: {met} ({own:.2f} s).",
        f"- The first fit of a process waits {first:.1f} s for imports and compiled code from the cache.",
    ]
    return "\n".join([*lines, *([] if options.quick else growth_section())]) + "\n"


def growth_section() -> list[str]:
    lines = [
        "",
        "## How the time grows",
        "",
        f"The same ladder of kinephen, CPU seconds scaled to {REPLICATES} replicates.",
        "",
        "| patients | events | replicates run | CPU s |",
        "|---|---|---|---|",
    ]
    for n, replicates in GROWTH.items():
        outcome, used = grow(n, replicates)
        lines.append(f"| {n:,} | {outcome.events:,} | {replicates} | {used:.1f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round, one replicate of the peers")
    parser.add_argument("--write", action="store_true", help="write the page of the documentation")
    options = parser.parse_args()
    text = page(options, first_call())
    print(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
