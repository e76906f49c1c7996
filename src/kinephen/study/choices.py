"""What of a record is shown where the settings choose: read from records, never part of a step."""

from __future__ import annotations

from typing import Literal

from kinephen.config.schema import CrossValidation, Inference
from kinephen.records.associations import AssociationRecord
from kinephen.records.base import Interval
from kinephen.records.ladder import CrossValidatedRecord
from kinephen.records.statistics import NoisyMean


def headline_c(found: CrossValidatedRecord, chosen: CrossValidation) -> Interval:
    """Return the cross-validated C and interval that the settings name.

    Parameters
    ----------
    found : CrossValidatedRecord
    chosen : CrossValidation
        ``interval`` names the interval; ``split_noise`` is the spread of ``estimator`` over replicates.
    """
    if chosen.interval == "split_noise":
        return split_noise(found, chosen)
    kinds: dict[str, Interval] = {
        "split_jackknife": found.interval,
        "jackknife": found.jackknife,
        "nadeau_bengio": found.nadeau_bengio,
    }
    return kinds[chosen.interval]


def split_noise(found: CrossValidatedRecord, chosen: CrossValidation) -> Interval:
    """Return the chosen estimator with the spread of its mean over replicates (not a confidence interval)."""
    noise: NoisyMean = getattr(found, chosen.estimator)
    return Interval(value=noise.mean, low=noise.t_lower, high=noise.t_upper)


def correction(chosen: Inference) -> Literal["bonferroni", "holm"]:
    """Return the name of the correction that the settings ask for."""
    return "bonferroni" if chosen.multiplicity == "bonferroni_table" else "holm"


def corrected_p(test: AssociationRecord, chosen: Inference) -> float | None:
    """Return a test's p, corrected over its table as the settings ask."""
    return test.p_bonferroni if correction(chosen) == "bonferroni" else test.p_holm
