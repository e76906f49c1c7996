"""A very small simulated study that runs in seconds; for laws of the store that need patients."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kinephen.config.load import load_study
from kinephen.config.schema import StudyFile
from kinephen.simulate.settings import make_settings
from kinephen.simulate.study import write_study
from kinephen.simulate.study_file import add_study_file
from kinephen.study.engine import SerialEngine
from kinephen.study.entry import open_entry
from kinephen.study.run import StudyResults, run_study
from kinephen.study.store import Store

SEED = 5
IMAGE = {"matrix": 24, "slices": 6}
COUNTS = ("resamples=10", "null_sets=5", "null_resamples=10", "k_max=3")
SMALL = (
    *(f"{section}.{count}" for section in ("groups", "tumours") for count in COUNTS),
    "groups.fixed_k=3",
    "tumours.fixed_k=2",
    "sigclust.simulations=20",
    "sigclust.shc=false",
    "cross_validation.folds=2",
    "cross_validation.replicates=1",
    "cross_validation.nested_replicates=1",
    "performance.replicates=1",
    "performance.bootstraps=0",
    "cox.firth=never",
    "end_points.pcr=false",
    "end_points.overall_survival=false",
    "bias.method=none",
    "resample.matrix=0",
)


def write_tiny_study(root: Path) -> Path:
    """Write a study of 14 + 2 patients."""
    settings = make_settings({"patients": 14, "validation": 2, "image": IMAGE})
    add_study_file(write_study(root, settings, seed=SEED, processes=1), seed=SEED, preset="quick")
    return root


def tiny_study(root: Path, *changes: str) -> StudyFile:
    """Return its study file with small counts."""
    study = load_study(root / "study.toml", changes=[*SMALL, *changes])
    recipes = study.recipes.model_copy(update={"permutations": 5, "replicates": 1})
    return study.model_copy(update={"beside": (), "recipes": recipes})


@dataclass
class Trace:
    """What a run asked of its store.

    Parameters
    ----------
    entries : list of (step, checksums by file)
        In the order in which they were asked for.
    folders : list of (step, folder)
        Of the same.
    computed : list of str
        Steps, one for each result that was not there.
    """

    entries: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    folders: list[tuple[str, Path]] = field(default_factory=list)
    computed: list[str] = field(default_factory=list)

    @property
    def steps(self) -> set[str]:
        """The steps of which something was computed."""
        return set(self.computed)


@contextlib.contextmanager
def traced() -> Iterator[Trace]:
    """Watch the stores of this process while the block runs."""
    trace, original = Trace(), Store.run

    def run(self, key, compute):
        def counted(folder):
            trace.computed.append(key.step)
            compute(folder)

        folder = original(self, key, counted)
        trace.entries.append((key.step, open_entry(folder).files))
        trace.folders.append((key.step, folder))
        return folder

    Store.run = run
    try:
        yield trace
    finally:
        Store.run = original


def run_tiny(
    root: Path, out: Path, *changes: str, study: StudyFile | None = None
) -> tuple[StudyResults, Trace]:
    """Run the study; return its results and what the store was asked for."""
    with traced() as trace:
        results = run_study(
            study or tiny_study(root, *changes),
            root,
            out,
            engine=SerialEngine(),
            progress=lambda *_: None,
        )
    return results, trace
