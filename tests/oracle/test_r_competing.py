"""Gray's test and the Fine-Gray model against cmprsk itself, on data that no file holds.

Needs Rscript with the packages cmprsk (checked with 2.2-11) and jsonlite (`make test-r`).
"""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from kinephen.survival.fine_gray import fine_gray
from kinephen.survival.gray import gray_test

pytestmark = pytest.mark.r

RHOS = (0.0, 0.5, 1.0)
CAUSES = (1, 2)
SCRIPT = """
suppressMessages(library(cmprsk))
d <- read.csv(commandArgs(TRUE)[1])
layers <- list(plain = rep(1, nrow(d)), strata = d$layer)
out <- list()
for (name in names(layers)) for (rho in c(0, 0.5, 1)) {
  tests <- cuminc(d$time, d$status, d$group, layers[[name]], rho = rho)$Tests
  out[[paste(name, rho)]] <- list(stat = tests[, "stat"], p = tests[, "pv"], df = tests[, "df"])
}
for (cause in 1:2) {
  fit <- crr(d$time, d$status, d[, c("x", "y")], failcode = cause, gtol = 1e-12)
  out[[paste("crr", cause)]] <- list(
    coef = unname(fit$coef), se = sqrt(diag(fit$var)), loglik = fit$loglik)
}
cat(jsonlite::toJSON(out, digits = NA, auto_unbox = TRUE))
"""
COHORTS = {  # patients, groups, and what the times are rounded up to (0: no ties)
    "two groups, no ties": (80, 2, 0.0),
    "three groups, quarters": (150, 3, 0.25),
    "two groups, whole years": (60, 2, 1.0),
    "three groups, whole years": (90, 3, 1.0),
    "three groups, no ties": (120, 3, 0.0),
    "two groups, quarters": (200, 2, 0.25),
}


def draw(patients, groups, step):
    rng = np.random.default_rng([patients, groups])
    x, y = rng.normal(size=patients).round(2), rng.integers(0, 2, patients)
    group = rng.integers(0, groups, patients)
    recurrence = rng.exponential(5.0 * np.exp(-0.5 * x + 0.3 * group))
    death = rng.exponential(8.0 * np.exp(0.2 * y))
    followed = rng.uniform(1.0, 12.0, patients)
    time = np.minimum(np.minimum(recurrence, death), followed)
    status = np.where(followed <= time, 0, np.where(recurrence <= death, 1, 2))
    time = np.ceil(time / step) * step if step else time
    columns = {"time": time, "status": status, "group": group, "x": x, "y": y}
    return pd.DataFrame({**columns, "layer": rng.integers(0, 2, patients)})


def _need_cmprsk():
    if shutil.which("Rscript") is None:
        pytest.fail("needs Rscript: install r-base-core, r-cran-cmprsk and r-cran-jsonlite")
    asked = ["Rscript", "--vanilla", "-e", "quit(status = !requireNamespace('cmprsk', quietly = TRUE))"]
    if subprocess.run(asked, capture_output=True, timeout=120, check=False).returncode:
        pytest.skip("needs the R package cmprsk: install r-cran-cmprsk")


@pytest.fixture(scope="module", params=COHORTS.values(), ids=COHORTS.keys())
def cohort(request):
    return draw(*request.param)


@pytest.fixture(scope="module")
def answers(cohort, tmp_path_factory):
    _need_cmprsk()
    folder = tmp_path_factory.mktemp("r")
    cohort.to_csv(folder / "d.csv", index=False)
    (folder / "s.R").write_text(SCRIPT)
    done = subprocess.run(
        ["Rscript", "--vanilla", str(folder / "s.R"), str(folder / "d.csv")],
        check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.parametrize("rho", RHOS)
@pytest.mark.parametrize("layers", ["plain", "strata"])
def test_gray_equals_cuminc(cohort, answers, layers, rho):
    strata = cohort["layer"] if layers == "strata" else None
    expected = answers[f"{layers} {rho:g}"]
    for cause in CAUSES:
        got = gray_test(
            cohort["time"], cohort["status"], cohort["group"], cause=cause, rho=rho, strata=strata
        )
        assert got.statistic == pytest.approx(expected["stat"][cause - 1], abs=1e-10)
        assert got.p == pytest.approx(expected["p"][cause - 1], abs=1e-10)
        assert got.df == expected["df"][cause - 1]


@pytest.mark.parametrize("cause", CAUSES)
def test_fine_gray_equals_crr(cohort, answers, cause):
    got = fine_gray(cohort[["x", "y"]], cohort["time"], cohort["status"], cause=cause)
    expected = answers[f"crr {cause}"]
    # crr stops by the size of the step, not of the gradient: 3e-9 is left of the coefficients.
    np.testing.assert_allclose(got.coef, expected["coef"], atol=1e-7, rtol=0)
    np.testing.assert_allclose(got.se, expected["se"], atol=1e-7, rtol=0)
    assert got.loglik == pytest.approx(expected["loglik"], abs=1e-7)
