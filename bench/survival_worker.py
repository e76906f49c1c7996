"""Runs inside the peers' environment: ``survival_worker.py LIBRARY cohort.npz out.npz REPLICATES``.

Cross-validates each model of the cohort (fit on four folds, Harrell's C on the fifth) as a user of the
library would, through its public interface, and writes the C of every fold, wall and processor seconds.
"""

from __future__ import annotations

import sys
import time
import warnings

import numpy as np

warnings.simplefilter("ignore")


def lifelines(x, time_, event, train):
    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.utils import concordance_index

    frame = pd.DataFrame(x).assign(time=time_, event=event)
    fitter = CoxPHFitter().fit(frame[train], "time", "event")
    score = fitter.predict_log_partial_hazard(frame[~train].drop(columns=["time", "event"]))
    return concordance_index(time_[~train], -score, event[~train])


def scikit_survival(x, time_, event, train):
    from sksurv.linear_model import CoxPHSurvivalAnalysis
    from sksurv.metrics import concordance_index_censored
    from sksurv.util import Surv

    outcome = Surv.from_arrays(event.astype(bool), time_)
    model = CoxPHSurvivalAnalysis(ties="efron").fit(x[train], outcome[train])
    score = model.predict(x[~train])
    return concordance_index_censored(event[~train].astype(bool), time_[~train], score)[0]


def statsmodels(x, time_, event, train):
    from sksurv.metrics import concordance_index_censored
    from statsmodels.duration.hazard_regression import PHReg

    fit = PHReg(time_[train], x[train], status=event[train], ties="efron").fit()
    score = x[~train] @ fit.params
    if not np.isfinite(score).all():
        return np.nan
    return concordance_index_censored(event[~train].astype(bool), time_[~train], score)[0]


def main() -> None:
    library, source, target, replicates = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    data = np.load(source)
    one = globals()[library]
    folds, names = data["folds"][:replicates], [k for k in data.files if k.startswith("x_")]
    first = data[names[0]]
    one(first, data["time"], data["event"], folds[0] != 0)  # imports are not part of the measurement
    start, used = time.perf_counter(), time.process_time()
    found = [
        [[one(data[n], data["time"], data["event"], fold != k) for k in range(5)] for fold in folds]
        for n in names
    ]
    seconds = (time.perf_counter() - start, time.process_time() - used)
    np.savez(target, c=np.array(found, dtype=float), seconds=np.array(seconds))


if __name__ == "__main__":
    main()
