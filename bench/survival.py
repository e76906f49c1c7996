"""The ladder of Cox models side by side: ours, lifelines, scikit-survival, statsmodels, and R if it is there.

    python bench/survival.py [--quick] [--json FILE]

Eight models of 1 to 9 columns, 100 women, about 30 events, 5 folds x 100 replicates: 4000 fits, each judged
by Harrell's C on the fold left out. Every tool gets the same arrays and folds. The peers run only the first
replicates and are scaled up; runs are interleaved, and the smallest processor time of the rounds counts. The
largest difference of any fold's C from ours stands beside it. The peers live in their own environment
(bench/.envs/survival), built from the package registry on the first run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from kinephen.survival.cross_validation import cross_validate
from kinephen.survival.folds import make_folds
from kinephen.survival.outcome import Outcome, clean_outcome

HERE = Path(__file__).resolve().parent
PYTHON = HERE / ".envs" / "survival" / "bin" / "python"
PACKAGES = ("lifelines==0.30.3", "scikit-survival==0.28.0", "statsmodels==0.15.0")
PEERS = ("lifelines", "scikit_survival", "statsmodels")
REPLICATES = 100
MODELS = (("a",), ("b",), ("c",), "def", "defg", "defgabc", "defgh", "defgabch")


def make_cohort() -> tuple[pd.DataFrame, np.ndarray]:
    """Return 100 women with nine covariates, and fold labels (replicates, women)."""
    rng = np.random.default_rng(20230273)
    n = 100
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


def peers_ready() -> bool:
    """Build the environment of the peers if it is not there yet."""
    if (
        PYTHON.exists()
        and subprocess.run([PYTHON, "-c", "import sksurv"], capture_output=True).returncode == 0
    ):
        return True
    subprocess.run([sys.executable, "-m", "venv", PYTHON.parent.parent], check=True)
    return subprocess.run([PYTHON, "-m", "pip", "install", "-q", *PACKAGES]).returncode == 0


def r_ready() -> bool:
    if shutil.which("Rscript") is None:
        return False
    return subprocess.run(["Rscript", "-e", "library(survival)"], capture_output=True).returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round, one replicate of the peers")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rounds, replicates = (1, 1) if options.quick else (3, 3)
    frame, folds = make_cohort()
    outcome = clean_outcome(frame["time"], frame["event"])
    peers = list(PEERS) if peers_ready() else []
    peers += ["R"] if r_ready() else []
    start = time.perf_counter()
    ours, *_ = run_ours(frame, outcome, folds[:1])
    first_call = time.perf_counter() - start
    best: dict[str, tuple[float, float]] = {}
    errors: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        write_inputs(frame, folds, files)
        for _ in range(rounds):
            ours, wall, used = run_ours(frame, outcome, folds)
            best["kinephen"] = min(best.get("kinephen", (np.inf, np.inf)), (used, wall))
            for name in peers:
                c, wall, used = run_r(files, replicates) if name == "R" else run_peer(name, files, replicates)
                scale = REPLICATES / replicates
                best[name] = min(best.get(name, (np.inf, np.inf)), (used * scale, wall * scale))
                gap = np.abs(c - ours[:, :replicates])
                errors[name] = float(np.nanmax(gap))
                errors[f"{name} undefined"] = float(np.isnan(c).sum())
    report(best, errors, outcome, first_call, options.json)


def report(best, errors, outcome, first_call, target) -> None:
    own = best["kinephen"][0]
    print(f"{outcome.n} women, {outcome.events} events, {len(MODELS)} models x 5 x {REPLICATES} fits")
    print(f"first call in this process (imports, compiled code from the cache or made): {first_call:.2f} s")
    for name, (used, wall) in sorted(best.items(), key=lambda item: item[1]):
        error = f"largest difference of a C {errors[name]:.1e}" if name in errors else ""
        lost = f", {errors[f'{name} undefined']:.0f} undefined" if errors.get(f"{name} undefined") else ""
        print(f"{name:16s} {used:9.2f} s processor {wall:9.2f} s wall  x{used / own:7.1f}  {error}{lost}")
    if target:
        target.write_text(json.dumps({"seconds": best, "errors": errors, "first_call": first_call}, indent=2))


if __name__ == "__main__":
    main()
