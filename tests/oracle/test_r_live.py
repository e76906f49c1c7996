"""R itself, on data that no file holds: the recorded oracles cannot have been fitted to.

Needs Rscript with the packages survival and jsonlite (`make test-r`).
"""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from kinephen.survival.concordance import concordance
from kinephen.survival.cox import cox_fit
from kinephen.survival.kaplan_meier import kaplan_meier
from kinephen.survival.logrank import logrank

pytestmark = pytest.mark.r

SCRIPT = """
suppressMessages(library(survival))
d <- read.csv(commandArgs(TRUE)[1])
s <- Surv(d$time, d$event)
f <- coxph(s ~ a + b, d, ties = "efron", control = coxph.control(eps = 1e-11, iter.max = 50))
g <- survdiff(s ~ group, d)
k <- summary(survfit(s ~ 1, conf.type = "log"))
z <- cox.zph(f)
cat(jsonlite::toJSON(list(
  coef = unname(coef(f)), se = unname(sqrt(diag(vcov(f)))), loglik = f$loglik,
  concordance = unname(concordance(f)$concordance), se_c = sqrt(concordance(f)$var),
  chisq = g$chisq, survival = k$surv, lower = k$lower, upper = k$upper
), digits = NA, auto_unbox = TRUE))
"""


@pytest.fixture(scope="module", params=[1, 2, 3])
def cohort(request):
    rng = np.random.default_rng(request.param)
    n = 90
    a, b = rng.normal(size=n), rng.integers(0, 2, n).astype(float)
    death = rng.exponential(5.0 * np.exp(-0.7 * a - 0.4 * b))
    censored = rng.exponential(6.0, n)
    # Whole tenths make ties.
    time = np.ceil(10 * np.minimum(death, censored)) / 10
    return pd.DataFrame(
        {"time": time, "event": (death <= censored).astype(int), "a": a, "b": b, "group": (a > 0).astype(int)}
    )


@pytest.fixture(scope="module")
def answers(cohort, tmp_path_factory):
    if shutil.which("Rscript") is None:
        pytest.fail("needs Rscript: install r-base-core, r-cran-survival and r-cran-jsonlite")
    folder = tmp_path_factory.mktemp("r")
    cohort.to_csv(folder / "d.csv", index=False)
    (folder / "s.R").write_text(SCRIPT)
    done = subprocess.run(
        ["Rscript", "--vanilla", str(folder / "s.R"), str(folder / "d.csv")],
        check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_cox_model_equals_coxph(cohort, answers):
    fit = cox_fit(cohort[["a", "b"]], cohort["time"], cohort["event"])
    np.testing.assert_allclose(fit.coef, answers["coef"], atol=1e-9)
    np.testing.assert_allclose(fit.se, answers["se"], atol=1e-9)
    np.testing.assert_allclose([fit.loglik_null, fit.loglik], answers["loglik"], atol=1e-8)


def test_concordance_and_its_error_equal_r(cohort, answers):
    fit = cox_fit(cohort[["a", "b"]], cohort["time"], cohort["event"])
    found = concordance(fit.linear_predictor(), cohort["time"], cohort["event"])
    assert found.c == pytest.approx(answers["concordance"], abs=1e-10)
    assert found.se == pytest.approx(answers["se_c"], abs=1e-10)


def test_log_rank_equals_survdiff(cohort, answers):
    test = logrank(cohort["time"], cohort["event"], cohort["group"])
    assert test.statistic == pytest.approx(answers["chisq"], abs=1e-9)


def test_kaplan_meier_and_its_band_equal_survfit(cohort, answers):
    curve = kaplan_meier(cohort["time"], cohort["event"])
    drops = curve.n_events > 0
    for name, values in (("survival", curve.survival), ("lower", curve.lower), ("upper", curve.upper)):
        # jsonlite leaves out what is NA (the limits where the curve has reached zero).
        expected = np.array([np.nan if v == "NA" else v for v in answers[name]], dtype=float)
        known = np.isfinite(expected)
        np.testing.assert_allclose(values[drops][known], expected[known], atol=1e-10)
