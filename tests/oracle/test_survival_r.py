"""What the stored references do not hold, asked of R itself: weights, offsets, ridge, prediction errors."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from kinephen.survival.concordance import concordance
from kinephen.survival.cox import cox_fit
from kinephen.survival.frozen import FrozenCox
from kinephen.survival.logistic import logistic_fit
from kinephen.survival.proportional_hazards import proportional_hazards_test
from kinephen.survival.residuals import schoenfeld_residuals

pytestmark = pytest.mark.r

SCRIPT = r"""
suppressMessages(library(survival))
d <- read.csv(commandArgs(trailingOnly = TRUE)[1])
k <- coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 100)
show <- function(name, v) {
  cat(sprintf('"%s": [%s]', name, paste(sprintf("%.17g", as.vector(v)), collapse = ", ")))
}
out <- list()
w <- coxph(Surv(time, event) ~ x + y, d, weights = weight, robust = TRUE, control = k)
out$weighted <- coef(w)
out$weighted_robust <- sqrt(diag(w$var))
out$weighted_naive <- sqrt(diag(w$naive.var))
o <- coxph(Surv(time, event) ~ x + offset(off), d, control = k)
out$offset <- c(coef(o), o$loglik)
s <- coxph(Surv(time, event) ~ x + y + strata(layer), d, control = k)
out$strata_zph <- cox.zph(s, "km", terms = FALSE)$table[, "chisq"]
out$strata_c <- c(s$concordance["concordance"], s$concordance["std"])
f <- coxph(Surv(time, event) ~ x + y, d, control = k)
out$schoenfeld <- residuals(f, "schoenfeld")
p <- summary(survfit(f, newdata = data.frame(x = c(0.5, -1), y = c(1, 0.2))), times = c(1, 3, 5))
out$predicted <- t(p$surv); out$predicted_se <- t(p$std.err)
r <- coxph(Surv(time, event) ~ ridge(x, y, theta = 4, scale = TRUE), d, control = k)
out$ridge <- coef(r)
g <- glm(event ~ x + y, binomial, d, control = glm.control(epsilon = 1e-14, maxit = 100))
out$logistic <- c(coef(g), sqrt(diag(vcov(g))), logLik(g))
cat("{\n")
for (i in seq_along(out)) {
  show(names(out)[i], out[[i]])
  cat(if (i < length(out)) ",\n" else "\n")
}
cat("}\n")
"""


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(31)
    n = 90
    x, y = rng.normal(size=n).round(3), rng.normal(size=n).round(3)
    time = rng.exponential(1 / (0.15 * np.exp(0.7 * x - 0.3 * y)))
    censor = rng.uniform(1, 12, n)
    return pd.DataFrame(
        {
            "time": np.ceil(4 * np.minimum(time, censor)) / 4,
            "event": (time <= censor).astype(int),
            "x": x,
            "y": y,
            "weight": rng.uniform(0.5, 2, n).round(3),
            "off": rng.normal(scale=0.3, size=n).round(3),
            "layer": rng.integers(0, 3, n),
        }
    )


@pytest.fixture(scope="module")
def want(frame, tmp_path_factory):
    if shutil.which("Rscript") is None:
        pytest.skip("needs R with package survival")
    folder = tmp_path_factory.mktemp("r")
    frame.to_csv(folder / "d.csv", index=False)
    (folder / "s.R").write_text(SCRIPT)
    done = subprocess.run(
        ["Rscript", folder / "s.R", folder / "d.csv"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {k: np.array(v) for k, v in json.loads(done.stdout).items()}


def fit(frame, columns=("x", "y"), **options):
    return cox_fit(frame[list(columns)], frame["time"], frame["event"], **options)


def near(got, want, tolerance=1e-8):
    np.testing.assert_allclose(np.ravel(got), want, atol=tolerance, rtol=0)


def test_case_weights(frame, want):
    got = fit(frame, weights=frame["weight"])
    near(got.coef, want["weighted"])
    near(got.se, want["weighted_naive"])
    near(got.robust_se, want["weighted_robust"])


def test_offset(frame, want):
    got = fit(frame, ["x"], offset=frame["off"])
    near([*got.coef, got.loglik_null, got.loglik], want["offset"])


def test_strata_in_tests_and_concordance(frame, want):
    got = fit(frame, strata=frame["layer"])
    test = proportional_hazards_test(got)
    near([*(t.statistic for t in test.tests), test.overall.statistic], want["strata_zph"])
    c = concordance(got.linear_predictor(), frame["time"], frame["event"], strata=frame["layer"])
    near([c.c, c.se], want["strata_c"])


def test_schoenfeld_residuals(frame, want):
    times, residuals = schoenfeld_residuals(fit(frame))
    theirs = want["schoenfeld"].reshape(2, -1).T
    for k in range(2):  # the order within tied times is arbitrary
        near(np.sort(residuals[:, k]), np.sort(theirs[:, k]))
    assert (np.diff(times) >= 0).all()


def test_predicted_survival_with_its_error(frame, want):
    got = FrozenCox.of(fit(frame)).survival([[0.5, 1.0], [-1.0, 0.2]], [1, 3, 5])
    near(got.survival, want["predicted"].reshape(3, 2).T.ravel())
    near(got.se, want["predicted_se"].reshape(3, 2).T.ravel())


def test_ridge(frame, want):
    near(fit(frame, ridge=4.0).coef, want["ridge"], 1e-6)


def test_logistic_regression(frame, want):
    got = logistic_fit(frame[["x", "y"]], frame["event"])
    near([*got.coef, *got.se, got.loglik], want["logistic"])
