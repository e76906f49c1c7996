"""Predicted survival of new patients with log(-log) limits, against R survival 3.5-3 (R 4.2.2).

The numbers below are what the script printed; `make test-r` runs it again.
"""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pytest

from kinephen.survival.cox import cox_fit
from kinephen.survival.frozen import FrozenCox

SCRIPT = """
suppressMessages(library(survival))
d <- data.frame(
  time = c(0.5, 1, 1, 1.5, 2, 2, 2.5, 3, 3.5, 4, 4, 4.5, 5, 6, 7, 8),
  event = c(1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0),
  age = c(61, 55, 38, 66, 49, 70, 41, 52, 45, 58, 36, 63, 47, 50, 39, 44),
  hr = c(0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1))
f <- coxph(Surv(time, event) ~ age + hr, d, ties = "efron",
           control = coxph.control(eps = 1e-12, toler.chol = 1e-14, iter.max = 50))
n <- data.frame(age = c(35, 50, 72), hr = c(1, 0, 0))
s <- summary(survfit(f, newdata = n, conf.type = "log-log"), times = c(0.25, 1, 3, 5))
cat(jsonlite::toJSON(list(survival = t(s$surv), lower = t(s$lower), upper = t(s$upper)), digits = 12))
"""
TIME = [0.5, 1, 1, 1.5, 2, 2, 2.5, 3, 3.5, 4, 4, 4.5, 5, 6, 7, 8]
EVENT = [1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0]
AGE = [61, 55, 38, 66, 49, 70, 41, 52, 45, 58, 36, 63, 47, 50, 39, 44]
HR = [0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1]
PATIENTS = [[35, 1], [50, 0], [72, 0]]
PRINTED = {
    "survival": [
        [1, 0.9913871896318, 0.9603220840677, 0.9296770283533],
        [1, 0.9242362822188, 0.6915899065968, 0.5147074254471],
        [1, 0.3811029746407, 0.01094167973549, 0.0002939712352553],
    ],
    "lower": [
        [1, 0.8803737222078, 0.6680058314053, 0.4982566067181],
        [1, 0.6224781599614, 0.2502317587112, 0.1104450020826],
        [1, 0.00471565872915, 4.46652211918e-09, 3.646672532965e-15],
    ],
    "upper": [
        [1, 0.9994128934955, 0.9959454672781, 0.9923966468788],
        [1, 0.9869907166181, 0.9065052898296, 0.8185611225648],
        [1, 0.8405285174893, 0.3463376445462, 0.136808888224],
    ],
}


@pytest.fixture(scope="module")
def found():
    fit = cox_fit(np.column_stack([AGE, HR]).astype(float), TIME, EVENT, firth=False)
    return FrozenCox.of(fit).survival(PATIENTS, [0.25, 1, 3, 5])


def agree(found, theirs):
    for name in ("survival", "lower", "upper"):
        ours, want = getattr(found, name)[:, 1:], np.array(theirs[name], dtype=float)[:, 1:]
        np.testing.assert_allclose(ours, want, rtol=2e-6, err_msg=name)


def test_limits_are_those_that_r_printed(found):
    agree(found, PRINTED)


def test_before_the_first_event_r_has_limits_of_one_and_we_have_none(found):
    assert (found.survival[:, 0] == 1.0).all()
    assert np.isnan(found.lower[:, 0]).all()
    assert np.isnan(found.upper[:, 0]).all()


@pytest.mark.r
def test_r_prints_them_again(found, tmp_path):
    if shutil.which("Rscript") is None:
        pytest.fail("needs Rscript: install r-base-core, r-cran-survival and r-cran-jsonlite")
    (tmp_path / "s.R").write_text(SCRIPT)
    done = subprocess.run(
        ["Rscript", "--vanilla", str(tmp_path / "s.R")], check=True, capture_output=True, text=True
    )
    theirs = json.loads(done.stdout)
    agree(found, theirs)
    for name, values in PRINTED.items():
        np.testing.assert_allclose(theirs[name], values, rtol=1e-9)
