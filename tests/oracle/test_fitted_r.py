"""The R file that reads a fitted model gives the same predictions, and R's survfit the same risks.

Needs Rscript with the packages jsonlite and survival (`make test-r`).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib import resources

import numpy as np
import pandas as pd
import pytest
from tests.fitted_model import sample_model

from kinephen.model.apply import apply_model
from kinephen.model.load import parse_fitted
from kinephen.model.patients import NewPatients
from kinephen.survival.cox import cox_fit
from kinephen.survival.frozen import FrozenCox

pytestmark = pytest.mark.r

SCRIPT = """
arguments <- commandArgs(TRUE)
source(arguments[1])
model <- kinephen_read_model(arguments[2])
found <- kinephen_predict(model, t1 = read.csv(arguments[3]), t2 = read.csv(arguments[4]),
                          covariates = read.csv(arguments[5]), horizons = c(0.1, 1, 3.3, 50))
cat(jsonlite::toJSON(found, digits = NA, na = "null"))
"""
SURVFIT = """
suppressMessages(library(survival))
d <- read.csv(commandArgs(TRUE)[1])
f <- coxph(Surv(time, event) ~ a + b, d, ties = "efron", control = coxph.control(eps = 1e-11, iter.max = 50))
s <- summary(survfit(f, newdata = d[1:5, ], conf.type = "log-log"), times = c(1, 2.5, 4))
cat(jsonlite::toJSON(list(surv = t(s$surv), lower = t(s$lower), upper = t(s$upper)), digits = NA))
"""


def rscript(folder, script, *arguments):
    if shutil.which("Rscript") is None:
        pytest.fail("needs Rscript: install r-base-core, r-cran-survival and r-cran-jsonlite")
    (folder / "s.R").write_text(script)
    command = ["Rscript", "--vanilla", str(folder / "s.R"), *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


def r_file(folder):
    path = folder / "kinephen_model.R"
    source = resources.files("kinephen.model") / "kinephen_model.R"
    path.write_text(source.read_text(encoding="utf-8"))
    return path


@pytest.mark.parametrize("form", ["symmetric", "literal", "signed", "log_ratio", "difference"])
def test_r_predicts_the_same(form, tmp_path):
    content = sample_model(form)
    (tmp_path / "m.json").write_text(json.dumps(content))
    fitted = parse_fitted(content, json.dumps(content))
    names, rng = list(fitted.phenotypes.features), np.random.default_rng(3)
    cases = [f"case-{i:04d}" for i in range(12)]
    t1, t2 = (pd.DataFrame(rng.uniform(0.5, 2.5, (12, len(names))), index=cases, columns=names) for _ in "ab")
    t2.iloc[3, 0] = np.nan
    frame = pd.DataFrame({"age": rng.uniform(30, 70, 12), "hr": 1.0, "her2": 0.0}, index=cases)
    frame.loc["case-0005", "her2"] = np.nan
    for name, table in (("t1", t1), ("t2", t2), ("c", frame)):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    files = (tmp_path / f for f in ("m.json", "t1.csv", "t2.csv", "c.csv"))
    done = rscript(tmp_path, SCRIPT, r_file(tmp_path), *files)
    assert done.returncode == 0, done.stderr
    patients = NewPatients(ids=dict(zip(cases, cases, strict=True)), frame=frame, visits=(t1, t2))
    ours = apply_model(fitted, patients, horizons=(0.1, 1.0, 3.3, 50.0)).patients
    for patient, theirs in zip(ours, json.loads(done.stdout), strict=True):
        assert patient.phenotype == theirs.get("phenotype")
        assert (patient.model or None) == theirs.get("model")
        assert patient.features_outside == theirs["features_outside"]
        if patient.phenotype is not None:
            assert patient.out_of_range == theirs["out_of_range"]
            expected = [theirs["distance_1"], theirs["distance_2"], theirs["margin"]]
            np.testing.assert_allclose([*patient.distances, patient.margin], expected, rtol=1e-10)
        for risk in patient.risk:
            for part, suffix in (("value", ""), ("low", "_low"), ("high", "_high")):
                there = theirs.get(f"risk_{risk.horizon:g}y{suffix}")
                here = getattr(risk, part)
                assert (here is None) == (there is None)
                if here is not None:
                    assert here == pytest.approx(there, abs=1e-10)


def test_r_refuses_another_schema_and_kind(tmp_path):
    for change, message in (({"schema": 2}, "written with schema 2"), ({"kind": "x"}, "not a fitted model")):
        (tmp_path / "m.json").write_text(json.dumps({"kind": "kinephen.model", "schema": 1, **change}))
        script = "a <- commandArgs(TRUE); source(a[1]); kinephen_read_model(a[2])"
        done = rscript(tmp_path, script, r_file(tmp_path), tmp_path / "m.json")
        assert done.returncode != 0
        assert message in done.stderr


def test_risks_and_limits_are_those_of_survfit(tmp_path):
    rng = np.random.default_rng(8)
    a, b = rng.normal(50, 10, 80), rng.integers(0, 2, 80).astype(float)
    time = np.ceil(8 * rng.exponential(6.0 * np.exp(-0.03 * (a - 50)))) / 8
    table = pd.DataFrame({"time": time, "event": rng.integers(0, 2, 80), "a": a, "b": b})
    table.to_csv(tmp_path / "d.csv", index=False)
    done = rscript(tmp_path, SURVFIT, tmp_path / "d.csv")
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)
    model = FrozenCox.of(cox_fit(table[["a", "b"]], table["time"], table["event"], firth=False))
    ours = model.survival(table[["a", "b"]].to_numpy()[:5], [1.0, 2.5, 4.0])
    np.testing.assert_allclose(ours.survival, theirs["surv"], atol=1e-8)
    np.testing.assert_allclose(ours.lower, theirs["lower"], atol=1e-7)
    np.testing.assert_allclose(ours.upper, theirs["upper"], atol=1e-7)
