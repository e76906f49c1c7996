"""What the folder of a page holds before its first block: one small simulated study and its run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tests.conftest import reference_root
from tests.docs.pages import ROOT, parse_page

from kinephen.simulate.settings import make_settings
from kinephen.simulate.study import write_study
from kinephen.simulate.study_file import add_study_file

SMALL = """
[settings.groups]
resamples = 40
null_sets = 5
null_resamples = 10
k_max = 4

[settings.tumours]
resamples = 40
null_sets = 5
null_resamples = 10
k_max = 4
fixed_k = 2

[settings.sigclust]
simulations = 30

[settings.cross_validation]
replicates = 4
nested_replicates = 1
"""


def environment(folder: Path) -> dict[str, str]:
    """Return the surroundings of a page: this environment's commands first, settings kept inside."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "KINEPHEN_REFERENCE": str(reference_root()),
        "XDG_CONFIG_HOME": str(folder / ".config"),
        "NUMBA_NUM_THREADS": "1",
        "COLUMNS": "120",
    }


@pytest.fixture(scope="session")
def small_study(tmp_path_factory):
    """Return the folder of a simulated study with small counts; read only."""
    root = tmp_path_factory.mktemp("docs") / "study"
    settings = make_settings({"patients": 16, "validation": 4, "image": {"matrix": 40, "slices": 8}})
    folder = write_study(root, settings, seed=1, processes=2)
    add_study_file(folder, seed=1, preset="quick")
    study = root / "study.toml"
    text = study.read_text(encoding="utf-8")
    # The presets beside double the time of a run and add nothing to what the pages show.
    start, end = text.index("beside = ["), text.index("seed =")
    study.write_text(f"{text[:start]}beside = []\n{text[end:]}{SMALL}", encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def small_run(small_study, tmp_path_factory):
    """Return the folder of the finished run of the small study; read only."""
    out = tmp_path_factory.mktemp("docs-run") / "out"
    command = ["kinephen", "run", str(small_study / "study.toml"), "--out", str(out), "--quiet"]
    done = subprocess.run(command, env=environment(out), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def prepare(request, tmp_path):
    """Return a function that fills the page's folder with what its setups name."""

    def fill(names: tuple[str, ...]) -> Path:
        for name in names:
            if name not in SETUPS:
                raise ValueError(f"unknown setup {name!r}; known: {', '.join(SETUPS)}")
            SETUPS[name](request, tmp_path)
        return tmp_path

    yield fill
    shutil.rmtree(tmp_path, ignore_errors=True)


def _place(source: str, target: Path) -> None:
    """Copy a file; images and stored results, which nothing writes into, are linked instead."""
    if {"exams", "store"} & set(Path(source).parts):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def _copy(request: pytest.FixtureRequest, fixture: str, target: Path) -> None:
    shutil.copytree(request.getfixturevalue(fixture), target, dirs_exist_ok=True, copy_function=_place)


def _study(request: pytest.FixtureRequest, folder: Path) -> None:
    _copy(request, "small_study", folder)


def _run(request: pytest.FixtureRequest, folder: Path) -> None:
    _study(request, folder)
    _copy(request, "small_run", folder / "out")


def _trial(request: pytest.FixtureRequest, folder: Path) -> None:
    _copy(request, "small_study", folder / "trial")


def _demo(request: pytest.FixtureRequest, folder: Path) -> None:
    _copy(request, "small_study", folder / "demo-output" / "trial")
    _copy(request, "small_run", folder / "demo-output" / "run")


def _exam(request: pytest.FixtureRequest, folder: Path) -> None:
    study = request.getfixturevalue("small_study")
    first = pd.read_csv(study / "exams.csv")["path"][0]
    shutil.copytree(study / first, folder / "exam")


def _tables(request: pytest.FixtureRequest, folder: Path) -> None:
    run = request.getfixturevalue("small_run")
    patients = pd.read_csv(run / "tables" / "patients.csv").rename(columns={"id": "case"})
    patients = patients[["case", "cohort", "phenotype", "ftv2", "time", "event", "age", "hr", "her2"]]
    patients.assign(event=patients["event"].astype(int)).to_csv(folder / "followup.csv", index=False)
    visits = {v: pd.read_csv(run / "data" / f"features_{v}.csv", index_col="case") for v in ("T1", "T2")}
    stacked = pd.concat(visits, names=["visit"]).reorder_levels(["case", "visit"]).sort_index()
    stacked.to_csv(folder / "features.csv")


SETUPS: dict[str, Callable[[pytest.FixtureRequest, Path], None]] = {
    "study": _study,
    "run": _run,
    "trial": _trial,
    "demo-output": _demo,
    "exam": _exam,
    "tables": _tables,
}


@pytest.fixture(scope="session")
def generated_pages():
    """Return the pages that a build writes from the registries: path to text."""
    sys.path.insert(0, str(ROOT / "docs" / "_ext"))
    try:
        from kinephen_docs.pages import all_pages
    finally:
        sys.path.pop(0)
    folder = ROOT / "docs" / "reference" / "generated"
    return {folder / name: text for name, text in all_pages().items()}


@pytest.fixture(scope="session")
def generated(generated_pages):
    """Return the same, parsed."""
    return {path: parse_page(text, path) for path, text in generated_pages.items()}
