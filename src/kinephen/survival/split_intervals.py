"""Intervals for a C-statistic that was cross-validated on repeated splits of the same patients."""

from __future__ import annotations

import numpy as np
from scipy import special

from kinephen.survival.results import Z95, Interval, wald_interval
from kinephen.types import FloatArray

SPLIT_JACKKNIFE = "split jackknife"
"""Short name of the recommended interval, printed beside every number that has it."""
JACKKNIFE = "infinitesimal jackknife within folds"


def repeated_se(values: FloatArray, influence: FloatArray) -> float:
    """Return the standard error of a mean over repeated splits.

    The variance is the mean jackknife variance plus the variance between splits: the combination of
    Chernozhukov et al. 2018 for repeated cross-fitting, the second part with divisor replicates - 1, because
    a few splits are common here. The jackknife takes the fitted rules as given. Rules that were trained on
    each other's test folds vary together, most of all where the covariates carry nothing and the rule points
    anywhere; then that variance alone is too small at any number of patients. A single split has no second
    part.

    Parameters
    ----------
    values : ndarray, shape (replicates,)
        The estimate of each split.
    influence : ndarray, shape (replicates, n)
        Influence of each patient on it.

    References
    ----------
    Chernozhukov et al. 2018, Econom J 21:C1-C68, definition 3.3 (doi 10.1111/ectj.12097); why no single split
    can tell that covariance: Bengio and Grandvalet 2004, J Mach Learn Res 5:1089-1105.
    """
    within = float(np.sum(influence**2, axis=1).mean())
    between = float(values.var(ddof=1)) if values.size > 1 else 0.0
    return float(np.sqrt(within + between))


def split_jackknife(values: FloatArray, influence: FloatArray) -> Interval:
    """Return the recommended 95 % interval: `repeated_se` on the logit scale, so that it stays within 0 to 1.

    An estimate of exactly 0 or 1 has no logit; its interval is the plain one, cut at 0 and 1.

    References
    ----------
    Logit for areas and concordances: Pepe 2003, The statistical evaluation of medical tests, section 5.2.
    """
    estimate, se = float(values.mean()), repeated_se(values, influence)
    spread = estimate * (1.0 - estimate)
    if not spread > 0:
        lower, upper = max(estimate - Z95 * se, 0.0), min(estimate + Z95 * se, 1.0)
    else:
        centre, half = special.logit(estimate), Z95 * se / spread
        lower, upper = float(special.expit(centre - half)), float(special.expit(centre + half))
    return Interval(estimate, lower, upper, SPLIT_JACKKNIFE, se=se)


def jackknife_within_folds(values: FloatArray, influence: FloatArray) -> Interval:
    """Return mean -+ 1.96 mean jackknife SE: the rules as given, the split variance left out (too short)."""
    se = float(np.sqrt(np.sum(influence**2, axis=1)).mean())
    return wald_interval(float(values.mean()), se, JACKKNIFE)


def nadeau_bengio(per_fold: FloatArray, mean: float) -> Interval:
    """Return the interval from the variance of fold values, corrected for shared training patients.

    References
    ----------
    Nadeau and Bengio 2003 (doi 10.1023/A:1024068626366).
    """
    values = per_fold[~np.isnan(per_fold)]
    ratio = 1.0 / (per_fold.shape[1] - 1)
    variance = (1.0 / values.size + ratio) * float(values.var(ddof=1)) if values.size > 1 else float("nan")
    return wald_interval(mean, variance**0.5, "Nadeau-Bengio")
