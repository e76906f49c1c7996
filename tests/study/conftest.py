"""A tiny simulated study, written once for all tests of this folder."""

from __future__ import annotations

import shutil

import pytest
from tests.small_counts import SMALL as COUNTS

from kinephen.config.load import load_study
from kinephen.core.plain import json_text
from kinephen.model.apply import apply_model
from kinephen.model.build import build_model
from kinephen.model.load import load_fitted
from kinephen.model.source import Source
from kinephen.model.sources import read_patients
from kinephen.report.folder import write_report
from kinephen.simulate.settings import make_settings
from kinephen.simulate.study import write_study
from kinephen.simulate.study_file import add_study_file
from kinephen.study.engine import SerialEngine
from kinephen.study.run import run_study

SMALL = (*COUNTS, "tumours.fixed_k=2", "cross_validation.nested_replicates=1", "cox.firth=never")


def silent(what, done, total):
    """Progress that tells nobody."""


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory):
    """Return the folder of a study of 20 + 4 patients at a tiny matrix; read only."""
    root = tmp_path_factory.mktemp("tiny") / "trial"
    settings = make_settings({"patients": 20, "validation": 4, "image": {"matrix": 48, "slices": 10}})
    folder = write_study(root, settings, seed=5, processes=1)
    add_study_file(folder, seed=5, preset="quick")
    return root


@pytest.fixture
def study_copy(study_folder, tmp_path):
    """Return a copy of the study that a test may damage."""
    return shutil.copytree(study_folder, tmp_path / "trial")


@pytest.fixture(scope="session")
def load():
    """Return a function that loads a study file with the small counts."""

    def loader(root, *changes, beside=()):
        study = load_study(root / "study.toml", changes=[*SMALL, *changes])
        return study.model_copy(update={"beside": tuple(beside)})

    return loader


@pytest.fixture(scope="session")
def run(load):
    """Return a function that runs a study and writes its report."""

    def runner(root, out, *changes, engine=None, beside=()):
        results = run_study(
            load(root, *changes, beside=beside), root, out, engine=engine or SerialEngine(), progress=silent
        )
        return results, write_report(results, out)

    return runner


@pytest.fixture(scope="session")
def finished(study_folder, run, tmp_path_factory):
    """Return a finished run of the tiny study: results, what was written, folder; read only."""
    out = tmp_path_factory.mktemp("finished") / "out"
    results, written = run(study_folder, out)
    return results, written, out


@pytest.fixture(scope="session")
def model_file(finished, tmp_path_factory):
    """Return the fitted model of the tiny study as a file; read only."""
    results, _, _ = finished
    path = tmp_path_factory.mktemp("model") / "model.json"
    path.write_text(json_text(build_model(results)) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def fitted(model_file):
    return load_fitted(model_file)


@pytest.fixture(scope="session")
def predict(fitted, tmp_path_factory):
    """Return a function from a source to patients and predictions."""
    out = tmp_path_factory.mktemp("predicted")

    def run(source, **options):
        patients = read_patients(source, fitted, out, engine=lambda n: SerialEngine(), progress=silent)
        return patients, apply_model(fitted, patients, **options)

    return run


@pytest.fixture(scope="session")
def everyone(predict, study_folder):
    return predict(Source(path=study_folder / "study.toml"))
