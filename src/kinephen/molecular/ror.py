"""PAM50 risk of recurrence from the correlations with the subtype centroids."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kinephen.errors import UsageError
from kinephen.molecular.scoring import Reason
from kinephen.molecular.signature import RorModel, Signature

VARIANTS = ("parker-code", "published")
TUMOUR = "tumour_gt_2cm"
PROLIFERATION = "proliferation"


def ror_models(signature: Signature, variant: str) -> tuple[RorModel, ...]:
    """Return the risk models of PAM50: ROR-S in the wanted variant, and the others as distributed.

    Raises
    ------
    UsageError
        ``molecular.ror_variant``.
    """
    if variant not in VARIANTS:
        raise UsageError(
            f"unknown ROR variant {variant!r}",
            code="molecular.ror_variant",
            hint=f"use {' or '.join(VARIANTS)}",
        )
    return tuple(by.get(variant, by["parker-code"]) for by in signature.ror.values())


def proliferation_score(scaled: pd.DataFrame, signature: Signature) -> pd.Series:
    """Mean of the proliferation genes that have a value, of samples standardised over their genes."""
    genes = [g for g in signature.gene_set(PROLIFERATION) if g in scaled.columns]
    return scaled[genes].mean(axis=1)


def risk_of_recurrence(terms: pd.DataFrame, model: RorModel) -> pd.DataFrame:
    """Risk of recurrence.

    Parameters
    ----------
    terms : DataFrame
        Samples in rows; one column a weight of `model`: correlations with the centroids, and where the model
        has them ``proliferation`` and ``tumour_gt_2cm`` (1, 0 or NaN).
    model : RorModel

    Returns
    -------
    DataFrame
        ``<model>_raw``: the weighted sum; ``<model>``: ``100 (raw + 0.35) / 0.85``, not clipped;
        ``<model>_group``: ``low`` below the first cut-point, ``high`` above the second, else ``med`` (so a
        score equal to a cut-point is ``med``). NaN where a term is.

    References
    ----------
    Parker et al. 2009, J Clin Oncol 27:1160-1167; scaling and cut-points of the code distributed with it.
    """
    weights = pd.Series(dict(model.weights), dtype=float)
    raw = pd.Series(terms[list(weights.index)].to_numpy(float) @ weights.to_numpy(), index=terms.index)
    return pd.DataFrame(
        {
            f"{model.name}_raw": raw,
            model.name: 100.0 * (raw + 0.35) / 0.85,
            f"{model.name}_group": _group(raw, model),
        }
    )


def ror_reasons(risk: pd.DataFrame, model: RorModel, terms: pd.DataFrame) -> list[Reason]:
    """Say why a risk or its group is undefined."""
    found: list[Reason] = []
    for sample in risk.index[risk[model.name].isna()]:
        missing = [t for t in model.weights if pd.isna(terms.at[sample, t])]
        found += [(str(sample), c, f"{', '.join(missing)} unknown") for c in risk.columns]
    if model.cuts is None:
        why = f"no cut-points were published for the {model.variant} equation"
        found += [(str(s), f"{model.name}_group", why) for s in risk.index[risk[model.name].notna()]]
    return found


def _group(raw: pd.Series, model: RorModel) -> pd.Series:
    if model.cuts is None:
        return pd.Series(None, index=raw.index, dtype=object)
    low, high = model.cuts
    label = np.where(raw < low, "low", np.where(raw > high, "high", "med"))
    return pd.Series(label, index=raw.index, dtype=object).where(raw.notna(), None)
